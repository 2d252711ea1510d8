#include "bench/generator/rtp_writer.h"

#include <gtest/gtest.h>

#include "relay/rtp/packet.h"

namespace strata::gen {
namespace {

constexpr RtpFields kFields{.marker = true,
                            .payload_type = 98,
                            .sequence = 0xfffe,
                            .timestamp = 0x12345678,
                            .ssrc = 0xdeadbeef};

relay::PacketInfo read(const std::vector<std::uint8_t>& packet) {
    relay::PacketParser parser;
    parser.payload_types[98] = {relay::PayloadRole::media, relay::Codec::opaque};
    parser.extensions.set(3, relay::ExtensionKind::mid);
    parser.extensions.set(20, relay::ExtensionKind::rid);
    relay::PacketInfo info;
    EXPECT_EQ(relay::parse_packet(packet, parser, info), relay::ParseError::none);
    return info;
}

TEST(RtpWriter, FieldsAreReadBack) {
    const std::vector<std::uint8_t> payload(40, 7);
    const relay::PacketInfo info = read(write_rtp(kFields, {}, payload));
    EXPECT_TRUE(info.marker);
    EXPECT_EQ(info.payload_type, 98);
    EXPECT_EQ(info.sequence.value, 0xfffe);
    EXPECT_EQ(info.timestamp.value, 0x12345678u);
    EXPECT_EQ(info.ssrc.value, 0xdeadbeefu);
    EXPECT_EQ(info.payload_size, 40);
}

// RFC 8285: one-byte elements where all fit, else two-byte elements for the whole packet.
TEST(RtpWriter, TheFormOfExtensionsIsTheSmallestThatFits) {
    const std::vector<std::uint8_t> payload(10, 7);
    const ExtensionElement small{3, {'a', 'b'}}, large{3, std::vector<std::uint8_t>(17, 'x')},
        high{20, {'q'}}, empty{3, {}};
    const auto form = [&](std::vector<ExtensionElement> elements) {
        const auto packet = write_rtp(kFields, elements, payload);
        const relay::PacketInfo info = read(packet);
        EXPECT_EQ(info.payload_size, 10);
        EXPECT_NE(
            info.find(elements[0].id == 3 ? relay::ExtensionKind::mid : relay::ExtensionKind::rid),
            nullptr);
        return packet[12] << 8 | packet[13];
    };
    EXPECT_EQ(form({small}), 0xbede);
    EXPECT_EQ(form({large}), 0x1000);
    EXPECT_EQ(form({high, small}), 0x1000);
    EXPECT_EQ(form({small, empty}), 0x1000);
}

}  // namespace
}  // namespace strata::gen
