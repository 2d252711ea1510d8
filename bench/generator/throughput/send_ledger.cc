#include "bench/generator/throughput/send_ledger.h"

#include <algorithm>
#include <bit>

namespace strata::gen {

std::uint16_t target_bit(const relay::LayerTarget& target) {
    return layer_bit(std::min<std::size_t>(target.spatial, kLayerLimit - 1),
                     std::min<std::size_t>(target.temporal, kLayerLimit - 1));
}

void SendLedger::note(const Stamp& stamp, const SentFrame& frame, std::int64_t now_us) {
    frames_[stamp.frame % kWindow] = {stamp.frame, stamp.stream, frame.wanted, frame.encoding};
    auto& times = sent_us_[frame.encoding % relay::kMaxEncodings];
    if (times.empty()) times.resize(kWindow);
    times[stamp.packet % kWindow] = now_us;
    if (!in_trial(stamp.frame)) return;
    auto& owed = owed_[frame.encoding % relay::kMaxEncodings];
    for (std::size_t i = 0; i < kSets; ++i) owed[i] += frame.wanted >> i & 1u;
}

const SendLedger::Frame* SendLedger::frame(const Stamp& stamp) const {
    const Frame& frame = frames_[stamp.frame % kWindow];
    return frame.ordinal == stamp.frame && frame.stream == stamp.stream ? &frame : nullptr;
}

std::int64_t SendLedger::sent_us(const Stamp& stamp) const {
    const auto& times = sent_us_[stamp.encoding % relay::kMaxEncodings];
    return times.empty() ? 0 : times[stamp.packet % kWindow];
}

void SendLedger::begin_trial(std::int64_t next_frame) {
    begin_ = static_cast<std::uint32_t>(next_frame);
    end_ = begin_ + UINT32_MAX / 2;
    owed_ = {};
}

std::uint64_t SendLedger::owed(const relay::LayerTarget& target) const {
    if (target.paused) return 0;
    const auto set = static_cast<std::size_t>(std::countr_zero(target_bit(target)));
    return owed_[target.encoding % relay::kMaxEncodings][set];
}

}  // namespace strata::gen
