#include "bench/generator/throughput/flow.h"

#include <algorithm>

#include "bench/generator/rtcp.h"
#include "relay/rtp/packet.h"

namespace strata::gen {
namespace {

constexpr std::uint32_t kWholeCheck = 64;
constexpr std::int64_t kUnknownAge = INT64_MAX;
const relay::ExtensionMap kNoExtensions;

bool wanted(const SendLedger::Frame& frame, const relay::LayerTarget& target) {
    return !target.paused && frame.encoding == target.encoding &&
           (frame.wanted & target_bit(target)) != 0;
}

}  // namespace

FlowCounts FlowCounts::since(const FlowCounts& before) const {
    FlowCounts c = *this;
    c.packets -= before.packets;
    c.bytes -= before.bytes;
    c.empty -= before.empty;
    c.lost -= before.lost;
    c.duplicates -= before.duplicates;
    c.reordered -= before.reordered;
    c.jumps -= before.jumps;
    c.illegal_layers -= before.illegal_layers;
    c.foreign_content -= before.foreign_content;
    c.unreadable -= before.unreadable;
    return c;
}

std::int64_t Flow::on_rtp(std::int64_t now_us, std::span<const std::uint8_t> packet,
                          const SendLedger& ledger, FlowCounts& counts, Histogram& latency) {
    relay::PacketInfo info;
    if (relay::parse_header(packet, kNoExtensions, info) != relay::ParseError::none) {
        ++counts.unreadable;
        return kUnknownAge;
    }
    const SequenceCheck::Verdict order = sequence_.add(info.sequence.value);
    ++counts.packets;
    counts.bytes += packet.size();
    if (info.payload_size == 0) {  // closes a hole in the numbers, late by its nature
        ++counts.empty;
        return kUnknownAge;
    }
    counts.duplicates += order.duplicate;
    counts.reordered += order.late;
    counts.jumps += order.jump;
    if (order.duplicate) return kUnknownAge;
    const auto content = packet.subspan(info.payload_offset, info.payload_size);
    Stamp stamp;
    const bool whole = packets_++ % kWholeCheck == 0;
    const StampError error = whole ? read_stamp(content, stamp) : peek_stamp(content, stamp);
    const SendLedger::Frame* frame = error == StampError::none ? ledger.frame(stamp) : nullptr;
    if (frame == nullptr) {
        ++counts.foreign_content;
        return kUnknownAge;
    }
    if (!legal(*frame, stamp, now_us)) {
        ++counts.illegal_layers;
        return kUnknownAge;
    }
    const std::int64_t age_us = std::max<std::int64_t>(now_us - ledger.sent_us(stamp), 0);
    if (!ledger.in_trial(stamp.frame)) return age_us;
    ++trial_packets_;
    latency.record(age_us);
    return age_us;
}

bool Flow::legal(const SendLedger::Frame& frame, const Stamp& stamp, std::int64_t now_us) const {
    if (leaving_ || wanted(frame, config_.target)) return true;
    if (settled(now_us)) return false;
    return (frame.encoding == config_.target.encoding || frame.encoding == before_.encoding) &&
           stamp.spatial_id <= std::max(config_.target.spatial, before_.spatial) &&
           stamp.temporal_id <= std::max(config_.target.temporal, before_.temporal);
}

void Flow::set_target(const relay::LayerTarget& target) {
    before_ = config_.target;
    config_.target = target;
    settled_us_ = INT64_MAX;
    steady_ = false;
}

void Flow::begin_trial(std::int64_t now_us) {
    trial_packets_ = 0;
    gaps_before_ = sequence_.lost();
    steady_ = started() && !leaving_ && settled(now_us);
}

std::uint64_t Flow::trial_gaps() const {
    return sequence_.lost() - std::min(gaps_before_, sequence_.lost());
}

std::vector<std::uint8_t> Flow::make_rtcp() const {
    std::vector<std::uint8_t> out;
    std::vector<ReportBlock> blocks;
    if (started()) {
        ReportBlock block;
        block.ssrc = config_.ssrc;
        block.cumulative_lost = static_cast<std::int32_t>(sequence_.lost());
        block.highest_sequence = sequence_.highest();
        blocks.push_back(block);
    }
    append_receiver_report(config_.own_ssrc, blocks, out);
    append_sdes(config_.own_ssrc, "strata-gen", out);
    if (!started() && config_.video && config_.ssrc != 0)
        append_pli(config_.own_ssrc, config_.ssrc, out);
    return out;
}

}  // namespace strata::gen
