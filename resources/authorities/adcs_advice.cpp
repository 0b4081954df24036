// Advice for those who run an AD CS.
#include "resources/authorities/adcs_advice.h"

#include "engine/text/encoding.h"

namespace edgecert {

std::string how_to_look_up(const AdcsAuthority& authority, const std::string& common_name) {
    return "look at the CA behind " + printable(authority.url, 200) +
           " (Certification Authority: Issued Certificates, Pending Requests, Failed Requests; or certutil "
           "-view "
           "-restrict \"CommonName=" +
           printable(common_name, 100) +
           "\" -out \"RequestID,Request.SubmittedWhen,Request.DispositionMessage\")";
}

}  // namespace edgecert
