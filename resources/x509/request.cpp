// Certificate requests made and read back (RFC 2986).
#include "resources/x509/request.h"

#include <openssl/obj_mac.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/x509/build.h"
#include "resources/x509/fields.h"
#include "resources/x509/key_handle.h"
#include "resources/x509/openssl.h"
#include "resources/x509/pem.h"

namespace edgecert::x509 {
namespace {

constexpr const char* bad_request = "bad-request";
constexpr std::size_t most_bytes = std::size_t{256} * 1024;
constexpr std::size_t longest_common_name = 64;  // ub-common-name, in characters (RFC 5280 appendix A.1)

std::size_t characters_in(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(
        utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Subject fitting_subject(const RequestContents& contents) {
    Subject subject = contents.subject;
    if (characters_in(subject.common_name) > longest_common_name) {
        const std::optional<std::string> host = fold_host_name(subject.common_name);
        if (!host || !contents.names.dns.contains(*host)) {
            throw Error(
                bad_request,
                "the common name \"" + printable(subject.common_name) + "\" is longer than 64 characters",
                "a host name that long goes into the alternative names");
        }
        subject.common_name.clear();
    }
    return subject;
}

// Both OIDs under which extensions are asked for; in one request two lists, or two of one, would be read
// differently by different CAs.
ExtensionsHandle requested_extensions(X509_REQ* request) {
    int lists = 0;
    for (const int nid : {NID_ext_req, NID_ms_ext_req}) {
        int at = -1;
        while ((at = X509_REQ_get_attr_by_NID(request, nid, at)) >= 0) {
            ++lists;
        }
    }
    if (lists > 1) {
        throw Error(bad_request, "more than one list of extensions");
    }
    ExtensionsHandle extensions(lists == 0 ? nullptr : X509_REQ_get_extensions(request));
    if (lists == 1 && !extensions) {
        throw Error(bad_request, "the list of extensions is broken");
    }
    return extensions;
}

RequestHandle read_request(std::string_view der) {
    const unsigned char* at = octets(der);
    RequestHandle request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
    if (!request) {
        fail(bad_request, "not a certificate request");
    }
    if (at != octets(der) + der.size()) {
        throw Error(bad_request, "bytes follow the request");
    }
    return request;
}

// A request whose signature is made by its own key: proof that whoever sent it has that key.
RequestHandle read_verified(std::string_view bytes) {
    if (bytes.size() > most_bytes) {
        throw Error(bad_request, "a request of more than 256 KiB");
    }
    RequestHandle request = read_request(looks_like_pem(bytes) ? request_der(bytes) : std::string(bytes));
    EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
    if (key == nullptr) {
        fail(bad_request, "its public key is of no known kind");
    }
    if (X509_REQ_verify(request.get(), key) != 1) {
        throw Error(bad_request, "its signature is not made by its own key");
    }
    return request;
}

std::string public_key_of(X509_REQ* request) {
    return encode(i2d_X509_PUBKEY, X509_REQ_get_X509_PUBKEY(request));
}

}  // namespace

std::string make_request(const RequestContents& contents, const PrivateKey& key) {
    const ErrorQueue errors;
    const KeyHandle handle = load_key(key);
    const EVP_MD* digest = signing_digest(contents.digest);
    const NameHandle name = build_name(fitting_subject(contents), bad_request);
    const RequestHandle request(X509_REQ_new());
    require(request != nullptr, "X509_REQ_new");
    require(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1, "X509_REQ_set_version");
    require(X509_REQ_set_subject_name(request.get(), name.get()) == 1, "X509_REQ_set_subject_name");
    require(X509_REQ_set_pubkey(request.get(), handle.get()) == 1, "X509_REQ_set_pubkey");
    ExtensionsHandle extensions;
    add_extension(extensions, NID_key_usage, build_leaf_usage(key.kind).get(), true);
    add_usages(extensions, contents.extended_key_usage, bad_request);
    add_names(extensions, contents.names, X509_NAME_entry_count(name.get()) == 0, bad_request);
    require(X509_REQ_add_extensions(request.get(), extensions.get()) == 1, "X509_REQ_add_extensions");
    if (X509_REQ_sign(request.get(), handle.get(), digest) <= 0) {
        fail(bad_request, "the request could not be signed");
    }
    return pem_text("CERTIFICATE REQUEST", encode(i2d_X509_REQ, request.get()));
}

RequestContents parse_request(std::string_view bytes) {
    const ErrorQueue errors;
    const RequestHandle request = read_verified(bytes);
    const ExtensionsHandle extensions = requested_extensions(request.get());
    ExtensionValues values = read_extensions(extensions.get(), bad_request);
    const X509_ALGOR* algorithm = nullptr;
    X509_REQ_get0_signature(request.get(), nullptr, &algorithm);
    RequestContents contents;
    contents.subject = read_subject(X509_REQ_get_subject_name(request.get()));
    contents.names = std::move(values.names);
    contents.extended_key_usage = std::move(values.extended_key_usage);
    contents.key = key_kind(X509_REQ_get0_pubkey(request.get()));
    contents.spki_sha256 = sha256(public_key_of(request.get()));
    contents.digest = signature_digest(algorithm);
    return contents;
}

bool asks_as_ordered(const RequestContents& made, const RequestContents& ordered) {
    Subject subject = ordered.subject;
    if (made.subject.common_name.empty()) {
        subject.common_name.clear();
    }
    return made.subject == subject && made.names == ordered.names &&
           made.extended_key_usage == ordered.extended_key_usage && made.key == ordered.key;
}

std::string request_public_key(std::string_view bytes) {
    const ErrorQueue errors;
    return public_key_of(read_verified(bytes).get());
}

std::string request_der(std::string_view pem) {
    for (const PemBlock& block : pem_blocks(pem, bad_request)) {
        if (block.label == "CERTIFICATE REQUEST" || block.label == "NEW CERTIFICATE REQUEST") {
            return pem_bytes(block, bad_request);
        }
    }
    throw Error(bad_request, "no CERTIFICATE REQUEST block in it");
}

}  // namespace edgecert::x509
