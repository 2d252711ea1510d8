#include "relay/srtp/inbound_streams.h"

#include <algorithm>
#include <bit>

namespace strata::relay {

InboundStreams::InboundStreams(const Limits& limits)
    : words_(std::bit_ceil(std::max<std::size_t>(limits.window_packets, 64)) / 64),
      ssrcs_(limits.max_ssrcs),
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
    if (count_ == ssrcs_.size()) return nullptr;
    ssrcs_[count_] = ssrc;
    windows_[count_] = Window(std::span(bits_).subspan(count_ * words_, words_));
    return &windows_[count_++];
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

// The last one moves into the gap; its bits move with it.
void InboundStreams::forget(std::uint32_t ssrc) {
    const std::size_t i = place_of(ssrc);
    if (i == count_) return;
    const std::size_t last = --count_;
    if (i == last) return;
    ssrcs_[i] = ssrcs_[last];
    windows_[i].copy_from(windows_[last]);
}

void InboundStreams::take_indexes(const InboundStreams& from) {
    count_ = 0;
    for (std::size_t i = 0; i < from.count_; ++i)
        if (Window* window = add(from.ssrcs_[i]))
            window->resume_at(from.windows_[i].highest());
}

}  // namespace strata::relay
