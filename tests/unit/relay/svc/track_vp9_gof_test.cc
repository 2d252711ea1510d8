// VP9 in non-flexible mode through a track: references from the group of frames, TL0PICIDX.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/track_rig.h"
#include "tests/unit/relay/svc/vp9_packets.h"

namespace strata::relay::track_vp9_gof_test {
namespace {

LayerTarget target(std::uint8_t encoding, TemporalId temporal) {
    LayerTarget wanted;
    wanted.encoding = encoding;
    wanted.temporal = temporal;
    return wanted;
}

TEST(Vp9GroupOfFrames, TemporalUpWaitsForWhatItRefersTo) {  // C1
    for (const bool up : {true, false}) {
        TrackRig rig(Codec::vp9);
        const auto member = rig.subscribe(target(0, 0));
        const auto picture = [&](std::uint16_t p) {
            rig.send(GofPacket{.sequence = p, .picture = p, .up = up}.build());
            return rig.track().status(member)->current.temporal;
        };
        for (std::uint16_t p = 0; p < 3; ++p) EXPECT_EQ(picture(p), 0);
        rig.track().set_target(member, target(0, 2), rig.now);
        EXPECT_EQ(picture(3), 0) << "refers to the T1 that was dropped";
        EXPECT_FALSE(rig.asked()) << "such points come by themselves";
        EXPECT_EQ(picture(4), 2);
        for (std::uint16_t p = 5; p < 12; ++p) picture(p);
        EXPECT_EQ(rig.heard(member).packets, 1u + 8u);
        EXPECT_EQ(rig.heard(member).gaps(), 0u);
    }
}

// What a receiver was sent, by picture: (picture id, TL0PICIDX).
struct Sent {
    explicit Sent(TrackRig& rig) : rig_(rig) {}
    void send(std::uint8_t encoding, const GofPacket& packet) {
        const std::vector<std::uint8_t> bytes = packet.build().build();
        PacketInfo info;
        EXPECT_EQ(parse_packet(bytes, parser_, info), ParseError::none);
        rig_.track().on_packet(encoding, bytes, info, rig_.now, *out_);
        for (std::size_t i = 0; i < out_->count; ++i) {
            std::vector<std::uint8_t> sent(HeaderTemplate::kMaxSize);
            const Output& output = out_->outputs[i];
            write_header(output.header, output.receivers[0].offsets, sent.data());
            sent.resize(output.header.size);
            sent.insert(sent.end(), bytes.begin() + output.payload_offset,
                        bytes.begin() + output.payload_offset + output.payload_size);
            PacketInfo read;
            EXPECT_EQ(parse_packet(sent, parser_, read), ParseError::none);
            ids.push_back(read.vp9.picture_id);
            levels.push_back(read.vp9.tl0_pic_idx);
            temporal.push_back(read.temporal_id);
        }
    }
    std::vector<std::int32_t> ids;
    std::vector<std::uint8_t> levels;
    std::vector<TemporalId> temporal;

  private:
    TrackRig& rig_;
    PacketParser parser_ = rig_parser();
    std::unique_ptr<OutputList> out_ = std::make_unique<OutputList>();
};

TEST(Vp9GroupOfFrames, PictureIdsAndTl0GoOnOverASourceSwitch) {  // C10
    TrackRig rig(Codec::vp9, 2);
    const auto member = rig.subscribe(target(0, 3));
    Sent sent(rig);
    const auto both = [&](std::uint16_t p) {
        rig.now += 33'000;
        sent.send(0, GofPacket{.sequence = p, .picture = p, .tl0_first = 7});
        const auto other = static_cast<std::uint16_t>(p + 20'000);
        sent.send(1, GofPacket{.sequence = p, .picture = other, .tl0_first = 90});
    };
    for (std::uint16_t p = 0; p < 10; ++p) both(p);
    rig.track().set_target(member, target(1, 3), rig.now);
    for (std::uint16_t p = 10; p < 30; ++p) both(p);
    ASSERT_EQ(rig.track().status(member)->current.encoding, 1);
    ASSERT_EQ(sent.ids.size(), 31u) << "the key picture came from both";
    for (std::size_t i = 1; i < sent.ids.size(); ++i) {
        EXPECT_EQ((sent.ids[i] - sent.ids[i - 1]) & 0x7fff, 1) << i;
        const int step = static_cast<std::uint8_t>(sent.levels[i] - sent.levels[i - 1]);
        EXPECT_EQ(step, sent.temporal[i] == 0 ? 1 : 0) << i;
    }
}

TEST(Vp9GroupOfFrames, DroppedPicturesKeepTheirIds) {  // C10
    TrackRig rig(Codec::vp9);
    rig.subscribe(target(0, 1));
    Sent sent(rig);
    for (std::uint16_t p = 0; p < 12; ++p)
        sent.send(0, GofPacket{.sequence = p, .picture = static_cast<std::uint16_t>(p + 20)});
    EXPECT_EQ(sent.ids, (std::vector<std::int32_t>{20, 22, 24, 26, 28, 30}))
        << "differences of picture ids are what the group of frames speaks of";
}

}  // namespace
}  // namespace strata::relay::track_vp9_gof_test
