#include "dataplane/net/neighbour_table.h"

#include <rte_byteorder.h>
#include <rte_pause.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace strata::dataplane::net {

namespace {
constexpr std::uint32_t kMaxCapacity = 65'535;  // an index is 16 bits, one of them nobody's
constexpr int kLockTries = 4'096;
constexpr std::uint32_t kEntriesPerRound = 2'048;  // that are looked at: the lock is held for it
constexpr std::uint32_t kEntriesListed = 256;      // likewise
constexpr std::uint16_t kNoLimit = 0xffff;
}  // namespace

NeighbourTable::NeighbourTable(std::uint32_t capacity)
    : capacity_(std::clamp(capacity, 1u, kMaxCapacity)),
      entries_(capacity_),
      buckets_(std::bit_ceil(capacity_ * 2)),
      words_(std::make_unique<Neighbour[]>(capacity_ + 1)),
      paths_(std::make_unique<std::atomic<std::uint32_t>[]>(capacity_)) {
    for (std::uint32_t i = 0; i <= capacity_; ++i) words_[i].word = i;
    new_.reserve(capacity_);
}

std::size_t NeighbourTable::bytes_for(std::uint32_t capacity) {
    const std::uint32_t entries = std::clamp(capacity, 1u, kMaxCapacity);
    return entries * (sizeof(Entry) + sizeof(Neighbour) + sizeof(std::atomic<std::uint32_t>) +
                      sizeof(std::uint16_t)) +
           std::bit_ceil(entries * 2) * sizeof(std::uint32_t) + sizeof(Neighbour);
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
    // The last bytes, which neighbours differ in, have to come to all bits.
    low = rte_be_to_cpu_64(low) * 0x9e3779b97f4a7c15;
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
void NeighbourTable::insert(std::uint32_t index) {
    const auto mask = static_cast<std::uint32_t>(buckets_.size() - 1);
    std::uint32_t at = bucket_of(entries_[index].address);
    while (buckets_[at] != 0) at = (at + 1) & mask;
    buckets_[at] = index + 1;
}

// Those behind the gap move into it, unless they would stand before where they are looked for.
void NeighbourTable::erase(std::uint32_t index) {
    const auto mask = static_cast<std::uint32_t>(buckets_.size() - 1);
    std::uint32_t gap = bucket_of(entries_[index].address);
    while (buckets_[gap] != index + 1) gap = (gap + 1) & mask;
    for (std::uint32_t at = (gap + 1) & mask; buckets_[at] != 0; at = (at + 1) & mask) {
        const std::uint32_t home = bucket_of(entries_[buckets_[at] - 1].address);
        if (((at - home) & mask) < ((at - gap) & mask)) continue;
        buckets_[gap] = buckets_[at];
        gap = at;
    }
    buckets_[gap] = 0;
}

// The generation first: see leads().
void NeighbourTable::evict(std::uint32_t index) {
    erase(index);
    if (entries_[index].is_path) give_back(entries_[index].hop);
    const std::uint64_t word = words_[index].word.load(std::memory_order_relaxed);
    const auto next = static_cast<std::uint16_t>((Neighbour::generation_of(word) + 1) &
                                                 Neighbour::kMostGeneration);
    words_[index].word.store(Neighbour::unresolved(static_cast<std::uint16_t>(index), next),
                             std::memory_order_release);
    paths_[index].store(0, std::memory_order_release);
}

std::optional<std::uint32_t> NeighbourTable::place_for(const IpAddress& address, bool is_path) {
    if (const auto known = find(address, is_path)) return known;
    std::uint32_t index = size_;
    if (size_ == capacity_) {
        const auto unused = std::find_if(entries_.begin(), entries_.end(),
                                         [](const Entry& e) { return e.links == 0; });
        if (unused == entries_.end()) return std::nullopt;
        index = static_cast<std::uint32_t>(unused - entries_.begin());
        evict(index);
    } else {
        ++size_;
    }
    const bool is_new = entries_[index].is_new;
    entries_[index] = Entry{.address = address, .is_path = is_path, .is_new = is_new};
    insert(index);
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

std::optional<std::uint16_t> NeighbourTable::acquire_resolved(const IpAddress& hop,
                                                              const IpAddress& remote) {
    if (!lock()) return std::nullopt;
    const auto via = find(hop, false), path = find(remote, true);
    const bool fits =
        via && resolved(static_cast<std::uint16_t>(*via)) && (!path || entries_[*path].hop == *via);
    const std::uint32_t index = !fits ? 0 : path ? *path : *via;
    if (fits) ++entries_[index].links;
    rte_spinlock_unlock(&lock_);
    if (!fits) return std::nullopt;
    return static_cast<std::uint16_t>(index);
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
                                              relay::TimeUs now, Manner manner) {
    if ((mac[0] & 1) != 0 || !lock()) return Learned::nothing;  // no unicast address: nobody's
    Learned learned = Learned::nothing;
    if (const auto index = find(address, false)) {
        Entry& e = entries_[*index];
        const std::uint64_t before = words_[*index].word.load(std::memory_order_relaxed);
        const std::uint64_t word = Neighbour::resolved(mac, Neighbour::generation_of(before));
        if ((before & Neighbour::kResolved) == 0)
            learned = manner.solicited || manner.overrides ? Learned::known : Learned::nothing;
        else if (before == word)
            learned = e.claimed ? Learned::refused : Learned::known;
        else
            learned = doubt(e, now, manner);
        if (learned >= Learned::known) {
            e.heard_us = now;
            e.retry_us = 0;
            if (e.claimed) settle(e, now);
            words_[*index].word.store(word, std::memory_order_release);
        }
    }
    rte_spinlock_unlock(&lock_);
    return learned;
}

// A known next hop is said to be at another MAC. What was said before all were asked is no answer:
// who floods us with claims isn't taken for that. An advertisement that doesn't override says
// nothing against a MAC that has just been heard, say by its answer to the same solicitation; later
// it has that asked as any other (RFC 4861 section 7.2.5: STALE).
NeighbourTable::Learned NeighbourTable::doubt(Entry& e, relay::TimeUs now, Manner manner) {
    if (manner.solicited && e.probes > kProbes) return Learned::moved;
    if (manner.overrides || now - e.heard_us >= kFreshUs) e.claimed = true;
    return Learned::claimed;
}

// A question has its answer. Claims from now on wait for the next.
void NeighbourTable::settle(Entry& entry, relay::TimeUs now) {
    entry.claimed = false;
    entry.probes = 0;
    entry.next_probe_us = now + kClaimUs;
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
                        std::memory_order_release);
}

std::optional<NeighbourTable::Path> NeighbourTable::path(std::uint16_t index) const {
    const std::uint32_t path = paths_[index].load(std::memory_order_acquire);
    if (path == 0) return std::nullopt;
    const auto hop = static_cast<std::uint16_t>(path >> 16);
    return Path{hop, static_cast<std::uint16_t>(path),
                words_[hop].word.load(std::memory_order_acquire)};
}

// A hop's entry becomes another's only after the path has left it: whoever has read the new word
// sees here that it has.
bool NeighbourTable::leads(const Awaited& frame, const Path& path) const {
    const std::uint32_t now = paths_[frame.index].load(std::memory_order_acquire);
    return now >> 16 == path.hop && frame.is(words_[frame.index].word.load());
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

NeighbourTable::Round NeighbourTable::requests(std::span<Request> requests, relay::TimeUs now) {
    Round round;
    if (!lock()) return round;
    std::uint32_t& n = round.requests;
    std::size_t seen = 0;
    for (; seen < new_.size() && n < requests.size(); ++seen) {
        entries_[new_[seen]].is_new = false;
        if (take_due(new_[seen], now)) requests[n++] = {entries_[new_[seen]].address, {}};
    }
    new_.erase(new_.begin(), new_.begin() + static_cast<std::ptrdiff_t>(seen));
    const std::uint32_t most = std::min(size_, kEntriesPerRound);
    for (std::uint32_t i = 0; i < most && n < requests.size(); ++i) {
        if (next_ >= size_) next_ = 0;
        if (entries_[next_].claimed) {
            const Due due = take_probe(next_, now, requests[n]);
            if (due == Due::ask) ++n;
            if (due == Due::refuse) ++round.refused;
        } else if (take_due(next_, now)) {
            requests[n++] = {entries_[next_].address, {}};
        }
        ++next_;
    }
    rte_spinlock_unlock(&lock_);
    return round;
}

// Of an entry with a claim against its MAC.
NeighbourTable::Due NeighbourTable::take_probe(std::uint32_t index, relay::TimeUs now,
                                               Request& request) {
    Entry& e = entries_[index];
    if (now < e.next_probe_us) return Due::nothing;
    if (e.probes == 2 * kProbes) {
        settle(e, now);
        return Due::refuse;
    }
    request = {e.address, {}};
    if (e.probes < kProbes) {
        const std::uint64_t word = words_[index].word.load(std::memory_order_relaxed);
        std::memcpy(request.at.emplace().data(), &word, sizeof(MacAddress));
    }
    ++e.probes;
    e.next_probe_us = now + kProbeUs;
    return Due::ask;
}

void NeighbourTable::list(api::HostTables& tables, relay::TimeUs now) {
    // In pieces: links are made meanwhile.
    bool more = true;
    for (std::uint32_t from = 0; more && lock(); from += kEntriesListed) {
        const std::uint32_t to = std::min(from + kEntriesListed, size_);
        for (std::uint32_t i = from; i < to; ++i)
            if (entries_[i].links != 0) list(i, tables, now);
        more = to < size_;
        rte_spinlock_unlock(&lock_);
    }
}

void NeighbourTable::list(std::uint32_t index, api::HostTables& tables, relay::TimeUs now) const {
    const Entry& e = entries_[index];
    if (e.is_path) {
        const auto limit = static_cast<std::uint16_t>(paths_[index].load());
        if (limit != kNoLimit)
            tables.paths.push_back(
                {.to = e.address.bytes, .hop = entries_[e.hop].address.bytes, .mtu_bytes = limit});
        return;
    }
    api::NeighbourEntry entry{.address = e.address.bytes, .links = e.links};
    if (const std::uint64_t word = words_[index].word.load(); (word & Neighbour::kResolved) != 0) {
        entry.state = e.claimed ? api::NeighbourState::probe : api::NeighbourState::reachable;
        std::memcpy(entry.mac.data(), &word, entry.mac.size());
    }
    if (e.heard_us != kNever)
        entry.heard_s =
            static_cast<std::uint32_t>(std::max<relay::TimeUs>(now - e.heard_us, 0) / 1'000'000);
    tables.neighbours.push_back(entry);
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
