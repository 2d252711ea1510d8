#include "dataplane/net/neighbour_table.h"

#include <rte_pause.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace strata::dataplane::net {

namespace {
constexpr std::uint32_t kMaxCapacity = 65'536;  // an index is 16 bits
constexpr int kLockTries = 4'096;
constexpr std::uint32_t kEntriesPerRound = 2'048;  // that are looked at: the lock is held for it
constexpr std::uint16_t kNoLimit = 0xffff;
}  // namespace

NeighbourTable::NeighbourTable(std::uint32_t capacity)
    : capacity_(std::clamp(capacity, 1u, kMaxCapacity)),
      entries_(capacity_),
      buckets_(std::bit_ceil(capacity_ * 2)),
      words_(std::make_unique<Neighbour[]>(capacity_)),
      paths_(std::make_unique<std::atomic<std::uint32_t>[]>(capacity_)) {
    for (std::uint32_t i = 0; i < capacity_; ++i) words_[i].word = i;
    new_.reserve(capacity_);
}

std::size_t NeighbourTable::bytes_for(std::uint32_t capacity) {
    const std::uint32_t entries = std::clamp(capacity, 1u, kMaxCapacity);
    return entries * (sizeof(Entry) + sizeof(Neighbour) + sizeof(std::atomic<std::uint32_t>)) +
           std::bit_ceil(entries * 2) * sizeof(std::uint32_t);
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

std::optional<std::uint32_t> NeighbourTable::find(const IpAddress& address, bool is_path) const {
    const auto mask = static_cast<std::uint32_t>(buckets_.size() - 1);
    for (std::uint32_t at = bucket_of(address); buckets_[at] != 0; at = (at + 1) & mask) {
        const Entry& e = entries_[buckets_[at] - 1];
        if (e.address == address && e.is_path == is_path) return buckets_[at] - 1;
    }
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

std::optional<std::uint32_t> NeighbourTable::place_for(const IpAddress& address, bool is_path) {
    if (const auto known = find(address, is_path)) return known;
    std::uint32_t index = size_;
    if (size_ == capacity_) {
        const auto unused = std::find_if(entries_.begin(), entries_.end(),
                                         [](const Entry& e) { return e.links == 0; });
        if (unused == entries_.end()) return std::nullopt;
        index = static_cast<std::uint32_t>(unused - entries_.begin());
        if (unused->is_path) give_back(unused->hop);
        words_[index].word.store(index, std::memory_order_relaxed);
        paths_[index].store(0, std::memory_order_relaxed);
    } else {
        ++size_;
    }
    const bool is_new = entries_[index].is_new;
    entries_[index] = Entry{.address = address, .is_path = is_path, .is_new = is_new};
    rebuild();
    return index;
}

std::optional<std::uint16_t> NeighbourTable::acquire(const IpAddress& hop,
                                                     const IpAddress& remote) {
    if (!lock()) return std::nullopt;
    auto index = find(remote, true);
    if (!index)
        index = place_for(hop, false);
    else if (entries_[entries_[*index].hop].address != hop)
        index = move_path(*index, hop);
    if (index) {
        ++entries_[*index].links;
        hurry(entries_[*index].is_path ? entries_[*index].hop : *index);
    }
    rte_spinlock_unlock(&lock_);
    if (!index) return std::nullopt;
    return static_cast<std::uint16_t>(*index);
}

void NeighbourTable::release(std::uint16_t index) {
    // A link that isn't given back keeps its entry for good: harmless, and better than waiting.
    if (index >= capacity_ || !lock()) return;
    give_back(index);
    rte_spinlock_unlock(&lock_);
}

void NeighbourTable::give_back(std::uint32_t index) {
    if (entries_[index].links != 0) --entries_[index].links;
}

NeighbourTable::Learned NeighbourTable::learn(const IpAddress& address, const MacAddress& mac,
                                              relay::TimeUs now) {
    if ((mac[0] & 1) != 0 || !lock()) return Learned::nothing;  // no unicast address: nobody's
    Learned learned = Learned::nothing;
    if (const auto index = find(address, false)) {
        entries_[*index].heard_us = now;
        entries_[*index].retry_us = 0;
        std::uint64_t word = Neighbour::kResolved;
        std::memcpy(&word, mac.data(), mac.size());
        const bool moved = resolved(static_cast<std::uint16_t>(*index)) &&
                           words_[*index].word.load(std::memory_order_relaxed) != word;
        learned = moved ? Learned::moved : Learned::known;
        words_[*index].word.store(word, std::memory_order_relaxed);
    }
    rte_spinlock_unlock(&lock_);
    return learned;
}

bool NeighbourTable::limit_path(const IpAddress& hop, const IpAddress& remote, std::uint16_t limit,
                                relay::TimeUs now) {
    if (!lock()) return false;
    auto index = find(remote, true);
    if (!index) index = add_path(hop, remote);
    if (index) {
        entries_[*index].limited_until_us = now + kPathUs;
        set_path(*index, limit);
    }
    rte_spinlock_unlock(&lock_);
    return index.has_value();
}

// Another way to the same destination, of which nothing is known yet.
std::optional<std::uint32_t> NeighbourTable::move_path(std::uint32_t index, const IpAddress& hop) {
    ++entries_[index].links;  // while a place is looked for, which might be this one
    const auto via = place_for(hop, false);
    --entries_[index].links;
    if (!via) return std::nullopt;
    give_back(entries_[index].hop);
    ++entries_[*via].links;
    entries_[index].hop = static_cast<std::uint16_t>(*via);
    set_path(index, kNoLimit);
    return index;
}

std::optional<std::uint32_t> NeighbourTable::add_path(const IpAddress& hop,
                                                      const IpAddress& remote) {
    const auto via = find(hop, false);
    if (!via) return std::nullopt;
    ++entries_[*via].links;  // before a place is looked for, which might be this one
    const auto index = place_for(remote, true);
    if (index)
        entries_[*index].hop = static_cast<std::uint16_t>(*via);
    else
        give_back(*via);
    return index;
}

void NeighbourTable::set_path(std::uint32_t index, std::uint16_t limit) {
    paths_[index].store(std::uint32_t{entries_[index].hop} << 16 | limit,
                        std::memory_order_relaxed);
}

std::optional<NeighbourTable::Path> NeighbourTable::path(std::uint16_t index) const {
    const std::uint32_t path = paths_[index].load(std::memory_order_relaxed);
    if (path == 0) return std::nullopt;
    return Path{static_cast<std::uint16_t>(path >> 16), static_cast<std::uint16_t>(path)};
}

// Somebody begins to wait for it.
void NeighbourTable::hurry(std::uint32_t index) {
    Entry& e = entries_[index];
    e.retry_us = std::min(e.retry_us, kNewLinkRetryUs);
    if (e.is_new || resolved(static_cast<std::uint16_t>(index))) return;
    e.is_new = true;
    new_.push_back(static_cast<std::uint16_t>(index));
    added_.store(true, std::memory_order_relaxed);
}

std::uint32_t NeighbourTable::requests(std::span<IpAddress> hops, relay::TimeUs now) {
    if (!lock()) return 0;
    std::uint32_t n = 0;
    std::size_t seen = 0;
    for (; seen < new_.size() && n < hops.size(); ++seen) {
        entries_[new_[seen]].is_new = false;
        if (take_due(new_[seen], now)) hops[n++] = entries_[new_[seen]].address;
    }
    new_.erase(new_.begin(), new_.begin() + static_cast<std::ptrdiff_t>(seen));
    const std::uint32_t most = std::min(size_, kEntriesPerRound);
    for (std::uint32_t i = 0; i < most && n < hops.size(); ++i) {
        if (next_ >= size_) next_ = 0;
        if (take_due(next_, now)) hops[n++] = entries_[next_].address;
        ++next_;
    }
    rte_spinlock_unlock(&lock_);
    return n;
}

bool NeighbourTable::take_due(std::uint32_t index, relay::TimeUs now) {
    Entry& e = entries_[index];
    if (e.is_path) {
        if (now >= e.limited_until_us) set_path(index, kNoLimit);
        return false;
    }
    if (e.links == 0 || now - e.asked_us < e.retry_us) return false;
    if (resolved(static_cast<std::uint16_t>(index)) && now - e.heard_us < kRefreshUs) return false;
    e.asked_us = now;
    e.retry_us = std::clamp(2 * e.retry_us, kRetryUs, kMostRetryUs);
    return true;
}

}  // namespace strata::dataplane::net
