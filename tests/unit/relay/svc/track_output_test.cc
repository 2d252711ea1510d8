// What is made of a packet for each header profile.
#include <gtest/gtest.h>

#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay {
namespace {

TEST(TrackOutput, EachProfileHasItsOwnHeaderAndItsReceiversTogether) {
    TrackRig rig(Codec::vp9);
    for (int i = 0; i < 6; ++i)
        rig.subscribe({0, 0, 0, false}, static_cast<std::uint8_t>(i % 2 + 1));
    const auto bytes = Vp9Packet{.sequence = 1, .picture = 1}.build().build();
    PacketInfo info;
    ASSERT_EQ(parse_packet(bytes, rig_parser(), info), ParseError::none);
    auto out = std::make_unique<OutputList>();
    EXPECT_EQ(rig.track().on_packet(0, bytes, info, rig.now, *out), MediaDrop::none);
    ASSERT_EQ(out->count, 2u);
    for (std::size_t i = 0; i < out->count; ++i) {
        const Output& output = out->outputs[i];
        EXPECT_EQ(output.receivers.size(), 3u);
        EXPECT_EQ(output.payload_offset + output.payload_size, bytes.size());
        for (const ReceiverSlot& slot : output.receivers) {
            EXPECT_EQ(slot.handle % 2, output.receivers[0].handle % 2);
            const auto status = rig.track().status(slot.handle);
            ASSERT_TRUE(status);
            EXPECT_EQ(status->packets, 1u);
            EXPECT_EQ(status->bytes, std::size_t{output.header.size} + output.payload_size);
        }
    }
}

TEST(TrackOutput, OutputsBeyondTheLimitAreCounted) {  // C52
    TrackRig rig(Codec::vp9);
    for (std::uint8_t i = 0; i < 4; ++i) rig.subscribe({0, 0, 0, false}, i);
    const auto bytes = Vp9Packet{.sequence = 1, .picture = 1}.build().build();
    PacketInfo info;
    ASSERT_EQ(parse_packet(bytes, rig_parser(), info), ParseError::none);
    auto out = std::make_unique<OutputList>();
    out->limit = 3;
    EXPECT_EQ(rig.track().on_packet(0, bytes, info, rig.now, *out), MediaDrop::none);
    EXPECT_EQ(out->count, 3u);
    EXPECT_EQ(out->refused, 1u);
}

}  // namespace
}  // namespace strata::relay
