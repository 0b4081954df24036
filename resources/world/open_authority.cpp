// The list of authority kinds, and what opens each.
#include "resources/world/open_authority.h"

#include <utility>
#include <variant>

#include "resources/authorities/adcs/adcs.h"
#include "resources/authorities/chain_only.h"
#include "resources/authorities/command.h"
#include "resources/authorities/local.h"
#include "resources/authorities/offline.h"

namespace edgecert {

std::shared_ptr<Authority> open_authority(const AuthoritySpec& spec,
                                          Clock& /*clock*/,
                                          std::function<std::string(std::size_t)> random_bytes,
                                          AdcsDoors doors) {
    if (spec.is_local())
        return std::make_shared<LocalCertificateAuthority>(spec, std::move(random_bytes));
    if (std::holds_alternative<OfflineAuthority>(spec.kind))
        return std::make_shared<OfflineCertificateAuthority>(spec);
    if (std::holds_alternative<CommandAuthority>(spec.kind))
        return std::make_shared<CommandCertificateAuthority>(spec, command_deadline, std::move(doors.hidden));
    if (std::holds_alternative<AdcsAuthority>(spec.kind))
        return std::make_shared<AdcsCertificateAuthority>(spec, std::move(doors));
    return std::make_shared<ChainOnlyAuthority>(spec);
}

}  // namespace edgecert
