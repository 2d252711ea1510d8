#include <string_view>

#include "control/api/target.h"
#include "tests/fuzz/invariant.h"

using namespace strata::control;

// The whole input is a request's target.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto target = parse_target({reinterpret_cast<const char*>(data), size});
    if (!target) {
        INVARIANT(!target.error().detail.empty());
        return 0;
    }
    INVARIANT(!target->path.empty());
    std::size_t bytes = 0;
    for (const auto& segment : target->path) bytes += segment.size() + 1;
    for (const auto& [name, value] : target->query) bytes += name.size() + value.size() + 1;
    INVARIANT(bytes <= size + 1);
    const auto known = check_query(*target, {"room", "limit", "after"});
    if (!known) INVARIANT(!known.error().hint.empty() && known.error().object.size() <= 64);
    return 0;
}
