#include "bench/generator/receiver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/generator/content_key.h"
#include "bench/generator/stamp.h"

namespace strata::gen {
namespace {

constexpr std::int64_t kGap_us = 200'000;  // shorter stretches aren't worth a row
constexpr std::size_t kMaxGaps = 32;
constexpr std::int64_t kSenderReportSlack_us = 1'000'000;
constexpr std::int64_t kPause_us = 1'000'000;  // after it the timestamp may start anew (C49)

}  // namespace

Receiver::Receiver(ReceiverConfig config, const Journal& journal)
    : config_(std::move(config)),
      journal_(journal),
      parser_(config_.track.parser()),
      layers_(journal, faults_, config_.times) {}

bool Receiver::takes(std::uint32_t ssrc, std::uint8_t payload_type) const {
    if (config_.ssrc != 0) return ssrc == config_.ssrc;
    return payload_type == config_.track.payload_type ||
           (config_.track.red_payload_type != 0 && payload_type == config_.track.red_payload_type);
}

void Receiver::set_target(std::int64_t now_us, const relay::LayerTarget& target,
                          const std::string& text) {
    target_text_ = text;
    paused_ = target.paused;
    layers_.set_target(now_us, target, text);
}

void Receiver::on_rtp(std::int64_t now_us, std::span<const std::uint8_t> packet) {
    relay::PacketInfo info;
    const relay::ParseError error = relay::parse_packet(packet, parser_, info);
    if (error == relay::ParseError::unknown_payload_type) {
        faults_.add(Fault::wrong_payload_type,
                    [&] { return fmt::format("payload type {}", info.payload_type); });
        return;
    }
    if (error != relay::ParseError::none) {
        faults_.add(Fault::unreadable_packets,
                    [&] { return std::string(relay::parse_error_name(error)); });
        return;
    }
    if (config_.ssrc == 0) config_.ssrc = info.ssrc.value;
    if (info.extensions_ignored != 0)
        faults_.add(Fault::unknown_extensions, [&] {
            return fmt::format("{} in packet {}", info.extensions_ignored, info.sequence.value);
        });
    const SequenceCheck::Verdict verdict = sequence_.add(info.sequence.value);
    ++totals_.packets;
    totals_.bytes += packet.size();
    ++second_packets_;
    second_bytes_ += packet.size();
    note_arrival(now_us, info, verdict);
    if (verdict.duplicate) return;
    if (info.payload_size == 0) {
        ++totals_.empty_packets;
        pictures_.add_empty(verdict.extended, timestamps_.peek(info.timestamp.value));
        return;
    }
    ++totals_.media_packets;
    sent_frame_ = match_content(now_us, packet, info, verdict);
    read_media(now_us, packet, info, verdict);
}

void Receiver::note_arrival(std::int64_t now_us, const relay::PacketInfo& info,
                            const SequenceCheck::Verdict& verdict) {
    if (totals_.first_us < 0) totals_.first_us = now_us;
    if (totals_.last_us >= 0 && now_us - totals_.last_us > kGap_us && gaps_.size() < kMaxGaps)
        gaps_.push_back({totals_.last_us, now_us - totals_.last_us,
                         static_cast<std::uint64_t>(verdict.missing)});
    totals_.last_us = std::max(totals_.last_us, now_us);
    // RFC 3550 appendix A.8.
    const std::int64_t arrival = now_us * std::int64_t{config_.track.clock_rate_hz} / 1'000'000;
    const std::int64_t transit = arrival - timestamps_.unwrap(info.timestamp.value);
    if (transit_known_)
        jitter_ += (std::abs(static_cast<double>(transit - transit_)) - jitter_) / 16;
    transit_ = transit;
    transit_known_ = true;
}

void Receiver::read_media(std::int64_t now_us, std::span<const std::uint8_t> packet,
                          const relay::PacketInfo& info, const SequenceCheck::Verdict& verdict) {
    FrameFacts facts;
    const FrameReader::Result result = reader_.read(packet, info, facts);
    if (result == FrameReader::Result::unreadable)
        faults_.add(Fault::unreadable_descriptors,
                    [&] { return fmt::format("packet {}", info.sequence.value); });
    if (!verdict.late) {
        newest_timestamp_ = facts.timestamp;
        newest_us_ = now_us;
    }
    if (result != FrameReader::Result::read || config_.track.is_audio()) return;
    const bool marker_optional = sent_frame_ != nullptr && !sent_frame_->picture_has_marker &&
                                 sent_frame_->spatial_id < layers_.wanted_spatial();
    pictures_.add({now_us, verdict.extended, info.marker, marker_optional}, facts);
}

const SentFrame* Receiver::match_content(std::int64_t now_us, std::span<const std::uint8_t> packet,
                                         const relay::PacketInfo& info,
                                         const SequenceCheck::Verdict& verdict) {
    const SentPacket* sent = journal_.find(content_key(packet, info), timestamp_offset_known_,
                                           info.timestamp.value + timestamp_offset_);
    if (sent == nullptr) {
        Stamp stamp;
        const bool damaged = read_stamp(content_bytes(packet, info), stamp) == StampError::damaged;
        faults_.add(damaged ? Fault::damaged_content : Fault::unknown_content, [&] {
            return fmt::format("packet {}, {} payload bytes", info.sequence.value,
                               info.payload_size);
        });
        return nullptr;
    }
    timestamp_offset_ = sent->timestamp - info.timestamp.value;
    timestamp_offset_known_ = true;
    const std::int64_t latency_us = std::max<std::int64_t>(now_us - sent->sent_us, 0);
    if (!verdict.late) {
        latency_.record(latency_us);
        second_latency_.record(latency_us);
    }
    layers_.on_packet(now_us, sent->frame);
    const SentFrame* frame = journal_.frame(sent->frame);
    if (frame != nullptr && !verdict.late)
        check_timestamp(*frame, timestamps_.peek(info.timestamp.value));
    return frame;
}

void Receiver::check_timestamp(const SentFrame& frame, std::int64_t timestamp) {
    bool estimated = false;
    if (frame.encoding != encoding_) {
        if (encoding_ >= 0) ++totals_.encoding_switches;
        // Before both encodings' clocks were reported a relay can only estimate (C22).
        estimated = encoding_ >= 0 &&
                    !(journal_.reported(static_cast<std::uint8_t>(encoding_), frame.sent_us) &&
                      journal_.reported(frame.encoding, frame.sent_us));
        if (!frame.key_picture && !config_.track.is_audio())
            faults_.add(Fault::started_without_key, [&] {
                return fmt::format("at the switch to encoding {}", frame.encoding);
            });
        encoding_ = frame.encoding;
    }
    if (frame.picture == last_picture_) return;
    ++second_pictures_;
    const std::int64_t rate = config_.track.clock_rate_hz;
    const std::int64_t step_us = (timestamp - last_timestamp_) * 1'000'000 / rate;
    const std::int64_t media_us = frame.media_us - last_media_us_;
    if (last_picture_ >= 0 && std::abs(media_us) < kPause_us) {
        const std::int64_t off_us = std::abs(step_us - media_us);
        totals_.largest_timestamp_step_us = std::max(totals_.largest_timestamp_step_us, off_us);
        if (off_us > config_.max_timestamp_step_us && !estimated)
            faults_.add(Fault::timestamp_steps, [&] {
                return fmt::format("{} ms where the publisher's clock went {} ms", step_us / 1000,
                                   media_us / 1000);
            });
    }
    last_picture_ = frame.picture;
    last_timestamp_ = timestamp;
    last_media_us_ = frame.media_us;
}

void Receiver::on_sender_report(std::int64_t now_us, const SenderReport& report) {
    if (config_.ssrc == 0 || report.ssrc != config_.ssrc) return;
    ++totals_.sender_reports;
    last_sr_ = static_cast<std::uint32_t>(report.ntp >> 16);
    last_sr_us_ = now_us;
    if (newest_timestamp_ < 0 || now_us - newest_us_ > kPause_us) return;
    const std::int64_t rate = config_.track.clock_rate_hz;
    const auto since = static_cast<std::int32_t>(report.rtp_timestamp -
                                                 static_cast<std::uint32_t>(newest_timestamp_));
    const std::int64_t off_us = std::int64_t{since} * 1'000'000 / rate - (now_us - newest_us_);
    if (std::abs(off_us) > kSenderReportSlack_us)
        faults_.add(Fault::sender_report_errors,
                    [&] { return fmt::format("{} ms off the media", off_us / 1000); });
}

void Receiver::on_second(std::int64_t now_us) {
    const double seconds =
        second_began_us_ == 0 ? 1.0 : static_cast<double>(now_us - second_began_us_) / 1e6;
    second_view_.fps = static_cast<double>(second_pictures_) / seconds;
    second_view_.kbps = static_cast<double>(second_bytes_) * 8 / 1000 / seconds;
    second_view_.packets = second_packets_;
    second_view_.lost = sequence_.lost() - std::min(second_lost_, sequence_.lost());
    second_view_.latency_p50_us = second_latency_.quantile_us(0.5);
    second_view_.latency_p99_us = second_latency_.quantile_us(0.99);
    second_view_.latency_max_us = second_latency_.max_us();
    second_began_us_ = now_us;
    second_packets_ = second_bytes_ = second_pictures_ = 0;
    second_lost_ = sequence_.lost();
    second_latency_.reset();
    pictures_.settle(now_us);
    pictures_.begin_second();
    layers_.judge(now_us);
}

ReportBlock Receiver::report_block(std::int64_t now_us) {
    ReportBlock block;
    block.ssrc = config_.ssrc;
    const std::uint64_t expected = sequence_.expected(), received = sequence_.received();
    const auto missing = static_cast<std::int64_t>(expected - reported_expected_) -
                         static_cast<std::int64_t>(received - reported_received_);
    if (expected > reported_expected_ && missing > 0)
        block.fraction_lost = static_cast<std::uint8_t>(std::min<std::int64_t>(
            missing * 256 / static_cast<std::int64_t>(expected - reported_expected_), 255));
    reported_expected_ = expected;
    reported_received_ = received;
    block.cumulative_lost = static_cast<std::int32_t>(sequence_.lost());
    block.highest_sequence = sequence_.highest();
    block.jitter = static_cast<std::uint32_t>(jitter_);
    block.last_sr = last_sr_;
    if (last_sr_us_ >= 0)
        block.delay_since_last_sr =
            static_cast<std::uint32_t>((now_us - last_sr_us_) * 65'536 / 1'000'000);
    return block;
}

std::vector<std::uint8_t> Receiver::make_rtcp(std::int64_t now_us) {
    std::vector<std::uint8_t> out;
    if (config_.ssrc == 0) return out;
    std::vector<ReportBlock> blocks;
    if (sequence_.begun()) blocks.push_back(report_block(now_us));
    append_receiver_report(config_.own_ssrc, blocks, out);
    append_sdes(config_.own_ssrc, config_.id, out);
    // What makes a decoder ask: no key frame yet, or frames it can't decode.
    const std::uint64_t broken =
        faults_.count(Fault::missing_references) + sequence_.lost() + sequence_.jumps();
    const bool starved = !config_.track.is_audio() && !paused_ &&
                         (pictures_.view().key_pictures == 0 || broken != pli_faults_);
    pli_faults_ = broken;
    if (starved) {
        append_pli(config_.own_ssrc, config_.ssrc, out);
        ++totals_.plis_sent;
    }
    return out;
}

void Receiver::finish(std::int64_t now_us, std::int64_t until_us, std::int64_t p99_limit_us) {
    pictures_.settle(now_us, true);
    layers_.judge_until(until_us);
    faults_.set(Fault::lost, sequence_.lost(),
                fmt::format("{} of {} packets", sequence_.lost(), sequence_.expected()));
    faults_.set(Fault::duplicates, sequence_.duplicates(), "");
    faults_.set(Fault::reordered, sequence_.reordered(), "");
    faults_.set(Fault::sequence_jumps, sequence_.jumps(), "");
    const bool ever_wanted = std::ranges::any_of(
        layers_.changes(), [](const TargetChange& c) { return !c.target.paused; });
    if (totals_.media_packets == 0 && ever_wanted && journal_.packets() > 0)
        faults_.set(Fault::silence, 1, "no media came");
    const std::int64_t p99_us = latency_.quantile_us(0.99);
    if (p99_limit_us > 0 && p99_us > p99_limit_us)
        faults_.set(Fault::latency, 1, fmt::format("p99 {} µs, limit {} µs", p99_us, p99_limit_us));
}

}  // namespace strata::gen
