#include "dataplane/net/frame.h"

namespace strata::dataplane::net {

std::uint16_t put_ethernet(std::uint8_t* frame, const MacAddress& to, const LocalNet& local,
                           std::uint16_t ether_type) {
    put_mac(frame, to);
    put_mac(frame + 6, local.mac);
    if (local.vlan == 0) {
        put_be16(frame + 12, ether_type);
        return kEthernetBytes;
    }
    put_be16(frame + 12, kEtherTypeVlan);
    put_be16(frame + 14, local.vlan);
    put_be16(frame + 16, ether_type);
    return kEthernetBytes + kVlanBytes;
}

MacAddress group_mac(const IpAddress& group) {
    MacAddress mac{0x33, 0x33};
    std::memcpy(mac.data() + 2, group.bytes.data() + 12, 4);
    return mac;
}

void put_icmpv6_head(std::uint8_t* ip, const Icmpv6Head& head) {
    std::memset(ip, 0, kIpv6Bytes);
    ip[0] = 0x60;
    put_be16(ip + 4, head.icmp_bytes);
    ip[6] = kProtocolIcmpv6;
    ip[7] = head.hop_limit;
    std::memcpy(ip + 8, head.source.bytes.data(), 16);
    std::memcpy(ip + 24, head.destination.bytes.data(), 16);
}

}  // namespace strata::dataplane::net
