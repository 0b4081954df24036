// What nobody who looks at stores can do without, and nothing else: the floor for observing.py. Opens, reads and hashes every file below
// a folder, parses each distinct certificate once and matches each distinct key once; of a file that is the same, byte for byte, as one
// before it nothing is decoded.
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
    X509* certificate;  // of a file: its first one
    EVP_PKEY* key;
};

static void* certificates;  // by their DER
static void* contents;      // of files, by all of their bytes
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

// A key that is new, matched with the certificate of the same folder, whichever of their files is met first. The walk is through with a
// folder's files before it meets those of another one; folders within it come between, but none lies beside a key.
static void match(const char* path, size_t folder_length, X509* certificate, EVP_PKEY* new_key) {
    static char folder[4096];
    static X509* its_certificate;
    static EVP_PKEY* its_key;
    must(folder_length < sizeof folder, "a long path");
    if (strlen(folder) != folder_length || memcmp(folder, path, folder_length) != 0) {
        memcpy(folder, path, folder_length);
        folder[folder_length] = 0;
        its_certificate = NULL;
        its_key = NULL;
    }
    its_certificate = certificate ? certificate : its_certificate;
    its_key = new_key ? new_key : its_key;
    if (its_certificate && its_key) {
        matches += X509_check_private_key(its_certificate, its_key) == 1;
        its_key = NULL;
    }
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
    ++files;
    int fresh = 0;
    struct seen* const one = find(&contents, (const unsigned char*)bytes, (size_t)length, &fresh);
    const char* const name = path + place->base;
    const int is_key = strcmp(name, "key.pem") == 0;
    if (fresh && strstr(name, ".pem") != NULL) {
        BIO* const text = BIO_new_mem_buf(bytes, (int)length);
        if (is_key) {
            one->key = PEM_read_bio_PrivateKey(text, NULL, NULL, (void*)"");
            must(one->key != NULL, "no key");
            ++distinct_keys;
        } else {
            one->certificate = see_certificates(text);
        }
        BIO_free(text);
    }
    if (is_key || strcmp(name, "certificate.pem") == 0) {
        match(path, (size_t)place->base, one->certificate, is_key && fresh ? one->key : NULL);
    }
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
