#include "dataplane/net/arp.h"

namespace strata::dataplane::net {

namespace {

constexpr std::uint16_t kRequest = 1, kReply = 2;

struct ArpFields {
    std::uint16_t operation;
    const IpAddress& source;
    MacAddress target_mac;  // zero: unknown
    const IpAddress& target;
};

std::uint16_t write_arp(const LocalNet& local, const ArpFields& m, const MacAddress& to,
                        std::uint8_t* frame) {
    const std::uint16_t head = put_ethernet(frame, to, local, kEtherTypeArp);
    std::uint8_t* arp = frame + head;
    put_be16(arp, 1);
    put_be16(arp + 2, kEtherTypeIpv4);
    arp[4] = 6;
    arp[5] = 4;
    put_be16(arp + 6, m.operation);
    put_mac(arp + 8, local.mac);
    std::memcpy(arp + 14, m.source.v4_bytes(), 4);
    put_mac(arp + 18, m.target_mac);
    std::memcpy(arp + 24, m.target.v4_bytes(), 4);
    return static_cast<std::uint16_t>(head + kArpBytes);
}

}  // namespace

std::optional<ArpMessage> parse_arp(std::span<const std::uint8_t> body) {
    if (body.size() < kArpBytes) return std::nullopt;
    const std::uint8_t* arp = body.data();
    const std::uint16_t operation = get_be16(arp + 6);
    if (get_be16(arp) != 1 || get_be16(arp + 2) != kEtherTypeIpv4 || arp[4] != 6 || arp[5] != 4 ||
        (operation != kRequest && operation != kReply))
        return std::nullopt;
    return ArpMessage{operation == kRequest, get_mac(arp + 8), get_ipv4(arp + 14),
                      get_ipv4(arp + 24)};
}

std::uint16_t write_arp_request(const LocalNet& local, const IpAddress& source,
                                const IpAddress& target, std::uint8_t* frame) {
    return write_arp(local, {kRequest, source, {}, target}, kBroadcastMac, frame);
}

std::uint16_t write_arp_poll(const LocalNet& local, const IpAddress& source, const Station& target,
                             std::uint8_t* frame) {
    return write_arp(local, {kRequest, source, {}, target.address}, target.mac, frame);
}

std::uint16_t write_arp_reply(const LocalNet& local, const ArpMessage& request,
                              std::uint8_t* frame) {
    return write_arp(local, {kReply, request.target, request.sender_mac, request.sender},
                     request.sender_mac, frame);
}

}  // namespace strata::dataplane::net
