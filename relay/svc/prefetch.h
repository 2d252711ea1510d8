#pragma once

#include <cstddef>

namespace strata::relay {

constexpr std::size_t kCacheLine = 64;  // bytes

// Brings the cache lines of an object near: into the first cache, with a kLocality of 2 into
// the second. Changes nothing.
// Always inline, like everything that does nothing but fetch ahead: g++ 12 takes a call of such a
// function for one without effect and may leave it out.
template <int kLocality = 3>
[[gnu::always_inline]] inline void prefetch_lines(const void* begin, std::size_t bytes) {
    const char* const at = static_cast<const char*>(begin);
    for (std::size_t i = 0; i < bytes; i += kCacheLine) __builtin_prefetch(at + i, 1, kLocality);
}

}  // namespace strata::relay
