#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <vector>

namespace strata::dataplane {

// A bounded queue from one thread to another, without locks. Allocates in its constructor only.
template <typename T>
class SpscRing {
  public:
    // Room for at least `capacity` elements.
    explicit SpscRing(std::size_t capacity) : mask_(cells_for(capacity) - 1), cells_(mask_ + 1) {}
    // What it allocates then.
    static constexpr std::size_t bytes_for(std::size_t capacity) {
        return cells_for(capacity) * sizeof(T);
    }

    // Producer. False: full, nothing changed.
    bool push(const T& value) {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_seen_ > mask_) {
            head_seen_ = head_.load(std::memory_order_acquire);
            if (tail - head_seen_ > mask_) return false;
        }
        cells_[tail & mask_] = value;
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    // Producer. True: push would fail.
    bool full() {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_seen_ > mask_) head_seen_ = head_.load(std::memory_order_acquire);
        return tail - head_seen_ > mask_;
    }

    // Producer. Where the next element goes, as an earlier one left it; null: full. push_placed()
    // gives it to the consumer: large elements are written once.
    T* place() { return full() ? nullptr : &cells_[tail_.load(std::memory_order_relaxed) & mask_]; }
    void push_placed() {
        tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    // Consumer. How many elements there are, at least; at(0) is the oldest of them, valid until
    // pop_oldest().
    std::size_t ready() {
        tail_seen_ = tail_.load(std::memory_order_acquire);
        return tail_seen_ - head_.load(std::memory_order_relaxed);
    }
    T& at(std::size_t i) { return cells_[(head_.load(std::memory_order_relaxed) + i) & mask_]; }
    void pop_oldest() {
        head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    // Consumer. False: empty.
    bool pop(T& value) {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_seen_) {
            tail_seen_ = tail_.load(std::memory_order_acquire);
            if (head == tail_seen_) return false;
        }
        value = cells_[head & mask_];
        head_.store(head + 1, std::memory_order_release);
        return true;
    }

  private:
    static constexpr std::size_t cells_for(std::size_t capacity) {
        return std::bit_ceil(capacity < 2 ? std::size_t{2} : capacity);
    }

    const std::size_t mask_;
    std::vector<T> cells_;
    alignas(64) std::atomic<std::size_t> tail_{0};  // producer's line
    std::size_t head_seen_ = 0;
    alignas(64) std::atomic<std::size_t> head_{0};  // consumer's line
    std::size_t tail_seen_ = 0;
};

}  // namespace strata::dataplane
