#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/net/frame.h"
#include "relay/rtp/types.h"

// Multicast listener discovery, as much as a host needs that solicitations have to find behind
// switches that snoop (RFC 4541): reports of the solicited-node groups of its addresses. Version 2
// (RFC 3810), and version 1 (RFC 2710) where a router on the link knows no other.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |  130 query    |   code = 0    |           checksum            |
//   |     maximum response delay    |          reserved             |
//   |     group (16), zero: all; version 2: more
//
//   |  131 report   |   code = 0    |           checksum            |   version 1, to the group
//   |     0                         |          reserved             |
//   |     group (16)
//
//   |  143 report   |   reserved    |           checksum            |   version 2
//   |          reserved             |      number of records        |
//   |  record type  |  auxiliary = 0|    number of sources = 0      |
//   |     group (16) …
namespace strata::dataplane::net {

constexpr std::uint8_t kHopByHop = 0;  // RFC 8200 section 4.3: a next header
constexpr std::size_t kHopByHopBytes = 8;
constexpr std::size_t kReportBytes = 8, kReportRecordBytes = 20;
constexpr std::size_t kMaxReportFrame = kEthernetBytes + kVlanBytes + kIpv6Bytes + kHopByHopBytes +
                                        kReportBytes + OwnAddresses::kMost * kReportRecordBytes;
// How long a router of version 1 is thought to be there after its last query: robustness × query
// interval + query response interval (RFC 3810 section 9.12), of which its queries say nothing: the
// defaults of section 9, 2 × 125 s + 10 s.
constexpr relay::TimeUs kOldQuerierUs = 260'000'000;

// Groups of a host's IPv6 addresses. Two addresses may have one: each is there once.
class SolicitedGroups {
  public:
    explicit SolicitedGroups(const LocalNet& local);
    bool has(const IpAddress& group) const;
    std::span<const IpAddress> all() const { return {groups_.data(), size_}; }

  private:
    std::array<IpAddress, OwnAddresses::kMost> groups_;
    std::size_t size_ = 0;
};

// RFC 3810 section 5.2.12: with no source left out all of a group's are wanted.
enum class ReportRecord : std::uint8_t {
    mode_is_exclude = 2,         // an answer to a query
    change_to_exclude_mode = 4,  // unasked, when we come
};

struct ListenerQuery {
    bool ours = false;       // for all groups, or one that an address of ours has
    bool version_1 = false;  // RFC 3810 section 8.1
};

// `packet` begins at the IPv6 header and is as long as that says. Nullopt: no query from the link,
// or there is no group of ours.
std::optional<ListenerQuery> parse_listener_query(std::span<const std::uint8_t> packet,
                                                  const LocalNet& local);

// A report of all groups, to all routers that know of version 2. Returns its size. `frame` has room
// for kMaxReportFrame; `local` has an IPv6 address.
std::uint16_t write_report(const LocalNet& local, ReportRecord type, std::uint8_t* frame);
// The same of one group, for those that know version 1 alone.
std::uint16_t write_report_v1(const LocalNet& local, const IpAddress& group, std::uint8_t* frame);

}  // namespace strata::dataplane::net
