#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "relay/rtp/packet.h"
#include "relay/svc/track.h"
#include "tests/unit/relay/rewrite/packet_builder.h"
#include "tests/unit/relay/svc/h264_packets.h"
#include "tests/unit/relay/svc/listener.h"

namespace strata::relay {

constexpr std::uint8_t kVp8Type = 96, kVp9Type = 98, kOpusType = 111;

inline PacketParser rig_parser() {
    PacketParser parser;
    parser.payload_types[kVp8Type] = {PayloadRole::media, Codec::vp8};
    parser.payload_types[kVp9Type] = {PayloadRole::media, Codec::vp9};
    parser.payload_types[kH264Type] = {PayloadRole::media, Codec::h264};
    parser.payload_types[kH264SvcType] = {PayloadRole::media, Codec::h264_svc};
    parser.payload_types[kOpusType] = {PayloadRole::media, Codec::opus};
    return parser;
}

// A track with made-up packets and receivers that listen.
class TrackRig {
  public:
    explicit TrackRig(Codec codec, std::uint8_t encodings = 1, std::uint32_t capacity = 8)
        : parser_(rig_parser()), out_(std::make_unique<OutputList>()) {
        config.codec = codec;
        config.encoding_count = encodings;
        config.receiver_capacity = capacity;
        for (std::size_t type = 0; type < parser_.payload_types.size(); ++type)
            if (parser_.payload_types[type].codec == codec &&
                parser_.payload_types[type].role == PayloadRole::media)
                type_ = static_cast<std::uint8_t>(type);
    }
    Track& track() {
        if (!track_) track_ = std::make_unique<Track>(config);
        return *track_;
    }

    // Its handle; the first number it is sent is 1000.
    ReceiverHandle subscribe(LayerTarget target, std::uint8_t video_orientation_id = 0) {
        ReceiverConfig receiver;
        receiver.profile.payload_type = type_;
        receiver.profile.extension_id[static_cast<std::size_t>(ExtensionKind::video_orientation)] =
            video_orientation_id;
        receiver.ssrc = static_cast<std::uint32_t>(0x9000 + listeners.size());
        receiver.target = target;
        receiver.first_sequence = 1000;
        receiver.first_timestamp = 5000;
        const auto handle = static_cast<ReceiverHandle>(listeners.size());
        listeners.push_back(std::make_unique<Listener>(parser_));
        EXPECT_TRUE(track().add_receiver(handle, receiver, now));
        return handle;
    }

    MediaDrop send(const PacketBuilder& packet, std::uint8_t encoding = 0) {
        const std::vector<std::uint8_t> bytes = packet.build();
        PacketInfo info;
        EXPECT_EQ(parse_packet(bytes, parser_, info), ParseError::none);
        const MediaDrop result = track().on_packet(encoding, bytes, info, now, *out_);
        hear(bytes);
        return result;
    }
    void give_up_holes(std::uint8_t encoding = 0) {
        track().give_up_holes(encoding, now, *out_);
        hear({});
    }
    bool asked() { return track().next_key_frame_request(now).has_value(); }
    Listener& heard(ReceiverHandle handle) { return *listeners[handle]; }

    TrackConfig config;
    TimeUs now = 10'000'000;
    std::vector<std::unique_ptr<Listener>> listeners;

  private:
    void hear(std::span<const std::uint8_t> bytes) {
        for (std::size_t i = 0; i < out_->count; ++i)
            for (const ReceiverSlot& slot : out_->outputs[i].receivers)
                listeners[slot.handle]->receive(out_->outputs[i], slot, bytes);
    }

    PacketParser parser_;
    std::unique_ptr<OutputList> out_;
    std::unique_ptr<Track> track_;
    std::uint8_t type_ = 0;
};

// One-packet VP9 layer frames in flexible mode, RFC 9628 section 4.2.
struct Vp9Packet {
    std::uint16_t sequence = 0;
    std::uint16_t picture = 0;
    SpatialId spatial = 0;
    TemporalId temporal = 0;
    std::uint8_t p_diff = 0;  // 0: P=0
    bool begin = true, end = true;
    SpatialId top = 1;

    PacketBuilder build() const {
        PacketBuilder packet;
        packet.payload_type = kVp9Type;
        packet.sequence = sequence;
        packet.timestamp = picture * 3000u;
        packet.marker = end && spatial == top;
        const bool structure = begin && p_diff == 0 && spatial == 0;
        const auto flag = [](bool set, int bit) { return set ? 1 << bit : 0; };
        packet.payload = {
            static_cast<std::uint8_t>(0x80 | flag(p_diff != 0, 6) | 0x20 | 0x10 | flag(begin, 3) |
                                      flag(end, 2) | flag(structure, 1)),
            static_cast<std::uint8_t>(0x80 | picture >> 8), static_cast<std::uint8_t>(picture),
            static_cast<std::uint8_t>(temporal << 5 | 0x10 | spatial << 1 | flag(spatial > 0, 0))};
        if (p_diff != 0) packet.payload.push_back(static_cast<std::uint8_t>(p_diff << 1));
        if (structure) packet.payload.push_back(static_cast<std::uint8_t>(top << 5));
        packet.payload.insert(packet.payload.end(), {0xaa, 0xbb, 0xcc});
        return packet;
    }
};

// One-packet VP8 frames, RFC 7741 section 4.2.
struct Vp8Packet {
    std::uint16_t sequence = 0;
    std::uint16_t picture = 0;
    std::uint8_t tl0 = 0;
    TemporalId temporal = 0;
    bool sync = false, key = false;
    std::uint32_t timestamp = 0;
    bool marker = true;

    PacketBuilder build() const {
        PacketBuilder packet;
        packet.payload_type = kVp8Type;
        packet.sequence = sequence;
        packet.timestamp = timestamp;
        packet.marker = marker;
        packet.payload = {0x90,
                          0xe0,
                          static_cast<std::uint8_t>(0x80 | picture >> 8),
                          static_cast<std::uint8_t>(picture),
                          tl0,
                          static_cast<std::uint8_t>(temporal << 6 | (sync ? 0x20 : 0)),
                          static_cast<std::uint8_t>(key ? 0 : 1),
                          0,
                          0};
        // A key frame's start code and size.
        packet.payload.insert(packet.payload.end(),
                              {0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00, 0x11});
        return packet;
    }
};

}  // namespace strata::relay
