// Stores as text: thumbprints both ways, serials as they are and as event logs print them.
#include "resources/windows_node/show.h"

#include <string>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/time/instant.h"
#include "resources/windows_node/system_stores.h"
#include "resources/windows_node/text.h"
#include "resources/x509/certificate.h"

namespace edgecert::windows {
namespace {

std::string key_text(const Stored& stored, const x509::Certificate& certificate) {
    const KeyLook look = look_at_key(stored.key, certificate.spki_sha256);
    if (!stored.key) {
        return "none";
    }
    std::string text(to_text(look.state));
    text += look.state == KeyState::present ? (look.exportable ? ", exportable" : ", not exportable") : "";
    return text + (look.why.empty() ? "" : " (" + look.why + ")");
}

std::string certificate_text(const Stored& stored) {
    const auto certificate = x509::parse_certificate(stored.der);
    return "  " + printable(certificate->subject_text) + "\n    issuer      " +
           printable(certificate->issuer_text) + "\n    thumbprint  " + certificate->sha1 +
           "\n    SHA-256     " + certificate->sha256 + "\n    serial      " + certificate->serial +
           ", in event logs " + x509::reversed_serial(certificate->serial) + "\n    valid       " +
           to_rfc3339(certificate->not_before) + " to " + to_rfc3339(certificate->not_after) +
           "\n    key         " + key_text(stored, *certificate) +
           (stored.friendly_name.empty() ? "" : "\n    name        " + printable(stored.friendly_name)) +
           (stored.record.empty() ? "" : "\n    kept by     edgecert") + "\n";
}

}  // namespace

std::string show_stores(const Arguments& arguments) {
    const SystemStores stores(arguments.stores);
    const auto only = parse_store_name(arguments.store);
    if (!arguments.store.empty() && !only) {
        throw Error("usage",
                    "there is no store \"" + printable(arguments.store, 64) +
                        "\": Root, CA, My (Personal) or Request");
    }
    std::string text;
    for (const StoreName store :
         {StoreName::root, StoreName::intermediate, StoreName::personal, StoreName::request}) {
        if (only && *only != store) {
            continue;
        }
        text += stores.name_of(store) + "\n";
        for (const Stored& stored : stores.read(store)) {
            try {
                text += certificate_text(stored);
            } catch (const Error& error) {
                text += "  cannot be read: " + printable(error.diagnostic().text) + "\n";
            }
        }
    }
    return text;
}

}  // namespace edgecert::windows
