// Observes, makes and issues from a CA in a folder.
#include "resources/authorities/local.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/authorities/issuance_log.h"
#include "resources/authorities/requested_extensions.h"
#include "resources/x509/issue.h"
#include "resources/x509/key.h"
#include "resources/x509/request.h"

namespace edgecert {
namespace {

constexpr int lock_patience = 30'000;  // milliseconds

FileLock take_lock(const Folder& folder) {
    std::optional<FileLock> lock = FileLock::take(folder, local_lock_file, lock_patience);
    if (!lock) {
        throw Error("authority-unreachable",
                    "somebody else has held the lock of the CA in " + folder.path().string() + " for 30 s",
                    "see which program has " + (folder.path() / local_lock_file).string() + " open");
    }
    return *std::move(lock);
}

Denied refused(const std::string& why) {
    return {
        "request-refused", "the local CA refuses the request: " + why, "the request itself has to change"};
}

bool has_wildcard(const x509::RequestContents& contents) {
    const auto starred = [](const std::string& name) { return name.find('*') != std::string::npos; };
    return starred(contents.subject.common_name) ||
           std::any_of(contents.names.dns.begin(), contents.names.dns.end(), starred);
}

// "" or why a request is not signed, whatever was submitted with it.
std::string objection(const x509::RequestContents& contents, std::string_view der) {
    constexpr int least_rsa = 2048;
    const bool rsa = contents.key.algorithm == x509::KeyAlgorithm::rsa && contents.key.bits >= least_rsa;
    const bool curve = contents.key.algorithm == x509::KeyAlgorithm::ecdsa &&
                       (contents.key.bits == 256 || contents.key.bits == 384);
    if (!rsa && !curve)
        return "its key is " + x509::to_text(contents.key) +
               "; RSA 2048 or more, or ECDSA P-256 or P-384 is wanted";
    if (has_wildcard(contents))
        return "it asks for a wildcard";
    return objection_to_extensions(der);
}

}  // namespace

LocalCertificateAuthority::LocalCertificateAuthority(AuthoritySpec spec, RandomBytes random_bytes)
    : spec_(std::move(spec)), random_bytes_(std::move(random_bytes)) {}

std::string LocalCertificateAuthority::changed(const LocalCa& ca) const {
    if (ca.declaration == spec_.declaration)
        return {};
    return "the folder " + local().directory + " holds the CA \"" + printable(ca.issuing->subject_text, 200) +
           "\" with a key of " + x509::to_text(ca.issuing->key) + ", which is not the one declared";
}

AuthorityView LocalCertificateAuthority::observe(Instant /*now*/, x509::CertificateCache& cache) {
    AuthorityView view;
    view.name = spec_.name;
    try {
        const std::optional<LocalCa> ca = open_local_ca(local().directory, cache);
        view.exists = ca.has_value();
        if (!ca)
            return view;
        view.chain.push_back({.birth = ca->root_birth, .certificate = ca->root, .root = true});
        view.chain.push_back({.birth = ca->issuing_birth, .certificate = ca->issuing, .root = false});
        view.chain_problem = changed(*ca);
        if (!has_private_key(*ca, false))
            view.unable = "its private key is not in the folder, so that it can issue nothing";
        IssuanceLog::Listing listing = IssuanceLog(ca->folder).list(cache);
        view.issued = std::move(listing.records);
        view.notes.insert(view.notes.end(), listing.notes.begin(), listing.notes.end());
    } catch (const Error& error) {
        view.reachable = false;
        view.error = error.diagnostic().text;
    }
    return view;
}

LocalCa LocalCertificateAuthority::open(x509::CertificateCache& cache) const {
    std::optional<LocalCa> ca = open_local_ca(local().directory, cache);
    if (!ca)
        throw Error("authority-refused", "there is no CA in " + local().directory + " yet", "apply makes it");
    return *std::move(ca);
}

SubmitAnswer LocalCertificateAuthority::submit(const Submission& submission) {
    static_cast<void>(open(own_));  // nothing is made, not even a lock, where there is no CA
    const Folder folder = Folder::open(local().directory, false);
    const FileLock lock = take_lock(folder);
    const LocalCa ca = open(own_);
    const std::string other = changed(ca);
    if (!other.empty())
        throw Error("authority-refused", other, "declare it as it is, or name another folder");
    const std::optional<LogEntry> known = IssuanceLog(ca.folder).find(submission.issuance, own_);
    if (!known)
        return issue(submission, ca);
    if (known->spki == submission.spki)
        return Accepted{known->serial};
    return Denied{"issuance-reused",
                  "the local CA has issued certificate " + known->serial +
                      " under this issuance id, for another key (sha256:" + known->spki + ")",
                  "--resubmit asks anew, under an issuance id of its own"};
}

SubmitAnswer LocalCertificateAuthority::issue(const Submission& submission, const LocalCa& ca) const {
    x509::Issuance what;
    try {
        const x509::RequestContents contents = x509::parse_request(submission.request_pem);
        const std::string why = objection(contents, x509::request_der(submission.request_pem));
        if (!why.empty())
            return refused(why);
        if (contents.spki_sha256 != submission.spki)
            return refused("its key is not the one it was submitted for");
        what.subject = contents.subject;
        what.names = contents.names;
        what.spki_der = request_public_key(x509::request_der(submission.request_pem));
    } catch (const Error& error) {
        return refused(error.what());
    }
    if (x509::sha256(what.spki_der) != submission.spki)
        return refused("its public key cannot be read");
    what.extended_key_usage = submission.extended_key_usage;
    what.digest = submission.digest.empty() ? "sha256" : submission.digest;
    if (what.digest != "sha256" && what.digest != "sha384" && what.digest != "sha512") {
        return refused("the digest \"" + printable(what.digest, 40) + "\" is not signed with");
    }
    what.not_before = std::max(submission.now - local_backdate, ca.issuing->not_before);
    what.not_after =
        std::min(submission.now + submission.validity, std::min(ca.issuing->not_after, ca.root->not_after));
    if (what.not_after <= submission.now) {
        return Denied{
            "authority-expired",
            "the local CA expired on " + to_rfc3339(std::min(ca.issuing->not_after, ca.root->not_after)),
            "declare a new CA beside it"};
    }
    what.serial = random_serial(random_bytes_);
    what.distribution_point = local().distribution_point;
    what.issuer_url = local().issuer_url;

    LogEntry entry;
    entry.what = x509::sign_certificate(what, read_issuing_key(ca), ca.issuing);
    entry.issuance = submission.issuance;
    entry.serial = entry.what->serial;
    entry.spki = submission.spki;
    entry.pool = submission.pool;
    entry.certificate = submission.certificate;
    entry.template_name = submission.template_name;
    entry.holder = submission.holder;
    entry.issued = submission.now;
    // Whoever could be handed a certificate that the log cannot be read back for would be handed a second one
    // later.
    IssuanceLog(ca.folder).append(entry);
    return Accepted{entry.serial};
}

Answer LocalCertificateAuthority::poll(const Inquiry& inquiry, x509::CertificateCache& cache) {
    const LocalCa ca = open(cache);
    const std::optional<LogEntry> entry = IssuanceLog(ca.folder).find(inquiry.issuance, cache);
    if (!entry) {
        return Denied{"not-in-log",
                      "the log of the local CA in " + local().directory + " knows nothing of this request",
                      "was an older copy of the folder put back? --resubmit asks anew"};
    }
    if (entry->spki != inquiry.spki) {
        return Unusable{"the certificate that was issued under this issuance id has another key (sha256:" +
                            entry->spki + ")",
                        (ca.folder.path() / "log" / (inquiry.issuance + ".json")).string()};
    }
    return Issued{entry->what, {ca.issuing, ca.root}};
}

void LocalCertificateAuthority::create(Instant now) {
    x509::CertificateCache cache;
    const auto there = [&] {
        const std::optional<LocalCa> ca = open_local_ca(local().directory, cache);
        if (!ca)
            return false;
        const std::string other = changed(*ca);
        if (!other.empty())
            throw Error("authority-refused", other, "declare it as it is, or name another folder");
        return true;
    };
    if (there())
        return;
    const Folder folder = Folder::open(local().directory, true, 0755);
    const FileLock lock = take_lock(folder);
    if (!there())
        make_local_ca(folder, spec_, random_bytes_, now);
}

Authority::Check LocalCertificateAuthority::check(Instant now) {
    Check result{.ok = true};
    try {
        x509::CertificateCache cache;
        const std::optional<LocalCa> ca = open_local_ca(local().directory, cache);
        if (!ca) {
            result.lines.push_back(local().directory + ": no CA yet; apply makes it");
            return result;
        }
        const std::string other = changed(*ca);
        static_cast<void>(read_issuing_key(*ca));
        result.lines.push_back(local().directory + ": " + printable(ca->issuing->subject_text, 200) + ", " +
                               x509::to_text(ca->issuing->key) + ", until " +
                               to_rfc3339(ca->issuing->not_after));
        if (!other.empty())
            result.fault(other);
        if (ca->issuing->not_after <= now)
            result.fault("it has expired");
    } catch (const Error& error) {
        result.fault(error.diagnostic().text);
    }
    return result;
}

}  // namespace edgecert
