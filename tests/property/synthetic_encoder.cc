#include "tests/property/synthetic_encoder.h"

#include "relay/svc/frame_rest.h"
#include "tests/unit/relay/rewrite/packet_builder.h"

namespace strata::relay {

SyntheticEncoder::SyntheticEncoder(const EncoderSettings& settings, std::uint32_t ssrc,
                                   std::uint32_t tag_base, Random& random,
                                   std::uint16_t& frame_number)
    : settings_(settings),
      model_(settings.shape),
      ssrc_(ssrc),
      next_tag_(tag_base),
      random_(random),
      frame_number_(frame_number),
      sequence_(random.any<std::uint16_t>()),
      picture_id_(random.any<std::uint16_t>()),
      timestamp_base_(random.any<std::uint32_t>()),
      tl0_pic_idx_(random.any<std::uint8_t>()),
      key_idx_(random.any<std::uint8_t>()),
      template_id_offset_(static_cast<std::uint8_t>(random.between(0, 63))) {}

RtpTimestamp SyntheticEncoder::timestamp(TimeUs now) const {
    return {static_cast<std::uint32_t>(timestamp_base_ + now * 90 / 1'000)};
}

std::vector<SyntheticPacket> SyntheticEncoder::encode(TimeUs now, bool key) {
    ++picture_;
    ++picture_id_;
    k_ = key || k_ < 0 ? 0 : k_ + 1;
    if (k_ == 0)
        template_id_offset_ =
            static_cast<std::uint8_t>((template_id_offset_ + model_.templates().size()) % 64);
    if (model_.temporal_id(k_) == 0) {
        ++tl0_pic_idx_;
        ++key_idx_;
    }
    const auto layers = static_cast<std::size_t>(settings_.shape.spatial_layers);
    std::vector<SyntheticPacket> packets;
    for (std::size_t s = 0; s < layers; ++s) {
        const int spatial = static_cast<int>(s);
        SyntheticFrame frame{picture_, spatial, model_.temporal_id(k_), k_ == 0, {}};
        const std::size_t index = frames_.size();
        if (k_ > 0)
            frame.references.push_back(
                index - layers * static_cast<std::size_t>(model_.reference_distance(k_)));
        if (model_.predicts_inter_layer(k_, spatial)) frame.references.push_back(index - 1);
        frames_.push_back(frame);
        for (SyntheticPacket& packet : packetize(index, now)) packets.push_back(std::move(packet));
        ++frame_number_;
    }
    return packets;
}

std::vector<SyntheticPacket> SyntheticEncoder::packetize(std::size_t index, TimeUs now) {
    const SyntheticFrame& frame = frames_[index];
    const bool top = frame.spatial_id == settings_.shape.spatial_layers - 1;
    const std::int64_t count = random_.between(1, 3);
    const bool custom = random_.chance(settings_.custom_percent);
    std::vector<SyntheticPacket> packets;
    for (std::int64_t i = 0; i < count; ++i) {
        const bool first = i == 0, last = i + 1 == count;
        PacketBuilder rtp;
        rtp.payload_type = kSyntheticPayloadType;
        rtp.sequence = sequence_++;
        rtp.timestamp = timestamp(now).value;
        rtp.ssrc = ssrc_;
        rtp.marker = top && last;
        if (settings_.descriptor) {
            const SvcModel::Descriptor what{
                .start = first,
                .end = last,
                .template_id_offset = template_id_offset_,
                .frame_number = frame_number_,
                .attach_structure =
                    k_ == 0 && first &&
                    (frame.spatial_id == 0 || settings_.shape.inter_layer == InterLayer::none),
                .with_mask = random_.chance(settings_.mask_percent),
                .mask = ~std::uint32_t{0} >> (32 - model_.decode_targets()),
                .custom = custom};
            rtp.extensions.emplace_back(kSyntheticDescriptorId,
                                        model_.write(model_.frame(k_, frame.spatial_id), what));
        }
        rtp.payload = payload(frame, first, last);
        rtp.payload.resize(rtp.payload.size() + FrameRest::kHeadBytes, 0xcd);
        for (int shift = 24; shift >= 0; shift -= 8)
            rtp.payload.push_back(static_cast<std::uint8_t>(next_tag_ >> shift));
        if (random_.chance(5)) rtp.padding = static_cast<std::uint8_t>(random_.between(1, 255));
        packets.push_back({rtp.build(), next_tag_++, index, packets_++, first, last});
    }
    return packets;
}

std::vector<std::uint8_t> SyntheticEncoder::payload(const SyntheticFrame& frame, bool first,
                                                    bool last) {
    std::vector<std::uint8_t> out;
    if (settings_.codec == Codec::vp8) out = vp8(frame, first);
    if (settings_.codec == Codec::vp9) out = vp9(frame, first, last);
    // So much that most are longer than a PacketHead.
    for (auto filler = 20 + random_.between(0, 20); filler > 0; --filler) out.push_back(0xab);
    return out;
}

void SyntheticEncoder::put_picture_id(std::vector<std::uint8_t>& out) const {
    if (settings_.picture_id_bits == 15) {
        out.push_back(static_cast<std::uint8_t>(0x80 | (picture_id_ >> 8 & 0x7f)));
        out.push_back(static_cast<std::uint8_t>(picture_id_));
    } else {
        out.push_back(picture_id_ & 0x7f);
    }
}

// RFC 7741 section 4.2 and, on the first packet, 4.3.
std::vector<std::uint8_t> SyntheticEncoder::vp8(const SyntheticFrame& frame, bool first) const {
    const bool unused =
        frame.temporal_id == 2 || (frame.temporal_id == 1 && settings_.shape.temporal_layers == 2);
    std::vector<std::uint8_t> out{
        static_cast<std::uint8_t>(0x80 | (unused ? 0x20 : 0) | (first ? 0x10 : 0)), 0xf0};
    put_picture_id(out);
    out.push_back(tl0_pic_idx_);
    const bool base_only = frame.key_picture || frame.temporal_id == 0 ||
                           frame.references.empty() ||
                           frames_[frame.references[0]].temporal_id == 0;
    out.push_back(static_cast<std::uint8_t>(frame.temporal_id << 6 | (base_only ? 0x20 : 0) |
                                            (key_idx_ & 0x1f)));
    if (!first) return out;
    if (frame.key_picture)
        out.insert(out.end(), {0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00});
    else
        out.insert(out.end(), {0x01, 0x00, 0x00});
    return out;
}

// RFC 9628 section 4.2, flexible mode as browsers send it: L=1, U=1, no TL0PICIDX (B1).
std::vector<std::uint8_t> SyntheticEncoder::vp9(const SyntheticFrame& frame, bool first,
                                                bool last) const {
    const int layers = settings_.shape.spatial_layers;
    const bool structure = frame.key_picture && frame.spatial_id == 0 && first;
    const bool inter_layer = model_.predicts_inter_layer(k_, frame.spatial_id);
    const bool not_for_inter_layer =
        frame.spatial_id == layers - 1 || !model_.predicts_inter_layer(k_, frame.spatial_id + 1);
    std::vector<std::uint8_t> out{static_cast<std::uint8_t>(
        0x80 | (k_ > 0 ? 0x40 : 0) | 0x20 | 0x10 | (first ? 0x08 : 0) | (last ? 0x04 : 0) |
        (structure ? 0x02 : 0) | (not_for_inter_layer ? 0x01 : 0))};
    put_picture_id(out);
    out.push_back(static_cast<std::uint8_t>(frame.temporal_id << 5 | 0x10 | frame.spatial_id << 1 |
                                            (inter_layer ? 1 : 0)));
    if (k_ > 0) out.push_back(static_cast<std::uint8_t>(model_.reference_distance(k_) << 1));
    if (!structure) return out;
    out.push_back(static_cast<std::uint8_t>((layers - 1) << 5 | 0x10));
    for (int s = 0; s < layers; ++s) {
        const int width = 320 << s, height = 180 << s;
        for (const int value : {width >> 8, width & 0xff, height >> 8, height & 0xff})
            out.push_back(static_cast<std::uint8_t>(value));
    }
    return out;
}

PacketParser synthetic_parser(Codec codec) {
    PacketParser parser;
    parser.payload_types[kSyntheticPayloadType] = {PayloadRole::media, codec};
    parser.extensions.set(kSyntheticDescriptorId, ExtensionKind::dependency_descriptor);
    return parser;
}

}  // namespace strata::relay
