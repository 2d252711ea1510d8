#include "dataplane/net/icmp.h"

#include <algorithm>
#include <cstring>

#include "dataplane/net/checksum.h"
#include "dataplane/net/neighbour_discovery.h"

namespace strata::dataplane::net {

namespace {
constexpr std::uint8_t kEchoRequest = 8, kEchoReply = 0;
constexpr std::uint8_t kEchoRequestV6 = 128, kEchoReplyV6 = 129;
constexpr std::size_t kEchoBytes = 8;

// An answer has a way of its own before it. The header's checksum, which doesn't mind that the
// addresses have changed places, follows (RFC 1624 section 3).
void renew_ttl(std::uint8_t* ip) {
    std::uint16_t before, after, sum;
    std::memcpy(&before, ip + 8, 2);
    ip[8] = kHopLimit;
    std::memcpy(&after, ip + 8, 2);
    std::memcpy(&sum, ip + 10, 2);
    sum = checksum(std::uint32_t{static_cast<std::uint16_t>(~sum)} +
                   static_cast<std::uint16_t>(~before) + after);
    std::memcpy(ip + 10, &sum, 2);
}

}  // namespace

bool answer_echo_v4(std::span<std::uint8_t> packet) {
    const std::size_t header = (packet[0] & 0xfu) * 4u;
    // Options (a source route, a timestamp) would have to be answered too: they aren't.
    if (header != kIpv4Bytes || packet.size() < header + kEchoBytes) return false;
    std::uint8_t* icmp = packet.data() + header;
    if (icmp[0] != kEchoRequest || icmp[1] != 0) return false;
    const std::size_t size = packet.size() - header;
    if (fold(raw_sum(icmp, size)) != 0xffff) return false;
    renew_ttl(packet.data());
    std::swap_ranges(packet.begin() + 12, packet.begin() + 16, packet.begin() + 16);
    icmp[0] = kEchoReply;
    std::memset(icmp + 2, 0, 2);
    const std::uint16_t sum = checksum(raw_sum(icmp, size));
    std::memcpy(icmp + 2, &sum, 2);
    return true;
}

bool answer_echo_v6(std::span<std::uint8_t> packet) {
    if (packet.size() < kIpv6Bytes + kEchoBytes) return false;
    std::uint8_t* icmp = packet.data() + kIpv6Bytes;
    if (icmp[0] != kEchoRequestV6 || icmp[1] != 0) return false;
    const auto size = static_cast<std::uint16_t>(packet.size() - kIpv6Bytes);
    if (icmpv6_checksum(packet.data(), size) != 0) return false;
    packet[7] = kHopLimit;
    std::swap_ranges(packet.begin() + 8, packet.begin() + 24, packet.begin() + 24);
    icmp[0] = kEchoReplyV6;
    std::memset(icmp + 2, 0, 2);
    const std::uint16_t sum = icmpv6_checksum(packet.data(), size);
    std::memcpy(icmp + 2, &sum, 2);
    return true;
}

}  // namespace strata::dataplane::net
