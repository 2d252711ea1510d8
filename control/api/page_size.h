#pragma once

#include <cstddef>

#include "control/api/problem.h"
#include "control/api/target.h"

namespace strata::control {

// Items on a page: `limit` of the query, 1 to 10,000, else 1,000.
Result<std::size_t> page_size(const Target& target);

}  // namespace strata::control
