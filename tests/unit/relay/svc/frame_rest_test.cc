#include "relay/svc/frame_rest.h"

#include <gtest/gtest.h>

#include <functional>

#include "relay/rtp/packet.h"
#include "tests/unit/relay/svc/frame_packets.h"

namespace strata::relay::frame_rest_test {
namespace {

using namespace frame_packets;

struct Rest {
    explicit Rest(const PacketBuilder& first) {
        const auto bytes = first.build();
        PacketInfo info;
        EXPECT_EQ(parse_packet(bytes, parser(), info), ParseError::none);
        rest.expect(bytes, info, info.find(ExtensionKind::dependency_descriptor) != nullptr,
                    MediaDrop::layer_not_wanted);
    }
    bool matches(const PacketBuilder& packet) const { return rest.matches(packet.build()); }
    void take(const PacketBuilder& packet) { rest.take(1, rest.ends(packet.build()), 5); }
    FrameRest rest;
};

TEST(FrameRest, GoesOnByItsHeadAlone) {
    for (const PacketBuilder& first : {described(), described(kAv1), vp8(), vp9()}) {
        SCOPED_TRACE(int{first.payload_type});
        Rest rest(first);
        EXPECT_FALSE(rest.matches(first));
        PacketBuilder packet = next_of(first);
        ASSERT_TRUE(rest.matches(packet));
        rest.take(packet);
        EXPECT_FALSE(rest.matches(packet)) << "once";
        ++packet.sequence;  // 0: numbers wrap
        packet.payload.resize(1'000);
        ASSERT_TRUE(rest.matches(packet));
        rest.take(packet);
        FrameRest::Taken taken = rest.rest.taken();
        EXPECT_EQ(taken.count, 2u);
        EXPECT_FALSE(taken.ended);
        EXPECT_EQ(taken.last_at, 5);
        EXPECT_EQ(rest.rest.taken().count, 0u);
        EXPECT_EQ(rest.rest.timestamp().value, 90'000u);
        EXPECT_EQ(rest.rest.why(), MediaDrop::layer_not_wanted);
    }
}

TEST(FrameRest, NotesWhereTheFrameEnds) {  // B2
    struct Case {
        PacketBuilder first;
        std::function<void(PacketBuilder&)> end;
    };
    for (const Case& c : {Case{described(), [](auto& p) { p.extensions[0].second[0] |= 0x40; }},
                          Case{vp8(), [](auto& p) { p.marker = true; }},
                          Case{vp9(), [](auto& p) { p.payload[0] |= 0x04; }}}) {
        SCOPED_TRACE(int{c.first.payload_type});
        Rest rest(c.first);
        PacketBuilder packet = next_of(c.first);
        c.end(packet);
        ASSERT_TRUE(rest.matches(packet));
        rest.take(packet);
        EXPECT_TRUE(rest.rest.taken().ended);
    }
    Rest rest(vp9());
    PacketBuilder marked = next_of(vp9());
    marked.marker = true;
    ASSERT_TRUE(rest.matches(marked));
    rest.take(marked);
    EXPECT_FALSE(rest.rest.taken().ended) << "the picture's marker isn't the frame's end";
}

TEST(FrameRest, WhatIsDifferentIsLookedAt) {
    using Change = std::function<void(PacketBuilder&)>;
    const auto expect_none = [](const PacketBuilder& first, const std::vector<Change>& changes) {
        for (std::size_t i = 0; i < changes.size(); ++i) {
            Rest rest(first);
            PacketBuilder packet = next_of(first);
            changes[i](packet);
            EXPECT_FALSE(rest.matches(packet)) << int{first.payload_type} << ' ' << i;
        }
    };
    const std::vector<Change> any{
        [](auto& p) { ++p.sequence; },     [](auto& p) { --p.sequence; },
        [](auto& p) { ++p.timestamp; },    [](auto& p) { ++p.ssrc; },
        [](auto& p) { ++p.payload_type; }, [](auto& p) { p.padding = 4; },
        [](auto& p) { p.csrcs = {1}; },    [](auto& p) { p.payload.resize(2); }};
    for (const PacketBuilder& first : {described(), described(kAv1), vp8(), vp9()})
        expect_none(first, any);
    for (const PacketBuilder& first : {described(), described(kAv1)})
        expect_none(first, {[](auto& p) { p.extensions[0].second[0] |= 0x80; },  // S
                            [](auto& p) { ++p.extensions[0].second[0]; },        // template
                            [](auto& p) { ++p.extensions[0].second[2]; },        // frame number
                            [](auto& p) { p.extensions[0].second.push_back(0); },
                            [](auto& p) { p.extensions[1].first = kOrientation; },
                            [](auto& p) { p.extensions.pop_back(); }});
    expect_none(described(kAv1), {[](auto& p) { p.payload[0] |= 0x08; }});  // N
    expect_none(vp8(), {[](auto& p) { p.payload[0] |= 0x10; },
                        [](auto& p) { p.payload[0] |= 0x20; }, [](auto& p) { ++p.payload[3]; },
                        [](auto& p) { ++p.payload[4]; }, [](auto& p) { p.payload[5] ^= 0x40; }});
    expect_none(vp9(),
                {[](auto& p) { p.payload[0] |= 0x08; }, [](auto& p) { p.payload[0] |= 0x02; },
                 [](auto& p) { ++p.payload[2]; }, [](auto& p) { ++p.payload[3]; }});
}

TEST(FrameRest, ExpectsNothingThatItsHeadDoesNotTell) {
    const auto expects = [](const PacketBuilder& first) {
        return Rest(first).matches(next_of(first));
    };
    EXPECT_TRUE(expects(described()));
    PacketBuilder padded = described();
    padded.padding = 3;
    EXPECT_FALSE(expects(padded));
    PacketBuilder mixed = described();
    mixed.csrcs = {1};
    EXPECT_FALSE(expects(mixed));
    PacketBuilder long_head = described();
    long_head.extensions.emplace_back(kOrientation, std::vector<std::uint8_t>(16));
    long_head.extensions.emplace_back(kStranger, std::vector<std::uint8_t>(16));
    EXPECT_FALSE(expects(long_head));
    PacketBuilder key = vp8();
    key.payload[6] = 0x00;
    EXPECT_FALSE(expects(key));
    EXPECT_FALSE(expects(described(kH264))) << "its NAL units differ";
}

TEST(FrameRest, KnowsWhatEachOfThemCarries) {
    PacketBuilder first = described();
    first.extensions.emplace_back(kStranger, std::vector<std::uint8_t>{1});
    const Rest rest(first);
    EXPECT_TRUE(rest.matches(next_of(first)));
    EXPECT_EQ(rest.rest.transport_cc_at(), 21u);  // 12, 4, 1 + 3 and an element's head before it
    EXPECT_EQ(rest.rest.extensions_ignored(), 1);
    EXPECT_EQ(Rest(vp8()).rest.transport_cc_at(), 0u);
}

TEST(FrameRest, StopsWhenItIsTold) {
    Rest rest(described());
    rest.rest.stop();
    EXPECT_FALSE(rest.matches(next_of(described())));
    EXPECT_FALSE(FrameRest().matches(std::vector<std::uint8_t>(100)));
}

TEST(FrameRest, TellsWhatHasTheTimeOfTheNewestFrame) {
    FrameRest rest;
    rest.begin(RtpTimestamp{90'000});
    PacketBuilder packet = vp8();
    EXPECT_TRUE(rest.goes_on(packet.build()));
    packet.timestamp = 93'000;
    EXPECT_FALSE(rest.goes_on(packet.build()));
    rest.begin(RtpTimestamp{93'000});
    EXPECT_TRUE(rest.goes_on(packet.build()));
    EXPECT_FALSE(rest.expects());
}

}  // namespace
}  // namespace strata::relay::frame_rest_test
