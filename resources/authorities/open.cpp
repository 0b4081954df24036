// The list of authority kinds, and what opens each.
#include "resources/authorities/open.h"

#include <utility>
#include <variant>

#include "resources/authorities/chain_only.h"
#include "resources/authorities/command.h"
#include "resources/authorities/local.h"
#include "resources/authorities/offline.h"

namespace edgecert {

std::shared_ptr<Authority> open_authority(const AuthoritySpec& spec,
                                          Clock& /*clock*/,
                                          std::function<std::string(std::size_t)> random_bytes,
                                          std::vector<std::string> hidden_environment) {
    if (spec.is_local())
        return std::make_shared<LocalCertificateAuthority>(spec, std::move(random_bytes));
    if (std::holds_alternative<OfflineAuthority>(spec.kind))
        return std::make_shared<OfflineCertificateAuthority>(spec);
    if (std::holds_alternative<CommandAuthority>(spec.kind))
        return std::make_shared<CommandCertificateAuthority>(
            spec, command_deadline, std::move(hidden_environment));
    if (const auto* adcs = std::get_if<AdcsAuthority>(&spec.kind)) {
        return std::make_shared<ChainOnlyAuthority>(
            spec,
            "adcs-not-available",
            "this program was built without a client for Active Directory Certificate Services, so " +
                adcs->url + " cannot be asked; declare the CA as offline or command");
    }
    return std::make_shared<ChainOnlyAuthority>(spec);
}

}  // namespace edgecert
