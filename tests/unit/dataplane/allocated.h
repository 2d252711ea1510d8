#pragma once

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

// sanitizer/allocator_interface.h, as far as it is needed: Debian's g++ 12 comes without. Null
// where there is no sanitizer.
extern "C" {
[[gnu::weak]] int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*,
                                                                              std::size_t),
                                                            void (*on_free)(const volatile void*));
[[gnu::weak]] std::size_t __sanitizer_get_allocated_size(const volatile void* at);
}

namespace strata::dataplane {

inline std::atomic<std::uint64_t> allocated_bytes{0};  // with a sanitizer

// Bytes that the process has of the allocator; with a sanitizer since the first call.
inline std::uint64_t allocated() {
    if (__sanitizer_install_malloc_and_free_hooks == nullptr) {
        const struct mallinfo2 now = ::mallinfo2();
        return now.uordblks + now.hblkhd;
    }
    [[maybe_unused]] static const int hooks = __sanitizer_install_malloc_and_free_hooks(
        [](const volatile void*, std::size_t size) { allocated_bytes += size; },
        [](const volatile void* at) {
            if (at != nullptr) allocated_bytes -= __sanitizer_get_allocated_size(at);
        });
    return allocated_bytes;
}

}  // namespace strata::dataplane
