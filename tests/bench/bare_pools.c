// What nobody who makes a key, a request and a certificate for each of many pools can do without, and nothing else: the floor for
// converging.py.
// bare_pools KEY THREADS POOLS [FOLDER SYNCS]: KEY is rsa or ec; with FOLDER the two stores of each pool are written, until as many
// calls of fsync were made for each pool as SYNCS says, two a file and never one more. Prints seconds on the wall and of all processors.
#define _GNU_SOURCE
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int rsa;
static int pools;
static int syncs;
static const char* folder;
static EVP_PKEY* authority_key;
static X509* authority;
static atomic_int next_pool;

static void must(int right, const char* what) {
    if (!right) {
        fprintf(stderr, "bare_pools: %s\n", what);
        ERR_print_errors_fp(stderr);
        exit(1);
    }
}

static EVP_PKEY* new_key(void) {
    EVP_PKEY* const key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    must(key != NULL, "no key");
    return key;
}

static void add(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, authority ? authority : certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, "no extension");
    X509_EXTENSION_free(extension);
}

static X509* certify(EVP_PKEY* key, const char* name, const char* names) {
    X509* const certificate = X509_new();
    must(X509_set_version(certificate, 2) == 1, "no version");
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), random());
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * 365);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const unsigned char*)name, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(authority ? authority : certificate));
    X509_set_pubkey(certificate, key);
    add(certificate, NID_subject_key_identifier, "hash");
    add(certificate, NID_basic_constraints, names ? "CA:FALSE" : "critical,CA:TRUE");
    if (names) {
        add(certificate, NID_subject_alt_name, names);
        add(certificate, NID_ext_key_usage, "serverAuth");
    }
    must(X509_sign(certificate, authority_key, EVP_sha256()) > 0, "no signature");
    return certificate;
}

// The request is signed, and its signature looked at by who answers it.
static void request(EVP_PKEY* key, const char* name) {
    X509_REQ* const wish = X509_REQ_new();
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(wish), "CN", MBSTRING_UTF8, (const unsigned char*)name, -1, -1, 0);
    must(X509_REQ_set_pubkey(wish, key) == 1 && X509_REQ_sign(wish, key, EVP_sha256()) > 0, "no request");
    must(X509_REQ_verify(wish, key) == 1, "no good request");
    X509_REQ_free(wish);
}

static void sync_and_close(int file) {
    must(fsync(file) == 0 && close(file) == 0, "not synced");
}

// As files are replaced that have to outlive a loss of power: beside, synced, renamed, the folder synced.
static void replace(int store, const char* name, const char* bytes, size_t length, int folder_too) {
    char beside[128];
    snprintf(beside, sizeof beside, ".new-%s", name);
    const int file = openat(store, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(file >= 0 && write(file, bytes, length) == (ssize_t)length, "not written");
    sync_and_close(file);
    must(renameat(store, beside, store, name) == 0 && (!folder_too || fsync(store) == 0), "not renamed");
}

static void write_stores(int number, EVP_PKEY* key, X509* certificate) {
    BIO* const text = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_X509(text, certificate);
    char* bytes = NULL;
    const long length = BIO_get_mem_data(text, &bytes);
    char path[4096];
    int stores[2];
    for (int server = 0; server < 2; ++server) {
        snprintf(path, sizeof path, "%s/%d-%d", folder, number, server);
        must(mkdir(path, 0700) == 0, "no folder");
        stores[server] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    for (int made = 0; made < syncs; made += 2) {
        char name[32];
        snprintf(name, sizeof name, "file%d", made / 4);
        replace(stores[(made / 2) % 2], name, bytes, (size_t)length, made + 1 < syncs);
    }
    close(stores[0]);
    close(stores[1]);
    BIO_free(text);
}

static void* work(void* unused) {
    (void)unused;
    while (1) {
        const int number = atomic_fetch_add(&next_pool, 1);
        if (number >= pools) {
            return NULL;
        }
        char name[64];
        char names[80];
        snprintf(name, sizeof name, "pool%d.example.net", number);
        snprintf(names, sizeof names, "DNS:%s", name);
        EVP_PKEY* const key = new_key();
        request(key, name);
        X509* const certificate = certify(key, name, names);
        if (folder) {
            write_stores(number, key, certificate);
        }
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// A root, and an issuing authority below it.
static void make_authority(void) {
    authority_key = new_key();
    authority = certify(authority_key, "root", NULL);
    EVP_PKEY* const issuing = new_key();
    X509* const below = certify(issuing, "issuing", NULL);
    X509_free(authority);
    EVP_PKEY_free(authority_key);
    authority = below;
    authority_key = issuing;
}

int main(int argc, char** argv) {
    must(argc == 4 || argc == 6, "KEY THREADS POOLS [FOLDER SYNCS]");
    rsa = strcmp(argv[1], "rsa") == 0;
    const int threads = atoi(argv[2]);
    pools = atoi(argv[3]);
    folder = argc > 4 ? argv[4] : NULL;
    syncs = argc > 4 ? atoi(argv[5]) : 0;
    const double begin = seconds(CLOCK_MONOTONIC);
    make_authority();
    pthread_t running[64];
    must(threads > 0 && threads <= 64, "between 1 and 64 threads");
    for (int index = 0; index < threads; ++index) {
        must(pthread_create(&running[index], NULL, work, NULL) == 0, "no thread");
    }
    for (int index = 0; index < threads; ++index) {
        pthread_join(running[index], NULL);
    }
    printf("%f %f\n", seconds(CLOCK_MONOTONIC) - begin, seconds(CLOCK_PROCESS_CPUTIME_ID));
    X509_free(authority);
    EVP_PKEY_free(authority_key);
    return 0;
}
