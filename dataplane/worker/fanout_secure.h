#pragma once

#include "dataplane/worker/fanout.h"

namespace strata::dataplane {

// A packet whose job waits in FanOut::jobs_, at the same place.
struct alignas(16) FanOut::Sealing {
    enum class Linked : std::uint8_t { no, resolved, unresolved };

    Link link;  // a copy, where it isn't linked yet: the receiver's slot may have moved until then
    rte_mbuf* packet = nullptr;
    std::uint16_t bytes = 0;       // RTP, tag included
    std::uint16_t rtp_offset = 0;  // in the packet's buffer
    TxClass tx_class = TxClass::base;
    Linked linked = Linked::no;
};

// AES-CM wants many jobs at once, over receivers and packets; AES-GCM wants what it writes to be
// still in the first-level cache when the link's header comes in front of it.
constexpr std::uint32_t kCounterBatch = 64, kGcmBatch = 16;

}  // namespace strata::dataplane
