#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace strata::relay {

enum class IndexState : std::uint8_t { fresh, used, too_old };

// Which of the last `bits.size() * 64` packet indexes of one SSRC have been used (RFC 3711 section
// 3.3.2, C47). A ring of bits by index modulo the size. `Bits` is an array or a span of 64-bit
// words, a power of two of them.
template <typename Bits>
class ReplayWindow {
  public:
    ReplayWindow() = default;
    explicit ReplayWindow(Bits bits) : bits_(bits) {}

    IndexState state(std::uint64_t index) const {
        if (!started_ || index > highest_) return IndexState::fresh;
        if (highest_ - index >= size()) return IndexState::too_old;
        return (word(index) & bit(index)) != 0 ? IndexState::used : IndexState::fresh;
    }

    // `index` must be fresh.
    void use(std::uint64_t index) {
        if (!started_ || (index > highest_ && index - highest_ >= size())) {
            clear();
        } else {
            // Indexes that were skipped take over the bits of those that leave the window.
            for (std::uint64_t i = highest_ + 1; i < index; ++i) word(i) &= ~bit(i);
        }
        if (!started_ || index > highest_) highest_ = index;
        started_ = true;
        word(index) |= bit(index);
    }

    // The index behind the highest one, which is fresh; started() only.
    std::uint64_t use_next() {
        ++highest_;
        word(highest_) |= bit(highest_);
        return highest_;
    }

    // Goes on behind `highest` as if it and all before it had been used.
    void start_behind(std::uint64_t highest) { start(highest, ~std::uint64_t{0}); }
    // Goes on around `highest`; no index counts as used. For new keys.
    void resume_at(std::uint64_t highest) { start(highest, 0); }

    bool started() const { return started_; }
    std::uint64_t highest() const { return highest_; }

  private:
    std::uint64_t size() const { return std::uint64_t{bits_.size()} * 64; }
    auto& word(std::uint64_t index) {
        return bits_[static_cast<std::size_t>(index / 64) & (bits_.size() - 1)];
    }
    std::uint64_t word(std::uint64_t index) const {
        return bits_[static_cast<std::size_t>(index / 64) & (bits_.size() - 1)];
    }
    static std::uint64_t bit(std::uint64_t index) { return std::uint64_t{1} << (index % 64); }
    void clear() { std::fill(bits_.begin(), bits_.end(), 0); }
    void start(std::uint64_t highest, std::uint64_t bits) {
        std::fill(bits_.begin(), bits_.end(), bits);
        highest_ = highest;
        started_ = true;
    }

    std::uint64_t highest_ = 0;  // in front of the bits: with whatever its owner is asked for first
    bool started_ = false;
    Bits bits_{};
};

}  // namespace strata::relay
