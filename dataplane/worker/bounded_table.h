#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace strata::dataplane {

__extension__ typedef unsigned __int128 Uint128;

// Hash of plain bytes (no padding inside Key), keyed so that a sender can't choose collisions.
template <typename Key>
std::uint64_t hash_bytes(const Key& key, std::uint64_t secret) {
    static_assert(std::has_unique_object_representations_v<Key>);
    constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio, odd
    unsigned char bytes[(sizeof(Key) + 7) / 8 * 8] = {};
    std::memcpy(bytes, &key, sizeof(Key));
    std::uint64_t hash = secret;
    for (std::size_t i = 0; i < sizeof(bytes); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes + i, 8);
        const auto product = static_cast<Uint128>(hash ^ word) * kMultiplier;
        hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^
               std::rotl(secret, 23);
    }
    return hash;
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
          mask_(std::bit_ceil(max_entries * 2 + 2) - 1),
          secret_(secret),
          cells_(mask_ + 1) {}

    std::size_t size() const { return size_; }
    // Counts erasures: a copy of a value found since the last one still says what is in the table.
    std::uint64_t erasures() const { return erasures_; }

    // Brings the cell that `key` probably lies in into the cache.
    [[gnu::always_inline]] void prefetch(const Key& key) const {
        __builtin_prefetch(&cells_[home(key)]);
    }

    // Null: not there. Valid until the next insert or erase.
    Value* find(const Key& key) {
        for (std::size_t i = home(key);; i = (i + 1) & mask_) {
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

    bool full() const { return size_ >= max_entries_; }

    // False: not there. Closes the gap by moving later cells of the run back, so that no marks are
    // left behind and look-ups stay short.
    bool erase(const Key& key) {
        std::size_t gap = home(key);
        for (; !(cells_[gap].used && cells_[gap].key == key); gap = (gap + 1) & mask_)
            if (!cells_[gap].used) return false;
        for (std::size_t i = (gap + 1) & mask_; cells_[i].used; i = (i + 1) & mask_) {
            const std::size_t from_home = (i - home(cells_[i].key)) & mask_;
            if (from_home < ((i - gap) & mask_)) continue;
            cells_[gap] = cells_[i];
            gap = i;
        }
        cells_[gap] = {};
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

    std::size_t home(const Key& key) const {
        return static_cast<std::size_t>(hash_bytes(key, secret_)) & mask_;
    }

    std::size_t max_entries_, mask_;
    std::uint64_t secret_;
    std::size_t size_ = 0;
    std::uint64_t erasures_ = 0;
    std::vector<Cell> cells_;
};

}  // namespace strata::dataplane
