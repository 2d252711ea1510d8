#include "dataplane/net/own_addresses.h"

#include <algorithm>
#include <cstring>

namespace strata::dataplane::net {

namespace {

std::size_t family(const IpAddress& address) { return address.is_v4() ? 0 : 1; }

// All bits behind the prefix set. IPv6 has none, nor have links of two hosts and one (RFC 3021).
IpAddress directed_broadcast(const Prefix& link) {
    IpAddress last = link.address;
    if (!last.is_v4() || link.bits > 30) return last;
    for (unsigned bit = 96u + link.bits; bit < 128; ++bit)
        last.bytes[bit / 8] |= static_cast<std::uint8_t>(0x80 >> bit % 8);
    return last;
}

}  // namespace

bool Prefix::contains(const IpAddress& other) const {
    if (other.is_v4() != address.is_v4()) return false;
    const unsigned wanted = bits_of_128();
    const unsigned whole = wanted / 8, rest = wanted % 8;
    if (std::memcmp(address.bytes.data(), other.bytes.data(), whole) != 0) return false;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return ((address.bytes[whole] ^ other.bytes[whole]) & mask) == 0;
}

IpAddress Prefix::network() const { return network_of(address, bits_of_128()); }

IpAddress network_of(IpAddress address, unsigned bits) {
    const unsigned whole = bits / 8;
    if (whole >= address.bytes.size()) return address;
    address.bytes[whole] &= static_cast<std::uint8_t>(0xff00 >> bits % 8);
    std::fill(address.bytes.begin() + whole + 1, address.bytes.end(), std::uint8_t{0});
    return address;
}

bool Prefix::same_as(const Prefix& other) const {
    return bits == other.bits && contains(other.address);
}

bool OwnAddresses::add(const Prefix& address) {
    if (size_ == kMost) return false;
    for (const Prefix& other : all())
        if (other.address == address.address || other.same_as(address)) return false;
    std::uint8_t& first = beyond_[family(address.address)];
    if (first == kNone) first = size_;
    broadcasts_[size_] = directed_broadcast(address);
    all_[size_++] = address;
    return true;
}

void OwnAddresses::set_gateway(const IpAddress& gateway) {
    const Prefix* link = towards(gateway);
    if (link != nullptr) beyond_[family(gateway)] = static_cast<std::uint8_t>(link - all_.data());
}

const Prefix* OwnAddresses::towards(const IpAddress& remote) const {
    const std::uint8_t beyond = beyond_[family(remote)];
    if (beyond == kNone) return nullptr;
    const Prefix* best = nullptr;
    for (const Prefix& own : all())
        if (own.contains(remote) && (best == nullptr || own.bits > best->bits)) best = &own;
    return best != nullptr ? best : &all_[beyond];
}

}  // namespace strata::dataplane::net
