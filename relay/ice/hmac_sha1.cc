#include "relay/ice/hmac_sha1.h"

#include <algorithm>

namespace strata::relay {

HmacSha1Key::HmacSha1Key(std::span<const std::uint8_t> key) {
    std::array<std::uint8_t, Sha1::kBlockBytes> block{};
    if (key.size() > block.size()) {
        Sha1 hash;
        hash.update(key);
        std::ranges::copy(hash.finish(), block.begin());
    } else {
        std::ranges::copy(key, block.begin());
    }
    constexpr std::uint8_t kInner = 0x36, kOuter = 0x5c;
    for (std::uint8_t& byte : block) byte ^= kInner;
    inner_.update(block);
    for (std::uint8_t& byte : block) byte ^= kInner ^ kOuter;
    outer_.update(block);
}

Sha1Digest HmacSha1Key::finish(Sha1 message) const {
    Sha1 outer = outer_;
    outer.update(message.finish());
    return outer.finish();
}

bool equal_digests(const Sha1Digest& a, std::span<const std::uint8_t, 20> b) {
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
    return difference == 0;
}

}  // namespace strata::relay
