#include "dataplane/random_number.h"

#include <sys/random.h>

namespace strata::dataplane {

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    while (::getrandom(&value, sizeof(value), 0) != sizeof(value)) {
    }
    return value;
}

std::uint32_t random_ssrc() { return static_cast<std::uint32_t>(random_u64()) | 1; }

}  // namespace strata::dataplane
