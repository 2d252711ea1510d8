#include "dataplane/port/held_packets.h"

#include <cstring>

namespace strata::dataplane {

HeldPackets::HeldPackets(const Limits& limits)
    : capacity_(limits.packets),
      limit_us_(limits.wait_us),
      of_hop_(limits.neighbours),
      fates_(fates_for(limits.packets)) {
    waiting_.reserve(capacity_);
    released_.reserve(capacity_);
}

HeldPackets::~HeldPackets() {
    for (const Waiting& w : waiting_) rte_pktmbuf_free(w.packet);
}

std::uint32_t HeldPackets::hold(rte_mbuf** packets, std::uint32_t n, relay::TimeUs now) {
    for (std::uint32_t i = 0; i < n; ++i) {
        const auto* frame = rte_pktmbuf_mtod(packets[i], const std::uint8_t*);
        std::uint16_t& theirs = of_hop_[net::Awaited::of(frame).index];
        if (theirs >= capacity_ - size()) return i;
        ++theirs;
        waiting_.push_back({packets[i], now, ++newest_});
        end(newest_, HeldFate::waiting);
    }
    return n;
}

HeldPackets::Released HeldPackets::release(const net::Neighbour* neighbours, rte_mbuf** out,
                                           std::uint32_t n, relay::TimeUs now) {
    Released released;
    std::size_t kept = 0;
    released_.clear();
    for (const Waiting& w : waiting_) {
        auto* frame = rte_pktmbuf_mtod(w.packet, std::uint8_t*);
        const net::Awaited awaited = net::Awaited::of(frame);
        const std::uint64_t word = neighbours[awaited.index].word.load(std::memory_order_relaxed);
        const bool theirs = awaited.is(word);
        if (theirs && (word & net::Neighbour::kResolved) != 0 && released.ready < n) {
            std::memcpy(frame, &word, 6);
            out[released.ready++] = w.packet;
            released_.push_back(w.number);
            end(w.number, HeldFate::sent);
            --of_hop_[awaited.index];
        } else if (!theirs || now - w.since_us > limit_us_) {
            rte_pktmbuf_free(w.packet);
            ++released.dropped;
            end(w.number, HeldFate::dropped);
            --of_hop_[awaited.index];
        } else {
            waiting_[kept++] = w;
        }
    }
    waiting_.resize(kept, Waiting{});
    return released;
}

void HeldPackets::only_sent(std::uint32_t n) {
    for (std::size_t i = n; i < released_.size(); ++i) end(released_[i], HeldFate::dropped);
}

}  // namespace strata::dataplane
