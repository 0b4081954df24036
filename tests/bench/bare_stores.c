// What nobody who looks at stores can do without, and nothing else: the floor for observing.py. Opens, reads and hashes every file below
// a folder, parses each distinct certificate once and matches each distinct key once.
// bare_stores FOLDER: prints seconds of the processor, files, distinct certificates and distinct keys.
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct seen {
    unsigned char hash[SHA256_DIGEST_LENGTH];
    X509* certificate;
    EVP_PKEY* key;
};

static void* certificates;
static void* keys;
static long files;
static long distinct_certificates;
static long distinct_keys;
static long matches;

static void must(int right, const char* what) {
    if (!right) {
        fprintf(stderr, "bare_stores: %s\n", what);
        exit(1);
    }
}

static int compare(const void* left, const void* right) {
    return memcmp(((const struct seen*)left)->hash, ((const struct seen*)right)->hash, SHA256_DIGEST_LENGTH);
}

// The one with this hash; made when there is none, and then `fresh`.
static struct seen* find(void** tree, const unsigned char* bytes, size_t length, int* fresh) {
    struct seen* const wanted = calloc(1, sizeof *wanted);
    SHA256(bytes, length, wanted->hash);
    struct seen* const found = *(struct seen**)tsearch(wanted, tree, compare);
    *fresh = found == wanted;
    if (!*fresh) {
        free(wanted);
    }
    return found;
}

static X509* see_certificate(const unsigned char* der, long length) {
    int fresh = 0;
    struct seen* const one = find(&certificates, der, (size_t)length, &fresh);
    if (fresh) {
        one->certificate = d2i_X509(NULL, &der, length);
        must(one->certificate != NULL, "no certificate");
        ++distinct_certificates;
    }
    return one->certificate;
}

static X509* see_certificates(BIO* text) {
    X509* first = NULL;
    char* name = NULL;
    char* header = NULL;
    unsigned char* der = NULL;
    long length = 0;
    while (PEM_read_bio(text, &name, &header, &der, &length) == 1) {
        X509* const certificate = see_certificate(der, length);
        first = first ? first : certificate;
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    return first;
}

// The certificate of the file `name` beside `path`.
static X509* beside(const char* path, const char* name) {
    char other[4096];
    snprintf(other, sizeof other, "%.*s/%s", (int)(strrchr(path, '/') - path), path, name);
    BIO* const text = BIO_new_file(other, "r");
    X509* const certificate = text ? see_certificates(text) : NULL;
    BIO_free(text);
    return certificate;
}

// A key, matched with the certificate beside it.
static void see_key(BIO* text, const char* bytes, size_t length, const char* path) {
    int fresh = 0;
    struct seen* const one = find(&keys, (const unsigned char*)bytes, length, &fresh);
    if (!fresh) {
        return;
    }
    ++distinct_keys;
    one->key = PEM_read_bio_PrivateKey(text, NULL, NULL, (void*)"");
    must(one->key != NULL, "no key");
    X509* const certificate = beside(path, "certificate.pem");
    matches += certificate != NULL && X509_check_private_key(certificate, one->key) == 1;
}

static int see(const char* path, const struct stat* status, int kind, struct FTW* place) {
    (void)status;
    if (kind != FTW_F) {
        return 0;
    }
    static char bytes[1 << 20];
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    must(file >= 0, path);
    const ssize_t length = read(file, bytes, sizeof bytes);
    must(length >= 0 && length < (ssize_t)sizeof bytes && close(file) == 0, path);
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char*)bytes, (size_t)length, hash);
    ++files;
    BIO* const text = BIO_new_mem_buf(bytes, (int)length);
    if (strcmp(path + place->base, "key.pem") == 0) {
        see_key(text, bytes, (size_t)length, path);
    } else if (strstr(path + place->base, ".pem") != NULL) {
        see_certificates(text);
    }
    BIO_free(text);
    return 0;
}

int main(int argc, char** argv) {
    must(argc == 2, "FOLDER");
    must(nftw(argv[1], see, 64, FTW_PHYS) == 0, "cannot walk");
    must(matches == distinct_keys, "a key without its certificate");
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    printf("%f %ld %ld %ld\n", (double)now.tv_sec + (double)now.tv_nsec / 1e9, files, distinct_certificates, distinct_keys);
    return 0;
}
