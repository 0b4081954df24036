// Advice for those who have to look at a CA themselves.
#include "resources/authorities/advice.h"

#include <variant>

#include "engine/text/encoding.h"

namespace edgecert {

namespace {

std::string at_adcs(const AdcsAuthority& authority, const std::string& common_name) {
    return "look at the CA behind " + printable(authority.url, 200) +
           " (Certification Authority: Issued Certificates, Pending Requests, Failed Requests; or certutil "
           "-view "
           "-restrict \"CommonName=" +
           printable(common_name, 100) +
           "\" -out \"RequestID,Request.SubmittedWhen,Request.DispositionMessage\") for a request";
}

}  // namespace

std::string how_to_look_up(const AuthoritySpec* authority,
                           const std::string& name,
                           const std::string& public_key,
                           const std::string& common_name) {
    const auto* adcs = authority == nullptr ? nullptr : std::get_if<AdcsAuthority>(&authority->kind);
    return adcs != nullptr ? at_adcs(*adcs, common_name)
                           : "look at " + name + " for a request with the public key " + public_key;
}

}  // namespace edgecert
