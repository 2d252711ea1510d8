#pragma once

#include <malloc.h>

#include <cstdint>

namespace strata::dataplane {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAllocatorTells = false;
#else
constexpr bool kAllocatorTells = true;
#endif

// Bytes that the process has of the allocator.
inline std::uint64_t allocated() {
    const struct mallinfo2 now = ::mallinfo2();
    return now.uordblks + now.hblkhd;
}

}  // namespace strata::dataplane
