#include "dataplane/net/multicast_listener.h"

#include <algorithm>
#include <array>

#include "dataplane/net/neighbour_discovery.h"

namespace strata::dataplane::net {

namespace {

constexpr std::uint8_t kQuery = 130, kReport = 143;
constexpr std::uint8_t kLinkHopLimit = 1;     // RFC 3810 section 5: of every message
constexpr std::size_t kQueryBytes = 24;       // of version 1
constexpr std::uint8_t kRouterAlert = 5;      // RFC 2711 section 2.1
constexpr std::uint8_t kPad1 = 0, kPadN = 1;  // RFC 8200 section 4.2

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

// Two addresses may have one group: each is there once.
class Groups {
  public:
    explicit Groups(const LocalNet& local) {
        for (const Prefix& own : local.own.all()) {
            if (own.address.is_v4()) continue;
            const IpAddress group = solicited_node(own.address);
            if (!has(group)) groups_[size_++] = group;
        }
    }
    bool has(const IpAddress& group) const {
        return std::ranges::find(all(), group) != all().end();
    }
    std::span<const IpAddress> all() const { return {groups_.data(), size_}; }

  private:
    std::array<IpAddress, OwnAddresses::kMost> groups_;
    std::size_t size_ = 0;
};

// RFC 3810 section 5.2.13: link-local, or unspecified where there is none.
IpAddress report_source(const LocalNet& local) {
    for (const Prefix& own : local.own.all())
        if (!own.address.is_v4() && is_link_local(own.address.bytes.data())) return own.address;
    return {};
}

}  // namespace

bool asks_for_groups(std::span<const std::uint8_t> packet, const LocalNet& local) {
    if (packet.size() < kIpv6Bytes + kHopByHopBytes || packet[6] != kHopByHop ||
        packet[7] != kLinkHopLimit || !is_link_local(&packet[8]))
        return false;
    const auto behind = packet.subspan(kIpv6Bytes);
    const std::size_t options = (behind[1] + 1u) * 8u;
    if (behind[0] != kProtocolIcmpv6 || behind.size() < options + kQueryBytes ||
        !has_router_alert(behind.first(options).subspan(2)))
        return false;
    const auto icmp = behind.subspan(options);
    if (icmp[0] != kQuery || icmpv6_checksum(packet.data(), icmp) != 0) return false;
    const IpAddress group = get_ipv6(&icmp[8]);
    const Groups groups(local);
    return group.is_unspecified() ? !groups.all().empty() : groups.has(group);
}

std::uint16_t write_report(const LocalNet& local, ReportRecord type, std::uint8_t* frame) {
    constexpr IpAddress kAllRouters{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16}};
    constexpr MacAddress kTo{0x33, 0x33, 0, 0, 0, 0x16};
    constexpr std::array<std::uint8_t, kHopByHopBytes> kAlert{
        kProtocolIcmpv6, 0, kRouterAlert, 2, 0, 0, kPadN, 0};
    const Groups groups(local);
    const IpAddress source = report_source(local);
    const std::size_t bytes = kReportBytes + groups.all().size() * kReportRecordBytes;
    const std::uint16_t head = put_ethernet(frame, kTo, local, kEtherTypeIpv6);
    std::uint8_t* ip = frame + head;
    put_icmpv6_head(ip, {static_cast<std::uint16_t>(kHopByHopBytes + bytes), kLinkHopLimit, source,
                         kAllRouters});
    ip[6] = kHopByHop;
    std::ranges::copy(kAlert, ip + kIpv6Bytes);
    std::uint8_t* icmp = ip + kIpv6Bytes + kHopByHopBytes;
    std::memset(icmp, 0, bytes);
    icmp[0] = kReport;
    put_be16(icmp + 6, static_cast<std::uint16_t>(groups.all().size()));
    std::uint8_t* record = icmp + kReportBytes;
    for (const IpAddress& group : groups.all()) {
        record[0] = static_cast<std::uint8_t>(type);
        std::ranges::copy(group.bytes, record + 4);
        record += kReportRecordBytes;
    }
    const std::uint16_t sum = icmpv6_checksum(ip, std::span<const std::uint8_t>(icmp, bytes));
    std::memcpy(icmp + 2, &sum, 2);
    return static_cast<std::uint16_t>(head + kIpv6Bytes + kHopByHopBytes + bytes);
}

}  // namespace strata::dataplane::net
