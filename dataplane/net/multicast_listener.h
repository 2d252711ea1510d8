#pragma once

#include <cstdint>
#include <span>

#include "dataplane/net/frame.h"

// Multicast listener discovery, version 2 (RFC 3810), as much as a host needs that solicitations
// have to find behind switches that snoop (RFC 4541): reports of the solicited-node groups of its
// addresses.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |  130 query    |   code = 0    |           checksum            |
//   |     maximum response delay    |          reserved             |
//   |     group (16), zero: all; version 2: more
//
//   |  143 report   |   reserved    |           checksum            |
//   |          reserved             |      number of records        |
//   |  record type  |  auxiliary = 0|    number of sources = 0      |
//   |     group (16) …
namespace strata::dataplane::net {

constexpr std::uint8_t kHopByHop = 0;  // RFC 8200 section 4.3: a next header
constexpr std::size_t kHopByHopBytes = 8;
constexpr std::size_t kReportBytes = 8, kReportRecordBytes = 20;
constexpr std::size_t kMaxReportFrame = kEthernetBytes + kVlanBytes + kIpv6Bytes + kHopByHopBytes +
                                        kReportBytes + OwnAddresses::kMost * kReportRecordBytes;

// RFC 3810 section 5.2.12: with no source left out all of a group's are wanted.
enum class ReportRecord : std::uint8_t {
    mode_is_exclude = 2,         // an answer to a query
    change_to_exclude_mode = 4,  // unasked, when we come
};

// `packet` begins at the IPv6 header and is as long as that says. Whether it is a query from the
// link for all groups or one that an address of ours has.
bool asks_for_groups(std::span<const std::uint8_t> packet, const LocalNet& local);

// A report of all groups, to all routers that know of version 2. Returns its size. `frame` has room
// for kMaxReportFrame; `local` has an IPv6 address.
std::uint16_t write_report(const LocalNet& local, ReportRecord type, std::uint8_t* frame);

}  // namespace strata::dataplane::net
