#include "relay/rewrite/number_map.h"

#include <algorithm>

#include "relay/rewrite/picture_id_map.h"
#include "relay/rewrite/sequence_map.h"

namespace strata::relay {

template <std::size_t kWindow>
void NumberMap<kWindow>::start(std::int64_t n) {
    started_ = true;
    lowest_ = n;
    highest_ = frozen_ = n - 1;
    closed_before_ = n;
    last_hole_ = n - 1;
    dropped_ = tail_dropped_ = 0;
}

template <std::size_t kWindow>
void NumberMap<kWindow>::take_piece(std::size_t piece) {
    const auto in_ring = [this](std::size_t i) {
        return ring_.begin() + static_cast<std::ptrdiff_t>(i * kPieceEntries);
    };
    std::ranges::copy(piece_, in_ring(piece_at_));
    std::copy_n(in_ring(piece), kPieceEntries, piece_.begin());
    piece_at_ = static_cast<std::uint32_t>(piece);
}

template <std::size_t kWindow>
std::int64_t NumberMap<kWindow>::forward_any(std::int64_t n) {
    if (!started_) start(n);
    if (n > highest_) extend(n);
    if (n < lowest_ || state(n) != NumberState::unknown) return kNone;
    if (n > frozen_) freeze(n);
    set_state(n, NumberState::forwarded);
    return frozen_number(n);
}

template <std::size_t kWindow>
std::int64_t NumberMap<kWindow>::drop_any(std::int64_t n) {
    if (!started_) start(n);
    if (n > highest_) extend(n);
    if (n < lowest_ || state(n) != NumberState::unknown) return kNone;
    if (n > frozen_) {
        set_state(n, NumberState::dropped);
        ++tail_dropped_;
        return kNone;
    }
    set_state(n, NumberState::closed);
    return frozen_number(n);
}

template <std::size_t kWindow>
void NumberMap<kWindow>::freeze_before(std::int64_t n) {
    if (!started_) return;
    if (n - 1 > highest_) {
        extend(n - 1);
        last_hole_ = n - 1;
    }
    if (n - 1 > frozen_) freeze(n - 1);
}

template <std::size_t kWindow>
auto NumberMap<kWindow>::close_next_hole(std::int64_t before) -> std::optional<Entry> {
    if (!started_) return std::nullopt;
    const std::int64_t end = std::min(before, frozen_ + 1);
    for (std::int64_t n = std::max(closed_before_, lowest_); n < end; ++n) {
        closed_before_ = n + 1;
        if (state(n) != NumberState::unknown) continue;
        set_state(n, NumberState::closed);
        return Entry{n, frozen_number(n), NumberState::closed};
    }
    return std::nullopt;
}

template <std::size_t kWindow>
auto NumberMap<kWindow>::at(std::int64_t n) const -> std::optional<Entry> {
    if (!started_ || n < lowest_ || n > highest_) return std::nullopt;
    const NumberState is = state(n);
    return Entry{n, expected(n) - (is == NumberState::dropped ? 1 : 0), is};
}

template <std::size_t kWindow>
std::int64_t NumberMap<kWindow>::expected(std::int64_t n) const {
    if (!started_) return n;
    n = std::max(n, lowest_);
    if (n > highest_) return n - dropped_ - tail_dropped_;
    if (n <= frozen_) return frozen_number(n) + (state(n) == NumberState::dropped ? 1 : 0);
    std::int64_t dropped = dropped_;
    for (std::int64_t k = frozen_ + 1; k < n; ++k)
        if (state(k) == NumberState::dropped) ++dropped;
    return n - dropped;
}

template <std::size_t kWindow>
auto NumberMap<kWindow>::find(std::uint16_t number) const -> std::optional<Entry> {
    if (!started_ || frozen_ < lowest_) return std::nullopt;
    const std::int64_t newest = frozen_number(frozen_);
    const std::int64_t wanted = newest - static_cast<std::uint16_t>(newest - number);
    // The first n whose number is `wanted` or more: number(n) never decreases, and a dropped n
    // repeats its predecessor's.
    std::int64_t first = lowest_, count = frozen_ - lowest_ + 1;
    while (count > 0) {
        const std::int64_t half = count / 2;
        if (frozen_number(first + half) < wanted) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    if (frozen_number(first) != wanted || state(first) == NumberState::dropped) return std::nullopt;
    return Entry{first, wanted, state(first)};
}

template <std::size_t kWindow>
void NumberMap<kWindow>::set_state(std::int64_t n, NumberState state) {
    entry(n) = static_cast<std::uint16_t>((entry(n) & kCountMask) |
                                          (static_cast<unsigned>(state) << kStateShift));
}

// The window holds less than 2^14 numbers, so that the low bits of dropped(n) say it all.
template <std::size_t kWindow>
std::int64_t NumberMap<kWindow>::frozen_number(std::int64_t n) const {
    return n - (dropped_ - ((dropped_ - entry(n)) & kCountMask));
}

// Makes n the highest; the numbers skipped are holes.
template <std::size_t kWindow>
void NumberMap<kWindow>::extend(std::int64_t n) {
    constexpr auto kSize = static_cast<std::int64_t>(kWindow);
    if (n > highest_ + 1) last_hole_ = n - 1;
    const std::int64_t lowest = n - kSize + 1;
    if (lowest > highest_) {  // all that was known falls out of the window
        dropped_ += tail_dropped_;
        tail_dropped_ = 0;
        frozen_ = highest_ = lowest - 1;
    } else if (lowest - 1 > frozen_) {
        freeze(lowest - 1);
    }
    lowest_ = std::max(lowest_, lowest);
    for (std::int64_t k = highest_ + 1; k <= n; ++k) entry(k) = 0;
    highest_ = n;
}

// Makes dropped() of everything up to `last`, which is in the tail, final.
template <std::size_t kWindow>
void NumberMap<kWindow>::freeze(std::int64_t last) {
    for (std::int64_t k = frozen_ + 1; k <= last; ++k) {
        const std::uint16_t top = entry(k) & static_cast<std::uint16_t>(~kCountMask);
        if (state(k) == NumberState::dropped) {
            ++dropped_;
            --tail_dropped_;
        }
        entry(k) = static_cast<std::uint16_t>(top | (dropped_ & kCountMask));
    }
    frozen_ = last;
}

template class NumberMap<kSequenceWindow>;
template class NumberMap<kPictureWindow>;

}  // namespace strata::relay
