// H.264 through a track: RFC 6184 with what nal_ref_idc tells, RFC 6190 with its layers.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/relay/svc/h264_packets.h"
#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay {
namespace {

LayerTarget target(SpatialId spatial, TemporalId temporal) {
    LayerTarget wanted;
    wanted.spatial = spatial;
    wanted.temporal = temporal;
    return wanted;
}

// Pictures of two dependency layers, temporal ids 0 2 1 2; those of T2 are referred to by none.
class SvcTrack : public testing::Test {
  protected:
    void picture(bool idr = false) {
        static constexpr std::array<std::uint8_t, 4> kOrder{0, 2, 1, 2};
        if (idr) since_key_ = 0;
        temporal_ = kOrder[since_key_++ % 4];
        SvcPacket packet;
        packet.picture = picture_++;
        packet.temporal = temporal_;
        packet.reference = temporal_ < 2;
        packet.pacsi = pacsi_;
        packet.idr = idr;
        packet.starts = true;
        packet.ends = false;
        send(packet);
        packet.starts = false;
        packet.ends = true;
        send(packet);
        packet.dependency = 1;
        packet.idr = false;
        packet.starts = true;
        packet.marker = true;
        send(packet);
    }
    void pictures(int count) {
        while (count-- > 0) picture();
    }
    void send(SvcPacket& packet) {
        packet.sequence = sequence_++;
        rig_.send(packet.build());
        rig_.now += 10'000;
    }
    void expect_clean(ReceiverHandle handle) {
        Listener& listener = rig_.heard(handle);
        EXPECT_TRUE(listener.problems.empty()) << listener.problems.front();
        EXPECT_EQ(listener.gaps(), 0u);
        EXPECT_EQ(listener.unmarked(), 0u);
    }
    LayerTarget current(ReceiverHandle handle) { return rig_.track().status(handle)->current; }

    TrackRig rig_{Codec::h264_svc};
    bool pacsi_ = true;
    std::uint8_t temporal_ = 0;

  private:
    std::uint16_t sequence_ = 1, picture_ = 0;
    std::uint32_t since_key_ = 0;
};

TEST_F(SvcTrack, EveryLayerEndsItsOwnPicture) {  // C5
    const auto base = rig_.subscribe(target(0, 3));
    const auto slow = rig_.subscribe(target(0, 0));
    const auto all = rig_.subscribe(target(3, 3));
    picture(true);
    pictures(11);
    for (const auto handle : {base, slow, all}) expect_clean(handle);
    EXPECT_EQ(rig_.heard(base).packets, 24u);
    EXPECT_EQ(rig_.heard(slow).packets, 6u);
    EXPECT_EQ(rig_.heard(all).packets, 36u);
}

TEST_F(SvcTrack, LayersOfOneSliceEndWithoutPacsiToo) {  // C5
    const auto base = rig_.subscribe(target(0, 3));
    const auto all = rig_.subscribe(target(3, 3));
    for (std::uint16_t p = 0; p < 4; ++p) {
        SvcPacket packet;
        packet.pacsi = false;
        packet.picture = p;
        packet.idr = p == 0;
        send(packet);
        packet.dependency = 1;
        packet.idr = false;
        packet.marker = true;
        send(packet);
    }
    for (const auto handle : {base, all}) expect_clean(handle);
    EXPECT_EQ(rig_.heard(base).packets, 4u);
}

TEST_F(SvcTrack, LayersOfSeveralSlicesEndOnceWithoutPacsi) {  // C5
    const auto all = rig_.subscribe(target(3, 3));
    const auto send_picture = [&](std::uint16_t p) {
        for (std::uint8_t slice = 0; slice < 3; ++slice) {
            SvcPacket packet{.picture = p, .idr = p == 0, .pacsi = false, .slice = slice};
            send(packet);
        }
        SvcPacket upper{.picture = p, .dependency = 1, .pacsi = false, .marker = true};
        send(upper);
    };
    send_picture(0);
    const auto base = rig_.subscribe(target(0, 3));
    rig_.now += 1'000'000;
    send_picture(0x100);  // no key picture: the receiver waits
    SvcPacket key{.picture = 0x200, .idr = true, .pacsi = false};
    for (key.slice = 0; key.slice < 3; ++key.slice) send(key);
    for (std::uint16_t p = 0x201; p < 0x206; ++p) send_picture(p);
    expect_clean(base);
    EXPECT_EQ(rig_.heard(base).packets, 18u);
    EXPECT_TRUE(rig_.heard(all).problems.empty());
}

TEST_F(SvcTrack, SpatialUpAsksAndWaitsForAnIdr) {  // C2
    const auto member = rig_.subscribe(target(0, 3));
    picture(true);
    picture();
    rig_.track().set_target(member, target(1, 3), rig_.now);
    rig_.now += 1'000'000;
    EXPECT_TRUE(rig_.asked());
    pictures(3);
    EXPECT_EQ(current(member).spatial, 0);
    picture(true);
    EXPECT_EQ(current(member).spatial, 1);
    expect_clean(member);
}

TEST_F(SvcTrack, DelimitersDontHideTheIdrFromWhoWaitsForIt) {  // C13
    const auto member = rig_.subscribe(target(0, 3));
    const auto delimited = [&](std::uint16_t p, bool idr) {
        PacketBuilder delimiter;
        delimiter.payload_type = kH264SvcType;
        delimiter.sequence = static_cast<std::uint16_t>(3 * p);
        delimiter.timestamp = p * 3000u;
        delimiter.payload = {0x09, 0x10};
        rig_.send(delimiter);
        SvcPacket packet{.sequence = static_cast<std::uint16_t>(3 * p + 1), .picture = p};
        packet.idr = idr;
        rig_.send(packet.build());
        packet.sequence = static_cast<std::uint16_t>(3 * p + 2);
        packet.dependency = 1;
        packet.idr = false;
        packet.marker = true;
        rig_.send(packet.build());
    };
    delimited(1, true);
    delimited(2, false);
    rig_.track().set_target(member, target(1, 3), rig_.now);
    delimited(3, false);
    EXPECT_EQ(current(member).spatial, 0);
    delimited(4, true);
    EXPECT_EQ(current(member).spatial, 1);
    delimited(5, false);
    expect_clean(member);
    EXPECT_EQ(rig_.heard(member).frames.size(), 5u) << "one timestamp each";
}

TEST_F(SvcTrack, TemporalUpAsksForAnIdr) {  // C1
    const auto member = rig_.subscribe(target(1, 0));
    picture(true);
    pictures(3);
    rig_.now += 1'000'000;
    rig_.asked();
    EXPECT_FALSE(rig_.asked()) << "nothing is waited for";
    rig_.track().set_target(member, target(1, 2), rig_.now);
    rig_.now += 1'000'000;
    EXPECT_TRUE(rig_.asked());
    pictures(6);
    EXPECT_EQ(current(member).temporal, 0)
        << "T1 was dropped, and nothing vouches for what follows";
    picture(true);
    picture();
    EXPECT_EQ(current(member).temporal, 2);
    expect_clean(member);
}

TEST_F(SvcTrack, PicturesThatNobodyRefersToComeBackAtOnce) {  // C1
    const auto member = rig_.subscribe(target(1, 1));
    picture(true);
    pictures(4);
    rig_.track().set_target(member, target(1, 2), rig_.now);
    picture();
    EXPECT_EQ(current(member).temporal, 2) << "no T2 is referred to, so none was missed";
    rig_.now += 1'000'000;
    rig_.asked();
    EXPECT_FALSE(rig_.asked());
}

TEST_F(SvcTrack, QualityLayersAreLayersOfTheirOwn) {  // C13
    const auto base = rig_.subscribe(target(0, 0));
    const auto better = rig_.subscribe(target(1, 0));
    for (std::uint16_t p = 0; p < 3; ++p) {
        SvcPacket packet;
        packet.picture = p;
        packet.idr = p == 0;
        send(packet);
        packet.quality = 1;
        packet.idr = false;
        send(packet);
        packet.dependency = 1;
        packet.quality = 0;
        packet.marker = true;
        send(packet);
    }
    EXPECT_EQ(rig_.heard(base).packets, 3u);
    EXPECT_EQ(rig_.heard(better).packets, 6u);
    expect_clean(base);
    expect_clean(better);
}

TEST(AvcTrack, WhatNobodyRefersToIsTheUpperTemporalLayer) {  // RFC 6184: nal_ref_idc
    TrackRig rig(Codec::h264);
    const auto slow = rig.subscribe(target(0, 0));
    const auto all = rig.subscribe(target(3, 3));
    for (std::uint16_t p = 0; p < 8; ++p) {
        PacketBuilder packet;
        packet.payload_type = kH264Type;
        packet.sequence = static_cast<std::uint16_t>(p + 1);
        packet.timestamp = p * 3000u;
        packet.marker = true;
        const bool disposable = p % 2 == 1;
        packet.payload = {static_cast<std::uint8_t>(p == 0       ? 0x65
                                                    : disposable ? 0x01
                                                                 : 0x41),
                          0x9a};
        rig.send(packet);
        if (p == 4) rig.track().set_target(slow, target(0, 1), rig.now);
    }
    EXPECT_EQ(rig.heard(all).packets, 8u);
    EXPECT_EQ(rig.heard(slow).packets, 3u + 3u)
        << "up at once: nothing that is referred to is missing";
    EXPECT_EQ(rig.heard(slow).gaps(), 0u);
}

TEST(AvcTrack, DelimitersOfDroppedPicturesAreDroppedToo) {
    TrackRig rig(Codec::h264);
    const auto slow = rig.subscribe(target(0, 0));
    std::uint16_t sequence = 1;
    for (std::uint16_t p = 0; p < 4; ++p) {
        PacketBuilder packet;
        packet.payload_type = kH264Type;
        packet.timestamp = p * 3000u;
        packet.sequence = sequence++;
        packet.payload = {0x09, 0xf0};
        rig.send(packet);
        packet.sequence = sequence++;
        packet.payload = {static_cast<std::uint8_t>(p == 0       ? 0x65
                                                    : p % 2 == 1 ? 0x01
                                                                 : 0x41),
                          0x9a};
        packet.marker = true;
        rig.send(packet);
    }
    EXPECT_EQ(rig.heard(slow).packets, 2u);
    EXPECT_EQ(rig.heard(slow).unmarked(), 0u);
    EXPECT_EQ(rig.heard(slow).gaps(), 0u);
}

}  // namespace
}  // namespace strata::relay
