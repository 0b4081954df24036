// Kind CertificateTemplate, as declared: what a CA is asked for.
#pragma once

#include <string_view>
#include <vector>

#include "engine/manifest/fields.h"
#include "resources/kinds/shared.h"
#include "resources/pool/desired.h"

namespace edgecert {

struct TemplateFields {
    Field<std::string_view> template_name{};
    Field<KeyFields> key{};
    Field<std::string_view> digest{};
    Field<std::vector<Text>> extended_key_usage{};
    Field<Seconds> validity{};
    Field<Seconds> minimum_validity{};
    Field<Renewal> renewal{};
};

[[nodiscard]] TemplateFields read_certificate_template(Fields& fields);

}  // namespace edgecert
