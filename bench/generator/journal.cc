#include "bench/generator/journal.h"

#include <algorithm>

namespace strata::gen {

std::int64_t Journal::begin_frame(SentFrame frame) {
    frame.ordinal = next_frame();
    const std::size_t encoding = frame.encoding % 4;
    for (std::size_t s = 0; s <= frame.spatial_id && s < 8; ++s)
        last_sent_us_[encoding][s] = frame.sent_us;
    max_spatial_[encoding] = std::max(max_spatial_[encoding], frame.spatial_id);
    max_temporal_[encoding] = std::max(max_temporal_[encoding], frame.temporal_id);
    frames_.push_back(frame);
    if (frames_.size() > frame_limit_) {
        frames_.pop_front();
        ++first_frame_;
    }
    return frame.ordinal;
}

void Journal::add_packet(const SentPacket& packet) {
    if (packet.frame >= first_frame_ && packet.frame < next_frame())
        ++frames_[static_cast<std::size_t>(packet.frame - first_frame_)].packets;
    packets_.push_back(packet);
    by_key_.emplace(packet.key, packet_count_++);
    if (packets_.size() <= packet_limit_) return;
    const std::uint64_t oldest = packet_count_ - packets_.size();
    auto [at, end] = by_key_.equal_range(packets_.front().key);
    for (; at != end; ++at)
        if (at->second == oldest) {
            by_key_.erase(at);
            break;
        }
    packets_.pop_front();
}

const SentPacket* Journal::find(std::uint64_t key, bool timestamp_known,
                                std::uint32_t timestamp) const {
    const SentPacket* latest = nullptr;
    std::uint64_t latest_number = 0;
    const std::uint64_t oldest = packet_count_ - packets_.size();
    auto [at, end] = by_key_.equal_range(key);
    for (; at != end; ++at) {
        const SentPacket& packet = packets_[at->second - oldest];
        if (timestamp_known && packet.timestamp == timestamp) return &packet;
        if (latest != nullptr && at->second < latest_number) continue;
        latest = &packet;
        latest_number = at->second;
    }
    return latest;
}

const SentFrame* Journal::frame(std::int64_t ordinal) const {
    if (ordinal < first_frame_ || ordinal >= next_frame()) return nullptr;
    return &frames_[static_cast<std::size_t>(ordinal - first_frame_)];
}

void Journal::note_report(std::uint8_t encoding, std::int64_t sent_us) {
    std::int64_t& first_us = first_report_us_[encoding % 4];
    if (first_us == 0) first_us = sent_us;
}

bool Journal::reported(std::uint8_t encoding, std::int64_t at_us) const {
    const std::int64_t first_us = first_report_us_[encoding % 4];
    return first_us != 0 && first_us < at_us;
}

std::int64_t Journal::last_sent_us(std::uint8_t encoding, std::uint8_t spatial_id) const {
    const std::int64_t last = last_sent_us_[encoding % 4][spatial_id % 8];
    return last == 0 ? -1 : last;
}

}  // namespace strata::gen
