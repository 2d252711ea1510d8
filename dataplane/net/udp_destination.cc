#include "dataplane/net/udp_destination.h"

#include "dataplane/net/frame.h"

namespace strata::dataplane::net {

namespace {

// Bytes of the IP header in front of a whole UDP datagram; 0: there is none.
std::size_t header_bytes(const std::uint8_t* ip, std::size_t size, std::uint16_t ether_type) {
    if (ether_type == kEtherTypeIpv4 && size >= kIpv4Bytes) {
        // More fragments, or an offset (RFC 791 section 3.1).
        const bool fragment = (get_be16(ip + 6) & 0x3fff) != 0;
        return ip[9] == kProtocolUdp && !fragment ? (ip[0] & 0xfu) * 4u : 0u;
    }
    if (ether_type == kEtherTypeIpv6 && size >= kIpv6Bytes && ip[6] == kProtocolUdp)
        return kIpv6Bytes;
    return 0;
}

}  // namespace

std::uint16_t udp_destination(const rte_mbuf& m) {
    const auto* frame = rte_pktmbuf_mtod(&m, const std::uint8_t*);
    std::size_t at = kEthernetBytes;
    if (m.data_len < at) return 0;
    std::uint16_t type = get_be16(frame + 12);
    if (type == kEtherTypeVlan) {
        at += kVlanBytes;
        if (m.data_len < at) return 0;
        type = get_be16(frame + 16);
    }
    const std::size_t header = header_bytes(frame + at, m.data_len - at, type);
    if (header == 0 || m.data_len < at + header + kUdpBytes) return 0;
    return get_be16(frame + at + header + 2);
}

}  // namespace strata::dataplane::net
