#include "dataplane/net/local_net.h"

#include <cstring>

namespace strata::dataplane::net {

bool LocalNet::on_link(const IpAddress& remote) const {
    // A v4-mapped address has 96 bits in front.
    const unsigned bits = address.is_v4() ? 96u + prefix_bits : prefix_bits;
    const unsigned whole = bits / 8, rest = bits % 8;
    if (std::memcmp(address.bytes.data(), remote.bytes.data(), whole) != 0) return false;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return ((address.bytes[whole] ^ remote.bytes[whole]) & mask) == 0;
}

std::optional<IpAddress> LocalNet::next_hop(const IpAddress& remote) const {
    if (remote.is_v4() != address.is_v4() || remote.is_unspecified()) return std::nullopt;
    if (on_link(remote)) return remote;
    return gateway;
}

}  // namespace strata::dataplane::net
