#include "relay/rewrite/header_builder.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "relay/rtp/packet.h"
#include "tests/unit/relay/rewrite/packet_builder.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

class HeaderBuilder : public testing::Test {
  protected:
    HeaderBuilder() {
        incoming_.set(5, ExtensionKind::dependency_descriptor);
        profile_.payload_type = 100;
        profile_.extension_id[static_cast<std::size_t>(ExtensionKind::dependency_descriptor)] = 9;
    }

    // Parses the header; the test fills in what the payload says.
    void parse(const PacketBuilder& builder) {
        packet_ = builder.build();
        ASSERT_EQ(parse_header(packet_, incoming_, info_), ParseError::none);
    }

    // The whole outgoing packet.
    Bytes out(const ReceiverOffsets& receiver = {}) {
        request_.packet = packet_;
        HeaderTemplate t;
        const auto range = build_header(request_, profile_, t);
        EXPECT_TRUE(range);
        if (!range) return {};
        Bytes bytes(HeaderTemplate::kMaxSize, 0xcc);
        write_header(t, receiver, bytes.data());
        bytes.resize(t.size);
        bytes.insert(bytes.end(), packet_.begin() + range->offset,
                     packet_.begin() + range->offset + range->size);
        return bytes;
    }

    ExtensionMap incoming_;
    HeaderProfile profile_;
    PacketInfo info_;
    HeaderRequest request_{.packet = {}, .info = info_};
    Bytes packet_;
};

TEST_F(HeaderBuilder, FixedHeaderCsrcsAndPayload) {  // C50
    PacketBuilder builder;
    builder.sequence = 50;
    builder.timestamp = 1'000;
    builder.csrcs = {0xa, 0xb};
    builder.payload = {1, 2, 3};
    builder.padding = 9;
    parse(builder);
    request_.sequence = 40;
    builder.payload_type = 100;
    builder.sequence = 43;
    builder.timestamp = 900;
    builder.ssrc = 77;
    builder.padding = 0;
    EXPECT_EQ(out({.ssrc = 77, .timestamp = static_cast<std::uint32_t>(-100), .sequence = 3}),
              builder.build());
}

TEST_F(HeaderBuilder, MarkerIsSetAtTheEndOfThePictureAndNeverCleared) {  // C5, B2
    PacketBuilder builder;
    parse(builder);
    EXPECT_EQ(out()[1], 100);
    request_.end_of_picture = true;
    EXPECT_EQ(out()[1], 0x80 | 100);
    request_.end_of_picture = false;
    builder.marker = true;
    parse(builder);
    EXPECT_EQ(out()[1], 0x80 | 100);
}

TEST_F(HeaderBuilder, DescriptorIsMovedWithItsReceiverOrStripped) {  // C10, C37
    PacketBuilder builder;
    builder.extensions = {{5, {0xc0 | 63, 0xff, 0xff}}};
    builder.payload = {7};
    parse(builder);
    const Bytes bytes = out({.frame_number = 3, .template_id_shift = 2});
    EXPECT_EQ((Bytes{bytes.begin() + 12, bytes.end()}),
              (Bytes{0xbe, 0xde, 0, 1, 0x92, 0xc0 | 1, 0, 2, 7}));
    profile_.extension_id = {};
    EXPECT_EQ(out().size(), 13u);
    EXPECT_EQ(out()[0], 0x80);
}

// X=1 S=1; I=1 L=1 T=1 K=1; picture id 15 bits; TL0PICIDX; TID 1, Y, KEYIDX 5
const Bytes kVp8Descriptor{0x90, 0xf0, 0x80 | 0x12, 0x34, 200, 0x60 | 5};
constexpr Vp8Info kVp8{.has_key_idx = true,
                       .has_tl0_pic_idx = true,
                       .picture_id = 0x1234,
                       .picture_id_bits = 15,
                       .picture_id_offset = 2,
                       .tl0_pic_idx = 200,
                       .tl0_pic_idx_offset = 4,
                       .key_idx = 5,
                       .tid_key_idx_offset = 5};

TEST_F(HeaderBuilder, Vp8DescriptorIsPatched) {  // C23
    PacketBuilder builder;
    builder.payload = kVp8Descriptor;
    builder.payload.insert(builder.payload.end(), {0xaa, 0xbb});
    parse(builder);
    info_.codec = Codec::vp8;
    info_.vp8 = kVp8;
    request_.picture_id = (1 << 15) + 0x1230;  // extended, four pictures dropped
    const Bytes bytes = out({.picture_id = 0x11, .tl0_pic_idx = 60, .key_idx = 30});
    EXPECT_EQ((Bytes{bytes.begin() + 12, bytes.end()}),
              (Bytes{0x90, 0xf0, 0x80 | 0x12, 0x41, 4, 0x60 | 3, 0xaa, 0xbb}));
}

// Without extensions and with enough payload the header is made in line: the same bytes.
TEST_F(HeaderBuilder, HowMuchPayloadFollowsMakesNoDifference) {
    for (const bool vp8 : {false, true})
        for (std::size_t size = 6; size < 50; ++size) {
            PacketBuilder builder;
            builder.timestamp = 0x01020304;
            builder.payload = kVp8Descriptor;
            while (builder.payload.size() < size)
                builder.payload.push_back(static_cast<std::uint8_t>(builder.payload.size()));
            parse(builder);
            info_.codec = vp8 ? Codec::vp8 : Codec::opaque;
            info_.vp8 = kVp8;
            request_.sequence = 0x1112;
            request_.end_of_picture = true;
            Bytes expected{0x80, 0x80 | 100, 0x11, 0x13, 1, 2, 3, 6, 0, 0, 0, 7};
            expected.insert(expected.end(), builder.payload.begin(), builder.payload.end());
            if (vp8) {
                expected[12 + 3] = 0x36;
                expected[12 + 4] = 203;
                expected[12 + 5] = 0x60 | 9;
            }
            ASSERT_EQ(out({.ssrc = 7,
                           .timestamp = 2,
                           .sequence = 1,
                           .picture_id = 2,
                           .tl0_pic_idx = 3,
                           .key_idx = 4}),
                      expected)
                << size;
        }
}

TEST_F(HeaderBuilder, Vp9PictureIdOfSevenBitsKeepsItsWidth) {  // C10, C23
    PacketBuilder builder;
    builder.payload = {0x88, 0x7e, 0xaa};
    parse(builder);
    info_.codec = Codec::vp9;
    info_.vp9.picture_id = 0x7e;
    info_.vp9.picture_id_bits = 7;
    info_.vp9.picture_id_offset = 1;
    const Bytes bytes = out({.picture_id = 5});
    EXPECT_EQ((Bytes{bytes.begin() + 12, bytes.end()}), (Bytes{0x88, 0x03, 0xaa}));
}

TEST_F(HeaderBuilder, RedIsUnwrappedOrKept) {  // B7
    PacketBuilder builder;
    builder.payload_type = 63;
    builder.payload = {0x80 | 111, 0, 0, 2, 111, 0xd0, 0xd1, 0xe0};  // two redundant bytes
    parse(builder);
    info_.red_offset = 12;
    info_.red_payload_type = 63;
    info_.payload_offset = 12 + 7;
    info_.payload_size = 1;
    Bytes bytes = out();
    EXPECT_EQ((Bytes{bytes.begin() + 12, bytes.end()}), (Bytes{0xe0}));
    EXPECT_EQ(bytes[1], 100);
    profile_.red_payload_type = 101;
    bytes = out();
    EXPECT_EQ(bytes[1], 101);
    EXPECT_EQ((Bytes{bytes.begin() + 12, bytes.end()}),
              (Bytes{0x80 | 100, 0, 0, 2, 100, 0xd0, 0xd1, 0xe0}));
}

TEST_F(HeaderBuilder, RedBeforeAPatchedDescriptorIsKeptWhereItIsOneBlock) {  // B7, C23
    PacketBuilder builder;
    builder.payload_type = 63;
    builder.payload = {96, 0x90, 0x80, 0x05, 0xaa};
    parse(builder);
    info_.codec = Codec::vp8;
    info_.red_offset = 12;
    info_.red_payload_type = 63;
    info_.payload_offset = 13;
    info_.payload_size = 4;
    info_.vp8 = {.picture_id = 5, .picture_id_bits = 7, .picture_id_offset = 2};
    profile_.red_payload_type = 101;
    const Bytes bytes = out({.picture_id = 1});
    EXPECT_EQ((Bytes{bytes.begin() + 12, bytes.end()}), (Bytes{100, 0x90, 0x80, 0x06, 0xaa}));
    EXPECT_EQ(bytes[1], 101);
}

TEST_F(HeaderBuilder, AbsurdHeadersAreRefused) {
    incoming_.set(6, ExtensionKind::color_space);
    profile_.extension_id[static_cast<std::size_t>(ExtensionKind::color_space)] = 3;
    PacketBuilder builder;
    builder.csrcs.assign(15, 1);
    builder.extensions = {{5, Bytes(200, 0x40)}, {6, Bytes(100, 1)}};
    parse(builder);
    request_.packet = packet_;
    HeaderTemplate t;
    EXPECT_FALSE(build_header(request_, profile_, t));
}

}  // namespace
}  // namespace strata::relay
