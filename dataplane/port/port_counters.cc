#include "dataplane/port/port_counters.h"

namespace strata::dataplane {

namespace {
constexpr std::array<std::string_view, kPortCounters> kNames{"rx_frames",
                                                             "rx_bytes",
                                                             "rx_delivered",
                                                             "rx_linearised",
                                                             "rx_truncated",
                                                             "rx_not_for_us",
                                                             "rx_unknown_type",
                                                             "rx_bad_header",
                                                             "rx_fragment",
                                                             "rx_unknown_port",
                                                             "rx_arp",
                                                             "rx_icmp",
                                                             "rx_handoff_full",
                                                             "rx_steered",
                                                             "rx_handed_off",
                                                             "rx_misdirected",
                                                             "rx_no_mbuf",
                                                             "rx_errors",
                                                             "arp_answered",
                                                             "arp_requests",
                                                             "announcements",
                                                             "neighbours_moved",
                                                             "neighbour_claims_refused",
                                                             "address_conflicts",
                                                             "icmp_answered",
                                                             "icmp_unreachable",
                                                             "icmp_limited",
                                                             "icmp_errors",
                                                             "listener_reports",
                                                             "own_lost",
                                                             "to_kernel_tcp",
                                                             "to_kernel_udp",
                                                             "to_kernel_icmp",
                                                             "to_kernel_neighbour",
                                                             "to_kernel_other",
                                                             "to_kernel_limited_tcp",
                                                             "to_kernel_limited_udp",
                                                             "to_kernel_limited_icmp",
                                                             "to_kernel_limited_neighbour",
                                                             "to_kernel_limited_other",
                                                             "to_kernel_full",
                                                             "from_kernel",
                                                             "from_kernel_lost",
                                                             "kernel_routes_refused",
                                                             "tx_packets",
                                                             "tx_bytes",
                                                             "tx_errors",
                                                             "tx_short",
                                                             "tx_handoff_full",
                                                             "gso_messages",
                                                             "gso_datagrams",
                                                             "gso_refused",
                                                             "hold_sent",
                                                             "hold_dropped",
                                                             "hold_too_large",
                                                             "hold_no_route"};
}

std::span<const std::string_view, kPortCounters> port_counter_names() { return kNames; }

std::string_view name(PortCounter counter) { return kNames[static_cast<std::size_t>(counter)]; }

}  // namespace strata::dataplane
