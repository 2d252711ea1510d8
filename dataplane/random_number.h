#pragma once

#include <cstdint>

namespace strata::dataplane {

// From the kernel, fit for secrets. Blocks until its pool is ready; not for workers.
std::uint64_t random_u64();

// For the relay's own streams. 0 names nobody in RTCP and never comes.
std::uint32_t random_ssrc();

}  // namespace strata::dataplane
