// What OpenSSL keeps in memory, wiped when it gives it back.
#pragma once

namespace edgecert::x509 {

// From now on OpenSSL overwrites all memory before it frees it: its decoders (3.0) give the bytes of private
// keys back as they are. To be called before anything else of OpenSSL's, once, by main. Throws Error
// "no-wiping" when OpenSSL has taken memory already.
void wipe_what_openssl_frees();

}  // namespace edgecert::x509
