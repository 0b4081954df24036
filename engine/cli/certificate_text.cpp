// Certificates as lines for people: what they match by hand against event logs and other tools' windows.
#include "engine/cli/certificate_text.h"

#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

constexpr std::size_t short_length = 12;

}  // namespace

std::string short_id(const std::string& id) {
    const std::string digits = is_unborn(id) ? id.substr(id.find(':') + 1) : id;
    return digits.size() > short_length ? digits.substr(0, short_length) + "…" : digits;
}

std::string line_of(const std::string& indent,
                    const std::string& name,
                    const std::string& value,
                    std::size_t width) {
    return indent + name + std::string(name.size() < width ? width - name.size() : 1, ' ') + value + "\n";
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : between) + word;
    return text;
}

std::string certificate_lines(const x509::Certificate& certificate, Instant now, const std::string& indent) {
    std::string lines = line_of(indent, "subject", printable(certificate.subject_text));
    if (certificate.names.size() > 0)
        lines += line_of(indent, "names", printable(joined(x509::to_list(certificate.names))));
    lines += line_of(indent, "issuer", printable(certificate.issuer_text));
    lines += line_of(indent,
                     "valid",
                     to_rfc3339(certificate.not_before) + " to " + to_rfc3339(certificate.not_after) + " (" +
                         left(certificate.not_after, now) + ")");
    lines += line_of(indent, "SHA-256", certificate.sha256);
    lines += line_of(indent, "SHA-1", certificate.sha1);
    lines += line_of(
        indent, "serial", certificate.serial + ", reversed " + x509::reversed_serial(certificate.serial));
    return lines;
}

}  // namespace edgecert
