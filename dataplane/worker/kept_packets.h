#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/port/pools.h"
#include "relay/recovery/packet_history.h"
#include "relay/svc/sent_number.h"

struct rte_mbuf;

namespace strata::dataplane {

struct KeptPacketsConfig {
    std::uint32_t packets = 1'024;        // received ones, by reference
    std::uint32_t small_packets = 1'024;  // copied, so that they don't pin a whole buffer each
    relay::TimeUs age_us = 1'000'000;     // for so long at most
    // Buffers for received packets that stay free: below that, the oldest go before their time.
    std::uint32_t reserve_packets = 0;
};

struct KeptPacketsCounters {
    std::uint64_t copied = 0;        // small ones
    std::uint64_t displaced = 0;     // gave way to newer ones before their time
    std::uint64_t relinquished = 0;  // gave way since receive buffers ran short
    std::uint64_t refused = 0;       // not kept: no buffer for a copy
};

// Received packets of one worker that receivers may be sent again: references to the very mbufs
// that came in, small ones copied to a pool of small buffers. Thread: its worker.
class KeptPackets {
  public:
    // A packet that fits a small buffer, whole.
    static constexpr std::uint16_t kSmallBytes = kCompactBytes;

    // The pools must outlive it.
    KeptPackets(const KeptPacketsConfig& config, const Pools& pools);
    ~KeptPackets();
    KeptPackets(const KeptPackets&) = delete;
    KeptPackets& operator=(const KeptPackets&) = delete;

    // One more reference to `packet`, which nobody may change from now on, or a copy of it.
    // `stream` is unique among all encodings there ever were.
    void keep(rte_mbuf& packet, std::uint64_t stream, const relay::SentForms& forms,
              relay::HistoryIndex& index, relay::TimeUs now);

    struct Found {
        rte_mbuf* packet = nullptr;  // until the next keep() or expire()
        relay::SentForm form;
    };
    // Packet n as receivers of `group` were sent it; nullopt: gone, or never theirs.
    std::optional<Found> find(const relay::HistoryIndex& index, std::uint64_t stream,
                              const relay::SentNumber& sent) const;

    // Lets go what is too old, a bounded number at a time. Once per turn.
    void expire(relay::TimeUs now);

    std::size_t size() const { return large_.size() + small_.size(); }
    const KeptPacketsCounters& counters() const { return counters_; }

  private:
    void make_room(relay::PacketHistory& history);
    rte_mbuf* copy(const rte_mbuf& packet);
    void keep_reserve();

    KeptPacketsConfig config_;
    const Pools& pools_;
    relay::PacketHistory large_, small_;
    std::uint32_t since_look_ = 0;  // packets kept since the pool was looked at
    KeptPacketsCounters counters_;
};

}  // namespace strata::dataplane
