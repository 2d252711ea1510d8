#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/net/frame.h"

// Address resolution for IPv4, RFC 826:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |       hardware = 1            |       protocol = 0x0800       |
//   |   hlen = 6    |   plen = 4    |  operation: 1 request, 2 reply|
//   |  sender MAC (6), sender IPv4 (4), target MAC (6), target IPv4 (4)
namespace strata::dataplane::net {

constexpr std::uint16_t kArpBytes = 28;
constexpr std::size_t kMaxArpFrame = kEthernetBytes + kVlanBytes + kArpBytes;

struct ArpMessage {
    bool request = false;
    MacAddress sender_mac{};  // as the sender says: Ethernet's may be another
    IpAddress sender, target;
};

// Nullopt: not a whole Ethernet/IPv4 request or reply.
std::optional<ArpMessage> parse_arp(std::span<const std::uint8_t> body);

// Frames of our own, from the address `source`; each returns its size. `frame` has room for
// kMaxArpFrame.
std::uint16_t write_arp_request(const LocalNet& local, const IpAddress& source,
                                const IpAddress& target, std::uint8_t* frame);
// To one station alone: whether it still has the address (RFC 1122 section 2.3.2.1, unicast poll).
std::uint16_t write_arp_poll(const LocalNet& local, const IpAddress& source, const Station& target,
                             std::uint8_t* frame);
// From the address that was asked for.
std::uint16_t write_arp_reply(const LocalNet& local, const ArpMessage& request,
                              std::uint8_t* frame);

}  // namespace strata::dataplane::net
