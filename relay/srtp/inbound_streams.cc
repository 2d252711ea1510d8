#include "relay/srtp/inbound_streams.h"

#include <algorithm>
#include <bit>

namespace strata::relay {

InboundStreams::InboundStreams(const Limits& limits)
    : words_(std::bit_ceil(std::max<std::size_t>(limits.window_packets, 64)) / 64),
      ssrcs_(limits.max_ssrcs),
      expected_(limits.max_ssrcs),
      bits_(limits.max_ssrcs * words_) {
    windows_.reserve(limits.max_ssrcs);
    for (std::size_t i = 0; i < limits.max_ssrcs; ++i)
        windows_.emplace_back(std::span(bits_).subspan(i * words_, words_));
}

std::size_t InboundStreams::place_of(std::uint32_t ssrc) const {
    std::size_t i = 0;
    while (i < count_ && ssrcs_[i] != ssrc) ++i;
    return i;
}

const InboundStreams::Window* InboundStreams::find(std::uint32_t ssrc) const {
    const std::size_t i = place_of(ssrc);
    return i < count_ ? &windows_[i] : nullptr;
}

InboundStreams::Window* InboundStreams::add(std::uint32_t ssrc) {
    const auto end = expected_.begin() + static_cast<std::ptrdiff_t>(count_);
    std::size_t at = count_;
    if (count_ == ssrcs_.size())
        at = static_cast<std::size_t>(std::find(expected_.begin(), end, false) - expected_.begin());
    if (at == ssrcs_.size()) return nullptr;
    if (at == count_) ++count_;
    ssrcs_[at] = ssrc;
    expected_[at] = true;
    windows_[at] = Window(std::span(bits_).subspan(at * words_, words_));
    return &windows_[at];
}

InboundStreams::Verdict InboundStreams::accept(std::uint32_t ssrc, std::uint64_t index) {
    const std::size_t i = place_of(ssrc);
    Window* window = i < count_ ? &windows_[i] : add(ssrc);
    if (!window) return Verdict::no_room;
    if (window->state(index) != IndexState::fresh) return Verdict::replayed;
    window->use(index);
    return Verdict::accepted;
}

bool InboundStreams::restore(std::uint32_t ssrc, std::uint64_t highest) {
    const std::size_t i = place_of(ssrc);
    Window* window = i < count_ ? &windows_[i] : add(ssrc);
    if (window) window->start_behind(highest);
    return window != nullptr;
}

void InboundStreams::set_expected(std::uint32_t ssrc, bool expected) {
    if (const std::size_t i = place_of(ssrc); i < count_) expected_[i] = expected;
}

void InboundStreams::take_indexes(const InboundStreams& from) {
    count_ = 0;
    for (std::size_t i = 0; i < from.count_; ++i)
        if (Window* window = add(from.ssrcs_[i])) window->resume_at(from.windows_[i].highest());
}

}  // namespace strata::relay
