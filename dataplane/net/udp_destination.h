#pragma once

#include <rte_mbuf.h>

#include <cstdint>

namespace strata::dataplane::net {

// The UDP destination port that a linear frame names, host order, by its headers alone and without
// changing it. 0: it isn't a UDP datagram, or a fragment of one, behind at most one VLAN tag.
std::uint16_t udp_destination(const rte_mbuf& m);

}  // namespace strata::dataplane::net
