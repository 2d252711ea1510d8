#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/port/port.h"
#include "dataplane/port/transit_meter.h"
#include "dataplane/port/tx_class.h"

namespace strata::dataplane {

// What a packet was pushed as: known of those that waited, and of all that go to a port that
// wants_class.
TxClass class_of(const rte_mbuf& packet);

struct TxQueueConfig {
    std::uint32_t packets = 8'192;       // capacity
    relay::TimeUs max_wait_us = 20'000;  // older ones are dropped
    TransitMeter* transit = nullptr;     // its worker's; null: nothing is measured
};

// Every packet pushed ends in exactly one of these or is queued:
// pushed = sent + full + expired + errors + held + unresolved + queued. What was held is told by
// the port: held = hold_sent + hold_dropped + hold_too_large + hold_no_route + Port::held().
struct TxQueueCounters {
    std::uint64_t pushed = 0;
    std::uint64_t sent = 0;
    std::array<std::uint64_t, kTxClasses> full{};     // tx_full, no room for that class, or refused
    std::array<std::uint64_t, kTxClasses> expired{};  // tx_full, waited longer than its class may
    std::uint64_t errors = 0;                         // the port refused it for good
    std::uint64_t held = 0;                           // given to Port::hold, see there
    std::uint64_t unresolved = 0;                     // no neighbour and no room to hold
};

// The bounded queue between one worker and one port. Order is kept. A class is admitted up to its
// share of the capacity and waits at most its share of max_wait_us: audio 100 %, base 90 %, upper
// 75 %. Thread: its worker.
// budget: an empty queue costs a burst two branches, bench/pipeline
class TxQueue {
  public:
    TxQueue(Port& port, std::uint16_t queue, const TxQueueConfig& config);
    // What it allocates then.
    static std::size_t bytes_for(const TxQueueConfig& config);
    ~TxQueue();
    TxQueue(const TxQueue&) = delete;
    TxQueue& operator=(const TxQueue&) = delete;

    // False: there is no room for this class, or those at the head have waited so long that one
    // pushed now would be too late. Instead of making any, refuse() them.
    bool admits(TxClass tx_class, relay::TimeUs now) const {
        if (head_ == tail_) return true;
        const std::size_t c = tx_group(tx_class);
        return queued() < admit_[c] && now - since_us_[head_ & mask_] <= patience_us_[c];
    }
    // `n` packets that weren't made: they count as pushed, and as full. May send.
    void refuse(std::uint32_t n, TxClass tx_class, relay::TimeUs now);
    // Takes `n` packets. May send; what a port wants in one piece waits for flush.
    void push(rte_mbuf** packets, std::uint32_t n, TxClass tx_class, relay::TimeUs now);
    // Takes packets whose neighbour isn't known.
    void push_unresolved(rte_mbuf** packets, std::uint32_t n, relay::TimeUs now);
    // Sends what the port takes, then drops what has waited too long. At the end of every turn.
    void flush(relay::TimeUs now);

    std::uint32_t queued() const { return tail_ - head_; }
    // Of those that waited: too long, or refused by the port.
    std::uint64_t lost_late() const {
        return counters_.errors + counters_.expired[0] + counters_.expired[1] +
               counters_.expired[2];
    }
    // Packets that have left it, in whichever way, in their order.
    std::uint32_t left() const { return static_cast<std::uint32_t>(counters_.sent + lost_late()); }
    // Whether the packet that was the `number`th to leave waited too long, where it left in the
    // last flush. On a port that regroups bursts it may have been another one of its burst.
    bool expired(std::uint32_t number) const {
        return static_cast<std::int32_t>(number - expired_from_) > 0 &&
               static_cast<std::int32_t>(number - expired_to_) <= 0;
    }
    const TxQueueCounters& counters() const { return counters_; }
    Port& port() { return port_; }
    const Port& port() const { return port_; }
    std::uint16_t queue() const { return queue_; }

  private:
    void enqueue(rte_mbuf** packets, std::uint32_t n, TxClass tx_class, relay::TimeUs now);
    void send_queued(relay::TimeUs now);
    void note_sent(std::uint32_t n, relay::TimeUs now);
    void expire(relay::TimeUs now);

    Port& port_;
    std::uint16_t queue_;
    TransitMeter* transit_;
    std::uint32_t capacity_, mask_;
    bool port_wants_class_;
    std::array<std::uint32_t, kTxClasses> admit_{};
    std::array<relay::TimeUs, kTxClasses> wait_us_{}, patience_us_{};
    std::uint32_t batch_;                // pushed packets that are worth a tx_burst
    std::uint32_t direct_;               // at least so many at once pass an empty queue by
    std::uint32_t head_ = 0, tail_ = 0;  // free running while the ring isn't empty
    std::uint32_t unattempted_ = 0;      // packets pushed since the last tx_burst
    std::vector<rte_mbuf*> packets_;     // ring, a power of two
    std::vector<relay::TimeUs>
        since_us_;  // beside it; when a port reorders, off by one burst at most
    std::uint32_t expired_from_ = 0, expired_to_ = 0;  // left() before and after the last ones
    TxQueueCounters counters_;
};

}  // namespace strata::dataplane
