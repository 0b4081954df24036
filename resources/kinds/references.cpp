// Every reference leads somewhere, and no SanList includes itself.
#include <set>
#include <string>
#include <utility>

#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

class References {
public:
    explicit References(Resolution& resolution) : resolution_(resolution) {}

    template <class T>
    void check(const Table<T>& table, std::string_view kind, const Text& name) {
        if (table.contains(name.value) || resolution_.declared.unreadable.contains(name.value)) {
            return;
        }
        const auto [hint, fresh] = resolution_.hints.try_emplace({kind, std::string(name.value)});
        if (fresh) {
            std::vector<std::string> names;
            names.reserve(table.size());
            for (const auto& entry : table) {
                names.emplace_back(entry.first);
            }
            hint->second = suggestion(name.value, names);
        }
        // What is missing may stand in the document that could not be read; a near name is a mistake all the
        // same.
        if (resolution_.declared.incomplete && !hint->second.starts_with("did you mean")) {
            return;
        }
        resolution_.findings.error("unknown-reference",
                                   name.place,
                                   "there is no " + std::string(kind) + " " + ticked(name.value),
                                   hint->second);
    }

    template <class T>
    void check(const Table<T>& table, std::string_view kind, const Field<std::string_view>& name) {
        if (name.present()) {
            check(table, kind, Text{name.value, name.place});
        }
    }

    template <class T>
    void check(const Table<T>& table, std::string_view kind, const Field<std::vector<Text>>& names) {
        for (const Text& name : names.value) {
            check(table, kind, name);
        }
    }

    void certificate(const CertificateFields& fields) {
        const Declarations& declared = resolution_.declared;
        check(declared.authorities, "CertificateAuthority", fields.authority);
        check(declared.templates, "CertificateTemplate", fields.template_name);
        check(declared.san_lists, "SanList", fields.sans);
    }

    void defaults(const PoolDefaults& defaults) {
        const Declarations& declared = resolution_.declared;
        check(declared.authorities, "CertificateAuthority", defaults.authority);
        check(declared.authorities, "CertificateAuthority", defaults.trust);
        check(declared.templates, "CertificateTemplate", defaults.template_name);
        for (const CertificateEntry& entry : defaults.certificates.value) {
            if (entry.in_place) {
                certificate(entry.fields);
            } else {
                check(declared.profiles, "CertificateProfile", entry.name);
            }
        }
    }

private:
    Resolution& resolution_;
};

// Depth first over includes, without recursion: a chain may be as long as there are SanLists.
class Circles {
public:
    explicit Circles(Resolution& resolution) : resolution_(resolution) {}

    void search(std::string_view start) {
        push(start);
        while (!path_.empty()) {
            Step& step = path_.back();
            if (step.next == step.includes->size()) {
                state_[step.name] = State::done;
                path_.pop_back();
                continue;
            }
            const Text& include = (*step.includes)[step.next++];
            const auto state = state_.find(include.value);
            if (state == state_.end()) {
                push(include.value);
            } else if (state->second == State::open) {
                report(include);
            }
        }
    }

private:
    enum class State { open, done };
    struct Step {
        std::string_view name{};
        const std::vector<Text>* includes{};
        std::size_t next{};
    };

    void push(std::string_view name) {
        const auto found = resolution_.declared.san_lists.find(name);
        if (found != resolution_.declared.san_lists.end() && !state_.contains(name)) {
            state_[name] = State::open;
            path_.push_back({found->first, &found->second.spec.value.include.value, 0});
        }
    }

    void report(const Text& closing) {
        constexpr std::size_t most = 8;
        std::string circle = ticked(closing.value);
        std::size_t begin = path_.size();
        while (begin > 0 && path_[begin - 1].name != closing.value) {
            --begin;
        }
        for (std::size_t i = begin; i < path_.size(); ++i) {
            circle += i - begin < most ? " → " + ticked(path_[i].name) : "";
        }
        circle += path_.size() - begin > most ? " → …" : "";
        resolution_.findings.error("include-circle",
                                   closing.place,
                                   "a circle of includes: " + circle + " → " + ticked(closing.value));
    }

    Resolution& resolution_;
    std::map<std::string_view, State> state_{};
    std::vector<Step> path_{};
};

}  // namespace

void check_references(Resolution& resolution) {
    const Declarations& declared = resolution.declared;
    References references(resolution);
    for (const auto& [name, profile] : declared.profiles) {
        references.certificate(profile.spec.value);
    }
    for (const auto& [name, site] : declared.sites) {
        references.defaults(site.spec.value);
    }
    for (const auto& [name, list] : declared.san_lists) {
        references.check(declared.san_lists, "SanList", list.spec.value.include);
    }
    Circles circles(resolution);
    for (const auto& [name, list] : declared.san_lists) {
        circles.search(name);
    }
}

void check_references(Resolution& resolution, const PoolFields& pool) {
    References references(resolution);
    references.check(resolution.declared.sites, "Site", pool.site);
    references.defaults(pool.defaults);
}

}  // namespace edgecert
