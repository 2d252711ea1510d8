#pragma once

#include <rte_byteorder.h>
#include <rte_mbuf.h>

#include <cstdint>
#include <cstring>

#include "dataplane/net/ethernet_link.h"
#include "dataplane/net/local_net.h"

// Reading and writing the fields of a linear frame. The caller has checked the length.
namespace strata::dataplane::net {

inline std::uint16_t get_be16(const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
inline void put_be16(std::uint8_t* at, std::uint16_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}
inline MacAddress get_mac(const std::uint8_t* at) {
    MacAddress mac;
    std::memcpy(mac.data(), at, mac.size());
    return mac;
}
inline void put_mac(std::uint8_t* at, const MacAddress& mac) { std::memcpy(at, mac.data(), 6); }
inline IpAddress get_ipv4(const std::uint8_t* at) {
    return IpAddress::v4({at[0], at[1], at[2], at[3]});
}
inline IpAddress get_ipv6(const std::uint8_t* at) {
    IpAddress address;
    std::memcpy(address.bytes.data(), at, address.bytes.size());
    return address;
}

// An address on the link, and where it is.
struct Station {
    IpAddress address;
    MacAddress mac{};
};

constexpr MacAddress kBroadcastMac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

// Writes the Ethernet header, tagged where the port is. Returns its size: 14 or 18.
std::uint16_t put_ethernet(std::uint8_t* frame, const MacAddress& to, const LocalNet& local,
                           std::uint16_t ether_type);

// RFC 2464 section 7: 33:33 and the last four bytes.
MacAddress group_mac(const IpAddress& group);

struct Icmpv6Head {
    std::uint16_t icmp_bytes = 0;
    std::uint8_t hop_limit = 0;
    const IpAddress& source;
    const IpAddress& destination;
};

// Writes the IPv6 header in front of a message: 40 bytes, RFC 8200 section 3.
void put_icmpv6_head(std::uint8_t* ip, const Icmpv6Head& head);

}  // namespace strata::dataplane::net
