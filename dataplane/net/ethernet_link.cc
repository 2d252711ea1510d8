#include "dataplane/net/ethernet_link.h"

#include <cassert>

namespace strata::dataplane::net {

namespace {

void put16(std::byte* at, std::uint16_t value) {
    const auto be = rte_cpu_to_be_16(value);
    std::memcpy(at, &be, 2);
}

// Version 4, five words; DF (RFC 791 section 3.1).
void put_ipv4(const FlowKey& flow, std::byte* ip) {
    ip[0] = std::byte{0x45};
    ip[6] = std::byte{0x40};
    ip[8] = std::byte{kHopLimit};
    ip[9] = std::byte{kProtocolUdp};
    std::memcpy(ip + 12, flow.local.v4_bytes(), 4);
    std::memcpy(ip + 16, flow.remote.v4_bytes(), 4);
    const std::uint16_t sum = checksum(raw_sum(ip, kIpv4Bytes));
    std::memcpy(ip + 10, &sum, 2);
}

// RFC 8200 section 3; traffic class and flow label 0.
void put_ipv6(const FlowKey& flow, std::byte* ip) {
    ip[0] = std::byte{0x60};
    ip[6] = std::byte{kProtocolUdp};
    ip[7] = std::byte{kHopLimit};
    std::memcpy(ip + 8, flow.local.bytes.data(), 16);
    std::memcpy(ip + 24, flow.remote.bytes.data(), 16);
}

}  // namespace

void make_ethernet_link(const FlowKey& flow, const MacAddress& source, std::uint16_t neighbour,
                        std::span<std::byte, 64> link) {
    assert(flow.local.is_v4() == flow.remote.is_v4());
    const bool v4 = flow.local.is_v4();
    std::memset(link.data(), 0, link.size());
    std::memcpy(link.data(), &neighbour, sizeof neighbour);
    std::memcpy(link.data() + 6, source.data(), source.size());
    put16(link.data() + 12, v4 ? kEtherTypeIpv4 : kEtherTypeIpv6);
    std::byte* ip = link.data() + kEthernetBytes;
    if (v4)
        put_ipv4(flow, ip);
    else
        put_ipv6(flow, ip);
    std::byte* udp = ip + (v4 ? kIpv4Bytes : kIpv6Bytes);
    put16(udp, flow.local_port);
    put16(udp + 2, flow.remote_port);
    const std::uint32_t addresses = v4 ? raw_sum(ip + 12, 8) : raw_sum(ip + 8, 32);
    const std::uint16_t sum = fold(addresses + rte_cpu_to_be_16(kProtocolUdp) + raw_sum(udp, 4));
    std::memcpy(udp + 6, &sum, 2);
    link[kHeadBytesAt] = std::byte{static_cast<std::uint8_t>(v4 ? kIpv4HeadBytes : kIpv6HeadBytes)};
}

std::uint16_t neighbour_of(std::span<const std::byte, 64> link) {
    std::uint16_t index;
    std::memcpy(&index, link.data(), 2);
    return index;
}

}  // namespace strata::dataplane::net
