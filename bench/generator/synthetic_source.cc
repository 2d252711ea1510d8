#include "bench/generator/synthetic_source.h"

#include <algorithm>
#include <cmath>

#include "bench/generator/content_key.h"
#include "relay/rtp/packet.h"

namespace strata::gen {
namespace {

constexpr std::size_t kMinBody = kStampSize + 8;
constexpr std::uint32_t kPacketsWithIds = 16;  // MID and RID stop after them, as in browsers (B8)
constexpr std::int64_t kMaxSpacing_us = 400;   // between packets of one picture

std::vector<std::pair<std::uint16_t, std::uint16_t>> resolutions(const Profile& profile,
                                                                 std::size_t encoding) {
    std::vector<std::pair<std::uint16_t, std::uint16_t>> out;
    if (profile.simulcast) {
        out.emplace_back(profile.layers[encoding].width, profile.layers[encoding].height);
        return out;
    }
    for (const LayerProfile& layer : profile.layers) out.emplace_back(layer.width, layer.height);
    return out;
}

}  // namespace

SyntheticSource::SyntheticSource(Profile profile, std::vector<FreshNumbers> fresh,
                                 std::uint16_t first_frame_number)
    : profile_(std::move(profile)),
      parser_(profile_.track.parser()),
      payloads_(profile_),
      next_number_(first_frame_number) {
    const std::size_t count = profile_.track.encodings.size();
    for (std::size_t i = 0; i < count; ++i) {
        profile_.track.encodings[i].ssrc = fresh[i].ssrc;
        const ScalabilityMode& mode = profile_.mode;
        encodings_.push_back(
            {fresh[i], FrameSequence(mode),
             DescriptorWriter(mode, static_cast<std::int64_t>(count), resolutions(profile_, i)),
             true, -kKeyFrameSpacing_us, 0, std::vector<double>(mode.spatial_layers, 0)});
    }
}

std::uint32_t SyntheticSource::timestamp_at(std::uint8_t encoding, std::int64_t at_us) const {
    const std::int64_t ticks = at_us * std::int64_t{profile_.track.clock_rate_hz} / 1'000'000;
    return encodings_[encoding].fresh.timestamp + static_cast<std::uint32_t>(ticks);
}

bool SyntheticSource::request_key_frame(std::uint8_t encoding) {
    if (profile_.track.is_audio() || encodings_[encoding].key_wanted) return false;
    encodings_[encoding].key_wanted = true;
    return true;
}

bool SyntheticSource::set_rate(double multiplier) {
    rate_ = multiplier;
    return true;
}

bool SyntheticSource::next(OutgoingPacket& out) {
    while (queue_.empty()) make_picture();
    out = std::move(queue_.front());
    queue_.pop_front();
    return true;
}

void SyntheticSource::make_picture() {
    const std::int64_t at_us = std::llround(next_picture_us_);
    const std::size_t first = queue_.size();
    for (std::size_t e = 0; e < encodings_.size(); ++e)
        make_encoding_picture(static_cast<std::uint8_t>(e), at_us);
    pace(first, at_us);
    next_picture_us_ += 1e6 / (profile_.fps * rate_);
    begun_ = true;
}

void SyntheticSource::make_encoding_picture(std::uint8_t index, std::int64_t at_us) {
    Encoding& encoding = encodings_[index];
    const auto interval_us = static_cast<std::int64_t>(profile_.key_frame_interval_s * 1e6);
    const bool periodic = interval_us > 0 && at_us - encoding.last_key_us >= interval_us;
    const bool asked = encoding.key_wanted && at_us - encoding.last_key_us >= kKeyFrameSpacing_us;
    const bool key = !begun_ || (!profile_.track.is_audio() && (periodic || asked));
    if (key) {
        encoding.key_wanted = false;
        encoding.last_key_us = at_us;
        ++encoding.fresh.key_idx;
    }
    const std::vector<LayerFrame> frames = encoding.frames.next_picture(key, next_number_);
    encoding.fresh.picture_id =
        static_cast<std::uint16_t>((encoding.fresh.picture_id + 1) & 0x7fff);
    if (frames.front().temporal_id == 0) ++encoding.fresh.tl0_pic_idx;
    for (const LayerFrame& frame : frames) {
        make_frame(index, frame, at_us, &frame == &frames.back());
        ++frames_;
    }
    ++pictures_;
}

std::size_t SyntheticSource::frame_bytes(Encoding& encoding, std::uint8_t index,
                                         const LayerFrame& frame) const {
    const LayerProfile& layer = profile_.layers[profile_.simulcast ? index : frame.spatial_id];
    double& owed = encoding.owed_bytes[frame.spatial_id];
    const double per_frame = layer.kbps * 1000 / 8 / profile_.fps;
    owed += per_frame;
    const double bytes = std::max(std::floor(owed), static_cast<double>(kMinBody));
    owed -= bytes;
    const double scale = frame.key_picture && !profile_.track.is_audio()
                             ? std::max(profile_.key_frame_scale, 1.0)
                             : 1.0;
    return static_cast<std::size_t>(bytes * scale);
}

void SyntheticSource::make_frame(std::uint8_t index, const LayerFrame& frame, std::int64_t at_us,
                                 bool top) {
    Encoding& encoding = encodings_[index];
    OutgoingPacket packet;
    packet.encoding = index;
    packet.media = true;
    packet.frame.ordinal = frames_;
    packet.frame.picture = pictures_;
    packet.frame.encoding = index;
    packet.frame.spatial_id = frame.spatial_id;
    packet.frame.temporal_id = frame.temporal_id;
    packet.frame.key_picture = frame.key_picture || profile_.track.is_audio();
    packet.frame.wanted = frame.wanted;
    packet.frame.independent_layers = profile_.mode.prediction != LayerPrediction::full;
    packet.frame.media_us = at_us;

    PayloadContext context;
    context.frame = &frame;
    context.picture_id = encoding.fresh.picture_id;
    context.tl0_pic_idx = encoding.fresh.tl0_pic_idx;
    context.key_idx = encoding.fresh.key_idx;
    context.first_packet = true;
    packet.begins_frame = true;
    marker_ = false;
    // Room for headers: RTP 12, extensions up to 116 on key frames, payload header up to 40.
    const std::size_t room = profile_.packet_bytes - (frame.key_picture ? 168u : 88u);
    const std::size_t bytes = frame_bytes(encoding, index, frame);
    const std::size_t count = (bytes + room - 1) / room;
    if (const auto lead = payloads_.leading(frame, count); !lead.empty()) {
        send_rtp(index, frame, packet, context, lead);
        packet.begins_frame = context.first_packet = false;
    }
    bool first_slice = true;
    for (std::size_t i = 0; i < count; ++i) {
        context.last_packet = i + 1 == count;
        marker_ = context.last_packet && top;
        context.packet = i;
        context.body_bytes = std::max(kMinBody, bytes * (i + 1) / count - bytes * i / count);
        PayloadContext own = context;
        // Behind parameter sets the slice still begins a NAL unit of its own.
        own.first_packet = first_slice;
        add_packet(index, frame, packet, own);
        first_slice = context.first_packet = packet.begins_frame = false;
    }
}

void SyntheticSource::add_packet(std::uint8_t index, const LayerFrame& frame, OutgoingPacket packet,
                                 const PayloadContext& context) {
    std::vector<std::uint8_t> payload = payloads_.header(context, index);
    const std::size_t from = payload.size();
    payload.resize(from + context.body_bytes);
    Stamp stamp;
    stamp.stream = encodings_[index].fresh.ssrc;
    stamp.frame = static_cast<std::uint32_t>(packet.frame.ordinal);
    stamp.encoding = index;
    stamp.spatial_id = frame.spatial_id;
    stamp.temporal_id = frame.temporal_id;
    stamp.packet = static_cast<std::uint16_t>(encodings_[index].packets);
    stamp.sent_us = packet.frame.media_us;
    write_stamp(stamp, payload, from);
    send_rtp(index, frame, std::move(packet), context, payload);
}

void SyntheticSource::send_rtp(std::uint8_t index, const LayerFrame& frame, OutgoingPacket packet,
                               const PayloadContext& context,
                               const std::vector<std::uint8_t>& payload) {
    Encoding& encoding = encodings_[index];
    RtpFields fields;
    fields.marker = marker_ && !profile_.track.is_audio();
    fields.payload_type = profile_.track.payload_type;
    fields.sequence = encoding.fresh.sequence++;
    fields.timestamp = timestamp_at(index, packet.frame.media_us);
    fields.ssrc = encoding.fresh.ssrc;
    PayloadContext described = context;
    described.first_packet = packet.begins_frame;
    const auto elements = extensions(encoding, index, frame, described);
    packet.bytes = write_rtp(fields, elements, payload);
    packet.payload_octets = static_cast<std::uint32_t>(payload.size());
    relay::PacketInfo info;
    if (relay::parse_packet(packet.bytes, parser_, info) == relay::ParseError::none)
        packet.key = content_key(packet.bytes, info);
    ++encoding.packets;
    queue_.push_back(std::move(packet));
}

std::vector<ExtensionElement> SyntheticSource::extensions(const Encoding& encoding,
                                                          std::uint8_t index,
                                                          const LayerFrame& frame,
                                                          const PayloadContext& context) const {
    using relay::ExtensionKind;
    std::vector<ExtensionElement> out;
    const auto add = [&](ExtensionKind kind, std::vector<std::uint8_t> data) {
        if (const std::uint8_t id = parser_.extensions.id(kind); id != 0)
            out.push_back({id, std::move(data)});
    };
    if (profile_.descriptor) {
        const bool structure = frame.key_picture && frame.fdiffs.empty() && context.first_packet;
        add(ExtensionKind::dependency_descriptor,
            encoding.descriptors.write(frame, context.first_packet, context.last_packet,
                                       structure));
    }
    add(ExtensionKind::transport_cc, {0, 0});
    add(ExtensionKind::abs_send_time, {0, 0, 0});
    if (profile_.track.is_audio()) add(ExtensionKind::audio_level, {0x80 | 30});
    const std::string& rid = profile_.track.encodings[index].rid;
    if (encoding.packets < kPacketsWithIds && !rid.empty()) {
        add(ExtensionKind::mid, {'0'});
        add(ExtensionKind::rid, {rid.begin(), rid.end()});
    }
    return out;
}

// Spreads the picture's packets over at most half the time to the next picture.
void SyntheticSource::pace(std::size_t first, std::int64_t at_us) {
    const std::size_t count = queue_.size() - first;
    const double spacing_us = std::min(
        static_cast<double>(kMaxSpacing_us),
        5e5 / (profile_.fps * rate_) / static_cast<double>(std::max<std::size_t>(count, 1)));
    for (std::size_t i = 0; i < count; ++i)
        queue_[first + i].at_us =
            at_us + static_cast<std::int64_t>(spacing_us * static_cast<double>(i));
}

}  // namespace strata::gen
