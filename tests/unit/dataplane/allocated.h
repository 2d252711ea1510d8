#pragma once

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#ifdef __SANITIZE_ADDRESS__
// sanitizer/allocator_interface.h, which Debian's g++ 12 comes without.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*,
                                                                           std::size_t),
                                                         void (*on_free)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void* at);
#endif

namespace strata::dataplane {

// Bytes that the process has of the allocator; with a sanitizer since the first call.
#ifdef __SANITIZE_ADDRESS__
inline std::atomic<std::uint64_t> allocated_bytes{0};
inline std::uint64_t allocated() {
    [[maybe_unused]] static const int hooks = __sanitizer_install_malloc_and_free_hooks(
        [](const volatile void*, std::size_t size) { allocated_bytes += size; },
        [](const volatile void* at) {
            if (at != nullptr) allocated_bytes -= __sanitizer_get_allocated_size(at);
        });
    return allocated_bytes;
}
#else
inline std::uint64_t allocated() {
    const struct mallinfo2 now = ::mallinfo2();
    return now.uordblks + now.hblkhd;
}
#endif

}  // namespace strata::dataplane
