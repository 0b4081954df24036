// Fuzzes the reader of enrolment pages: whatever bytes come, the answer is bounded, printable and holds
// together.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/text/encoding.h"
#include "resources/authorities/adcs/pages.h"
#include "resources/authorities/adcs/text.h"

namespace {

void insist(bool fact) {
    if (!fact)
        __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace adcs = edgecert::adcs;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const adcs::Page page = adcs::read_page(bytes);
    insist(page == adcs::read_page(bytes));
    insist(page.id.empty() || adcs::is_request_id(page.id));
    constexpr std::size_t longest = 4000;  // 600 bytes, each perhaps escaped
    insist(page.message.size() <= longest && edgecert::printable(page.message) == page.message);
    insist(page.kind != adcs::Page::Kind::unknown || page.message.empty());
    insist(!page.hresult || *page.hresult != 0);
    const int renewals = adcs::renewals_in(bytes);
    insist(renewals >= 0 && renewals <= 1000);
    insist(adcs::text_of(bytes).size() <= 4 * size + 4);
    return 0;
}
