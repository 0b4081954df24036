// Certificates already parsed, kept by the hash of their bytes; the same wherever they are parsed.
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resources/x509/certificate.h"
#include "resources/x509/read_certificate.h"

namespace edgecert::x509 {

CertificateRef CertificateCache::parse(std::string_view der) {
    std::string fingerprint = sha256(der);
    if (CertificateRef known = find(fingerprint)) {
        return known;
    }
    // Parsed outside the lock; of two threads that meet here with the same bytes, the first one's value is
    // kept.
    CertificateRef parsed = read_certificate(der, fingerprint);
    Shard& shard = shards_[shard_of(fingerprint)];
    const std::lock_guard lock(shard.mutex);
    return shard.seen.try_emplace(std::move(fingerprint), std::move(parsed)).first->second;
}

void CertificateCache::remember(const CertificateRef& certificate) {
    if (certificate) {
        Shard& shard = shards_[shard_of(certificate->sha256)];
        const std::lock_guard lock(shard.mutex);
        shard.seen.try_emplace(certificate->sha256, certificate);
    }
}

CertificateRef CertificateCache::find(const std::string& sha256) const {
    const Shard& shard = shards_[shard_of(sha256)];
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.seen.find(sha256);
    return found == shard.seen.end() ? nullptr : found->second;
}

std::vector<std::string> CertificateCache::known() const {
    std::vector<std::string> all;
    for (const Shard& shard : shards_) {  // by first digit, so the whole is sorted
        const std::lock_guard lock(shard.mutex);
        for (const auto& [fingerprint, certificate] : shard.seen) {
            all.push_back(fingerprint);
        }
    }
    return all;
}

std::size_t CertificateCache::shard_of(std::string_view sha256) {
    const char first = sha256.empty() ? '0' : sha256.front();
    const auto digit = static_cast<unsigned>(first >= 'a' ? first - 'a' + 10 : first - '0');
    return digit % shard_count;
}

}  // namespace edgecert::x509
