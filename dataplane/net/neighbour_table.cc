#include "dataplane/net/neighbour_table.h"

#include <rte_pause.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace strata::dataplane::net {

namespace {
constexpr std::uint32_t kMaxCapacity = 65'536;  // an index is 16 bits
constexpr int kLockTries = 4'096;
}  // namespace

NeighbourTable::NeighbourTable(std::uint32_t capacity)
    : capacity_(std::clamp(capacity, 1u, kMaxCapacity)),
      entries_(capacity_),
      buckets_(std::bit_ceil(capacity_ * 2)),
      words_(std::make_unique<Neighbour[]>(capacity_)) {
    for (std::uint32_t i = 0; i < capacity_; ++i) words_[i].word = i;
}

bool NeighbourTable::lock() {
    for (int i = 0; i < kLockTries; ++i) {
        if (rte_spinlock_trylock(&lock_) != 0) return true;
        rte_pause();
    }
    return false;
}

std::uint32_t NeighbourTable::bucket_of(const IpAddress& address) const {
    std::uint64_t low;
    std::memcpy(&low, address.bytes.data() + 8, sizeof low);
    low *= 0x9e3779b97f4a7c15;
    return static_cast<std::uint32_t>(low >> 32) & static_cast<std::uint32_t>(buckets_.size() - 1);
}

std::optional<std::uint32_t> NeighbourTable::find(const IpAddress& address) const {
    const auto mask = static_cast<std::uint32_t>(buckets_.size() - 1);
    for (std::uint32_t at = bucket_of(address); buckets_[at] != 0; at = (at + 1) & mask)
        if (entries_[buckets_[at] - 1].address == address) return buckets_[at] - 1;
    return std::nullopt;
}

// At most half of the buckets are in use.
void NeighbourTable::rebuild() {
    const auto mask = static_cast<std::uint32_t>(buckets_.size() - 1);
    std::fill(buckets_.begin(), buckets_.end(), 0);
    for (std::uint32_t i = 0; i < size_; ++i) {
        std::uint32_t at = bucket_of(entries_[i].address);
        while (buckets_[at] != 0) at = (at + 1) & mask;
        buckets_[at] = i + 1;
    }
}

std::optional<std::uint32_t> NeighbourTable::place_for(const IpAddress& address) {
    if (const auto known = find(address)) return known;
    std::uint32_t index = size_;
    if (size_ == capacity_) {
        const auto unused = std::find_if(entries_.begin(), entries_.end(),
                                         [](const Entry& e) { return e.links == 0; });
        if (unused == entries_.end()) return std::nullopt;
        index = static_cast<std::uint32_t>(unused - entries_.begin());
        words_[index].word.store(index, std::memory_order_relaxed);
    } else {
        ++size_;
    }
    entries_[index] = Entry{.address = address};
    rebuild();
    added_.store(true, std::memory_order_relaxed);
    return index;
}

std::optional<std::uint16_t> NeighbourTable::acquire(const IpAddress& hop) {
    if (!lock()) return std::nullopt;
    const auto index = place_for(hop);
    if (index) ++entries_[*index].links;
    rte_spinlock_unlock(&lock_);
    if (!index) return std::nullopt;
    return static_cast<std::uint16_t>(*index);
}

void NeighbourTable::release(std::uint16_t index) {
    // A link that isn't given back keeps its entry for good: harmless, and better than waiting.
    if (index >= capacity_ || !lock()) return;
    if (entries_[index].links != 0) --entries_[index].links;
    rte_spinlock_unlock(&lock_);
}

bool NeighbourTable::learn(const IpAddress& address, const MacAddress& mac, relay::TimeUs now) {
    if ((mac[0] & 1) != 0 || !lock()) return false;  // no unicast address: nobody's
    const auto index = find(address);
    if (index) {
        entries_[*index].heard_us = now;
        std::uint64_t word = 0;
        std::memcpy(&word, mac.data(), mac.size());
        words_[*index].word.store(word | Neighbour::kResolved, std::memory_order_relaxed);
    }
    rte_spinlock_unlock(&lock_);
    return index.has_value();
}

std::optional<IpAddress> NeighbourTable::next_request(std::uint32_t& cursor, relay::TimeUs now) {
    if (!lock()) return std::nullopt;
    std::optional<IpAddress> hop;
    for (; cursor < size_ && !hop; ++cursor) {
        Entry& e = entries_[cursor];
        if (e.links == 0 || now - e.asked_us < kRetryUs) continue;
        if (resolved(static_cast<std::uint16_t>(cursor)) && now - e.heard_us < kRefreshUs) continue;
        e.asked_us = now;
        hop = e.address;
    }
    rte_spinlock_unlock(&lock_);
    return hop;
}

}  // namespace strata::dataplane::net
