#include "relay/srtp/key_derivation.h"

#include <algorithm>
#include <array>

#include "relay/rtp/byte_order.h"

namespace strata::relay {

// x = (label * 2^48) XOR master salt, then x * 2^16 is the first counter block. A salt of 96 bits
// is filled up with zeros on its right (RFC 7714 section 11).
void KeyDerivation::derive(std::uint8_t label, std::span<std::uint8_t> out) const {
    std::array<std::uint8_t, 16> block{}, stream{};
    std::copy(master_.salt.begin(), master_.salt.end(), block.begin());
    block[7] = static_cast<std::uint8_t>(block[7] ^ label);
    const std::span key(master_.key.data(), key_size(master_.profile));
    for (std::uint16_t counter = 0; !out.empty(); ++counter) {
        store_be16(&block[14], counter);
        engine_.encrypt_block(key, block.data(), stream.data());
        const std::size_t n = std::min(out.size(), stream.size());
        std::copy_n(stream.begin(), n, out.begin());
        out = out.subspan(n);
    }
    wipe(stream.data(), stream.size());
}

}  // namespace strata::relay
