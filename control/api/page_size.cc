#include "control/api/page_size.h"

#include "control/api/whole_number.h"

namespace strata::control {

Result<std::size_t> page_size(const Target& target) {
    constexpr std::size_t kDefaultPage = 1000, kLargestPage = 10'000;
    if (!target.query.contains("limit")) return kDefaultPage;
    const std::string text = target.parameter("limit");
    const auto limit = whole_number<std::size_t>(text);
    if (limit && *limit >= 1 && *limit <= kLargestPage) return *limit;
    return refuse(ErrorCode::invalid_query, "limit", "'" + text.substr(0, 32) + "' is no page size",
                  "1 to " + std::to_string(kLargestPage));
}

}  // namespace strata::control
