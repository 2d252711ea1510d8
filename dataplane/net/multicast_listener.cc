#include "dataplane/net/multicast_listener.h"

#include <algorithm>
#include <array>

#include "dataplane/net/neighbour_discovery.h"

namespace strata::dataplane::net {

namespace {

constexpr std::uint8_t kQuery = 130, kReportV1 = 131, kReport = 143;
constexpr std::uint8_t kLinkHopLimit = 1;      // RFC 3810 section 5: of every message
constexpr std::size_t kQueryBytes = 24;        // of version 1, its reports too
constexpr std::size_t kLeastQueryBytes2 = 28;  // of version 2; between them: none
constexpr std::uint8_t kRouterAlert = 5;       // RFC 2711 section 2.1
constexpr std::uint8_t kPad1 = 0, kPadN = 1;   // RFC 8200 section 4.2

bool is_link_local(const std::uint8_t* address) {
    return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

// Among the options of a hop-by-hop header; each is at least a byte, so the walk is bounded by it.
bool has_router_alert(std::span<const std::uint8_t> options) {
    while (options.size() >= 2) {
        if (options[0] == kPad1) {
            options = options.subspan(1);
            continue;
        }
        const std::size_t bytes = options[1] + 2u;
        if (bytes > options.size()) return false;
        if (options[0] == kRouterAlert) return bytes == 4 && get_be16(&options[2]) == 0;
        options = options.subspan(bytes);
    }
    return false;
}

// RFC 3810 section 5.2.13, RFC 3590: link-local, or unspecified where there is none.
IpAddress report_source(const LocalNet& local) {
    for (const Prefix& own : local.own.all())
        if (!own.address.is_v4() && is_link_local(own.address.bytes.data())) return own.address;
    return {};
}

// The headers of a report to `group`, whose ICMPv6 message is `bytes` long. Returns where that
// begins.
std::size_t put_report_head(const LocalNet& local, const IpAddress& group, std::size_t bytes,
                            std::uint8_t* frame) {
    constexpr std::array<std::uint8_t, kHopByHopBytes> kAlert{
        kProtocolIcmpv6, 0, kRouterAlert, 2, 0, 0, kPadN, 0};
    const std::uint16_t head = put_ethernet(frame, group_mac(group), local, kEtherTypeIpv6);
    std::uint8_t* ip = frame + head;
    const IpAddress source = report_source(local);
    put_icmpv6_head(
        ip, {static_cast<std::uint16_t>(kHopByHopBytes + bytes), kLinkHopLimit, source, group});
    ip[6] = kHopByHop;
    std::ranges::copy(kAlert, ip + kIpv6Bytes);
    std::memset(ip + kIpv6Bytes + kHopByHopBytes, 0, bytes);
    return std::size_t{head} + kIpv6Bytes + kHopByHopBytes;
}

// Of the message behind the headers. Returns the frame's size.
std::uint16_t seal(std::uint8_t* frame, std::size_t at, std::size_t bytes) {
    const std::uint8_t* ip = frame + at - kHopByHopBytes - kIpv6Bytes;
    const std::uint16_t sum = icmpv6_checksum(ip, std::span<const std::uint8_t>(frame + at, bytes));
    std::memcpy(frame + at + 2, &sum, 2);
    return static_cast<std::uint16_t>(at + bytes);
}

}  // namespace

SolicitedGroups::SolicitedGroups(const LocalNet& local) {
    for (const Prefix& own : local.own.all()) {
        if (own.address.is_v4()) continue;
        const IpAddress group = solicited_node(own.address);
        if (!has(group)) groups_[size_++] = group;
    }
}

bool SolicitedGroups::has(const IpAddress& group) const {
    return std::ranges::find(all(), group) != all().end();
}

std::optional<ListenerQuery> parse_listener_query(std::span<const std::uint8_t> packet,
                                                  const LocalNet& local) {
    if (packet.size() < kIpv6Bytes + kHopByHopBytes || packet[6] != kHopByHop ||
        packet[7] != kLinkHopLimit || !is_link_local(&packet[8]))
        return std::nullopt;
    const auto behind = packet.subspan(kIpv6Bytes);
    const std::size_t options = (behind[1] + 1u) * 8u;
    if (behind[0] != kProtocolIcmpv6 || behind.size() < options + kQueryBytes ||
        !has_router_alert(behind.first(options).subspan(2)))
        return std::nullopt;
    const auto icmp = behind.subspan(options);
    const bool version_1 = icmp.size() == kQueryBytes;
    if (!version_1 && icmp.size() < kLeastQueryBytes2) return std::nullopt;
    if (icmp[0] != kQuery || icmpv6_checksum(packet.data(), icmp) != 0) return std::nullopt;
    const IpAddress group = get_ipv6(&icmp[8]);
    const SolicitedGroups groups(local);
    if (groups.all().empty()) return std::nullopt;
    return ListenerQuery{group.is_unspecified() || groups.has(group), version_1};
}

std::uint16_t write_report(const LocalNet& local, ReportRecord type, std::uint8_t* frame) {
    constexpr IpAddress kAllRouters{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16}};
    const SolicitedGroups groups(local);
    const std::size_t bytes = kReportBytes + groups.all().size() * kReportRecordBytes;
    const std::size_t at = put_report_head(local, kAllRouters, bytes, frame);
    std::uint8_t* icmp = frame + at;
    icmp[0] = kReport;
    put_be16(icmp + 6, static_cast<std::uint16_t>(groups.all().size()));
    std::uint8_t* record = icmp + kReportBytes;
    for (const IpAddress& group : groups.all()) {
        record[0] = static_cast<std::uint8_t>(type);
        std::ranges::copy(group.bytes, record + 4);
        record += kReportRecordBytes;
    }
    return seal(frame, at, bytes);
}

std::uint16_t write_report_v1(const LocalNet& local, const IpAddress& group, std::uint8_t* frame) {
    const std::size_t at = put_report_head(local, group, kQueryBytes, frame);
    frame[at] = kReportV1;
    std::ranges::copy(group.bytes, frame + at + 8);
    return seal(frame, at, kQueryBytes);
}

}  // namespace strata::dataplane::net
