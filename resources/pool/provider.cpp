// The list of the providers, and the few sentences they share.
#include "resources/pool/provider.h"

#include "engine/text/mutant.h"
#include "resources/pool/look.h"

namespace edgecert {

Failed failed(const std::string& code, const std::string& text, const std::string& hint) {
    return {{Severity::error, code, text, {}, {}, hint}};
}

Failed unreachable(const std::string& server) {
    return failed("store-unreachable", "server " + server + " cannot be reached");
}

const CertificateSpec& spec_of(const Step& step, const PoolWorld& world) {
    const auto* spec = find_certificate(world.pool, step.certificate);
    if (spec == nullptr) {
        throw Error("no-such-certificate", "certificate " + step.certificate + " is not declared");
    }
    return *spec;
}

Planning at_present(const PoolWorld& world) {
    return make_planning(world.pool, world.authorities, world.inputs, world.view);
}

std::vector<std::unique_ptr<Provider>> make_providers() {
    std::vector<std::unique_ptr<Provider>> list;
    list.push_back(make_trust());
    list.push_back(make_installation());
    list.push_back(make_assignment());
    list.push_back(make_request());
    list.push_back(make_enrolment());
    list.push_back(EDGECERT_MUTANT(assigned_before_installed) ? make_assignment() : make_installation());
    list.push_back(EDGECERT_MUTANT(assigned_before_installed) ? make_installation() : make_assignment());
    list.push_back(make_retirement());
    return list;
}

}  // namespace edgecert
