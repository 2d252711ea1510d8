#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace strata::dataplane {

// A bounded queue of frames from one thread to another, without locks. Each is written and read
// where it lies, so that no mbuf leaves its worker. Allocates in its constructor only.
class FrameRing {
  public:
    // Room for at least `frames` frames of at most `frame_bytes` each.
    static constexpr std::size_t bytes_for(std::size_t frames, std::size_t frame_bytes) {
        return std::bit_ceil(std::max<std::size_t>(frames, 2)) *
               (frame_bytes + sizeof(std::size_t));
    }
    FrameRing(std::size_t frames, std::size_t frame_bytes)
        : mask_(std::bit_ceil(frames < 2 ? std::size_t{2} : frames) - 1),
          stride_(frame_bytes),
          bytes_((mask_ + 1) * stride_),
          sizes_(mask_ + 1) {}

    std::size_t frame_bytes() const { return stride_; }

    // Producer. Where the next frame is written; empty: full.
    std::span<std::uint8_t> room() {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) > mask_) return {};
        return {&bytes_[(tail & mask_) * stride_], stride_};
    }
    // Producer. What was written into room(), `size` bytes of it, is there.
    void push(std::size_t size) {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        sizes_[tail & mask_] = size;
        tail_.store(tail + 1, std::memory_order_release);
    }

    // Consumer. The oldest frame; empty: there is none.
    std::span<const std::uint8_t> front() const {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_.load(std::memory_order_acquire)) return {};
        return {&bytes_[(head & mask_) * stride_], sizes_[head & mask_]};
    }
    // Consumer. Done with front().
    void pop() {
        head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

  private:
    const std::size_t mask_, stride_;
    std::vector<std::uint8_t> bytes_;
    std::vector<std::size_t> sizes_;
    alignas(64) std::atomic<std::size_t> tail_{0};  // producer's line
    alignas(64) std::atomic<std::size_t> head_{0};  // consumer's line
};

}  // namespace strata::dataplane
