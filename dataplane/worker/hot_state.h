#pragma once

#include <cstddef>

#include "dataplane/net/ethernet_link.h"
#include "dataplane/worker/objects.h"

namespace strata::dataplane {

constexpr std::size_t kCacheLineBytes = 64;

constexpr std::size_t in_lines(std::size_t bytes) {
    return (bytes + kCacheLineBytes - 1) / kCacheLineBytes * kCacheLineBytes;
}

// What sending one packet of a stream to one receiver touches besides the packet, in whole cache
// lines. Whoever makes a fan-out look at something else of a receiver adds it here; what is touched
// is measured as well, see bench/pipeline/lines.cc.
constexpr std::size_t kHotBytes =
    // Numbers, SSRC and stamps; link.
    in_lines(sizeof(relay::ReceiverSlot))
    // With SRTP: which indexes were used. The keys are the receiver's, whatever it receives.
    + in_lines(sizeof(SecureLeg))
    // With transport-wide numbers: the next one, also the receiver's.
    + in_lines(sizeof(Transport::transport_sequence))
    // On Ethernet: the next hop's MAC address, which many receivers share.
    + in_lines(sizeof(net::Neighbour));
constexpr std::size_t kMaxHotBytes = 512;
static_assert(kHotBytes <= kMaxHotBytes);

// No more lines than that.
static_assert(alignof(relay::ReceiverSlot) == kCacheLineBytes);
static_assert(alignof(SecureLeg) == kCacheLineBytes);

}  // namespace strata::dataplane
