#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace strata::dataplane {

__extension__ typedef unsigned __int128 Uint128;

inline std::uint64_t multiply_and_fold(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<Uint128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Hash of plain bytes (no padding inside Key), keyed so that a sender can't choose collisions. Two
// words at a time are multiplied, each pair under keys of its own: no product waits for another.
template <typename Key>
[[gnu::always_inline]] inline std::uint64_t hash_bytes(const Key& key, std::uint64_t secret) {
    static_assert(std::has_unique_object_representations_v<Key>);
    constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio, odd
    constexpr std::size_t kWord = sizeof(std::uint64_t), kBytes = sizeof(Key);
    // What the last one lacks it has of the one before: loaded from the key itself, since copies of
    // a few bytes at a time would have to reach the cache before they could be loaded as a word.
    const auto word = [&](std::size_t i) {
        std::uint64_t of = 0;
        if (i * kWord >= kBytes) return of;
        const std::size_t at = kBytes < kWord ? 0 : std::min(i * kWord, kBytes - kWord);
        std::memcpy(&of, reinterpret_cast<const char*>(&key) + at, std::min(kWord, kBytes));
        return of;
    };
    std::uint64_t hash = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i * kWord < kBytes; i += 2) {
        const std::uint64_t low = secret + (i + 1) * kGolden, high = ~secret + (i + 2) * kGolden;
        hash ^= multiply_and_fold(word(i) ^ low, word(i + 1) ^ high);
    }
    return multiply_and_fold(hash ^ kGolden, kGolden);
}

// Of a table with open addressing and linear probing that `max_entries` fill at most by half: the
// number of its cells, a power of two, less one.
constexpr std::size_t mask_of_cells(std::size_t max_entries) {
    return std::bit_ceil(max_entries * 2 + 2) - 1;
}

// Closes the gap that cell `gap` of such a table becomes, by moving later cells of the run back, so
// that no marks are left behind and look-ups stay short. `home_of(i)` is where what lies in cell i
// is looked for, nullopt of an empty cell; `move(from, to)` copies. The cell that is free at last.
template <typename HomeOf, typename Move>
std::size_t close_gap(std::size_t mask, std::size_t gap, HomeOf home_of, Move move) {
    for (std::size_t i = (gap + 1) & mask; const std::optional<std::size_t> home = home_of(i);
         i = (i + 1) & mask) {
        if (((i - *home) & mask) < ((i - gap) & mask)) continue;
        move(i, gap);
        gap = i;
    }
    return gap;
}

// Open addressing with linear probing, at most half full, never grows: the cost of a look-up
// doesn't depend on how much is in it. Value must be default-constructible and cheap to copy; a
// default-constructed one marks nothing (cells have their own flag). Allocates in its constructor.
template <typename Key, typename Value>
class BoundedTable {
  public:
    // At most `max_entries` entries.
    BoundedTable(std::size_t max_entries, std::uint64_t secret)
        : max_entries_(max_entries),
          mask_(mask_of_cells(max_entries)),
          secret_(secret),
          cells_(mask_ + 1) {}

    // What one for so many entries allocates.
    static std::size_t bytes_for(std::size_t max_entries) {
        return (mask_of_cells(max_entries) + 1) * sizeof(Cell);
    }

    std::size_t size() const { return size_; }
    // Counts erasures: a copy of a value found since the last one still says what is in the table.
    std::uint64_t erasures() const { return erasures_; }

    // Where `key` is looked for: who fetches first and looks later hashes it once.
    std::size_t home(const Key& key) const {
        return static_cast<std::size_t>(hash_bytes(key, secret_)) & mask_;
    }
    // Brings the cell that the key of this home probably lies in into the cache.
    [[gnu::always_inline]] void prefetch(std::size_t home) const {
        __builtin_prefetch(&cells_[home]);
    }

    // Null: not there. Valid until the next insert or erase.
    Value* find(const Key& key) { return find(key, home(key)); }
    Value* find(const Key& key, std::size_t home) {
        for (std::size_t i = home;; i = (i + 1) & mask_) {
            Cell& cell = cells_[i];
            if (!cell.used) return nullptr;
            if (cell.key == key) return &cell.value;
        }
    }

    // False: the key is there already, or the table is full; nothing changed.
    bool insert(const Key& key, const Value& value) {
        if (size_ >= max_entries_) return false;
        std::size_t i = home(key);
        for (; cells_[i].used; i = (i + 1) & mask_)
            if (cells_[i].key == key) return false;
        cells_[i] = {key, value, true};
        ++size_;
        return true;
    }

    // Of any cell, by number: its key and value, or null where it is empty. Entries move when
    // others are erased.
    std::size_t cells() const { return cells_.size(); }
    std::pair<const Key*, Value*> at(std::size_t cell) {
        if (!cells_[cell].used) return {nullptr, nullptr};
        return {&cells_[cell].key, &cells_[cell].value};
    }

    bool full() const { return size_ >= max_entries_; }

    // False: not there.
    bool erase(const Key& key) {
        std::size_t gap = home(key);
        for (; !(cells_[gap].used && cells_[gap].key == key); gap = (gap + 1) & mask_)
            if (!cells_[gap].used) return false;
        const auto home_of = [this](std::size_t i) {
            return cells_[i].used ? std::optional(home(cells_[i].key)) : std::nullopt;
        };
        const auto move = [this](std::size_t from, std::size_t to) { cells_[to] = cells_[from]; };
        cells_[close_gap(mask_, gap, home_of, move)] = {};
        --size_;
        ++erasures_;
        return true;
    }

  private:
    // No cell lies in two cache lines.
    static constexpr std::size_t kCellBytes = std::bit_ceil(sizeof(Key) + sizeof(Value) + 1);
    struct alignas(std::min<std::size_t>(kCellBytes, 64)) Cell {
        Key key{};
        Value value{};
        bool used = false;
    };

    std::size_t max_entries_, mask_;
    std::uint64_t secret_;
    std::size_t size_ = 0;
    std::uint64_t erasures_ = 0;
    std::vector<Cell> cells_;
};

}  // namespace strata::dataplane
