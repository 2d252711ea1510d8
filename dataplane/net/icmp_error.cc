#include "dataplane/net/icmp_error.h"

#include <algorithm>
#include <array>

#include "dataplane/net/checksum.h"
#include "dataplane/net/neighbour_discovery.h"

namespace strata::dataplane::net {

namespace {

constexpr std::size_t kIcmpBytes = 8;
constexpr std::uint8_t kUnreachable = 3, kTimeExceeded = 11, kParameterProblem = 12;
constexpr std::uint8_t kPortUnreachable = 3, kFragmentationNeeded = 4;
constexpr std::uint8_t kUnreachableV6 = 1, kPacketTooBig = 2, kLastErrorV6 = 4;
constexpr std::uint8_t kPortUnreachableV6 = 4;
// An error is no larger than what every path takes (RFC 4443 section 2.4 (c)).
constexpr std::size_t kMaxErrorV6 = 1'280;

// `udp` is what was sent, from `flow.local`: one of our addresses and ports?
bool read_ports(const std::uint8_t* udp, const LocalNet& local, FlowKey& flow) {
    flow.local_port = get_be16(udp);
    flow.remote_port = get_be16(udp + 2);
    return local.own.has(flow.local) &&
           static_cast<std::uint16_t>(flow.local_port - local.first_port) < local.ports;
}

void put_ipv4(std::uint8_t* ip, std::size_t total, const IpAddress& from, const IpAddress& to) {
    std::memset(ip, 0, kIpv4Bytes);
    ip[0] = 0x45;
    put_be16(ip + 2, static_cast<std::uint16_t>(total));
    ip[6] = 0x40;  // whole by itself: DF, and no identification is needed (RFC 6864)
    ip[8] = kHopLimit;
    ip[9] = kProtocolIcmp;
    std::memcpy(ip + 12, from.v4_bytes(), 4);
    std::memcpy(ip + 16, to.v4_bytes(), 4);
    const std::uint16_t sum = checksum(raw_sum(ip, kIpv4Bytes));
    std::memcpy(ip + 10, &sum, 2);
}

// What a path may take of which only is known that it doesn't take `total` (RFC 1191 section 7):
// the next smaller one of the sizes that networks have. 0: none is.
std::uint16_t plateau_below(std::uint16_t total) {
    constexpr auto kPlateaus = std::to_array<std::uint16_t>(
        {32'000, 17'914, 8'166, 4'352, 2'002, 1'492, 1'006, 508, 296, 68});
    const auto at = std::ranges::find_if(kPlateaus, [=](std::uint16_t p) { return p < total; });
    return at == kPlateaus.end() ? std::uint16_t{0} : *at;
}

// Header and first bytes of the datagram, IPv4: what RFC 792 asks for.
std::size_t quoted_v4(const std::uint8_t* ip) { return (ip[0] & 0xfu) * 4u + kUdpBytes; }

}  // namespace

std::optional<IcmpError> parse_icmp_error_v4(std::span<const std::uint8_t> packet,
                                             const LocalNet& local) {
    if ((packet[0] & 0xfu) * 4u != kIpv4Bytes) return std::nullopt;
    const auto icmp = packet.subspan(kIpv4Bytes);
    if (icmp.size() < kIcmpBytes + kIpv4Bytes + kUdpBytes) return std::nullopt;
    if (icmp[0] != kUnreachable && icmp[0] != kTimeExceeded && icmp[0] != kParameterProblem)
        return std::nullopt;
    if (fold(raw_sum(icmp.data(), icmp.size())) != 0xffff) return std::nullopt;
    const auto sent = icmp.subspan(kIcmpBytes);
    const std::size_t header = (sent[0] & 0xfu) * 4u;
    if (sent[0] >> 4 != 4 || header < kIpv4Bytes || sent.size() < header + kUdpBytes ||
        sent[9] != kProtocolUdp)
        return std::nullopt;
    IcmpError error;
    error.flow.local = get_ipv4(&sent[12]);
    error.flow.remote = get_ipv4(&sent[16]);
    if (!read_ports(&sent[header], local, error.flow)) return std::nullopt;
    if (icmp[0] != kUnreachable || icmp[1] != kFragmentationNeeded) return error;
    const std::uint16_t total = get_be16(&sent[2]);
    std::uint16_t mtu = get_be16(&icmp[6]);
    // From a router of before RFC 1191: section 5.
    if (mtu == 0) mtu = plateau_below(total);
    if (mtu == 0 || mtu >= total) return std::nullopt;
    error.mtu = std::max(mtu, kLeastPathMtuV4);
    return error;
}

std::optional<IcmpError> parse_icmp_error_v6(std::span<const std::uint8_t> packet,
                                             const LocalNet& local) {
    if (packet.size() < kIpv6Bytes + kIcmpBytes + kIpv6Bytes + kUdpBytes) return std::nullopt;
    const auto icmp = packet.subspan(kIpv6Bytes);
    if (icmp[0] < kUnreachableV6 || icmp[0] > kLastErrorV6) return std::nullopt;
    if (icmpv6_checksum(packet.data(), static_cast<std::uint16_t>(icmp.size())) != 0)
        return std::nullopt;
    const auto sent = icmp.subspan(kIcmpBytes);
    if (sent[0] >> 4 != 6 || sent[6] != kProtocolUdp) return std::nullopt;
    IcmpError error;
    error.flow.local = get_ipv6(&sent[8]);
    if (error.flow.local.is_v4()) return std::nullopt;  // v4-mapped: nobody's on a wire
    error.flow.remote = get_ipv6(&sent[24]);
    if (!read_ports(&sent[kIpv6Bytes], local, error.flow)) return std::nullopt;
    if (icmp[0] != kPacketTooBig) return error;
    const std::uint32_t mtu = std::uint32_t{get_be16(&icmp[4])} << 16 | get_be16(&icmp[6]);
    if (mtu < kLeastPathMtuV6 || mtu >= std::uint32_t{get_be16(&sent[4])} + kIpv6Bytes)
        return std::nullopt;
    error.mtu = static_cast<std::uint16_t>(mtu);
    return error;
}

bool answer_port_unreachable(rte_mbuf& m, const LocalNet& local) {
    auto* frame = rte_pktmbuf_mtod(&m, std::uint8_t*);
    const std::size_t ethernet = std::size_t{kEthernetBytes} + local.tag_bytes();
    std::uint8_t* ip = frame + ethernet;
    const bool v4 = ip[0] >> 4 == 4;
    const std::size_t head = (v4 ? kIpv4Bytes : kIpv6Bytes) + kIcmpBytes;
    // By the packet's own lengths, but never what lies behind it in the buffer.
    const std::size_t quoted =
        std::min(m.data_len - ethernet,
                 v4 ? quoted_v4(ip)
                    : std::min<std::size_t>(kIpv6Bytes + get_be16(ip + 4), kMaxErrorV6 - head));
    const std::size_t size = ethernet + head + quoted;
    if (size > std::size_t{m.data_len} + rte_pktmbuf_tailroom(&m)) return false;
    std::memmove(ip + head, ip, quoted);
    std::uint8_t* icmp = ip + head - kIcmpBytes;
    std::memset(icmp, 0, kIcmpBytes);
    const auto bytes = static_cast<std::uint16_t>(kIcmpBytes + quoted);
    std::uint16_t sum;
    if (v4) {
        put_ipv4(ip, head + quoted, get_ipv4(ip + head + 16), get_ipv4(ip + head + 12));
        icmp[0] = kUnreachable;
        icmp[1] = kPortUnreachable;
        sum = checksum(raw_sum(icmp, bytes));
    } else {
        put_icmpv6_head(ip, {bytes, kHopLimit, get_ipv6(ip + head + 24), get_ipv6(ip + head + 8)});
        icmp[0] = kUnreachableV6;
        icmp[1] = kPortUnreachableV6;
        sum = icmpv6_checksum(ip, bytes);
    }
    std::memcpy(icmp + 2, &sum, 2);
    put_ethernet(frame, get_mac(frame + 6), local, v4 ? kEtherTypeIpv4 : kEtherTypeIpv6);
    m.data_len = static_cast<std::uint16_t>(size);
    m.pkt_len = m.data_len;
    return true;
}

}  // namespace strata::dataplane::net
