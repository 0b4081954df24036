// Kind CertificateAuthority, as declared.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "engine/manifest/fields.h"
#include "resources/authorities/authority.h"
#include "resources/kinds/shared.h"

namespace edgecert {

struct LocalFields {
    Field<std::string_view> directory{};
    Field<SubjectFields> subject{};
    Field<KeyFields> key{};
    Field<Seconds> validity{};
    Field<std::string_view> distribution_point{};
    Field<std::string_view> issuer_url{};
};

struct OfflineFields {
    Field<std::string_view> outbox{};
    Field<std::string_view> inbox{};
};

struct SecretFields {
    SecretSource::Kind kind{SecretSource::Kind::none};
    std::vector<Text> value{};
};

struct AdcsFields {
    Field<std::string_view> url{};
    Field<std::string_view> method{};
    Field<std::string_view> username{};
    SecretFields password{};
    Field<std::string_view> certificate{};
    Field<std::string_view> key{};
    Field<std::string_view> tls_ca{};
    Field<int> concurrent{};
};

struct MatchFields {
    Field<std::string_view> subject{};
    Field<std::string_view> names{};
    Field<std::string_view> usages{};
};

struct ChainFields {
    Field<std::string_view> file{};
    Field<std::vector<Text>> roots{};  // pins, checked
};

struct AuthorityFields {
    Field<LocalFields> local{};
    Field<OfflineFields> offline{};
    Field<std::vector<Text>> command{};
    Field<AdcsFields> adcs{};
    Field<ChainFields> chain{};
    Field<MatchFields> match{};
    Field<bool> is_public{};

    // None of the four: its chain is trusted, nothing is asked of it.
    [[nodiscard]] bool chain_only() const {
        return local.absent() && offline.absent() && command.absent() && adcs.absent();
    }
};

[[nodiscard]] AuthorityFields read_certificate_authority(Fields& fields);
[[nodiscard]] AdcsFields read_adcs(Fields& fields);
// One of the schemes, then a host, and no character of `refused`.
[[nodiscard]] bool is_url(std::string_view text,
                          std::initializer_list<std::string_view> schemes,
                          std::string_view refused);

}  // namespace edgecert
