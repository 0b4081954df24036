// What is known of a pool at one moment: its servers' stores, its authorities, the answers to its open
// requests.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "resources/authorities/authority.h"
#include "resources/stores/observation.h"

namespace edgecert {

struct ServerView {
    bool reachable{true};
    std::string error{};  // why not, in words
    StoreObservation store{};
    Instant observed{};
    Seconds clock_difference{};  // far side minus here
    bool operator==(const ServerView&) const = default;
};

struct PoolView {
    std::map<std::string, ServerView> servers{};
    std::map<std::string, std::shared_ptr<const AuthorityView>>
        authorities{};  // as they will be when their units have converged
    std::map<std::string, Answer>
        answers{};  // by issuance id: what the CA says of each open request with a ticket
    std::map<std::string, std::string> silent{};  // issuance id → why its CA could not be asked
    // Names of all pools of the manifests, also those that nobody asked for; null: nobody knows them.
    std::shared_ptr<const std::set<std::string>> declared_pools{};
};

// Everything observed at one time: saved by `observe`, read back by `plan --observed`. Format
// edgecert.observation/1.
struct Observation {
    Instant at{};
    std::map<std::string, AuthorityView> authorities{};
    std::map<std::string, PoolView> pools{};  // their `authorities` and `declared_pools` are left empty
};
[[nodiscard]] nlohmann::ordered_json to_json(const Observation& observation);
[[nodiscard]] Observation observation_from_json(std::string_view bytes, x509::CertificateCache& cache);

}  // namespace edgecert
