#include "relay/svc/frame_kinds.h"

#include <gtest/gtest.h>

#include <functional>

#include "relay/rtp/packet.h"
#include "relay/svc/frame_rest.h"
#include "tests/unit/relay/svc/frame_packets.h"

namespace strata::relay::frame_kinds_test {
namespace {

using namespace frame_packets;

// The next frame like that which `first` begins, `packets` packets later.
PacketBuilder frame_behind(PacketBuilder first, std::uint16_t packets = 1) {
    first.sequence = static_cast<std::uint16_t>(first.sequence + packets);
    first.timestamp += 3'000;
    if (first.payload_type == kVp8) {
        ++first.payload[3];  // picture id
        ++first.payload[4];  // TL0PICIDX
    } else {
        ++first.extensions[0].second[2];  // frame number
    }
    return first;
}

// As a track learns and uses them.
struct Kinds {
    // False: it can't be told from what differs more.
    bool learn(const PacketBuilder& first, bool encrypted = false) {
        const auto bytes = first.build();
        PacketInfo info;
        PacketParser how = parser();
        how.end_to_end_encrypted = encrypted;
        EXPECT_EQ(parse_packet(bytes, how, info), ParseError::none);
        const bool by_descriptor = info.find(ExtensionKind::dependency_descriptor) != nullptr;
        rest.expect(bytes, info, by_descriptor, MediaDrop::layer_not_wanted);
        if (!rest.knows_kinds()) kinds.forget();
        const std::uint8_t place = kinds.place_for(bytes);
        if (place == FrameKinds::kNone) return false;
        FrameKind kind;
        FrameKindLayout layout;
        if (!rest.describe(layout.mask, kind.head, bytes, place) ||
            !layout.ignore_numbers(kind.head, info, by_descriptor, encrypted))
            return false;
        kinds.keep(place, kind, layout);
        return true;
    }
    const FrameKind* find(const PacketBuilder& packet) {
        const auto bytes = packet.build();
        return rest.may_begin(bytes) ? kinds.find(bytes, rest.kind()) : nullptr;
    }
    // Of one that is found.
    std::uint32_t id_of(const PacketBuilder& packet) {
        EXPECT_NE(find(packet), nullptr);
        return kinds.layout().id_of(packet.build());
    }
    FrameRest rest;
    FrameKinds kinds;
};

TEST(FrameKinds, AFrameLikeOneBeforeIsKnownByItsFirstPacket) {
    for (const PacketBuilder& first : {described(), described(kAv1), described(kVp8), vp8()}) {
        SCOPED_TRACE(int{first.payload_type});
        Kinds kinds;
        EXPECT_EQ(kinds.find(frame_behind(first)), nullptr);
        ASSERT_TRUE(kinds.learn(first));
        PacketBuilder packet = frame_behind(first);
        packet.marker = true;
        packet.payload.resize(900);
        ASSERT_NE(kinds.find(packet), nullptr);
        EXPECT_EQ(kinds.find(next_of(packet)), nullptr) << "that begins nothing";
        kinds.kinds.forget();
        kinds.rest.forget();
        EXPECT_EQ(kinds.find(packet), nullptr);
        EXPECT_FALSE(kinds.rest.knows_any());
    }
}

TEST(FrameKinds, ItsIdIsRead) {
    Kinds by_descriptor, by_picture, short_ids;
    ASSERT_TRUE(by_descriptor.learn(described()));
    EXPECT_EQ(by_descriptor.id_of(described()), 0x1234u);
    PacketBuilder picture = vp8();
    picture.payload[2] = 0xff;
    picture.payload[3] = 0x01;
    ASSERT_TRUE(by_picture.learn(picture));
    EXPECT_EQ(by_picture.id_of(picture), 0x7f01u);
    picture.payload[2] = 0x55;
    ASSERT_TRUE(short_ids.learn(picture));
    EXPECT_EQ(short_ids.id_of(picture), 0x55u);
    EXPECT_EQ(short_ids.find(vp8()), nullptr) << "the id's length is no number";
}

TEST(FrameKinds, WhatDiffersInMoreThanNumbersIsLookedAt) {
    using Change = std::function<void(PacketBuilder&)>;
    const auto expect_none = [](const PacketBuilder& first, const std::vector<Change>& changes) {
        for (std::size_t i = 0; i < changes.size(); ++i) {
            Kinds kinds;
            ASSERT_TRUE(kinds.learn(first));
            PacketBuilder packet = frame_behind(first);
            changes[i](packet);
            EXPECT_EQ(kinds.find(packet), nullptr) << int{first.payload_type} << ' ' << i;
        }
    };
    const std::vector<Change> any{[](auto& p) { ++p.ssrc; }, [](auto& p) { ++p.payload_type; },
                                  [](auto& p) { p.padding = 4; }, [](auto& p) { p.csrcs = {1}; },
                                  [](auto& p) { p.payload.resize(2); }};
    for (const PacketBuilder& first : {described(), described(kAv1), vp8()})
        expect_none(first, any);
    for (const PacketBuilder& first : {described(), described(kAv1)})
        expect_none(first, {[](auto& p) { p.extensions[0].second[0] &= 0x7f; },  // S
                            [](auto& p) { ++p.extensions[0].second[0]; },        // template
                            [](auto& p) { p.extensions[0].second.push_back(0); },
                            [](auto& p) { p.extensions[1].first = kOrientation; },
                            [](auto& p) { p.extensions.pop_back(); }});
    expect_none(described(kAv1), {[](auto& p) { p.payload[0] |= 0x08; }});  // N
    expect_none(vp8(), {[](auto& p) { p.payload[0] &= 0xef; },              // S
                        [](auto& p) { p.payload[0] |= 0x20; },              // N
                        [](auto& p) { p.payload[5] ^= 0x40; },              // TID
                        [](auto& p) { p.payload[5] ^= 0x20; },              // Y
                        [](auto& p) { p.payload[6] &= 0xfe; }});            // a key frame
}

TEST(FrameKinds, WhatIsEncryptedTellsNoKeyFrame) {
    Kinds kinds;
    ASSERT_TRUE(kinds.learn(vp8(), true));
    PacketBuilder packet = frame_behind(vp8());
    packet.payload[6] &= 0xfe;
    EXPECT_NE(kinds.find(packet), nullptr);
}

TEST(FrameKinds, WithoutASignOfItsBeginNoneIsKnown) {
    Kinds kinds;
    PacketBuilder middle = vp8();
    middle.payload[0] &= 0xef;
    EXPECT_FALSE(kinds.learn(middle));
    EXPECT_EQ(kinds.find(frame_behind(middle)), nullptr);
}

TEST(FrameKinds, TheOldestGivesWay) {
    const auto layer = [](std::uint8_t id) {
        PacketBuilder packet = described();
        packet.extensions[0].second[0] = static_cast<std::uint8_t>(0x80 | id);
        return packet;
    };
    Kinds kinds;
    for (std::uint8_t id = 0; id < FrameKinds::kKinds; ++id) ASSERT_TRUE(kinds.learn(layer(id)));
    for (std::uint8_t id = 0; id < FrameKinds::kKinds; ++id)
        EXPECT_NE(kinds.find(layer(id)), nullptr) << int{id};
    ASSERT_TRUE(kinds.learn(layer(3))) << "once more is still one";
    EXPECT_NE(kinds.find(layer(0)), nullptr);
    ASSERT_TRUE(kinds.learn(layer(9)));
    EXPECT_NE(kinds.find(layer(9)), nullptr);
    EXPECT_EQ(kinds.find(layer(0)), nullptr);
    EXPECT_NE(kinds.find(layer(1)), nullptr);
}

// Those that look different otherwise, than those behind them or in where their numbers stand, are
// not kept beside one another.
TEST(FrameKinds, AllAreOfOneLayout) {
    PacketBuilder other = described();
    other.extensions.emplace_back(kStranger, std::vector<std::uint8_t>(2));
    Kinds kinds;
    ASSERT_TRUE(kinds.learn(described()));
    ASSERT_TRUE(kinds.learn(other));
    EXPECT_NE(kinds.find(frame_behind(other)), nullptr);
    EXPECT_EQ(kinds.find(frame_behind(described())), nullptr);
    ASSERT_TRUE(kinds.learn(described()));
    EXPECT_NE(kinds.find(frame_behind(described())), nullptr);
    EXPECT_EQ(kinds.find(frame_behind(other)), nullptr);
}

// Learning costs: where no frame is like one before, it is hardly tried any more.
TEST(FrameKinds, WhatIsOfNoUseIsLearnedSeldom) {
    Kinds kinds;
    int learned = 0;
    PacketBuilder packet = described();
    packet.extensions.emplace_back(kStranger, std::vector<std::uint8_t>(2));
    for (int i = 0; i < 200; ++i) {
        packet.extensions.back().second = {static_cast<std::uint8_t>(i), 1};
        learned += kinds.learn(packet) ? 1 : 0;
    }
    EXPECT_GE(learned, 10);
    EXPECT_LE(learned, 30);
    // Until one is of use again.
    EXPECT_NE(kinds.find(packet), nullptr);
    packet.extensions.back().second = {7, 7};
    EXPECT_TRUE(kinds.learn(packet));
}

TEST(FrameKinds, ThoseBehindAFirstPacketAreExpected) {
    for (const PacketBuilder& first : {described(), described(kAv1), vp8()}) {
        SCOPED_TRACE(int{first.payload_type});
        Kinds kinds;
        ASSERT_TRUE(kinds.learn(first));
        kinds.rest.stop();
        const PacketBuilder second = frame_behind(first, 3);
        const auto bytes = second.build();
        ASSERT_NE(kinds.find(second), nullptr);
        EXPECT_FALSE(kinds.rest.follows(bytes));
        kinds.rest.begin(bytes, 8);
        EXPECT_TRUE(kinds.rest.goes_on(bytes));
        EXPECT_FALSE(kinds.rest.matches(bytes));
        EXPECT_TRUE(kinds.rest.matches(next_of(second).build()));
        EXPECT_FALSE(kinds.rest.matches(next_of(first).build())) << "that is of the frame before";
        EXPECT_TRUE(kinds.rest.follows(next_of(second).build()));
        EXPECT_FALSE(kinds.rest.ended());
        const FrameRest::Taken taken = kinds.rest.taken();
        EXPECT_EQ(taken.count, 1u);
        EXPECT_EQ(taken.last_at, 8);
        EXPECT_EQ(kinds.rest.why(), MediaDrop::layer_not_wanted);
    }
}

TEST(FrameKinds, AFrameOfOnePacketHasEnded) {
    Kinds kinds;
    ASSERT_TRUE(kinds.learn(vp8()));
    PacketBuilder packet = frame_behind(vp8());
    packet.marker = true;
    ASSERT_NE(kinds.find(packet), nullptr);
    kinds.rest.begin(packet.build(), 8);
    EXPECT_TRUE(kinds.rest.ended());
}

}  // namespace
}  // namespace strata::relay::frame_kinds_test
