// Forms that several commands' JSON shares; every field always.
#include "engine/cli/json.h"

#include <nlohmann/json.hpp>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"

namespace edgecert {

std::string text_of(const nlohmann::ordered_json& json) {
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void write_result(const std::string& path, std::string_view bytes, std::string_view mark, mode_t mode) {
    const auto is_ours = [mark](std::string_view beginning) {
        return beginning.find(mark) != std::string_view::npos;
    };
    if (holds_something_else(path, is_ours)) {
        throw Error("exists",
                    path + " is already there and is something else; it was left as it is",
                    "name another file, or remove that one");
    }
    write_file(path, bytes, mode);
}

nlohmann::ordered_json time_to_json(const std::optional<Instant>& when) {
    return when ? nlohmann::ordered_json(to_rfc3339(*when)) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json certificate_to_json(const x509::CertificateRef& certificate) {
    if (!certificate)
        return nullptr;
    return {{"sha256", certificate->sha256},
            {"sha1", certificate->sha1},
            {"serial", certificate->serial},
            {"serial_reversed", x509::reversed_serial(certificate->serial)},
            {"subject", certificate->subject_text},
            {"issuer", certificate->issuer_text},
            {"names", x509::to_list(certificate->names)},
            {"not_before", to_rfc3339(certificate->not_before)},
            {"not_after", to_rfc3339(certificate->not_after)},
            {"key", x509::to_text(certificate->key)},
            {"signature", certificate->digest},
            {"extended_key_usage", certificate->extended_key_usage},
            {"authority", certificate->is_authority},
            {"self_signed", certificate->self_signed}};
}

}  // namespace edgecert
