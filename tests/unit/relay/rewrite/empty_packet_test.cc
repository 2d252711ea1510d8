#include "relay/rewrite/empty_packet.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "relay/rtp/packet.h"

namespace strata::relay {
namespace {

TEST(EmptyPacket, IsPaddingOnlyWithTheMediaPayloadType) {  // C17
    HeaderProfile profile;
    profile.payload_type = 96;
    HeaderTemplate t;
    t.descriptor_at = 14;  // left over from the packet before
    t.patch = HeaderPatch::any;
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
    EXPECT_FALSE(t.stamped);
}

TEST(EmptyPacket, IsStampedLikeOthers) {  // C29
    HeaderProfile profile;
    profile.payload_type = 96;
    profile.extension_id[static_cast<std::size_t>(ExtensionKind::transport_cc)] = 3;
    profile.extension_id[static_cast<std::size_t>(ExtensionKind::mid)] = 4;
    profile.mid_size = 2;
    HeaderTemplate t;
    build_empty_packet(profile, 7, RtpTimestamp{900}, t);
    ASSERT_TRUE(t.stamped);
    std::array<std::uint8_t, HeaderTemplate::kMaxSize> out;
    std::uint16_t next = 65'535;
    const HopStamp stamp{.mid = {'v', '1'}, .transport_sequence = &next};
    write_header(t, {.ssrc = 5}, out.data());
    stamp_header(t, stamp, out.data());

    ExtensionMap extensions;
    extensions.set(3, ExtensionKind::transport_cc);
    extensions.set(4, ExtensionKind::mid);
    PacketInfo info;
    const std::span<const std::uint8_t> packet(out.data(), t.size);
    ASSERT_EQ(parse_header(packet, extensions, info), ParseError::none);
    EXPECT_EQ(info.payload_size, 0);
    EXPECT_EQ(info.padding_size, kEmptyPadding);
    const auto* number = info.find(ExtensionKind::transport_cc);
    const auto* mid = info.find(ExtensionKind::mid);
    ASSERT_TRUE(number != nullptr && mid != nullptr);
    EXPECT_EQ(load_be16(&out[number->offset]), 65'535);
    EXPECT_EQ(std::string(&out[mid->offset], &out[mid->offset] + mid->size), "v1");
    EXPECT_EQ(next, 0) << "for the next packet of the transport";
}

}  // namespace
}  // namespace strata::relay
