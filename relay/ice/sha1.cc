#include "relay/ice/sha1.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "relay/rtp/byte_order.h"

namespace strata::relay {

void Sha1::update(std::span<const std::uint8_t> bytes) {
    std::size_t filled = total_bytes_ % kBlockBytes;
    total_bytes_ += bytes.size();
    if (filled != 0) {
        const std::size_t n = std::min(bytes.size(), kBlockBytes - filled);
        std::copy_n(bytes.begin(), n, waiting_.begin() + static_cast<std::ptrdiff_t>(filled));
        bytes = bytes.subspan(n);
        filled += n;
        if (filled < kBlockBytes) return;
        block(waiting_.data());
    }
    while (bytes.size() >= kBlockBytes) {
        block(bytes.data());
        bytes = bytes.subspan(kBlockBytes);
    }
    std::ranges::copy(bytes, waiting_.begin());
}

Sha1Digest Sha1::finish() {
    // A one bit, zeroes, and the length in bits in the last eight bytes of a block.
    constexpr std::array<std::uint8_t, kBlockBytes> kPadding{0x80};
    std::array<std::uint8_t, 8> length{};
    store_be64(length.data(), total_bytes_ * 8);
    const std::size_t filled = total_bytes_ % kBlockBytes;
    const std::size_t padding = filled < 56 ? 56 - filled : 120 - filled;
    update(std::span(kPadding).first(padding));
    update(length);
    Sha1Digest digest{};
    for (std::size_t i = 0; i < state_.size(); ++i) store_be32(&digest[i * 4], state_[i]);
    return digest;
}

void Sha1::block(const std::uint8_t* bytes) {
    std::array<std::uint32_t, 80> w;
    for (std::size_t i = 0; i < 16; ++i) w[i] = load_be32(bytes + i * 4);
    for (std::size_t i = 16; i < 80; ++i)
        w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = state_;
    const auto rounds = [&](std::size_t from, std::uint32_t constant, auto choose) {
        for (std::size_t i = from; i < from + 20; ++i) {
            const std::uint32_t next = std::rotl(a, 5) + choose(b, c, d) + e + constant + w[i];
            e = d;
            d = c;
            c = std::rotl(b, 30);
            b = a;
            a = next;
        }
    };
    using Word = std::uint32_t;
    const auto parity = [](Word x, Word y, Word z) { return x ^ y ^ z; };
    rounds(0, 0x5a827999, [](Word x, Word y, Word z) { return z ^ (x & (y ^ z)); });
    rounds(20, 0x6ed9eba1, parity);
    rounds(40, 0x8f1bbcdc, [](Word x, Word y, Word z) { return (x & y) | (z & (x | y)); });
    rounds(60, 0xca62c1d6, parity);
    state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d, state_[4] + e};
}

}  // namespace strata::relay
