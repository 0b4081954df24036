// The subject and the names of a certificate: merged, substituted, folded, and held to what certificates can
// carry.
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "resources/kinds/certificate_resolver.h"

namespace edgecert {

void CertificateResolver::take_names() {
    const auto& names = said(&CertificateFields::names);
    const auto& sans = said(&CertificateFields::sans);
    note("sans", sans.place);
    std::set<std::string_view> seen;
    std::vector<std::string_view> open;
    for (const Text& list : sans.value) {
        open.push_back(list.value);
    }
    while (!open.empty()) {
        const auto found = resolution_.declared.san_lists.find(open.back());
        open.pop_back();
        if (found == resolution_.declared.san_lists.end() || !seen.insert(found->first).second) {
            continue;
        }
        const SanListFields& list = found->second.spec.value;
        add_names(list.dns, NameKind::dns);
        add_names(list.ip, NameKind::ip);
        for (const Text& include : list.include.value) {
            open.push_back(include.value);
        }
    }
    add_names(names, NameKind::either);
    note_names(names, sans);
}

// The line that holds them: `sans` only says that a list is included.
void CertificateResolver::note_names(const NameItems& names, const Field<std::vector<Text>>& sans) {
    if (names.present()) {
        note("names", names.place);
        return;
    }
    for (const Text& list : sans.value) {
        const auto found = resolution_.declared.san_lists.find(list.value);
        if (found != resolution_.declared.san_lists.end()) {
            const SanListFields& said = found->second.spec.value;
            note("names", said.dns.present() ? said.dns.place : said.ip.place);  // the first stays
        }
    }
    note("names", sans.place);
}

void CertificateResolver::add_names(const NameItems& items, NameKind kind) {
    for (const NameItem& item : items.value) {
        if (!item.substituted) {
            add_name(item.folded, item.is_ip, item.text.place);
            continue;
        }
        if (uses_servers(item.text.value)) {
            resolution_.warn("names-depend-on-servers",
                             item.text.place,
                             "these names follow the list of servers: adding one reissues the certificate",
                             "write the names out, or allow it with the annotation edgecert/allow",
                             levels_.scope.about,
                             {entry_.name.place.document, into_.where.document});
        }
        for (const std::string& text : expand_list(item.text, scope_, resolution_.findings)) {
            CheckedName checked = check_name(text, kind);
            if (checked.problem) {
                resolution_.findings.error(checked.problem->code,
                                           item.text.place,
                                           checked.problem->text,
                                           checked.problem->hint,
                                           levels_.scope.about);
                continue;
            }
            add_name(checked.folded, checked.is_ip, item.text.place);
        }
    }
}

void CertificateResolver::add_name(const std::string& folded, bool is_ip, const Place& place) {
    auto& names = spec_.requirement.names;
    TextSet& kind = is_ip ? names.ip : names.dns;
    const auto [kept, fresh] = kind.insert(folded);
    if (fresh) {
        const std::size_t before = is_ip ? names.dns.size() : 0;
        const auto index = static_cast<std::ptrdiff_t>(before) + (kept - kind.begin());
        place_.names.insert(place_.names.begin() + index, place);
    }
}

void CertificateResolver::take_subject() {
    const std::initializer_list<const Field<SubjectFields>*> levels{
        &entry_.fields.subject,
        profile_ == nullptr ? nullptr : &profile_->subject,
        &levels_.pool.defaults.subject,
        levels_.site == nullptr ? nullptr : &levels_.site->subject};
    for (const Field<SubjectFields>* level : levels) {
        if (level != nullptr && level->present()) {
            note("subject", level->place);  // the nearest one: emplace keeps the first
        }
    }
    for (std::size_t i = 0; i < subject_parts.size(); ++i) {
        const Field<std::string_view> part = nearest_part(levels, i);
        if (i == common_name_part) {
            take_common_name(part);
        } else if (part.present()) {
            take_part(i, part);
        }
    }
}

Field<std::string_view> CertificateResolver::nearest_part(
    std::initializer_list<const Field<SubjectFields>*> levels, std::size_t i) {
    for (const Field<SubjectFields>* level : levels) {
        if (level == nullptr || level->absent()) {
            continue;
        }
        if (!level->present()) {
            Field<std::string_view> none{};
            none.state = level->broken() ? Field<std::string_view>::State::broken : none.state;
            return none;
        }
        if (!level->value.parts[i].absent()) {
            return level->value.parts[i];
        }
    }
    return {};
}

void CertificateResolver::take_part(std::size_t i, const Field<std::string_view>& part) {
    const SubjectPart& known = subject_parts[i];
    note(known.noted, part.place);
    auto text = expand({part.value, part.place}, scope_, resolution_.findings);
    if (!text) {
        return;
    }
    if (i == country_part) {
        std::transform(text->begin(), text->end(), text->begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        const bool two_letters = text->size() == 2 && std::all_of(text->begin(), text->end(), [](char c) {
                                     return c >= 'A' && c <= 'Z';
                                 });
        if (!two_letters) {
            resolution_.findings.error("bad-country",
                                       part.place,
                                       ticked(*text) + " is no country",
                                       "two letters of ISO 3166-1, such as NL",
                                       levels_.scope.about);
        }
    } else if (count_characters(*text) > known.longest) {
        resolution_.findings.error("too-long",
                                   part.place,
                                   "a certificate takes at most " + std::to_string(known.longest) +
                                       " characters as " + std::string(known.key),
                                   {},
                                   levels_.scope.about);
    }
    spec_.requirement.subject.*known.member = std::move(*text);
}

void CertificateResolver::take_common_name(const Field<std::string_view>& part) {
    if (part.broken()) {
        return;
    }
    if (part.state == Field<std::string_view>::State::cleared) {
        resolution_.findings.error("missing-common-name",
                                   part.place,
                                   "a certificate needs a common name",
                                   "leave `commonName` out for ${pool.fqdn}",
                                   levels_.scope.about);
        return;
    }
    note("subject.commonName", part.place);
    const Place place = part.present() ? part.place : entry_.name.place;
    const auto text = part.present() ? expand({part.value, part.place}, scope_, resolution_.findings)
                                     : std::optional(levels_.scope.pool_fqdn);
    if (!text || text->empty()) {
        return;
    }
    const CheckedName checked = check_name(*text, NameKind::either);
    if (checked.problem) {
        resolution_.findings.error(
            checked.problem->code, place, checked.problem->text, checked.problem->hint, levels_.scope.about);
        return;
    }
    const auto& names = spec_.requirement.names;
    if (checked.folded.size() > longest_common_name && !names.dns.contains(checked.folded)) {
        resolution_.findings.error("too-long",
                                   place,
                                   "a common name over 64 characters is left out of the subject, and " +
                                       ticked(*text) + " is not among the names either",
                                   "add it to `names`",
                                   levels_.scope.about);
    }
    spec_.requirement.subject.common_name = checked.folded;
    place_.common_name = place;
}

}  // namespace edgecert
