#pragma once

#include <rte_spinlock.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/net/ethernet_link.h"
#include "relay/rtp/types.h"

namespace strata::dataplane::net {

// The next hops of one port. Entries exist for links that somebody made, never for what the network
// says by itself, so that nobody outside can fill the table. An entry without links is reused only
// when a new one needs its place: a MAC stays known. Reading a MAC is one atomic load; everything
// else takes a lock that is held for a bounded walk, and gives up after a bounded wait.
class NeighbourTable {
  public:
    static constexpr relay::TimeUs kRetryUs = 250'000;       // unresolved: between requests
    static constexpr relay::TimeUs kRefreshUs = 30'000'000;  // resolved: asked again
    // An entry's MAC stays in use while it is refreshed: a wrong one costs no more than none.

    explicit NeighbourTable(std::uint32_t capacity);

    // An unresolved entry's word is its index, so that a frame written with it says whom it waits
    // for.
    const Neighbour* words() const { return words_.get(); }

    // Index of `hop`, one more link on it. Nullopt: full, or the lock wasn't to be had.
    std::optional<std::uint16_t> acquire(const IpAddress& hop);
    void release(std::uint16_t index);
    bool resolved(std::uint16_t index) const {
        return (words_[index].word.load(std::memory_order_relaxed) & Neighbour::kResolved) != 0;
    }

    // The network says where `address` is. True: somebody had asked.
    bool learn(const IpAddress& address, const MacAddress& mac, relay::TimeUs now);

    // The next hop to ask for, from `cursor` on, or nullopt at the end of the round: 0 begins one.
    std::optional<IpAddress> next_request(std::uint32_t& cursor, relay::TimeUs now);
    // True once after an entry was added: ask now instead of at the next round.
    bool take_added() { return added_.exchange(false, std::memory_order_relaxed); }

    std::uint32_t size() const { return size_; }

  private:
    struct Entry {
        IpAddress address;
        std::uint32_t links = 0;
        relay::TimeUs asked_us = kNever;
        relay::TimeUs heard_us = kNever;
    };
    static constexpr relay::TimeUs kNever = -(relay::TimeUs{1} << 60);

    bool lock();
    std::optional<std::uint32_t> find(const IpAddress& address) const;
    std::optional<std::uint32_t> place_for(const IpAddress& address);
    std::uint32_t bucket_of(const IpAddress& address) const;
    void rebuild();

    rte_spinlock_t lock_ = RTE_SPINLOCK_INITIALIZER;
    std::uint32_t capacity_;
    std::uint32_t size_ = 0;
    std::atomic<bool> added_{false};
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> buckets_;  // entry index + 1; 0: empty
    std::unique_ptr<Neighbour[]> words_;
};

}  // namespace strata::dataplane::net
