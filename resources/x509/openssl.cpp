// OpenSSL's error queue in words.
#include "resources/x509/openssl.h"

#include <openssl/err.h>

#include <string>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert::x509 {

ErrorQueue::ErrorQueue() {
    ERR_clear_error();
}
ErrorQueue::~ErrorQueue() {
    ERR_clear_error();
}

std::string drained_reason() {
    // The first entry is the innermost cause; later ones only say which callers it passed through.
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    std::string text = reason != nullptr ? reason : "no reason given";
    ERR_clear_error();
    return text;
}

void fail(const std::string& code, const std::string& text) {
    throw Error(code, text + ": " + drained_reason());
}

void require(bool good, const char* what) {
    if (!good) {
        fail("openssl", std::string(what) + " failed");
    }
}

}  // namespace edgecert::x509
