#include "dataplane/worker/kept_packets.h"

#include <rte_mbuf.h>

#include <cstring>

namespace strata::dataplane {
namespace {

constexpr int kReleasesPerTurn = 64;
// Packets between two looks at the pool, which cost a walk over the caches of all cores.
constexpr std::uint32_t kLookEvery = 64;

void release(void* reference) { rte_pktmbuf_free(static_cast<rte_mbuf*>(reference)); }

}  // namespace

KeptPackets::KeptPackets(const KeptPacketsConfig& config, const Pools& pools)
    : config_(config), pools_(pools), large_(config.packets), small_(config.small_packets) {}

KeptPackets::~KeptPackets() {
    for (relay::PacketHistory* history : {&large_, &small_})
        while (void* reference = history->take_oldest()) release(reference);
}

void KeptPackets::make_room(relay::PacketHistory& history) {
    if (!history.full()) return;
    release(history.take_oldest());
    ++counters_.displaced;
}

void KeptPackets::keep(rte_mbuf& packet, std::uint64_t stream, const relay::SentForms& forms,
                       relay::HistoryIndex& index, relay::TimeUs now) {
    const bool small = packet.data_len <= kSmallBytes && pools_.compact != nullptr;
    relay::PacketHistory& history = small ? small_ : large_;
    if (history.capacity() == 0) return;
    make_room(history);
    rte_mbuf* kept = &packet;
    if (small) {
        kept = copy(packet);
        if (kept == nullptr) {
            ++counters_.refused;
            return;
        }
    } else {
        rte_mbuf_refcnt_update(&packet, 1);
    }
    history.put({kept, now, stream, forms.n}, std::span(forms.forms).first(forms.count), index);
    if (++since_look_ >= kLookEvery) keep_reserve();
}

rte_mbuf* KeptPackets::copy(const rte_mbuf& packet) {
    rte_mbuf* m = rte_pktmbuf_alloc(pools_.compact);
    if (m == nullptr) return nullptr;
    std::memcpy(rte_pktmbuf_append(m, packet.data_len), rte_pktmbuf_mtod(&packet, const void*),
                packet.data_len);
    ++counters_.copied;
    return m;
}

// Receive rings must never starve for what somebody might ask for again.
void KeptPackets::keep_reserve() {
    since_look_ = 0;
    if (config_.reserve_packets == 0) return;
    const std::uint32_t left = rte_mempool_avail_count(pools_.rx);
    if (left >= config_.reserve_packets) return;
    for (std::uint32_t i = 0; i < config_.reserve_packets - left; ++i) {
        void* reference = large_.take_oldest();
        if (reference == nullptr) return;
        release(reference);
        ++counters_.relinquished;
    }
}

auto KeptPackets::find(const relay::HistoryIndex& index, std::uint64_t stream,
                       const relay::SentNumber& sent) const -> std::optional<Found> {
    for (const relay::PacketHistory* history : {&large_, &small_})
        if (const auto found = history->find(index, stream, sent.n, sent.group))
            return Found{static_cast<rte_mbuf*>(found->reference), found->form};
    return std::nullopt;
}

void KeptPackets::expire(relay::TimeUs now) {
    for (relay::PacketHistory* history : {&large_, &small_})
        for (int i = 0; i < kReleasesPerTurn; ++i) {
            void* reference = history->take_older_than(now - config_.age_us);
            if (reference == nullptr) break;
            release(reference);
        }
}

}  // namespace strata::dataplane
