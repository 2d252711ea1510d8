#include "dataplane/net/ingress.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "dataplane/net/arp.h"
#include "dataplane/net/checksum.h"
#include "dataplane/net/frame.h"
#include "dataplane/net/icmp.h"
#include "dataplane/net/icmp_error.h"
#include "dataplane/net/multicast_listener.h"
#include "dataplane/net/neighbour_discovery.h"

namespace strata::dataplane::net {

namespace {

constexpr std::uint16_t kMaxVlanId = 0xfff;
constexpr std::uint8_t kProtocolTcp = 6;
// Next headers in IPv6 (RFC 8200 section 4). Only the first three stand in front of a fragment's.
constexpr std::uint8_t kRouting = 43, kDestinationOptions = 60, kFragmentHeader = 44;
constexpr int kMostExtensions = 8;

Ingress consumed(PortCounter counter) { return {.counter = counter}; }

Ingress reply(PortCounter counter, PortCounter reply_counter) {
    return {.action = Ingress::Action::reply, .counter = counter, .reply_counter = reply_counter};
}

// The frame, what is left of it behind the Ethernet header, and who sent it.
struct Frame {
    rte_mbuf& m;
    const LocalNet& local;
    FlowKey& flow;
    std::uint16_t ethernet_bytes = kEthernetBytes;

    std::uint8_t* bytes() const { return rte_pktmbuf_mtod(&m, std::uint8_t*); }
    std::span<std::uint8_t> body() const {
        return {bytes() + ethernet_bytes, static_cast<std::size_t>(m.data_len - ethernet_bytes)};
    }
    bool to_us() const { return std::memcmp(bytes(), local.mac.data(), 6) == 0; }
    // The mbuf becomes a frame of `size` bytes that was written at its begin.
    void resize(std::size_t size) const {
        m.data_len = static_cast<std::uint16_t>(size);
        m.pkt_len = m.data_len;
    }
    // Back to where it came from, cut to the Ethernet header and `size` bytes.
    void turn_round(std::size_t size) const {
        std::memcpy(bytes(), bytes() + 6, 6);
        put_mac(bytes() + 6, local.mac);
        resize(ethernet_bytes + size);
    }
};

// A reply may be larger than what came (Ethernet pads, but a TAP needn't).
bool has_room(const rte_mbuf& m, std::size_t frame_bytes) {
    return frame_bytes <= std::size_t{m.data_len} + rte_pktmbuf_tailroom(&m);
}

Ingress conflict(Ingress result) {
    result.claimed = result.conflict = true;
    return result;
}

Ingress receive_arp(const Frame& f) {
    const auto message = parse_arp(f.body());
    if (!message || !f.local.own.has_v4()) return consumed(PortCounter::rx_arp);
    Ingress result = consumed(PortCounter::rx_arp);
    if (f.local.own.has(message->sender) && message->sender_mac != f.local.mac)
        return conflict(result);
    if (message->request && f.local.own.has(message->target) && has_room(f.m, kMaxArpFrame)) {
        f.resize(write_arp_reply(f.local, *message, f.bytes()));
        result = reply(PortCounter::rx_arp, PortCounter::arp_answered);
    }
    result.learned = true;
    result.solicited = !message->request && f.to_us() && f.local.own.has(message->target);
    result.neighbour = message->sender;
    result.mac = message->sender_mac;
    return result;
}

// `udp` begins at the UDP header, `ip_payload` bytes belong to it (RFC 768).
Ingress receive_udp(const Frame& f, std::uint8_t* udp, std::size_t ip_payload) {
    if (ip_payload < kUdpBytes) return consumed(PortCounter::rx_bad_header);
    const std::uint16_t size = get_be16(udp + 4);
    if (size < kUdpBytes || size > ip_payload) return consumed(PortCounter::rx_bad_header);
    f.flow.remote_port = get_be16(udp);
    f.flow.local_port = get_be16(udp + 2);
    const auto worker = static_cast<std::uint16_t>(f.flow.local_port - f.local.first_port);
    if (worker >= f.local.ports) return consumed(PortCounter::rx_unknown_port);
    if (f.flow.remote_port == 0) return consumed(PortCounter::rx_bad_header);
    f.m.data_off =
        static_cast<std::uint16_t>(udp + kUdpBytes - static_cast<std::uint8_t*>(f.m.buf_addr));
    f.resize(size - kUdpBytes);
    return {.action = Ingress::Action::deliver, .worker = worker};
}

Ingress icmp_error(const Frame& f, const std::optional<IcmpError>& error) {
    Ingress result = consumed(PortCounter::rx_icmp);
    if (!error) return result;
    f.flow = error->flow;
    result.icmp_error = true;
    result.path_mtu = error->mtu;
    return result;
}

// Sources that no host has: this network, loopback, multicast and above (RFC 1122 section 3.2.1.3).
bool is_martian(const std::uint8_t* source) {
    return source[0] == 0 || source[0] == 127 || source[0] >= 224;
}

Ingress receive_ipv4(const Frame& f) {
    const std::span<std::uint8_t> packet = f.body();
    if (packet.size() < kIpv4Bytes) return consumed(PortCounter::rx_truncated);
    std::uint8_t* ip = packet.data();
    const std::size_t header = (ip[0] & 0xfu) * 4u;
    const std::size_t total = get_be16(ip + 2);
    if (ip[0] >> 4 != 4 || header < kIpv4Bytes || total < header)
        return consumed(PortCounter::rx_bad_header);
    if (total > packet.size()) return consumed(PortCounter::rx_truncated);
    if (fold(raw_sum(ip, header)) != 0xffff) return consumed(PortCounter::rx_bad_header);
    const IpAddress to = get_ipv4(ip + 16);
    if (!f.to_us() || !f.local.own.has(to)) return consumed(PortCounter::rx_not_for_us);
    const IpAddress from = get_ipv4(ip + 12);
    if (is_martian(ip + 12) || f.local.own.refuses(from))
        return consumed(PortCounter::rx_bad_header);
    // More fragments, or an offset (RFC 791 section 3.1).
    if ((get_be16(ip + 6) & 0x3fff) != 0) return consumed(PortCounter::rx_fragment);
    if (ip[9] == kProtocolIcmp) {
        if (!answer_echo_v4(packet.first(total)))
            return icmp_error(f, parse_icmp_error_v4(packet.first(total), f.local));
        f.turn_round(total);
        return reply(PortCounter::rx_icmp, PortCounter::icmp_answered);
    }
    if (ip[9] != kProtocolUdp) return consumed(PortCounter::rx_unknown_type);
    f.flow.remote = from;
    f.flow.local = to;
    return receive_udp(f, ip + header, total - header);
}

// Multicast and v4-mapped addresses are no host's on a wire (RFC 4291 sections 2.5.5.2 and 2.7).
bool is_no_host(const IpAddress& address) { return address.bytes[0] == 0xff || address.is_v4(); }

Ingress receive_neighbour(const Frame& f, std::span<std::uint8_t> packet) {
    const auto message = parse_neighbour(packet);
    if (!message || !f.local.own.has_v6()) return consumed(PortCounter::rx_arp);
    const IpAddress& neighbour = message->solicitation ? message->source : message->target;
    if (is_no_host(neighbour)) return consumed(PortCounter::rx_bad_header);
    const MacAddress from = get_mac(f.bytes() + 6);
    const bool for_us = f.local.own.has(message->target) && !message->target.is_v4();
    Ingress result = consumed(PortCounter::rx_arp);
    if (f.local.own.has(neighbour) && from != f.local.mac) return conflict(result);
    // Duplicate address detection (RFC 4862 section 5.4.3): the answer goes to all.
    result.claimed = message->source.is_unspecified() && for_us;
    // An answer to a solicitation that was for one station needs no MAC (RFC 4861 section 4.4): it
    // says no more than that this station is still there.
    const bool answer = message->solicited && f.to_us();
    result.learned = (message->mac || answer) && !neighbour.is_unspecified();
    result.solicited = message->mac && answer;
    result.overrides = message->mac && message->overrides;
    result.neighbour = neighbour;
    result.mac = message->mac.value_or(from);
    if (!message->solicitation || !for_us || message->source.is_unspecified() ||
        !has_room(f.m, kMaxNeighbourFrame))
        return result;
    f.resize(write_advertisement(f.local, *message, message->mac.value_or(from), f.bytes()));
    result.action = Ingress::Action::reply;
    result.reply_counter = PortCounter::arp_answered;
    return result;
}

Ingress receive_icmpv6(const Frame& f, std::span<std::uint8_t> packet, bool to_us) {
    if (packet.size() <= kIpv6Bytes) return consumed(PortCounter::rx_bad_header);
    const std::uint8_t type = packet[kIpv6Bytes];
    if (type == kNeighbourSolicitation || type == kNeighbourAdvertisement)
        return receive_neighbour(f, packet);
    if (!to_us) return consumed(PortCounter::rx_icmp);
    if (f.local.own.refuses(get_ipv6(&packet[8]))) return consumed(PortCounter::rx_bad_header);
    if (!answer_echo_v6(packet)) return icmp_error(f, parse_icmp_error_v6(packet, f.local));
    f.turn_round(packet.size());
    return reply(PortCounter::rx_icmp, PortCounter::icmp_answered);
}

// Unspecified, loopback, or IPv4 in IPv6's form, as IpAddress has it (RFC 4291 section 2.5): in an
// IPv6 header on a wire an address that begins with eight zeros is nobody's.
bool is_reserved_v6(const std::uint8_t* address) {
    std::uint64_t first;
    std::memcpy(&first, address, sizeof first);
    return first == 0;
}

// For the counter alone: nothing behind an extension header is ours. Each is at least 8 bytes.
bool is_fragment_v6(std::span<const std::uint8_t> packet) {
    std::uint8_t next = packet[6];
    std::span<const std::uint8_t> rest = packet.subspan(kIpv6Bytes);
    for (int i = 0; i < kMostExtensions; ++i) {
        if (next == kFragmentHeader) return true;
        const bool extension = next == kHopByHop || next == kRouting || next == kDestinationOptions;
        if (!extension || rest.size() < 8) return false;
        const std::size_t bytes = (rest[1] + 1u) * 8u;
        if (bytes > rest.size()) return false;
        next = rest[0];
        rest = rest.subspan(bytes);
    }
    return false;
}

Ingress receive_ipv6(const Frame& f) {
    const std::span<std::uint8_t> body = f.body();
    if (body.size() < kIpv6Bytes) return consumed(PortCounter::rx_truncated);
    std::uint8_t* ip = body.data();
    if (ip[0] >> 4 != 6) return consumed(PortCounter::rx_bad_header);
    const std::size_t payload = get_be16(ip + 4);
    if (kIpv6Bytes + payload > body.size()) return consumed(PortCounter::rx_truncated);
    const IpAddress to = get_ipv6(ip + 24);
    const bool ours = f.local.own.has(to) && !is_reserved_v6(ip + 24);
    const IpAddress from = get_ipv6(ip + 8);
    const bool martian = ip[8] == 0xff || is_reserved_v6(ip + 8);
    if (ip[6] == kProtocolIcmpv6) {
        // Who has no address yet speaks to groups: duplicate address detection, router
        // solicitations (RFC 4861 section 4), listener reports (RFC 3590).
        const bool nobody_yet = from.is_unspecified() && ip[24] == 0xff;
        if (martian && !nobody_yet) return consumed(PortCounter::rx_bad_header);
        return receive_icmpv6(f, body.first(kIpv6Bytes + payload), ours && f.to_us());
    }
    if (!ours || !f.to_us()) {
        Ingress result = consumed(PortCounter::rx_not_for_us);
        const auto query = parse_listener_query(body.first(kIpv6Bytes + payload), f.local);
        result.old_querier = query && query->version_1;
        result.groups_asked_for = query && query->ours;
        if (result.groups_asked_for) result.counter = PortCounter::rx_icmp;
        return result;
    }
    if (ip[6] != kProtocolUdp)
        return consumed(is_fragment_v6(body.first(kIpv6Bytes + payload))
                            ? PortCounter::rx_fragment
                            : PortCounter::rx_unknown_type);
    if (martian || f.local.own.refuses(from)) return consumed(PortCounter::rx_bad_header);
    f.flow.remote = from;
    f.flow.local = to;
    return receive_udp(f, ip + kIpv6Bytes, payload);
}

// Router solicitation to redirect, RFC 4861 section 4.
bool is_neighbour_discovery(std::uint8_t type) { return type >= 133 && type <= 137; }

Punt punt_of_ip(const Frame& f, bool v6) {
    const std::uint8_t* ip = f.body().data();
    const std::uint8_t protocol = ip[v6 ? 6 : 9];
    if (protocol == kProtocolTcp) return Punt::tcp;
    if (protocol == kProtocolUdp) return Punt::udp;
    if (v6 && protocol == kProtocolIcmpv6)
        return is_neighbour_discovery(ip[kIpv6Bytes]) ? Punt::neighbour : Punt::icmp;
    return !v6 && protocol == kProtocolIcmp ? Punt::icmp : Punt::other;
}

// Of a whole frame in our VLAN that ended here: to our MAC or to a group.
Punt punt_of(const Frame& f, std::uint16_t ether_type, const Ingress& in) {
    const bool group = (f.bytes()[0] & 1) != 0;
    const bool damaged =
        in.counter == PortCounter::rx_truncated || in.counter == PortCounter::rx_bad_header;
    if (damaged || in.icmp_error || in.conflict || !(group || f.to_us())) return Punt::none;
    if (ether_type == kEtherTypeArp) return Punt::neighbour;
    if (in.counter == PortCounter::rx_fragment) return Punt::other;
    if (ether_type != kEtherTypeIpv4 && ether_type != kEtherTypeIpv6) return Punt::other;
    // One that isn't at our IP address, to a group: DHCP, mDNS, OSPF, VRRP.
    const bool neighbours = in.counter == PortCounter::rx_arp || in.counter == PortCounter::rx_icmp;
    if (group && !neighbours) return Punt::other;
    return punt_of_ip(f, ether_type == kEtherTypeIpv6);
}

Ingress receive_packet(const Frame& f, std::uint16_t ether_type) {
    switch (ether_type) {
        case kEtherTypeIpv4: return receive_ipv4(f);
        case kEtherTypeIpv6: return receive_ipv6(f);
        case kEtherTypeArp: return receive_arp(f);
        default: return consumed(PortCounter::rx_unknown_type);
    }
}

// A tag of VLAN 0 says a priority and nothing else (IEEE 802.1Q section 9.6). Without it the frame
// has the header that the port sends: whoever answers it, or passes it on, needs to know of no
// other.
void remove_tag(Frame& f) {
    std::memmove(f.bytes() + kVlanBytes, f.bytes(), 12);
    rte_pktmbuf_adj(&f.m, kVlanBytes);
    f.ethernet_bytes = kEthernetBytes;
}

}  // namespace

Ingress receive_frame(rte_mbuf& m, const LocalNet& local, FlowKey& flow) {
    if (m.data_len < kEthernetBytes) return consumed(PortCounter::rx_truncated);
    Frame f{m, local, flow};
    std::uint16_t type = get_be16(f.bytes() + 12);
    std::uint16_t vlan = 0;
    if (type == kEtherTypeVlan) {
        if (m.data_len < kEthernetBytes + kVlanBytes) return consumed(PortCounter::rx_truncated);
        vlan = get_be16(f.bytes() + 14) & kMaxVlanId;
        type = get_be16(f.bytes() + 16);
        f.ethernet_bytes = kEthernetBytes + kVlanBytes;
    }
    if (vlan != local.vlan) return consumed(PortCounter::rx_not_for_us);
    if (f.ethernet_bytes > kEthernetBytes + local.tag_bytes()) [[unlikely]]
        remove_tag(f);
    Ingress in = receive_packet(f, type);
    if (in.action == Ingress::Action::consumed) in.punt = punt_of(f, type, in);
    return in;
}

}  // namespace strata::dataplane::net
