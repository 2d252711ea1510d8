#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace strata::dataplane {

constexpr std::size_t kMaxPuntBytes = 2'048;  // of one datagram

// Datagrams for the control process, from a worker to the main thread, packed one behind the other:
// no mbuf is kept for them. Bounded in bytes, one writer, one reader, no locks. Allocates in its
// constructor only.
//
//   record: size (8 bytes), transport (8), datagram, padded to 8; a size of all ones says that the
//   next record begins at the ring's start
class PuntRing {
  public:
    // Room for at least `bytes`, and for one datagram of any size.
    explicit PuntRing(std::size_t bytes) : mask_(bytes_for(bytes) - 1), bytes_(mask_ + 1) {}
    // What it allocates then.
    static constexpr std::size_t bytes_for(std::size_t bytes) {
        return std::bit_ceil(bytes < kLeastBytes ? kLeastBytes : bytes);
    }

    // Writer. False: it doesn't fit, nothing changed. At most kMaxPuntBytes.
    bool push(std::uint64_t transport, std::span<const std::uint8_t> datagram) {
        if (datagram.size() > kMaxPuntBytes) return false;
        const std::size_t needed = record_bytes(datagram.size());
        std::size_t tail = tail_.load(std::memory_order_relaxed);
        const std::size_t to_end = bytes_.size() - (tail & mask_);
        const std::size_t skipped = needed <= to_end ? 0 : to_end;
        if (tail + skipped + needed - head_.load(std::memory_order_acquire) > bytes_.size())
            return false;
        if (skipped != 0) store(tail, kSkip);
        tail += skipped;
        store(tail, datagram.size());
        store(tail + 8, transport);
        if (!datagram.empty())
            std::memcpy(&bytes_[(tail & mask_) + kHeadBytes], datagram.data(), datagram.size());
        tail_.store(tail + needed, std::memory_order_release);
        return true;
    }

    struct Record {
        std::uint64_t transport = 0;
        std::span<const std::uint8_t> datagram;  // valid until pop()
    };

    // Reader. The oldest record, nullopt: empty.
    std::optional<Record> front() {
        std::size_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
        if (load(head) == kSkip) {
            head += bytes_.size() - (head & mask_);
            head_.store(head, std::memory_order_release);
        }
        return Record{load(head + 8),
                      {&bytes_[(head & mask_) + kHeadBytes], static_cast<std::size_t>(load(head))}};
    }

    // Reader. Only after front() had one.
    void pop() {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        head_.store(head + record_bytes(static_cast<std::size_t>(load(head))),
                    std::memory_order_release);
    }

  private:
    static constexpr std::size_t kHeadBytes = 16;
    static constexpr std::size_t kLeastBytes = 2 * (kMaxPuntBytes + kHeadBytes);
    static constexpr std::uint64_t kSkip = ~std::uint64_t{0};

    static constexpr std::size_t record_bytes(std::size_t datagram) {
        return (kHeadBytes + datagram + 7) / 8 * 8;
    }
    void store(std::size_t at, std::uint64_t value) { std::memcpy(&bytes_[at & mask_], &value, 8); }
    std::uint64_t load(std::size_t at) const {
        std::uint64_t value;
        std::memcpy(&value, &bytes_[at & mask_], 8);
        return value;
    }

    const std::size_t mask_;
    std::vector<std::uint8_t> bytes_;
    alignas(64) std::atomic<std::size_t> tail_{0};
    alignas(64) std::atomic<std::size_t> head_{0};
};

}  // namespace strata::dataplane
