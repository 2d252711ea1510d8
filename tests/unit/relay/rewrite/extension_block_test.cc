#include "relay/rewrite/extension_block.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "relay/rtp/packet.h"
#include "tests/unit/relay/rewrite/packet_builder.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

class ExtensionBlockTest : public testing::Test {
  protected:
    ExtensionBlockTest() {
        incoming_.set(1, ExtensionKind::audio_level);
        incoming_.set(3, ExtensionKind::abs_send_time);
        incoming_.set(4, ExtensionKind::mid);
        incoming_.set(5, ExtensionKind::dependency_descriptor);
        incoming_.set(6, ExtensionKind::video_orientation);
        set(ExtensionKind::dependency_descriptor, 9);
        set(ExtensionKind::video_orientation, 2);
        set(ExtensionKind::abs_send_time, 7);
    }
    void set(ExtensionKind kind, std::uint8_t id) {
        profile_.extension_id[static_cast<std::size_t>(kind)] = id;
    }
    Bytes write(const PacketBuilder& builder) {
        const Bytes packet = builder.build();
        PacketInfo info;
        EXPECT_EQ(parse_header(packet, incoming_, info), ParseError::none);
        Bytes out(320, 0xcc);
        const auto block = write_extension_block(packet, info, profile_, nullptr, out);
        EXPECT_TRUE(block);
        block_ = block.value_or(ExtensionBlock{});
        out.resize(block_.size);
        return out;
    }

    ExtensionMap incoming_;
    HeaderProfile profile_;
    ExtensionBlock block_;
};

TEST_F(ExtensionBlockTest, OnlyEndToEndExtensionsLeaveUnderTheLegsIds) {  // C37
    PacketBuilder packet;
    packet.extensions = {{3, {0, 1}}, {4, {'0'}},  {5, {0x80, 0, 1}},
                         {6, {1}},    {1, {0x85}}, {11, {1}}};
    const Bytes expected{0xbe, 0xde, 0, 2, 0x92, 0x80, 0, 1, 0x20, 1, 0, 0};
    EXPECT_EQ(write(packet), expected);
    EXPECT_EQ(block_.descriptor_at, 5u);
    EXPECT_EQ(block_.descriptor_size, 3u);
}

TEST_F(ExtensionBlockTest, PlacesForWhatIsStamped) {  // C29, C37
    set(ExtensionKind::transport_cc, 12);
    set(ExtensionKind::mid, 10);
    profile_.mid_size = 2;
    PacketBuilder packet;
    packet.extensions = {{4, {'0'}}, {6, {1}}};
    const Bytes expected{0xbe, 0xde, 0, 2, 0x20, 1, 0xc1, 0, 0, 0xa1, 0, 0};
    EXPECT_EQ(write(packet), expected);
    EXPECT_EQ(block_.transport_sequence_at, 7u);
    EXPECT_EQ(block_.mid_at, 10u);
    // Where none came in, and in the other form.
    set(ExtensionKind::mid, 20);
    const Bytes two_byte{0x10, 0x00, 0, 2, 12, 2, 0, 0, 20, 2, 0, 0};
    EXPECT_EQ(write(PacketBuilder{}), two_byte);
    EXPECT_EQ(block_.transport_sequence_at, 6u);
    EXPECT_EQ(block_.mid_at, 10u);
    profile_.mid_size = 0;
    EXPECT_EQ(write(PacketBuilder{}).size(), 8u) << "no MID, no place";
    EXPECT_EQ(block_.mid_at, 0u);
}

TEST_F(ExtensionBlockTest, NothingLeftIsNoBlock) {
    PacketBuilder packet;
    packet.extensions = {{3, {0, 1}}, {4, {'0'}}};
    EXPECT_TRUE(write(packet).empty());
}

TEST_F(ExtensionBlockTest, TwoByteFormOnlyWhereNeeded) {  // C12, B5
    PacketBuilder packet;
    packet.extensions = {{6, {1}}, {5, Bytes(17, 0x80)}};
    Bytes out = write(packet);
    EXPECT_EQ(out[0], 0x10);
    EXPECT_EQ(out[1], 0x00);
    EXPECT_EQ((Bytes{out.begin() + 4, out.begin() + 9}), (Bytes{2, 1, 1, 9, 17}));
    EXPECT_EQ(out.size() % 4, 0u);
    packet.extensions = {{6, {1}}, {5, Bytes(16, 0x80)}};
    EXPECT_EQ(write(packet)[0], 0xbe);
    set(ExtensionKind::video_orientation, 15);
    EXPECT_EQ(write(packet)[0], 0x10) << "ids above 14 need it too";
}

TEST_F(ExtensionBlockTest, ALegWithoutMixedFormsHasOneFormForGood) {  // C12
    profile_.mixed_extension_forms = false;
    PacketBuilder packet;
    packet.extensions = {{6, {1}}};
    EXPECT_EQ(write(packet)[0], 0x10) << "its descriptor may need the two-byte form later";
    set(ExtensionKind::dependency_descriptor, 0);
    set(ExtensionKind::color_space, 3);
    incoming_.set(8, ExtensionKind::color_space);
    packet.extensions = {{8, Bytes(28, 1)}, {6, {1}}};
    EXPECT_EQ(write(packet), (Bytes{0xbe, 0xde, 0, 1, 0x20, 1, 0, 0})) << "what can't be held";
}

TEST_F(ExtensionBlockTest, TheFirstOfAKindCounts) {
    PacketBuilder packet;
    packet.extensions = {{6, {1}}, {6, {2}}};
    EXPECT_EQ(write(packet), (Bytes{0xbe, 0xde, 0, 1, 0x20, 1, 0, 0}));
}

TEST_F(ExtensionBlockTest, TooLittleRoomIsRefused) {
    PacketBuilder packet;
    packet.extensions = {{5, Bytes(100, 0x80)}};
    const Bytes bytes = packet.build();
    PacketInfo info;
    ASSERT_EQ(parse_header(bytes, incoming_, info), ParseError::none);
    std::array<std::uint8_t, 64> out;
    EXPECT_FALSE(write_extension_block(bytes, info, profile_, nullptr, out));
}

}  // namespace
}  // namespace strata::relay
