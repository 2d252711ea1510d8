#include "bench/generator/publisher.h"

#include <algorithm>

#include "bench/generator/stamp.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"

namespace strata::gen {
namespace {

constexpr int kPacketsPerTurn = 64;
constexpr std::int64_t kLate_us = 5'000;
constexpr std::int64_t kFirstReport_us = 100'000, kReportInterval_us = 1'000'000;

}  // namespace

Publisher::Publisher(PublisherConfig config, std::unique_ptr<MediaSource> source,
                     PublisherOutput& output)
    : config_(std::move(config)), source_(std::move(source)), output_(output) {
    extensions_ = source_->track().parser().extensions;
    sent_.resize(source_->track().encodings.size());
}

void Publisher::begin(std::int64_t now_us, std::uint64_t ntp) {
    begin_us_ = now_us + config_.start_us;
    begin_ntp_ = ntp + ntp_of_us(config_.start_us);
    source_->set_begin_ntp(begin_ntp_);
    next_report_us_ = begin_us_ + kFirstReport_us;
    finished_ = !fetch();
}

bool Publisher::fetch() {
    return source_->next(pending_) && config_.start_us + pending_.at_us < config_.stop_us;
}

bool Publisher::send_due(std::int64_t now_us) {
    for (int i = 0; i < kPacketsPerTurn; ++i) {
        if (finished_ || next_due_us() > now_us) return false;
        send_pending(now_us);
        finished_ = !fetch();
    }
    return true;
}

void Publisher::send_pending(std::int64_t now_us) {
    const std::int64_t delay_us = now_us - next_due_us();
    totals_.largest_delay_us = std::max(totals_.largest_delay_us, delay_us);
    if (delay_us > kLate_us) ++totals_.late_packets;
    stamp_hop_extensions(now_us);
    if (pending_.media) {
        if (pending_.begins_frame) {
            pending_.frame.sent_us = now_us;
            journal_.begin_frame(pending_.frame);
            ++totals_.frames;
            if (pending_.frame.key_picture && pending_.frame.spatial_id == 0)
                ++totals_.key_pictures;
        }
        journal_.add_packet(
            {pending_.key, now_us, pending_.frame.ordinal, relay::load_be32(&pending_.bytes[4])});
    } else {
        ++totals_.padding_packets;
    }
    output_.send(pending_.bytes);
    ++totals_.packets;
    totals_.bytes += pending_.bytes.size();
    Sent& sent = sent_[pending_.encoding];
    ++sent.packets;
    sent.octets += pending_.payload_octets;
}

// Hop-by-hop extensions are this hop's: transport-wide sequence and absolute send time.
void Publisher::stamp_hop_extensions(std::int64_t now_us) {
    relay::PacketInfo info;
    if (relay::parse_header(pending_.bytes, extensions_, info) != relay::ParseError::none) return;
    if (const auto* twcc = info.find(relay::ExtensionKind::transport_cc);
        twcc != nullptr && twcc->size >= 2)
        relay::store_be16(&pending_.bytes[twcc->offset], output_.next_transport_sequence());
    if (const auto* time = info.find(relay::ExtensionKind::abs_send_time);
        time != nullptr && time->size == 3) {
        // 6.18 fixed point seconds: the middle of an NTP timestamp.
        const std::uint64_t ntp =
            begin_ntp_ + ntp_of_us(std::max<std::int64_t>(now_us - begin_us_, 0));
        relay::store_be24(&pending_.bytes[time->offset], static_cast<std::uint32_t>(ntp >> 14));
    }
}

void Publisher::send_reports(std::int64_t now_us) {
    const std::int64_t at_us = now_us - begin_us_;
    if (now_us < next_report_us()) return;
    next_report_us_ += kReportInterval_us;
    for (std::size_t i = 0; i < sent_.size(); ++i) {
        if (sent_[i].packets == 0) continue;
        const auto encoding = static_cast<std::uint8_t>(i);
        const std::uint32_t ssrc = track().encodings[i].ssrc;
        std::vector<std::uint8_t> compound;
        append_sender_report(
            {ssrc, begin_ntp_ + ntp_of_us(at_us), source_->timestamp_at(encoding, at_us),
             sent_[i].packets, sent_[i].octets},
            compound);
        append_sdes(ssrc, config_.id, compound);
        output_.send(compound);
        journal_.note_report(encoding, now_us);
        ++totals_.sender_reports;
    }
}

int Publisher::encoding_of(std::uint32_t ssrc) const {
    for (std::size_t i = 0; i < track().encodings.size(); ++i)
        if (track().encodings[i].ssrc == ssrc) return static_cast<int>(i);
    return -1;
}

void Publisher::on_rtcp(const RtcpContents& rtcp) {
    for (const KeyFrameRequest& request : rtcp.key_frame_requests) {
        const int encoding = encoding_of(request.media_ssrc);
        if (encoding < 0) continue;
        ++(request.fir ? totals_.firs : totals_.plis);
        if (source_->request_key_frame(static_cast<std::uint8_t>(encoding)))
            ++totals_.key_frames_given;
    }
    bool ours = false;
    for (const ReportBlock& block : rtcp.report_blocks) {
        if (encoding_of(block.ssrc) < 0) continue;
        ours = true;
        ++totals_.report_blocks;
        totals_.reported_lost =
            static_cast<std::uint32_t>(std::max<std::int32_t>(block.cumulative_lost, 0));
        totals_.reported_jitter = std::max(totals_.reported_jitter, block.jitter);
    }
    if (ours) totals_.receiver_reports += rtcp.receiver_reports;
    totals_.nacks += rtcp.nacks;
    totals_.transport_feedback += rtcp.transport_feedback;
    totals_.malformed_rtcp += rtcp.malformed ? 1 : 0;
}

}  // namespace strata::gen
