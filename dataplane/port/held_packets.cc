#include "dataplane/port/held_packets.h"

#include <algorithm>
#include <cstring>

namespace strata::dataplane {

HeldPackets::HeldPackets(std::uint32_t capacity, relay::TimeUs limit_us)
    : capacity_(capacity), limit_us_(limit_us) {
    waiting_.reserve(capacity);
}

HeldPackets::~HeldPackets() {
    for (const Waiting& w : waiting_) rte_pktmbuf_free(w.packet);
}

std::uint32_t HeldPackets::hold(rte_mbuf** packets, std::uint32_t n, relay::TimeUs now) {
    const std::uint32_t taken = std::min(n, capacity_ - size());
    for (std::uint32_t i = 0; i < taken; ++i) waiting_.push_back({packets[i], now});
    return taken;
}

HeldPackets::Released HeldPackets::release(const net::Neighbour* neighbours, rte_mbuf** out,
                                           std::uint32_t n, relay::TimeUs now) {
    Released released;
    std::size_t kept = 0;
    for (const Waiting& w : waiting_) {
        auto* frame = rte_pktmbuf_mtod(w.packet, std::uint8_t*);
        std::uint16_t index;
        std::memcpy(&index, frame, sizeof index);
        const std::uint64_t word = neighbours[index].word.load(std::memory_order_relaxed);
        if ((word & net::Neighbour::kResolved) != 0 && released.ready < n) {
            std::memcpy(frame, &word, 6);
            out[released.ready++] = w.packet;
        } else if (now - w.since_us > limit_us_) {
            rte_pktmbuf_free(w.packet);
            ++released.expired;
        } else {
            waiting_[kept++] = w;
        }
    }
    waiting_.resize(kept, Waiting{});
    return released;
}

}  // namespace strata::dataplane
