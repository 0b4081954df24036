// Questions about a pool's view that several providers ask: what is there, and who holds it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "resources/pool/planning.h"

namespace edgecert {

// One certificate wherever the pool's reachable servers hold it.
struct Candidate {
    CertificateId id{};
    const PersonalEntry*
        entry{};  // of one holder (ours before others', then by server), for what all copies share
    std::vector<std::string> holders{};        // servers with the key, in declared order
    bool exportable{};                         // on at least one of them
    [[nodiscard]] std::string object() const;  // for Step::object: issuance id if it has one, else SHA-256
};

// What a role points at now, over the pool's members.
struct ServingNow {
    CertificateId id{};
    std::vector<std::string> servers{};  // where at least one of the roles points at it
};

// What these questions were answered while the view was as observed. A plan asks them again and again, and
// most plans change nothing: found out once. Belongs to one plan, and so to one thread.
struct Looked {
    std::optional<std::vector<Candidate>> candidates{};
    std::vector<const ServerView*> servers{};                  // as Pool::servers; null: it does not answer
    std::map<std::string, std::string> requirements{};         // digests, by the certificate's declared name
    std::map<std::string, std::vector<ServingNow>> serving{};  // by the certificate's declared name
    std::map<std::string, std::optional<Candidate>> wanted{};
    std::map<std::string, std::optional<Candidate>> current{};
};

[[nodiscard]] const ServerView* reachable(const PoolView& view, const std::string& server);
[[nodiscard]] ServerView* reachable(PoolView& view, const std::string& server);
// The same for one of the pool's own servers.
[[nodiscard]] const ServerView* reachable(const Planning& planning, const ServerSpec& server);
[[nodiscard]] const PersonalEntry* personal(const ServerView& server, const CertificateId& id);
[[nodiscard]] const PersonalEntry* named(const ServerView& server,
                                         const std::string& object);          // by Step::object
[[nodiscard]] bool holds(const ServerView& server, const CertificateId& id);  // with its key
// Does the server trust what the certificate ends in (I1)? What is not born yet (null) comes with its chain.
[[nodiscard]] bool is_trusted(const ServerView& server, const x509::CertificateRef& certificate);
[[nodiscard]] const RoleRecord* role_record(const ServerView& server, const std::string& role);
[[nodiscard]] RoleRecord& role_record_for(ServerView& server, const std::string& role);
[[nodiscard]] const CertificateSpec* find_certificate(const Pool& pool, const std::string& name);
[[nodiscard]] const ServerSpec* find_server(const Pool& pool, const std::string& name);

[[nodiscard]] bool is_member(const ServerSpec& server);   // not absent, not the outside request machine
[[nodiscard]] bool in_barrier(const ServerSpec& server);  // a member not in maintenance
[[nodiscard]] std::vector<const ServerSpec*> members(const Pool& pool);
// Could every member be read, those in maintenance too?
[[nodiscard]] bool all_answer(const Planning& planning);

[[nodiscard]] std::vector<Candidate> candidates(const Planning& planning);
[[nodiscard]] std::optional<Candidate> candidate(const Planning& planning, const CertificateId& id);

}  // namespace edgecert
