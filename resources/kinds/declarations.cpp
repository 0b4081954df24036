// Reads documents: the head that all kinds share, then the spec by its kind.
#include "resources/kinds/declarations.h"

#include <algorithm>
#include <string>

namespace edgecert {

namespace {

constexpr std::string_view api_version = "edgecert/v1";
constexpr std::string_view annotation_prefix = "edgecert/";
constexpr std::string_view allow_annotation = "edgecert/allow";

void report_twice(Findings& findings, const Text& name, const Text& known) {
    const Source first = to_source(known.place);
    findings.error("duplicate-name",
                   name.place,
                   ticked(name.value) + " is declared twice",
                   "the first one is at " + first.file.str() + ":" + std::to_string(first.line) + ":" +
                       std::to_string(first.column));
}

template <class T, T (*read)(Fields&)>
Declared<T> read_spec(Fields& root, const Text& name) {
    Declared<T> declared{name, root.object("spec", read)};
    root.require({"spec"});
    return declared;
}

template <class T, Table<T> Declarations::*table, T (*read)(Fields&)>
void read_kind(Fields& root, const Text& name, Declarations& into) {
    Declared<T> declared = read_spec<T, read>(root, name);
    if (name.value.empty()) {
        return;
    }
    const auto [known, fresh] = (into.*table).try_emplace(name.value, std::move(declared));
    if (!fresh) {
        report_twice(root.findings(), name, known->second.name);
    }
}

// The spec is read later; at once where it will never be a pool's, for its mistakes.
void note_pool(Fields& root, const Text& name, Declarations& into) {
    (void)root.entry("spec");
    if (name.value.empty()) {
        (void)read_spec<PoolFields, read_edge_pool>(root, name);
        return;
    }
    const auto [known, fresh] = into.pools.try_emplace(name.value, PoolDocument{name, &root.document()});
    if (!fresh) {
        (void)read_spec<PoolFields, read_edge_pool>(root, name);
        report_twice(root.findings(), name, known->second.name);
    }
}

struct Head {
    Text name{};  // empty: there is none, or none that can be used
    std::string_view written_name{};
};

void read_allowed(Fields& annotations, Declarations& into) {
    const auto written = annotations.text(allow_annotation);
    if (!written.present()) {
        return;
    }
    std::string_view rest = written.value;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        std::string_view code = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        while (code.starts_with(' ')) {
            code.remove_prefix(1);
        }
        while (code.ends_with(' ')) {
            code.remove_suffix(1);
        }
        const auto& codes = warning_codes();
        const auto known = std::find(codes.begin(), codes.end(), code);
        if (known != codes.end()) {
            into.allowed[&annotations.document()].insert(*known);
            continue;
        }
        annotations.findings().error("unknown-warning",
                                     written.place,
                                     code == "no-pin" ? "a missing pin cannot be allowed away"
                                                      : ticked(code) + " is no warning that can be allowed",
                                     suggestion(code, codes));
    }
}

bool read_annotations(Fields& annotations, Declarations& into) {
    read_allowed(annotations, into);
    for (const Entry& written : annotations.entries()) {
        // Other programs' annotations are theirs; a key under our prefix that we do not know is a mistake.
        if (!written.key.starts_with(annotation_prefix)) {
            (void)annotations.entry(written.key);
        }
    }
    return true;
}

Head read_metadata(Fields& root, Declarations& into) {
    Head head{};
    const auto read = [&](Fields& metadata) {
        const auto name = metadata.text("name");
        head.written_name = name.value;
        const Text text{name.value, name.place};
        if (name.present() && check_identifier(metadata.findings(), text, "document")) {
            head.name = text;
        }
        (void)metadata.object("annotations",
                              [&](Fields& annotations) { return read_annotations(annotations, into); });
        metadata.require({"name"});
        return true;
    };
    (void)root.object("metadata", read);
    root.require({"metadata"});
    return head;
}

// Nothing else of a document of another program is worth a word.
bool is_ours(Fields& root, Findings& findings) {
    const auto version = root.text("apiVersion");
    if (version.present() && version.value == api_version) {
        return true;
    }
    if (!version.broken()) {
        const Place where = version.present() ? version.place : root.place();
        findings.error("api-version",
                       where,
                       version.present() ? ticked(version.value) + " is not " + ticked(api_version)
                                         : "this document is not " + ticked(api_version),
                       version.present() ? "" : "begin it with apiVersion: edgecert/v1");
    }
    const Entry* kind = root.entry("kind");
    return kind != nullptr && std::any_of(kinds().begin(), kinds().end(), [&](const Kind& known) {
               return known.name == kind->value.text;
           });
}

void read_document(const Document& document, Findings& findings, Declarations& into) {
    if (document.root.kind != Value::Kind::mapping) {
        findings.error(
            "api-version", {&document, document.root.mark}, "this document is not " + ticked(api_version));
        into.incomplete = true;
        return;
    }
    Fields root(findings, document, document.root, {});
    if (!is_ours(root, findings)) {
        const Value* metadata = document.root.find("metadata");
        const Value* name = metadata == nullptr ? nullptr : metadata->find("name");
        if (name != nullptr) {
            into.unreadable.insert(name->text);
        }
        return;
    }
    const Head head = read_metadata(root, into);
    if (head.name.value.empty()) {
        into.unreadable.insert(head.written_name);
        into.incomplete = into.incomplete || head.written_name.empty();
    }
    const auto kind = root.text("kind");
    root.require({"kind"});
    const auto* const known = std::find_if(
        kinds().begin(), kinds().end(), [&](const Kind& candidate) { return candidate.name == kind.value; });
    if (!kind.present() || known == kinds().end()) {
        (void)root.entry("spec");
        into.unreadable.insert(head.written_name);
        if (kind.present()) {
            std::vector<std::string> names;
            for (const Kind& candidate : kinds()) {
                names.emplace_back(candidate.name);
            }
            findings.error("unknown-kind",
                           kind.place,
                           "unknown kind " + ticked(kind.value),
                           suggestion(kind.value, names));
        }
    } else {
        known->read(root, head.name, into);
    }
    root.finish();
}

}  // namespace

const std::array<Kind, 6>& kinds() {
    static constexpr std::array<Kind, 6> all{{
        {"CertificateAuthority",
         read_kind<AuthorityFields, &Declarations::authorities, read_certificate_authority>},
        {"CertificateTemplate",
         read_kind<TemplateFields, &Declarations::templates, read_certificate_template>},
        {"SanList", read_kind<SanListFields, &Declarations::san_lists, read_san_list>},
        {"CertificateProfile", read_kind<ProfileFields, &Declarations::profiles, read_certificate_profile>},
        {"Site", read_kind<SiteFields, &Declarations::sites, read_site>},
        {"EdgePool", note_pool},
    }};
    return all;
}

const std::vector<std::string>& warning_codes() {
    static const std::vector<std::string> codes{"authority-in-git",
                                                "many-names",
                                                "name-claimed-twice",
                                                "names-depend-on-servers",
                                                "public-client-auth",
                                                "sha512-old-windows",
                                                "validity-over-limit"};
    return codes;
}

Declarations read_documents(const std::vector<Document>& documents, Findings& findings) {
    Declarations declarations{};
    for (const Document& document : documents) {
        read_document(document, findings, declarations);
    }
    return declarations;
}

Declared<PoolFields> read_pool(const PoolDocument& pool, Findings& findings) {
    Fields root(findings, *pool.document, pool.document->root, {});
    return read_spec<PoolFields, read_edge_pool>(root, pool.name);
}

}  // namespace edgecert
