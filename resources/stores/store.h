// CertificateStore: the contract of a server's certificate store, whatever it is made of and however far
// away.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/text/secret.h"
#include "engine/time/instant.h"
#include "resources/stores/observation.h"
#include "resources/x509/handshake.h"
#include "resources/x509/pfx.h"
#include "resources/x509/request.h"

namespace edgecert {

// How a store is reached and what goes with it, as declared. Either a directory or an argv.
struct StoreSpec {
    std::string directory{};              // absolute
    std::vector<std::string> command{};   // a node on stdin and stdout
    std::vector<std::string> activate{};  // local folders only: argv run after an assignment
    std::string key_group{};              // local folders only: keys are 0640 with this group
    bool operator==(const StoreSpec&) const = default;
};

// What the request is to be; the store makes the key and signs.
struct RequestOrder {
    std::string pool{};
    std::string name{};
    std::string issuance{};
    std::string requirement{};
    std::string holder{};
    std::string authority{};
    x509::RequestContents
        contents{};  // spki and key details are the store's to fill; contents.key says which kind
    bool exportable{};
    std::string friendly_name{};
    std::optional<CertificateId> reuse_key{};  // onRenewal: reuse: the personal entry whose key is used again
    Instant now{};
};

// How an entry in the personal store is to be labelled.
struct PersonalLabel {
    std::string pool{};
    std::string name{};
    std::string requirement{};
    std::string issuance{};
    std::string friendly_name{};
    bool exportable{};
    bool owned{true};
    std::optional<Instant> submitted{};
    bool operator==(const PersonalLabel&) const = default;
};

struct RequestKey {
    std::string pool{};
    std::string name{};
    std::string spki{};
};

// The next state of a request's entry, everywhere it is kept. Fields left empty stay as they are.
struct RequestNote {
    RequestPhase phase{RequestPhase::created};
    Instant at{};
    std::string ticket{};
    std::string message{};
    x509::CertificateRef answer{};  // with collected
    std::vector<x509::CertificateRef> answer_chain{};
};

struct RoleAssignment {
    std::string role{};
    CertificateId certificate{};
    std::string pool{};
    Instant now{};
    bool clear_rejection{};  // forget what was rejected in this role (a retry)
};

// After an assignment: did it come into effect, does the server answer with it?
struct RoleNote {
    std::string role{};
    std::optional<CertificateId> activated{};
    std::optional<CertificateId> verified{};
    std::string verified_checks{};
    std::optional<Rejection> rejected{};
};

struct CommandResult {
    bool ok{};
    std::string text{};
};  // text: what it said, bounded, printable

// Held while a store is being changed over several operations. Gone with the process that holds it.
class StoreLock {
public:
    StoreLock() = default;
    StoreLock(const StoreLock&) = delete;
    StoreLock& operator=(const StoreLock&) = delete;
    virtual ~StoreLock() = default;
};

// Every operation is idempotent and durable when it returns; a crash at any point inside leaves what was
// there or what was wanted. Each takes the store's lock for itself unless lock() is held through the same
// object. One thread at a time an object. Failures throw Error: "store-unreachable", "store-refused" (with
// the reason), "no-such-entry", "key-not-exportable", "store-locked". Operations that change make the store
// if it does not exist.
class CertificateStore {
public:
    CertificateStore() = default;
    CertificateStore(const CertificateStore&) = delete;
    CertificateStore& operator=(const CertificateStore&) = delete;
    virtual ~CertificateStore() = default;

    // One exchange. What cannot be read inside is a Finding; a store that cannot be read at all throws.
    [[nodiscard]] virtual StoreObservation observe(x509::CertificateCache& cache) = 0;

    // Nothing is asked for a while: what is held open may go, and the next operation opens it again. A lock
    // that is held stays held.
    virtual void rest() {}

    // Waits up to `patience`, then throws "store-locked". While the handle lives, this object's operations
    // run under it.
    [[nodiscard]] virtual std::unique_ptr<StoreLock> lock(Seconds patience) = 0;

    // Adds a certificate that is not there; an entry that is there stays as it is (whoever put it). A root
    // must be self-signed, an intermediate must not (I9): "store-refused".
    virtual void trust(TrustKind kind,
                       const x509::CertificateRef& certificate,
                       const std::string& authority,
                       const std::string& pool) = 0;
    virtual void distrust(TrustKind kind, const std::string& sha256) = 0;  // absent: done

    // Makes the key (or takes the one to be reused) and the request. When an entry with this issuance id and
    // its key is there: that one.
    [[nodiscard]] virtual RequestEntry create_request(const RequestOrder& order) = 0;
    virtual void keep_request(const RequestEntry& entry) = 0;  // the entry without its key, on the other
                                                               // servers; never over one with a key
    virtual void note_request(const RequestKey& request, const RequestNote& note) = 0;
    virtual void forget_request(
        const RequestKey& request) = 0;  // removes an entry that has no key here; one with a key stays

    // Binds the certificate to the request's key, puts both into the personal store, then removes the
    // request. The key must be the certificate's.
    virtual void accept(const RequestKey& request,
                        const x509::CertificateRef& certificate,
                        const std::vector<x509::CertificateRef>& chain,
                        const PersonalLabel& label) = 0;

    // The certificate with key and chain under a one-time password, made at random (128 bits or more) for
    // this call alone; the key must be exportable.
    [[nodiscard]] virtual Secret export_pfx(const CertificateId& certificate,
                                            const Secret& password,
                                            x509::PfxProfile profile) = 0;
    // An entry that is there with its key stays and gets the label if it is ours.
    virtual void import_pfx(const Secret& pfx, const Secret& password, const PersonalLabel& label) = 0;
    // Both at once, where the two stores are in this process: what export_pfx() of `source` and import_pfx()
    // here come to, without the file between them. False: they are not, and nothing was done.
    [[nodiscard]] virtual bool copy_key(CertificateStore& /*source*/,
                                        const CertificateId& /*certificate*/,
                                        const PersonalLabel& /*label*/) {
        return false;
    }
    virtual void set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) = 0;

    // Points the role at a certificate that is here with its key (I1), remembers what it pointed at as
    // previous (when that differs), forgets what was activated and verified before (when it differs), marks
    // the one left by every role superseded and the assigned one not superseded. Atomic for readers.
    virtual void assign(const RoleAssignment& assignment) = 0;
    virtual void unassign(const std::string& role, Instant now) = 0;
    [[nodiscard]] virtual CommandResult activate(
        const std::string& role) = 0;  // runs what is configured there; nothing configured: ok
    virtual void note_role(const RoleNote& note) = 0;
    [[nodiscard]] virtual HandshakeResult handshake(const HandshakeOrder& order) = 0;

    // Removes certificate and key of an entry; refused while a role points at it. Role records forget it as
    // previous.
    virtual void retire(const CertificateId& certificate) = 0;
};

}  // namespace edgecert
