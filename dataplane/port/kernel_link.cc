#include "dataplane/port/kernel_link.h"

#include <algorithm>
#include <cstring>

namespace strata::dataplane {

KernelLink::Given KernelLink::give(net::Punt kind, std::span<const std::uint8_t> frame,
                                   std::uint16_t tag_bytes, relay::TimeUs now) {
    constexpr std::size_t kAddresses = 12;
    if (!limits_[static_cast<std::size_t>(kind)].take(now)) return Given::limited;
    const std::span<std::uint8_t> room = to_kernel_.room();
    if (room.empty() || frame.size() - tag_bytes > room.size()) return Given::full;
    std::memcpy(room.data(), frame.data(), kAddresses);
    const auto rest = frame.subspan(kAddresses + tag_bytes);
    std::memcpy(room.data() + kAddresses, rest.data(), rest.size());
    to_kernel_.push(kAddresses + rest.size());
    // Exception: a system call of a worker's, at most one for each time the other side falls
    // asleep.
    if (bell_ != nullptr) bell_->ring();
    return Given::taken;
}

}  // namespace strata::dataplane
