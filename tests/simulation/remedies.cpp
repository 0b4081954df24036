// One remedy a code.
#include "tests/simulation/remedies.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/simulation/process.h"

namespace edgecert::simulation {

namespace {

// The request whose fate nobody knows, as its holder has it.
const RequestEntry* undecided_request(const Step& step, const Fleet& fleet, SimWorld& world) {
    const RequestEntry* found = nullptr;
    for (const Pool& pool : fleet.pools) {
        for (const ServerSpec& server : pool.servers) {
            for (const RequestEntry& request : world.servers.at(server.store.directory)->state.requests) {
                const bool same =
                    pool.name == step.unit && request.pool == pool.name && request.name == step.certificate;
                const bool undecided = request.submitted && request.ticket.empty();
                if (same && undecided && request.key == KeyState::present &&
                    (found == nullptr || found->created <= request.created)) {
                    found = &request;
                }
            }
        }
    }
    return found;
}

std::string ticket_of(const RequestEntry& request, const SimWorld& world) {
    for (const auto& [name, ca] : world.authorities) {
        for (const SimSubmission& submission : ca->log) {
            if (submission.what.spki == request.spki && submission.what.issuance == request.issuance) {
                return submission.ticket;
            }
        }
    }
    return "";
}

// The officer looks again at what he issued wrongly, and issues what was asked.
bool mend_answers(const Step& step, SimWorld& world) {
    bool mended = false;
    for (auto& [name, ca] : world.authorities) {
        for (SimSubmission& submission : ca->log) {
            const bool same =
                submission.what.pool == step.unit && submission.what.certificate == step.certificate;
            if (same && submission.grants_else > 0 && ca->kind == SimCaKind::offline) {
                submission.grants_else = 0;
                issue(*ca, submission, world.mint, world.now);
                mended = true;
            }
        }
    }
    return mended;
}

// Is whom the step waits for ("server edge03") still one of its pool's servers?
bool is_declared(const Step& step, const Fleet& fleet) {
    for (const Pool& pool : fleet.pools) {
        for (const ServerSpec& server : pool.servers) {
            if (pool.name == step.unit && step.wait->on_whom == "server " + server.name) {
                return true;
            }
        }
    }
    return false;
}

void remedy(const Step& step, const Fleet& fleet, SimWorld& world, Remedies& remedies) {
    const std::string& code = step.wait->code;
    const std::string address = step.unit + "/" + step.certificate;
    const auto ca = world.authorities.find(step.certificate);
    if (code == "authority-lost" && ca != world.authorities.end() && !ca->second->exists) {
        ca->second->exists = true;
        remedies.acted = true;
        remedies.story.push_back("the operator puts the folder of " + step.certificate + " back");
    } else if (code == "submission-ambiguous") {
        const RequestEntry* request = undecided_request(step, fleet, world);
        const std::string ticket = request == nullptr ? "" : ticket_of(*request, world);
        if (ticket.empty()) {
            remedies.inputs.resubmit.push_back(address);
            remedies.story.push_back("the operator finds nothing at the CA: --resubmit " + address);
        } else {
            remedies.inputs.request_ids[address] = ticket;
            remedies.story.push_back("the operator finds request " + ticket + " at the CA: --request-id " +
                                     address);
        }
    } else if (code == "key-lost" || code == "answer-ambiguous" ||
               (code == "answer-unusable" && !mend_answers(step, world))) {
        remedies.inputs.resubmit.push_back(address);
        remedies.story.push_back("the operator gives the request up: --resubmit " + address);
    } else if (code == "holder-unreachable" && !is_declared(step, fleet)) {
        remedies.inputs.resubmit.push_back(address);
        remedies.story.push_back("the operator knows that the holder will not come back: --resubmit " +
                                 address);
    } else if (code == "request-denied" || code == "role-rejected") {
        remedies.inputs.retry.push_back(address);
        remedies.story.push_back("the operator tries again: --retry " + address);
    }
}

}  // namespace

Remedies remedies_for(const Run& run, const Fleet& fleet, SimWorld& world) {
    Remedies remedies;
    for (const UnitRun& unit : run.units) {
        if (unit.result == UnitResult::failed || unit.result == UnitResult::misfit) {
            remedies.left += unit.unit + " " + std::string(to_text(unit.result)) + ": " + unit.text + "; ";
        }
        for (const Step& step : unit.left.steps) {
            remedies.left += brief(step) + "; ";
            if (step.wait) {
                remedy(step, fleet, world, remedies);
            }
        }
    }
    for (std::vector<std::string>* addresses : {&remedies.inputs.retry, &remedies.inputs.resubmit}) {
        std::sort(addresses->begin(), addresses->end());
        addresses->erase(std::unique(addresses->begin(), addresses->end()), addresses->end());
    }
    return remedies;
}

}  // namespace edgecert::simulation
