#include "bench/generator/capture_source.h"

#include <algorithm>
#include <cmath>

#include "bench/generator/content_key.h"
#include "bench/generator/pcap_reader.h"
#include "relay/rtp/byte_order.h"

namespace strata::gen {
namespace {

constexpr std::int64_t kVideoInterval_us = 33'000, kAudioInterval_us = 20'000;

std::int64_t us_of_ntp(std::uint64_t ntp) {
    return static_cast<std::int64_t>((ntp >> 32) * 1'000'000 +
                                     ((ntp & 0xffffffff) * 1'000'000 >> 32));
}

}  // namespace

CaptureSource::CaptureSource(const Capture& capture, CaptureSourceConfig config)
    : track_(capture.track), config_(std::move(config)), clocks_(capture.clocks) {
    encodings_.resize(track_.encodings.size());
    if (config_.fresh.size() != encodings_.size())
        throw FileError(capture.path + ": as many fresh SSRCs as encodings are needed: " +
                        std::to_string(encodings_.size()));
    const relay::PacketParser parser = track_.parser();
    for (const CapturedPacket& packet : capture.packets) read_packet(packet, parser);
    if (packets_.empty()) throw FileError(capture.path + ": no readable packet of the track");
    for (std::size_t i = 0; i < encodings_.size(); ++i)
        track_.encodings[i].ssrc = config_.fresh[i].ssrc;
    for (EncodingDescription& encoding : track_.encodings) encoding.rtx_ssrc = 0;

    align_clocks();
    for (const LoopPacket& packet : packets_)
        if (packet.begins_frame)
            frames_[static_cast<std::size_t>(packet.frame)].media_us = media_us(packet);
    for (LoopPacket& packet : packets_)
        packet.frame_number =
            static_cast<std::uint16_t>(packet.frame_number - lowest_frame_number_);
    note_markers();
    set_loop_length();
}

void CaptureSource::note_markers() {
    std::vector<bool> marked(static_cast<std::size_t>(pictures_per_loop_), false);
    for (const LoopPacket& packet : packets_)
        if (packet.marker && packet.frame >= 0)
            marked[static_cast<std::size_t>(
                frames_[static_cast<std::size_t>(packet.frame)].picture)] = true;
    for (SentFrame& frame : frames_)
        frame.picture_has_marker = marked[static_cast<std::size_t>(frame.picture)];
}

void CaptureSource::read_packet(const CapturedPacket& captured, const relay::PacketParser& parser) {
    relay::PacketInfo info;
    if (relay::parse_packet(captured.bytes, parser, info) != relay::ParseError::none) return;
    EncodingLoop& encoding = encodings_[captured.encoding];
    LoopPacket packet;
    packet.at_us = captured.at_us;
    packet.encoding = captured.encoding;
    packet.bytes = captured.bytes;
    packet.payload_octets = info.payload_size;
    packet.marker = info.marker;
    FrameFacts facts;
    const FrameReader::Result result = encoding.reader.read(captured.bytes, info, facts);
    if (result == FrameReader::Result::unreadable) return;
    if (!encoding.begun) {
        encoding.first_timestamp = facts.timestamp;
        const ClockMapping& clock = clocks_[captured.encoding];
        const auto since_report =
            static_cast<std::int32_t>(info.timestamp.value - clock.rtp_timestamp);
        encoding.first_at_us = captured.at_us;
        if (clock.known)
            encoding.first_media_us = us_of_ntp(clock.ntp) + std::int64_t{since_report} *
                                                                 1'000'000 /
                                                                 std::int64_t{track_.clock_rate_hz};
    }
    packet.ticks = facts.timestamp - encoding.first_timestamp;
    encoding.last_ticks = std::max(encoding.last_ticks, packet.ticks);
    read_numbers(info, encoding, packet);
    encoding.begun = true;
    if (result == FrameReader::Result::read) {
        packet.key = content_key(captured.bytes, info);
        assign_frame(facts, encoding, packet);
    }
    packets_.push_back(std::move(packet));
}

// Every counter as its distance from the first one of the loop, and where it stands.
void CaptureSource::read_numbers(const relay::PacketInfo& info, EncodingLoop& encoding,
                                 LoopPacket& out) {
    const auto count = [&](std::int64_t value, std::int64_t& first, std::int64_t& last) {
        if (last == 0) first = value;
        last = std::max(last, value);
        return value - first;
    };
    out.sequence =
        static_cast<std::uint16_t>(count(encoding.sequences.unwrap(info.sequence.value),
                                         encoding.first_sequence, encoding.last_sequence));
    if (const auto* time = info.find(relay::ExtensionKind::abs_capture_time);
        time != nullptr && time->size >= 8)
        out.capture_time_at = time->offset;
    if (const auto* descriptor = info.find(relay::ExtensionKind::dependency_descriptor);
        descriptor != nullptr && descriptor->size >= relay::kMandatoryDescriptorSize) {
        out.frame_number_at = static_cast<std::uint16_t>(descriptor->offset + 1);
        const std::int64_t number =
            frame_numbers_.unwrap(relay::load_be16(&out.bytes[out.frame_number_at]));
        lowest_frame_number_ = has_frame_numbers_ ? std::min(lowest_frame_number_, number) : number;
        highest_frame_number_ = std::max(highest_frame_number_, number);
        has_frame_numbers_ = true;
        out.frame_number = static_cast<std::uint16_t>(number);
    }
    const auto in_packet = [&](std::size_t offset) {
        return static_cast<std::uint16_t>(info.payload_offset + offset);
    };
    const auto picture = [&](std::int32_t id, std::uint8_t bits, std::uint8_t offset) {
        if (id < 0) return;
        out.picture_id_at = in_packet(offset);
        out.picture_id_bits = bits;
        const auto value = static_cast<std::uint32_t>(id);
        out.picture_id = static_cast<std::uint16_t>(count(
            bits == 7 ? encoding.short_pictures.unwrap(value) : encoding.pictures.unwrap(value),
            encoding.first_picture, encoding.last_picture));
    };
    const auto tl0 = [&](std::uint8_t value, std::uint8_t offset) {
        out.tl0_pic_idx_at = in_packet(offset);
        out.tl0_pic_idx = static_cast<std::uint8_t>(
            count(encoding.tl0.unwrap(value), encoding.first_tl0, encoding.last_tl0));
    };
    if (info.payload_size == 0) return;
    if (info.codec == relay::Codec::vp9) {
        picture(info.vp9.picture_id, info.vp9.picture_id_bits, info.vp9.picture_id_offset);
        if (info.vp9.has_tl0_pic_idx) tl0(info.vp9.tl0_pic_idx, info.vp9.tl0_pic_idx_offset);
    } else if (info.codec == relay::Codec::vp8) {
        picture(info.vp8.picture_id, info.vp8.picture_id_bits, info.vp8.picture_id_offset);
        if (info.vp8.has_tl0_pic_idx) tl0(info.vp8.tl0_pic_idx, info.vp8.tl0_pic_idx_offset);
        if (info.vp8.has_key_idx) {
            out.key_idx_at = in_packet(info.vp8.tid_key_idx_offset);
            out.key_idx = static_cast<std::uint8_t>(count(encoding.keys.unwrap(info.vp8.key_idx),
                                                          encoding.first_key, encoding.last_key));
        }
    }
}

void CaptureSource::assign_frame(const FrameFacts& facts, EncodingLoop& encoding, LoopPacket& out) {
    const bool same_picture = facts.timestamp == encoding.frame_timestamp;
    if (!same_picture || facts.id != encoding.frame_id) {
        SentFrame frame;
        frame.ordinal = static_cast<std::int64_t>(frames_.size());
        frame.picture = same_picture ? frames_[static_cast<std::size_t>(encoding.frame)].picture
                                     : pictures_per_loop_++;
        frame.encoding = out.encoding;
        frame.spatial_id = facts.spatial_id;
        frame.temporal_id = facts.temporal_id;
        frame.key_picture = facts.key_picture;
        frame.independent_layers = facts.independent_layers;
        frame.wanted = facts.wanted;
        frame.width = facts.width;
        frame.height = facts.height;
        frames_.push_back(frame);
        out.begins_frame = true;
        encoding.frame = frame.ordinal;
        encoding.frame_timestamp = facts.timestamp;
        encoding.frame_id = facts.id;
    }
    out.frame = encoding.frame;
}

std::int64_t CaptureSource::media_us(const LoopPacket& packet) const {
    return encodings_[packet.encoding].first_media_us +
           packet.ticks * 1'000'000 / std::int64_t{track_.clock_rate_hz};
}

// Puts all encodings on one clock that begins with the earliest picture. One without a sender
// report is taken to have been captured as long before it was sent as its neighbour.
void CaptureSource::align_clocks() {
    std::int64_t capture_to_send_us = 0;
    for (std::size_t i = 0; i < encodings_.size(); ++i)
        if (clocks_[i].known && encodings_[i].begun)
            capture_to_send_us = encodings_[i].first_media_us - encodings_[i].first_at_us;
    for (std::size_t i = 0; i < encodings_.size(); ++i)
        if (!clocks_[i].known)
            encodings_[i].first_media_us = encodings_[i].first_at_us + capture_to_send_us;
    std::int64_t first_us = INT64_MAX;
    for (const LoopPacket& packet : packets_) first_us = std::min(first_us, media_us(packet));
    for (EncodingLoop& encoding : encodings_) encoding.first_media_us -= first_us;
}

// Whole milliseconds, so that every clock rate in use counts whole ticks per loop.
void CaptureSource::set_loop_length() {
    std::int64_t last_us = packets_.back().at_us;
    for (const LoopPacket& packet : packets_) last_us = std::max(last_us, media_us(packet));
    const std::int64_t interval = track_.is_audio() ? kAudioInterval_us : kVideoInterval_us;
    loop_us_ = (last_us + interval + 999) / 1000 * 1000;
    loop_ticks_ = loop_us_ / 1000 * (std::int64_t{track_.clock_rate_hz} / 1000);
}

std::int64_t CaptureSource::scaled(std::int64_t value) const {
    if (config_.speed == 1.0) return value;
    return std::llround(static_cast<double>(value) / config_.speed);
}

std::uint32_t CaptureSource::timestamp_at(std::uint8_t encoding, std::int64_t at_us) const {
    const std::int64_t since = at_us - scaled(encodings_[encoding].first_media_us);
    const std::int64_t ticks = since * std::int64_t{track_.clock_rate_hz} / 1'000'000;
    return config_.fresh[encoding].timestamp + static_cast<std::uint32_t>(ticks);
}

void CaptureSource::write_numbers(const LoopPacket& p, std::vector<std::uint8_t>& bytes) const {
    const FreshNumbers& fresh = config_.fresh[p.encoding];
    const EncodingLoop& e = encodings_[p.encoding];
    const std::int64_t loop = loop_;
    relay::store_be16(&bytes[2],
                      static_cast<std::uint16_t>(fresh.sequence + p.sequence +
                                                 loop * (e.last_sequence - e.first_sequence + 1)));
    relay::store_be32(&bytes[4], fresh.timestamp + static_cast<std::uint32_t>(
                                                       scaled(loop * loop_ticks_ + p.ticks)));
    relay::store_be32(&bytes[8], fresh.ssrc);
    if (p.frame_number_at != 0)
        relay::store_be16(
            &bytes[p.frame_number_at],
            static_cast<std::uint16_t>(config_.first_frame_number + p.frame_number +
                                       loop * (highest_frame_number_ - lowest_frame_number_ + 1)));
    if (p.picture_id_at != 0) {
        const auto id =
            fresh.picture_id + p.picture_id + loop * (e.last_picture - e.first_picture + 1);
        if (p.picture_id_bits == 7)
            bytes[p.picture_id_at] = static_cast<std::uint8_t>(id & 0x7f);
        else
            relay::store_be16(&bytes[p.picture_id_at], static_cast<std::uint16_t>(0x8000 | id));
    }
    if (p.tl0_pic_idx_at != 0)
        bytes[p.tl0_pic_idx_at] = static_cast<std::uint8_t>(fresh.tl0_pic_idx + p.tl0_pic_idx +
                                                            loop * (e.last_tl0 - e.first_tl0 + 1));
    if (p.key_idx_at != 0) {
        const auto id = fresh.key_idx + p.key_idx + loop * (e.last_key - e.first_key + 1);
        bytes[p.key_idx_at] = static_cast<std::uint8_t>((bytes[p.key_idx_at] & 0xe0) | (id & 0x1f));
    }
    if (p.capture_time_at != 0)
        relay::store_be64(&bytes[p.capture_time_at],
                          begin_ntp_ + ntp_of_us(scaled(loop * loop_us_ + media_us(p))));
}

bool CaptureSource::next(OutgoingPacket& out) {
    if (at_ == packets_.size()) {
        at_ = 0;
        ++loop_;
    }
    if (config_.loops != 0 && loop_ >= config_.loops) return false;
    const LoopPacket& packet = packets_[at_++];
    const std::int64_t loop = loop_;
    out.at_us = scaled(loop * loop_us_ + packet.at_us);
    out.encoding = packet.encoding;
    out.bytes = packet.bytes;
    out.key = packet.key;
    out.media = packet.frame >= 0;
    out.begins_frame = packet.begins_frame;
    out.payload_octets = packet.payload_octets;
    if (out.media) {
        out.frame = frames_[static_cast<std::size_t>(packet.frame)];
        out.frame.ordinal += loop * frames_per_loop();
        out.frame.picture += loop * pictures_per_loop_;
        out.frame.media_us = scaled(loop * loop_us_ + out.frame.media_us);
    }
    write_numbers(packet, out.bytes);
    return true;
}

}  // namespace strata::gen
