#pragma once

#include <rte_spinlock.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/api/host_tables.h"
#include "dataplane/net/ethernet_link.h"
#include "relay/rtp/types.h"

namespace strata::dataplane::net {

// The next hops of one port. Entries exist for links that somebody made, never for what the network
// says by itself, so that nobody outside can fill the table. An entry without links is reused only
// when a new one needs its place: a MAC stays known. Then its generation is another one, so that a
// frame that still waits for the former isn't taken for one of the new. Reading a MAC is one atomic
// load; everything else takes a lock that is held for a bounded walk, and gives up after a bounded
// wait.
class NeighbourTable {
  public:
    // Between requests that nobody answers: first, for whoever a new link waits for, and at most.
    // So a next hop isn't asked for more than once a second for long (RFC 1122 section 2.3.2.1, RFC
    // 4861 section 7.2.2).
    static constexpr relay::TimeUs kRetryUs = 250'000;
    static constexpr relay::TimeUs kNewLinkRetryUs = 1'000'000;
    static constexpr relay::TimeUs kMostRetryUs = 8'000'000;
    static constexpr relay::TimeUs kRefreshUs = 30'000'000;  // resolved: asked again
    // An entry's MAC stays in use while it is refreshed: a wrong one costs no more than none.

    // A message that a resolved next hop is at another MAC is a claim, which anybody on the link
    // can make. The known MAC is asked first, alone, as RFC 4861 section 7.3.3 does
    // (MAX_UNICAST_SOLICIT) but quicker than RetransTimer: whoever is alive on a link answers
    // within milliseconds, and media goes to the old MAC meanwhile. Where nobody answers there all
    // are asked as often, and the first to answer is taken, whoever made the claim. So a real move
    // takes 600 ms and up to four rounds of requests; in tables of more than 2,048 entries, which a
    // round doesn't get through, longer.
    static constexpr std::uint8_t kProbes = 3;
    static constexpr relay::TimeUs kProbeUs = 200'000;
    // After the end of one question, before the next about the same next hop begins: a claim that
    // comes meanwhile waits. So a flood of them makes no flood of ours, and hides no real move.
    static constexpr relay::TimeUs kClaimUs = 1'000'000;
    // A next hop that was heard so recently isn't doubted because of what doesn't override.
    static constexpr relay::TimeUs kFreshUs = 1'000'000;

    explicit NeighbourTable(std::uint32_t capacity);
    // What it takes of memory.
    static std::size_t bytes_for(std::uint32_t capacity);

    // A frame written with an unresolved entry's word says whom it waits for (Awaited).
    const Neighbour* words() const { return words_.get(); }

    // Stands for nobody, and is never resolved: of links to where no route leads. Needs no release.
    std::uint16_t nobody() const { return static_cast<std::uint16_t>(capacity_); }

    // One more link to `remote` by way of `hop`: the index of the hop, or of the path where that
    // has a limit. Nullopt: full, or the lock wasn't to be had.
    std::optional<std::uint16_t> acquire(const IpAddress& hop, const IpAddress& remote);
    // The same where the hop has a MAC already; otherwise nullopt, and nothing is remembered of it:
    // for what the network asked for.
    std::optional<std::uint16_t> acquire_resolved(const IpAddress& hop, const IpAddress& remote);
    void release(std::uint16_t index);
    bool resolved(std::uint16_t index) const {
        return (words_[index].word.load(std::memory_order_relaxed) & Neighbour::kResolved) != 0;
    }

    enum class Learned : std::uint8_t {
        nothing,  // nobody had asked
        claimed,  // another MAC than the one that is known, which stays for now
        // What the entry says now:
        known,
        refused,  // it is where it was, whatever was claimed
        moved,    // it was at another MAC
    };
    // How the network says it.
    struct Manner {
        bool solicited = false;  // an answer to us
        // RFC 4861 section 4.4: O, which an advertisement of a proxy or for an anycast address
        // hasn't. Whatever isn't an advertisement overrides.
        bool overrides = true;
    };
    // The network says where `address` is. Worker 0.
    Learned learn(const IpAddress& address, const MacAddress& mac, relay::TimeUs now,
                  Manner manner);
    Learned learn(const IpAddress& address, const MacAddress& mac, relay::TimeUs now) {
        return learn(address, mac, now, {});
    }

    // A path whose packets may have at most `limit` IP bytes, for kPathUs. Never resolved: what is
    // written with its index comes to Port::hold, which looks at the size.
    struct Path {
        std::uint16_t hop = 0;
        std::uint16_t limit = 0;
        std::uint64_t word = 0;  // the hop's
    };
    static constexpr relay::TimeUs kPathUs = 600'000'000;  // RFC 1191 section 6.3
    // Links to `remote` that are made from now on are limited. False: no room, or no such hop.
    bool limit_path(const IpAddress& hop, const IpAddress& remote, std::uint16_t limit,
                    relay::TimeUs now);
    // Nullopt: `index` is a next hop.
    std::optional<Path> path(std::uint16_t index) const;
    // Whether `path`, which was read for a frame, is the one that the frame was written for.
    bool leads(const Awaited& frame, const Path& path) const;

    struct Request {
        IpAddress hop;
        std::optional<MacAddress> at;  // asked there alone; nullopt: all are
    };
    struct Round {
        std::uint32_t requests = 0;
        std::uint32_t refused = 0;  // claims: nobody answered at all, and the known MAC stays
    };
    // Whom to ask now, at most as many as there is room for. First those whom nobody was asked for
    // yet, then the others from where the last round ended, so that each has its turn. Worker 0.
    Round requests(std::span<Request> requests, relay::TimeUs now);
    // True once after somebody began to wait for one: ask now instead of at the next round.
    bool take_added() { return added_.exchange(false, std::memory_order_relaxed); }

    std::uint32_t size() const { return size_; }
    std::uint32_t capacity() const { return capacity_; }

    // Adds what is in use to `tables`, for people.
    void list(api::HostTables& tables, relay::TimeUs now);

  private:
    struct Entry {
        IpAddress address;
        std::uint32_t links = 0;
        relay::TimeUs asked_us = kNever;
        relay::TimeUs retry_us = 0;  // since then, before it is asked for again
        relay::TimeUs heard_us = kNever;
        bool is_path = false;  // `address` is a destination
        std::uint16_t hop = 0;
        relay::TimeUs limited_until_us = kNever;
        bool is_new = false;  // its index is in new_
        // A claim: waits for its question, or has been asked so often, first at the known MAC.
        bool claimed = false;
        std::uint8_t probes = 0;
        relay::TimeUs next_probe_us = kNever;
    };
    enum class Due : std::uint8_t { nothing, ask, refuse };
    static constexpr relay::TimeUs kNever = -(relay::TimeUs{1} << 60);

    bool lock();
    std::optional<std::uint32_t> find(const IpAddress& address, bool is_path) const;
    std::optional<std::uint32_t> place_for(const IpAddress& address, bool is_path);
    std::optional<std::uint32_t> move_path(std::uint32_t index, const IpAddress& hop);
    std::optional<std::uint32_t> add_path(const IpAddress& hop, const IpAddress& remote);
    void set_path(std::uint32_t index, std::uint16_t limit);
    void give_back(std::uint32_t index);
    void hurry(std::uint32_t index);
    bool take_due(std::uint32_t index, relay::TimeUs now);
    void list(std::uint32_t index, api::HostTables& tables, relay::TimeUs now) const;
    Due take_probe(std::uint32_t index, relay::TimeUs now, Request& request);
    static Learned doubt(Entry& e, relay::TimeUs now, Manner manner);
    static void settle(Entry& entry, relay::TimeUs now);
    std::uint32_t bucket_of(const IpAddress& address) const;
    void insert(std::uint32_t index);
    void erase(std::uint32_t index);
    void evict(std::uint32_t index);

    rte_spinlock_t lock_ = RTE_SPINLOCK_INITIALIZER;
    std::uint32_t capacity_;
    std::uint32_t size_ = 0;
    std::atomic<bool> added_{false};
    std::vector<Entry> entries_;
    std::vector<std::uint16_t> new_;      // somebody began to wait for them, in this order
    std::uint32_t next_ = 0;              // where the next round goes on
    std::vector<std::uint32_t> buckets_;  // entry index + 1; 0: empty
    std::unique_ptr<Neighbour[]> words_;
    std::unique_ptr<std::atomic<std::uint32_t>[]> paths_;  // hop and limit; 0: a next hop
};

}  // namespace strata::dataplane::net
