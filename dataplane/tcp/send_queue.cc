#include "dataplane/tcp/send_queue.h"

#include <algorithm>
#include <utility>

namespace strata::dataplane {
namespace {

// Nearly empty: so much of a bound at most.
constexpr std::uint32_t kCalmPart = 8;
// A layer that has to be left out again this soon after it was let in makes for more patience.
constexpr relay::TimeUs kRelapseUs = 5'000'000;
constexpr relay::TimeUs kMostPatienceUs = 16'000'000;

constexpr std::size_t index(TxClass c) { return static_cast<std::size_t>(c); }

constexpr TxClass below(TxClass c) { return static_cast<TxClass>(index(c) - 1); }

}  // namespace

void SendQueue::push(Packet packet, relay::TimeUs now) {
    const TxClass c = packet.tx_class;
    let_in(now);
    if (c > uppermost_) {
        wanted_[index(c)] = true;
        ++drops_.held_back[tx_group(c)];
        return;
    }
    const std::uint64_t share = std::uint64_t{config_.bytes} * kTxShare[tx_group(c)] / 100;
    while (bytes_ + packet.size > share) {
        const TxClass top = highest();
        if (top <= c) {
            ++drops_.full[tx_group(c)];
            if (c != TxClass::audio) leave_out(c, now);
            return;
        }
        shed(top, drops_.full, now);
    }
    packet.since_us = now;
    bytes_ += packet.size;
    ++packets_;
    ++waiting_[index(c)];
    (c == TxClass::audio ? first_ : media_).push_back(std::move(packet));
}

void SendQueue::expire(relay::TimeUs now) {
    const auto over = [&](const Fifo& fifo, TxClass c) {
        return !fifo.empty() &&
               now - fifo.front().since_us > config_.wait_us * kTxShare[tx_group(c)] / 100;
    };
    while (over(first_, TxClass::audio)) {
        ++drops_.late[index(TxClass::audio)];
        remove(first_.front());
        first_.pop_front();
    }
    // One layer at a time while what is left may wait longer than what goes.
    if (over(media_, highest())) shed(highest(), drops_.late, now);
    while (over(media_, TxClass::base)) shed(highest(), drops_.late, now);
    let_in(now);
}

std::optional<SendQueue::Packet> SendQueue::pop() {
    Fifo& fifo = first_.empty() ? media_ : first_;
    if (fifo.empty()) return std::nullopt;
    Packet packet = std::move(fifo.front());
    fifo.pop_front();
    remove(packet);
    return packet;
}

relay::TimeUs SendQueue::age(relay::TimeUs now) const {
    relay::TimeUs oldest = now;
    for (const Fifo* fifo : {&first_, &media_})
        if (!fifo->empty()) oldest = std::min(oldest, fifo->front().since_us);
    return now - oldest;
}

TxClass SendQueue::highest() const {
    for (std::size_t c = kTxLevels; c-- > 1;)
        if (waiting_[c] != 0) return static_cast<TxClass>(c);
    return TxClass::audio;
}

void SendQueue::remove(const Packet& packet) {
    bytes_ -= packet.size;
    --packets_;
    --waiting_[index(packet.tx_class)];
}

// All that waits of one layer goes.
void SendQueue::shed(TxClass layer, std::array<std::uint64_t, kTxClasses>& counter,
                     relay::TimeUs now) {
    std::erase_if(media_, [&](const Packet& packet) {
        if (packet.tx_class != layer) return false;
        ++counter[tx_group(layer)];
        remove(packet);
        return true;
    });
    leave_out(layer, now);
}

void SendQueue::leave_out(TxClass from, relay::TimeUs now) {
    if (now - let_in_us_ < kRelapseUs && let_in_us_ != 0)
        patience_us_ = std::min(patience_us_ * 2, kMostPatienceUs);
    let_in_us_ = 0;
    wanted_[index(from)] = true;
    uppermost_ = std::min(uppermost_, below(from));
    calm_since_us_ = now;
}

// The lowest of the layers that were left out comes back when it has been calm for long enough.
void SendQueue::let_in(relay::TimeUs now) {
    if (uppermost_ == kHighestTxClass) return;
    if (bytes_ > config_.bytes / kCalmPart || age(now) > config_.wait_us / kCalmPart)
        calm_since_us_ = now;
    if (let_in_us_ != 0 && now - let_in_us_ > kRelapseUs) patience_us_ = kLeastPatienceUs;
    if (now - calm_since_us_ < patience_us_) return;
    std::size_t next = index(uppermost_) + 1;
    while (next < kTxLevels && !wanted_[next]) ++next;
    calm_since_us_ = now;
    let_in_us_ = now;
    if (next == kTxLevels) {
        uppermost_ = kHighestTxClass;
        return;
    }
    wanted_[next] = false;
    uppermost_ = static_cast<TxClass>(next);
}

}  // namespace strata::dataplane
