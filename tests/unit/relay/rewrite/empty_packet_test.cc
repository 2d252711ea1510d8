#include "relay/rewrite/empty_packet.h"

#include <gtest/gtest.h>

#include <array>

#include "relay/rtp/packet.h"

namespace strata::relay {
namespace {

TEST(EmptyPacket, IsPaddingOnlyWithTheMediaPayloadType) {  // C17
    HeaderProfile profile;
    profile.payload_type = 96;
    HeaderTemplate t;
    t.patched = true;
    t.descriptor_at = 14;  // left over from the packet before
    build_empty_packet(profile, 7, RtpTimestamp{900}, t);
    std::array<std::uint8_t, HeaderTemplate::kMaxSize> out;
    write_header(t, {.ssrc = 5, .timestamp = 100, .sequence = 10}, out.data());

    PacketInfo info;
    const std::span<const std::uint8_t> packet(out.data(), t.size);
    ASSERT_EQ(parse_header(packet, ExtensionMap{}, info), ParseError::none);
    EXPECT_EQ(info.sequence.value, 17);
    EXPECT_EQ(info.timestamp.value, 1'000u);
    EXPECT_EQ(info.ssrc.value, 5u);
    EXPECT_EQ(info.payload_type, 96);
    EXPECT_FALSE(info.marker);
    EXPECT_EQ(info.payload_size, 0);
    EXPECT_EQ(info.padding_size, kEmptyPadding);
    EXPECT_EQ(info.extension_profile, 0);
}

}  // namespace
}  // namespace strata::relay
