#pragma once

#include <deque>
#include <vector>

#include "bench/generator/descriptor_writer.h"
#include "bench/generator/media_source.h"
#include "bench/generator/payload_writer.h"
#include "bench/generator/profile.h"
#include "bench/generator/rtp_writer.h"

namespace strata::gen {

// Makes a profile's stream: pictures at a fixed rate, every frame cut into packets with a check
// pattern, key frames at the profile's interval and when asked for.
class SyntheticSource final : public MediaSource {
  public:
    SyntheticSource(Profile profile, std::vector<FreshNumbers> fresh,
                    std::uint16_t first_frame_number);

    bool next(OutgoingPacket& out) override;
    const TrackDescription& track() const override { return profile_.track; }
    std::uint32_t timestamp_at(std::uint8_t encoding, std::int64_t at_us) const override;
    bool request_key_frame(std::uint8_t encoding) override;
    bool set_rate(double multiplier) override;
    void set_begin_ntp(std::uint64_t) override {}

  private:
    static constexpr std::int64_t kKeyFrameSpacing_us = 200'000;  // requests closer are one
    struct Encoding {
        FreshNumbers fresh;
        FrameSequence frames;
        DescriptorWriter descriptors;
        bool key_wanted = true;
        std::int64_t last_key_us = -kKeyFrameSpacing_us;
        std::uint32_t packets = 0;
        std::vector<double>
            owed_bytes;  // per spatial layer: frames come out at the rate on average
    };

    void make_picture();
    void make_encoding_picture(std::uint8_t encoding, std::int64_t at_us);
    void make_frame(std::uint8_t encoding, const LayerFrame& frame, std::int64_t at_us, bool top);
    void add_packet(std::uint8_t encoding, const LayerFrame& frame, OutgoingPacket packet,
                    const PayloadContext& context);
    void send_rtp(std::uint8_t encoding, const LayerFrame& frame, OutgoingPacket packet,
                  const PayloadContext& context, const std::vector<std::uint8_t>& payload);
    std::size_t frame_bytes(Encoding& encoding, std::uint8_t index, const LayerFrame& frame) const;
    std::vector<ExtensionElement> extensions(const Encoding& encoding, std::uint8_t index,
                                             const LayerFrame& frame,
                                             const PayloadContext& context) const;
    void pace(std::size_t first, std::int64_t at_us);

    Profile profile_;
    relay::PacketParser parser_;
    PayloadWriter payloads_;
    std::vector<Encoding> encodings_;
    std::deque<OutgoingPacket> queue_;
    std::int64_t next_number_ = 0;  // frame_number, shared by all encodings (B3)
    double next_picture_us_ = 0;
    double rate_ = 1;
    bool begun_ = false;
    std::int64_t frames_ = 0, pictures_ = 0;
    bool marker_ = false;
};

}  // namespace strata::gen
