#include "relay/ice/framing.h"

#include "relay/ice/stun_message.h"

namespace strata::relay {

std::span<const std::uint8_t> FrameReader::collect(std::span<const std::uint8_t> bytes) {
    const auto take = [&](std::size_t until) {
        const std::size_t n = std::min(bytes.size(), until - filled_);
        std::copy_n(bytes.begin(), n, waiting_.begin() + static_cast<std::ptrdiff_t>(filled_));
        filled_ += n;
        bytes = bytes.subspan(n);
    };
    if (filled_ < kFrameHeadBytes) take(kFrameHeadBytes);
    if (filled_ < kFrameHeadBytes) return bytes;
    broken_ = size_at(waiting_) > max_bytes_;
    if (!broken_) take(kFrameHeadBytes + size_at(waiting_));
    return bytes;
}

StreamKind classify_stream(std::span<const std::uint8_t> first_bytes) {
    constexpr std::uint8_t kHandshakeRecord = 0x16;
    // Binding request, and the cookie two bytes behind it; the length in front is checked below.
    constexpr std::array<int, kStreamKindBytes> kStun = {-1, -1,   0x00, 0x01, -1,
                                                         -1, 0x21, 0x12, 0xa4, 0x42};
    if (first_bytes.empty()) return StreamKind::undecided;
    if (first_bytes[0] == kHandshakeRecord) return StreamKind::tls;
    const std::size_t n = std::min(first_bytes.size(), kStun.size());
    for (std::size_t i = 0; i < n; ++i)
        if (kStun[i] >= 0 && first_bytes[i] != kStun[i]) return StreamKind::unknown;
    if (n >= kFrameHeadBytes &&
        static_cast<std::size_t>(first_bytes[0] << 8 | first_bytes[1]) < kStunHeaderBytes)
        return StreamKind::unknown;
    return n < kStun.size() ? StreamKind::undecided : StreamKind::stun;
}

}  // namespace strata::relay
