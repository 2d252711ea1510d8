#include "dataplane/port/tx_queue.h"

#include <algorithm>
#include <bit>

namespace strata::dataplane {

namespace {

// The class travels in the mbuf, in the field that DPDK's schedulers use for it: beside the pointer
// it would cost the fast path a store of its own, and it is only read when packets are dropped.
void set_class(rte_mbuf* m, TxClass c) {
    m->hash.sched.traffic_class = static_cast<std::uint8_t>(c);
}

std::uint32_t capacity_of(const TxQueueConfig& config) { return std::max(config.packets, 64u); }

}  // namespace

std::size_t TxQueue::bytes_for(const TxQueueConfig& config) {
    return std::bit_ceil(capacity_of(config)) * (sizeof(rte_mbuf*) + sizeof(relay::TimeUs));
}

TxClass class_of(const rte_mbuf& packet) {
    return static_cast<TxClass>(packet.hash.sched.traffic_class);
}

TxQueue::TxQueue(Port& port, std::uint16_t queue, const TxQueueConfig& config)
    : port_(port),
      queue_(queue),
      transit_(config.transit),
      capacity_(capacity_of(config)),
      mask_(std::bit_ceil(capacity_) - 1),
      port_wants_class_(port.capabilities().wants_class),
      batch_(std::clamp(port.capabilities().tx_batch, 1u, capacity_ / 2)),
      direct_(std::max(batch_ / 4, 1u)),
      packets_(mask_ + 1),
      since_us_(mask_ + 1) {
    for (std::size_t c = 0; c < kTxClasses; ++c) {
        admit_[c] = static_cast<std::uint32_t>(std::uint64_t{capacity_} * kTxShare[c] / 100);
        wait_us_[c] = config.max_wait_us * kTxShare[c] / 100;
        patience_us_[c] = config.max_wait_us * kTxPatience[c] / 100;
    }
}

TxQueue::~TxQueue() {
    for (; head_ != tail_; ++head_) rte_pktmbuf_free(packets_[head_ & mask_]);
}

[[gnu::always_inline]] inline void TxQueue::enqueue(rte_mbuf** packets, std::uint32_t n,
                                                    TxClass tx_class, relay::TimeUs now) {
    unattempted_ += n;
    const std::size_t c = tx_group(tx_class);
    const std::uint32_t room = admit_[c] > queued() ? admit_[c] - queued() : 0;
    const std::uint32_t admitted = std::min(n, room);
    std::uint32_t tail = tail_;
    for (std::uint32_t i = 0; i < admitted; ++i, ++tail) {
        const std::uint32_t at = tail & mask_;
        set_class(packets[i], tx_class);
        packets_[at] = packets[i];
        since_us_[at] = now;
    }
    tail_ = tail;
    if (admitted < n) {
        counters_.full[c] += n - admitted;
        for (std::uint32_t i = admitted; i < n; ++i) rte_pktmbuf_free(packets[i]);
    }
}

void TxQueue::push(rte_mbuf** packets, std::uint32_t n, TxClass tx_class, relay::TimeUs now) {
    counters_.pushed += n;
    if (head_ == tail_ && n >= direct_) {
        if (port_wants_class_)
            for (std::uint32_t i = 0; i < n; ++i) set_class(packets[i], tx_class);
        const TxResult result = port_.tx_burst(queue_, packets, n);
        counters_.sent += result.sent;
        counters_.errors += result.dropped;
        if (transit_) transit_->sent(result.sent);
        if (result.taken() == n) return;
        packets += result.taken();
        n -= result.taken();
    }
    enqueue(packets, n, tx_class, now);
    if (unattempted_ >= batch_) send_queued(now);
}

void TxQueue::refuse(std::uint32_t n, TxClass tx_class, relay::TimeUs now) {
    counters_.pushed += n;
    counters_.full[tx_group(tx_class)] += n;
    unattempted_ += n;
    if (unattempted_ >= batch_) send_queued(now);
}

void TxQueue::push_unresolved(rte_mbuf** packets, std::uint32_t n, relay::TimeUs now) {
    counters_.pushed += n;
    // One that there is no room for keeps nobody out who waits for another next hop.
    for (;;) {
        const std::uint32_t taken = port_.hold(queue_, packets, n, now);
        counters_.held += taken;
        if (taken == n) return;
        rte_pktmbuf_free(packets[taken]);
        ++counters_.unresolved;
        packets += taken + 1;
        n -= taken + 1;
    }
}

void TxQueue::flush(relay::TimeUs now) {
    if (head_ == tail_) return;
    send_queued(now);
    if (head_ != tail_) expire(now);
}

void TxQueue::send_queued(relay::TimeUs now) {
    unattempted_ = 0;
    while (head_ != tail_) {
        const std::uint32_t at = head_ & mask_;
        const std::uint32_t n = std::min(queued(), mask_ + 1 - at);
        const TxResult result = port_.tx_burst(queue_, packets_.data() + at, n);
        counters_.sent += result.sent;
        counters_.errors += result.dropped;
        if (transit_) note_sent(result.sent, now);
        head_ += result.taken();
        if (result.taken() < n) return;
    }
    head_ = tail_ = 0;  // an empty ring begins where it is in the cache
}

// Of the first `n` packets. Where the head is of this turn all are: that is the usual case.
void TxQueue::note_sent(std::uint32_t n, relay::TimeUs now) {
    for (std::uint32_t done = 0; done < n;) {
        const relay::TimeUs since = since_us_[(head_ + done) & mask_];
        std::uint32_t run = since == now ? n - done : 1;
        while (done + run < n && since_us_[(head_ + done + run) & mask_] == since) ++run;
        transit_->sent(run, now - since);
        done += run;
    }
}

// From the head while a packet there has waited too long. Classes wait differently: a packet that
// may still wait shelters the ones behind it for at most a quarter of the time, since order is
// kept.
void TxQueue::expire(relay::TimeUs now) {
    expired_from_ = expired_to_ = left();
    for (; head_ != tail_; expired_to_ = left()) {
        rte_mbuf* m = packets_[head_ & mask_];
        const std::size_t c = tx_group(class_of(*m));
        if (now - since_us_[head_ & mask_] <= wait_us_[c]) return;
        ++counters_.expired[c];
        rte_pktmbuf_free(m);
        ++head_;
    }
}

}  // namespace strata::dataplane
