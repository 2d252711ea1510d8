#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "dataplane/port/flow_key.h"
#include "dataplane/worker/bounded_table.h"
#include "dataplane/worker/objects.h"

namespace strata::dataplane {

// Whose packets come by a flow. Open addressing with linear probing, at most half full, never
// grows. A look-up touches one word of a dense array, where a piece of the hash stands beside the
// transport, and then the transport, which has the flow that it is sent by: the keys themselves, 64
// bytes each and far apart, are looked at only for an ICE agent's other tuples. A transport's own
// flow must be one that was in the table. Allocates in its constructor. Thread: its worker.
class FlowTable {
  public:
    // At most `max_entries` entries.
    FlowTable(std::size_t max_entries, std::uint64_t secret)
        : max_entries_(max_entries),
          mask_(mask_of_cells(max_entries)),
          secret_(secret),
          marks_(mask_ + 1),
          keys_(mask_ + 1) {}

    // What one for so many entries allocates.
    static std::size_t bytes_for(std::size_t max_entries) {
        return (mask_of_cells(max_entries) + 1) * (sizeof(std::uint64_t) + sizeof(Key));
    }

    std::size_t size() const { return size_; }
    bool full() const { return size_ >= max_entries_; }

    std::uint64_t hash(const FlowKey& flow) const { return hash_bytes(flow, secret_); }
    // Brings near what probable() looks at.
    [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
        __builtin_prefetch(&marks_[home(hash)]);
    }
    // Who a packet of this hash is probably from: to be fetched before find() looks at it. Null:
    // the flow isn't there.
    Transport* probable(std::uint64_t hash) const {
        std::size_t i = home(hash);
        while (marks_[i] != 0 && (marks_[i] ^ hash) >> kTransportBits != 0) i = (i + 1) & mask_;
        return transport(marks_[i]);
    }

    // Null: not there.
    Transport* find(const FlowKey& flow) const { return find(flow, hash(flow)); }
    Transport* find(const FlowKey& flow, std::uint64_t hash) const {
        for (std::size_t i = home(hash); marks_[i] != 0; i = (i + 1) & mask_) {
            if ((marks_[i] ^ hash) >> kTransportBits != 0) continue;
            Transport* const found = transport(marks_[i]);
            if (found->flow == flow || keys_[i].flow == flow) return found;
        }
        return nullptr;
    }

    // False: the flow is there already, or the table is full; nothing changed.
    bool insert(const FlowKey& flow, Transport& transport) {
        if (full()) return false;
        const std::uint64_t h = hash(flow);
        std::size_t i = home(h);
        for (; marks_[i] != 0; i = (i + 1) & mask_)
            if (keys_[i].flow == flow) return false;
        marks_[i] = (h & kTagMask) | std::bit_cast<std::uintptr_t>(&transport);
        keys_[i].flow = flow;
        ++size_;
        return true;
    }

    // False: not there.
    bool erase(const FlowKey& flow) {
        std::size_t gap = home(hash(flow));
        for (; marks_[gap] == 0 || keys_[gap].flow != flow; gap = (gap + 1) & mask_)
            if (marks_[gap] == 0) return false;
        const auto home_of = [this](std::size_t i) {
            return marks_[i] != 0 ? std::optional(home(hash(keys_[i].flow))) : std::nullopt;
        };
        const auto move = [this](std::size_t from, std::size_t to) {
            marks_[to] = marks_[from];
            keys_[to] = keys_[from];
        };
        marks_[close_gap(mask_, gap, home_of, move)] = 0;
        --size_;
        return true;
    }

    // Of any cell, by number: its flow and whose it is, or null where it is empty. Entries move
    // when others are erased.
    std::size_t cells() const { return marks_.size(); }
    std::pair<const FlowKey*, Transport*> at(std::size_t cell) const {
        if (marks_[cell] == 0) return {nullptr, nullptr};
        return {&keys_[cell].flow, transport(marks_[cell])};
    }

  private:
    // Addresses of x86-64 and AArch64 user space without tags fit.
    static constexpr int kTransportBits = 48;
    static constexpr std::uint64_t kTagMask = ~std::uint64_t{0} << kTransportBits;
    struct alignas(64) Key {
        FlowKey flow;
    };
    std::size_t home(std::uint64_t hash) const { return static_cast<std::size_t>(hash) & mask_; }
    static Transport* transport(std::uint64_t mark) {
        return std::bit_cast<Transport*>(static_cast<std::uintptr_t>(mark & ~kTagMask));
    }

    std::size_t max_entries_, mask_;
    std::uint64_t secret_;
    std::size_t size_ = 0;
    std::vector<std::uint64_t> marks_;  // tag and transport; 0: empty
    std::vector<Key> keys_;             // [cell]
};

}  // namespace strata::dataplane
