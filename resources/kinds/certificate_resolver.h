// Makes one certificate of a pool: what its entry, profile, pool, site and template say, put together and
// checked.
#pragma once

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "resources/kinds/resolution.h"

namespace edgecert {

// Lives as long as one certificate is being made; make() is called once.
class CertificateResolver {
public:
    CertificateResolver(Resolution& resolution,
                        const PoolLevels& levels,
                        const CertificateEntry& entry,
                        ResolvedPool& into);

    void make();

private:
    template <class T>
    [[nodiscard]] const Field<T>& said(Field<T> CertificateFields::*field) const {
        return nearest_said({&(entry_.fields.*field), profile_ == nullptr ? nullptr : &(profile_->*field)});
    }
    // Of what pools and sites say as well.
    template <class T>
    [[nodiscard]] const Field<T>& said(Field<T> CertificateFields::*field,
                                       Field<T> PoolDefaults::*defaults) const {
        return nearest_said({&(entry_.fields.*field),
                             profile_ == nullptr ? nullptr : &(profile_->*field),
                             &(levels_.pool.defaults.*defaults),
                             levels_.site == nullptr ? nullptr : &(levels_.site->*defaults)});
    }

    // Where a field was said, for the plan's reasons; of several places the first noted stays.
    void note(std::string_view name, const Place& place);
    std::string optional_text(const Field<std::string_view>& field, std::string_view name);
    void take_roles();
    void take_authority();
    // resources/kinds/certificate_key.cpp
    void take_template();
    [[nodiscard]] const SharedTextSet& usages_of(const TemplateFields& fields);
    // What old Windows servers cannot do. They are seen by their PFX profile only; other Windows servers are
    // not seen here.
    void check_server_kinds(const TemplateFields& fields);
    // CA/Browser Forum ballot SC-081: the longest lifetime a public CA may give, by the date of issue.
    [[nodiscard]] std::chrono::days longest_public() const;
    void warn_about_public(const TemplateFields& fields);
    // resources/kinds/certificate_names.cpp
    void take_names();
    void note_names(const NameItems& names, const Field<std::vector<Text>>& sans);
    void add_names(const NameItems& items, NameKind kind);
    void add_name(const std::string& folded, bool is_ip, const Place& place);
    void take_subject();
    static Field<std::string_view> nearest_part(std::initializer_list<const Field<SubjectFields>*> levels,
                                                std::size_t i);
    void take_part(std::size_t i, const Field<std::string_view>& part);
    void take_common_name(const Field<std::string_view>& part);
    // resources/kinds/certificates.cpp
    void take_checks();
    void warn_about_names();
    void check_duplicates();

    Resolution& resolution_;
    const PoolLevels& levels_;
    const CertificateEntry& entry_;
    ResolvedPool& into_;
    Scope scope_;
    const ProfileFields* profile_{};
    bool profile_broken_{};
    const AuthorityFields* authority_{};
    CertificateSpec spec_{};
    std::vector<FieldSource> own_{};  // where fields were said: here, and elsewhere
    std::vector<FieldSource> inherited_{};
    ResolvedPool::Certificate place_{};
};

}  // namespace edgecert
