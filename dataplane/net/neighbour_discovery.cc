#include "dataplane/net/neighbour_discovery.h"

#include "dataplane/net/checksum.h"

namespace strata::dataplane::net {

namespace {

constexpr std::uint8_t kUnroutedHopLimit = 255;  // RFC 4861 section 7.1: nothing that was routed
constexpr std::uint8_t kSolicited = 0x40, kOverride = 0x20;
constexpr std::uint8_t kSourceOption = 1, kTargetOption = 2;
constexpr std::uint16_t kFixedBytes = 24;

struct Message {
    std::uint8_t type, flags, option;
    const IpAddress& target;
    const IpAddress& source;
    const IpAddress& destination;
};

std::uint16_t write(const LocalNet& local, const Message& m, const MacAddress& to,
                    std::uint8_t* frame) {
    const std::uint16_t head = put_ethernet(frame, to, local, kEtherTypeIpv6);
    std::uint8_t* ip = frame + head;
    put_icmpv6_head(ip, {kNeighbourBytes, kUnroutedHopLimit, m.source, m.destination});
    std::uint8_t* icmp = ip + kIpv6Bytes;
    std::memset(icmp, 0, kNeighbourBytes);
    icmp[0] = m.type;
    icmp[4] = m.flags;
    std::memcpy(icmp + 8, m.target.bytes.data(), 16);
    icmp[24] = m.option;
    icmp[25] = 1;
    put_mac(icmp + 26, local.mac);
    const std::uint16_t sum = icmpv6_checksum(ip, kNeighbourBytes);
    std::memcpy(icmp + 2, &sum, 2);
    return static_cast<std::uint16_t>(head + kIpv6Bytes + kNeighbourBytes);
}

// The link-layer address among the options, RFC 4861 section 4.6.1. Each option is at least 8
// bytes, so the walk is bounded by the message.
std::optional<MacAddress> find_mac(std::span<const std::uint8_t> options, std::uint8_t wanted) {
    while (options.size() >= 8) {
        const std::size_t bytes = options[1] * 8u;
        if (bytes == 0 || bytes > options.size()) return std::nullopt;
        if (options[0] == wanted && bytes == 8) return get_mac(options.data() + 2);
        options = options.subspan(bytes);
    }
    return std::nullopt;
}

}  // namespace

std::uint16_t icmpv6_checksum(const std::uint8_t* ip, std::span<const std::uint8_t> message) {
    const auto bytes = static_cast<std::uint16_t>(message.size());
    const std::uint32_t pseudo = raw_sum(ip + 8, 32) + rte_cpu_to_be_16(bytes) +
                                 std::uint32_t{rte_cpu_to_be_16(kProtocolIcmpv6)};
    return checksum(pseudo + raw_sum(message.data(), bytes));
}

std::uint16_t icmpv6_checksum(const std::uint8_t* ip, std::uint16_t message_bytes) {
    return icmpv6_checksum(ip, std::span(ip + kIpv6Bytes, message_bytes));
}

std::optional<NeighbourMessage> parse_neighbour(std::span<const std::uint8_t> packet) {
    if (packet.size() < kIpv6Bytes + kFixedBytes || packet[7] != kUnroutedHopLimit)
        return std::nullopt;
    const std::uint8_t* icmp = packet.data() + kIpv6Bytes;
    const bool solicitation = icmp[0] == kNeighbourSolicitation;
    if ((!solicitation && icmp[0] != kNeighbourAdvertisement) || icmp[1] != 0) return std::nullopt;
    const auto bytes = static_cast<std::uint16_t>(packet.size() - kIpv6Bytes);
    if (icmpv6_checksum(packet.data(), bytes) != 0) return std::nullopt;
    const bool solicited = !solicitation && (icmp[4] & kSolicited) != 0;
    if (solicited && packet[24] == 0xff) return std::nullopt;  // section 7.1.2: to a group
    return NeighbourMessage{solicitation,
                            solicited,
                            solicitation || (icmp[4] & kOverride) != 0,
                            get_ipv6(packet.data() + 8),
                            get_ipv6(icmp + 8),
                            find_mac(packet.subspan(kIpv6Bytes + kFixedBytes),
                                     solicitation ? kSourceOption : kTargetOption)};
}

IpAddress solicited_node(const IpAddress& address) {
    IpAddress group;
    group.bytes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    std::memcpy(group.bytes.data() + 13, address.bytes.data() + 13, 3);
    return group;
}

std::uint16_t write_solicitation(const LocalNet& local, const IpAddress& source,
                                 const IpAddress& target, std::uint8_t* frame) {
    const IpAddress group = solicited_node(target);
    return write(local, {kNeighbourSolicitation, 0, kSourceOption, target, source, group},
                 group_mac(group), frame);
}

std::uint16_t write_unicast_solicitation(const LocalNet& local, const IpAddress& source,
                                         const Station& target, std::uint8_t* frame) {
    return write(local,
                 {kNeighbourSolicitation, 0, kSourceOption, target.address, source, target.address},
                 target.mac, frame);
}

// RFC 4861 section 7.2.6.
std::uint16_t write_announcement(const LocalNet& local, const IpAddress& source,
                                 std::uint8_t* frame) {
    constexpr IpAddress kAllNodes{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    constexpr MacAddress kTo{0x33, 0x33, 0, 0, 0, 1};
    return write(local,
                 {kNeighbourAdvertisement, kOverride, kTargetOption, source, source, kAllNodes},
                 kTo, frame);
}

std::uint16_t write_advertisement(const LocalNet& local, const NeighbourMessage& solicitation,
                                  const MacAddress& to, std::uint8_t* frame) {
    return write(local,
                 {kNeighbourAdvertisement, kSolicited | kOverride, kTargetOption,
                  solicitation.target, solicitation.target, solicitation.source},
                 to, frame);
}

}  // namespace strata::dataplane::net
