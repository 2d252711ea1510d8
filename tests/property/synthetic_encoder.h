#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "relay/codec/packet_info.h"
#include "relay/rtp/packet.h"
#include "tests/property/random_channel.h"
#include "tests/property/svc_model.h"

namespace strata::relay {

constexpr std::uint8_t kSyntheticPayloadType = 96;
constexpr std::uint8_t kSyntheticDescriptorId = 5;

// How one encoding is sent.
struct EncoderSettings {
    Codec codec = Codec::opaque;  // vp8, vp9 or opaque
    SvcShape shape;
    bool descriptor = true;
    int picture_id_bits = 15;  // vp8, vp9
    int custom_percent = 0;    // descriptors that say all again (B4)
    int mask_percent = 0;      // descriptors that name the active decode targets, here all
    TimeUs picture_us = 33'333;
};

struct SyntheticFrame {
    std::int64_t picture = 0;  // of this encoder, from 0
    int spatial_id = 0, temporal_id = 0;
    bool key_picture = false;
    std::vector<std::size_t> references;  // indexes into frames()
};

struct SyntheticPacket {
    std::vector<std::uint8_t> bytes;  // whose last four payload bytes are `tag`
    std::uint32_t tag = 0;
    std::size_t frame = 0;             // index into frames()
    std::int64_t n = 0;                // counts this encoder's packets from 0
    bool first = false, last = false;  // of the frame
};

// Makes the RTP packets of one encoding. All counters begin at random, so that each wraps in some
// case.
class SyntheticEncoder {
  public:
    // `frame_number`: shared by the encodings of a track (B3).
    SyntheticEncoder(const EncoderSettings& settings, std::uint32_t ssrc, std::uint32_t tag_base,
                     Random& random, std::uint16_t& frame_number);

    // Packets of the next picture, captured at `now`. The first one is always a key picture.
    std::vector<SyntheticPacket> encode(TimeUs now, bool key);

    const std::vector<SyntheticFrame>& frames() const { return frames_; }
    const SvcModel& model() const { return model_; }
    RtpTimestamp timestamp(TimeUs now) const;
    std::uint32_t ssrc() const { return ssrc_; }

  private:
    std::vector<std::uint8_t> payload(const SyntheticFrame& frame, bool first, bool last);
    std::vector<std::uint8_t> vp8(const SyntheticFrame& frame, bool first) const;
    std::vector<std::uint8_t> vp9(const SyntheticFrame& frame, bool first, bool last) const;
    void put_picture_id(std::vector<std::uint8_t>& out) const;
    std::vector<SyntheticPacket> packetize(std::size_t index, TimeUs now);

    EncoderSettings settings_;
    SvcModel model_;
    std::uint32_t ssrc_, next_tag_;
    Random& random_;
    std::uint16_t& frame_number_;
    std::uint16_t sequence_, picture_id_;
    std::uint32_t timestamp_base_;
    std::uint8_t tl0_pic_idx_, key_idx_, template_id_offset_;
    std::int64_t packets_ = 0, picture_ = -1;
    int k_ = -1;  // pictures since the key picture
    std::vector<SyntheticFrame> frames_;
};

// A parser for these packets.
PacketParser synthetic_parser(Codec codec);

}  // namespace strata::relay
