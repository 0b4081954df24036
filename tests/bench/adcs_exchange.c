/* What an enrolment cannot do without, and nothing else: an RSA 2048 key, a signed request, and TLS to the CA with one exchange.
 *   adcs_exchange PORT ROOT.pem COUNT    prints the processor time of one, in milliseconds */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void insist(int fact, const char* what) {
    if (!fact) {
        fprintf(stderr, "failed: %s\n", what);
        exit(1);
    }
}

static void make_request(void) {
    EVP_PKEY* key = EVP_RSA_gen(2048);
    X509_REQ* request = X509_REQ_new();
    insist(key != NULL && request != NULL, "key");
    X509_NAME* name = X509_REQ_get_subject_name(request);
    insist(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char*)"edge.contoso.net", -1, -1, 0) == 1, "name");
    insist(X509_REQ_set_pubkey(request, key) == 1, "public key");
    insist(X509_REQ_sign(request, key, EVP_sha256()) > 0, "signature");
    X509_REQ_free(request);
    EVP_PKEY_free(key);
}

static void exchange(SSL_CTX* context, const char* address) {
    char buffer[4096];
    BIO* connection = BIO_new_ssl_connect(context);
    SSL* ssl = NULL;
    BIO_set_conn_hostname(connection, address);
    BIO_get_ssl(connection, &ssl);
    SSL_set_tlsext_host_name(ssl, "localhost");
    SSL_set1_host(ssl, "localhost");
    insist(BIO_do_handshake(connection) == 1, "handshake");
    const char* request = "GET /certsrv/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    insist(BIO_write(connection, request, (int)strlen(request)) > 0, "request");
    while (BIO_read(connection, buffer, sizeof buffer) > 0) {
    }
    BIO_free_all(connection);
}

int main(int count, char** arguments) {
    insist(count == 4, "usage: adcs_exchange PORT ROOT.pem COUNT");
    char address[64];
    snprintf(address, sizeof address, "localhost:%s", arguments[1]);
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    insist(SSL_CTX_load_verify_locations(context, arguments[2], NULL) == 1, "root");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    const int times = atoi(arguments[3]);
    for (int i = 0; i < times; ++i) {
        make_request();
        exchange(context, address);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const double milliseconds = 1e3 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                                1e-3 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    printf("%.2f\n", milliseconds / times);
    SSL_CTX_free(context);
    return 0;
}
