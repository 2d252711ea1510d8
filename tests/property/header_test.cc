#include <gtest/gtest.h>

#include <array>
#include <span>
#include <vector>

#include "relay/rewrite/header_builder.h"
#include "relay/rtp/packet.h"
#include "tests/property/random_channel.h"
#include "tests/property/seeds.h"
#include "tests/property/synthetic_encoder.h"

namespace strata::relay {
namespace {

constexpr std::uint64_t kCases = 300;
constexpr std::uint16_t kLow15Bits = 0x7fff;

// One leg: its ids, and where its receiver's counters stand.
struct Leg {
    explicit Leg(Random& random) {
        profile.payload_type = static_cast<std::uint8_t>(random.between(96, 127));
        profile.mixed_extension_forms = random.chance(70);
        outgoing.payload_types[profile.payload_type].role = PayloadRole::media;
        if (random.chance(80)) {
            const auto id = static_cast<std::uint8_t>(random.chance(70) ? random.between(1, 14)
                                                                        : random.between(16, 255));
            profile.extension_id[static_cast<std::size_t>(ExtensionKind::dependency_descriptor)] =
                id;
            outgoing.extensions.set(id, ExtensionKind::dependency_descriptor);
        }
        offsets = {random.any<std::uint32_t>(), random.any<std::uint32_t>(),
                   random.any<std::uint16_t>(), random.any<std::uint16_t>(),
                   random.any<std::uint16_t>(), random.any<std::uint8_t>(),
                   random.any<std::uint8_t>(),  random.any<std::uint8_t>()};
    }
    HeaderProfile profile;
    ReceiverOffsets offsets;
    PacketParser outgoing;
};

// The outgoing packet, as a receiver would put it together from header and shared payload.
std::vector<std::uint8_t> send(const HeaderRequest& request, const Leg& leg) {
    HeaderTemplate header;
    const auto range = build_header(request, leg.profile, header);
    EXPECT_TRUE(range);
    if (!range) return {};
    std::vector<std::uint8_t> out(HeaderTemplate::kMaxSize, 0xcc);
    write_header(header, leg.offsets, out.data());
    out.resize(header.size);
    const auto payload = request.packet.subspan(range->offset, range->size);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

void expect_same_frame(const FrameDependencies& got, const FrameDependencies& sent) {
    EXPECT_EQ(got.spatial_id, sent.spatial_id);
    EXPECT_EQ(got.temporal_id, sent.temporal_id);
    ASSERT_EQ(got.fdiff_count, sent.fdiff_count);
    EXPECT_EQ(got.fdiffs, sent.fdiffs);
    EXPECT_EQ(got.dtis, sent.dtis);
    EXPECT_EQ(got.chain_diffs, sent.chain_diffs);
}

// Both ends' view of the descriptors of one stream.
struct DescriptorPair {
    DependencyStructure sent_structure, got_structure;
    bool known = false;
};

// C10, C11, C12: what a receiver reads is what was sent, its numbers moved by its offsets.
void check_descriptor(std::span<const std::uint8_t> in, std::span<const std::uint8_t> out,
                      std::uint32_t mask, const ReceiverOffsets& offsets, DescriptorPair& pair) {
    DependencyDescriptor sent, got;
    ASSERT_EQ(read_dependency_descriptor(in, pair.known ? &pair.sent_structure : nullptr, sent),
              DescriptorError::none);
    ASSERT_EQ(read_dependency_descriptor(out, pair.known ? &pair.got_structure : nullptr, got),
              DescriptorError::none);
    EXPECT_EQ(got.start_of_frame, sent.start_of_frame);
    EXPECT_EQ(got.end_of_frame, sent.end_of_frame);
    EXPECT_EQ(got.frame_number,
              static_cast<std::uint16_t>(sent.frame_number + offsets.frame_number));
    EXPECT_EQ(got.template_id, (sent.template_id + offsets.template_id_shift) % 64);
    ASSERT_EQ(got.has_structure, sent.has_structure);
    EXPECT_EQ(got.active_decode_targets, mask);
    expect_same_frame(got.frame, sent.frame);
    if (!sent.has_structure) return;
    EXPECT_EQ(got.attached_structure.template_id_offset,
              (sent.attached_structure.template_id_offset + offsets.template_id_shift) % 64);
    EXPECT_EQ(got.attached_structure.template_count, sent.attached_structure.template_count);
    EXPECT_EQ(got.width, sent.width);
    pair = {sent.attached_structure, got.attached_structure, true};
}

void check_picture(const PacketInfo& got, const PacketInfo& sent, std::int64_t picture_id,
                   const ReceiverOffsets& offsets) {
    const auto moved = static_cast<std::uint16_t>(picture_id + offsets.picture_id);
    if (sent.codec == Codec::vp8) {  // C23
        EXPECT_EQ(got.vp8.picture_id_bits, sent.vp8.picture_id_bits);
        EXPECT_EQ(got.vp8.picture_id, moved & (sent.vp8.picture_id_bits == 15 ? kLow15Bits : 0x7f));
        EXPECT_EQ(got.vp8.tl0_pic_idx,
                  static_cast<std::uint8_t>(sent.vp8.tl0_pic_idx + offsets.tl0_pic_idx));
        EXPECT_EQ(got.vp8.key_idx, (sent.vp8.key_idx + offsets.key_idx) % 32);
        EXPECT_EQ(got.vp8.layer_sync, sent.vp8.layer_sync);
        EXPECT_EQ(got.vp8.key_frame, sent.vp8.key_frame);
    } else if (sent.codec == Codec::vp9) {
        EXPECT_EQ(got.vp9.picture_id_bits, sent.vp9.picture_id_bits);
        EXPECT_EQ(got.vp9.picture_id, moved & (sent.vp9.picture_id_bits == 15 ? kLow15Bits : 0x7f));
        EXPECT_EQ(got.vp9.p_diff, sent.vp9.p_diff);
        EXPECT_EQ(got.spatial_id, sent.spatial_id);
    }
    EXPECT_EQ(got.temporal_id, sent.temporal_id);
    EXPECT_EQ(got.payload_size, sent.payload_size);
    EXPECT_EQ(got.padding_size, 0) << "C50";
}

EncoderSettings random_settings(Random& random) {
    EncoderSettings settings;
    settings.codec = std::array{Codec::vp8, Codec::vp9,
                                Codec::opaque}[static_cast<std::size_t>(random.between(0, 2))];
    settings.shape.temporal_layers = static_cast<int>(random.between(1, 3));
    if (settings.codec != Codec::vp8)
        settings.shape.spatial_layers = static_cast<int>(random.between(1, 3));
    settings.shape.inter_layer = static_cast<InterLayer>(random.between(0, 2));
    settings.descriptor = settings.codec == Codec::opaque || random.chance(50);
    settings.picture_id_bits = random.chance(50) ? 7 : 15;
    settings.custom_percent = static_cast<int>(random.between(0, 60));
    settings.mask_percent = static_cast<int>(random.between(0, 60));
    return settings;
}

void check_case(std::uint64_t seed) {
    Random random(seed);
    const EncoderSettings settings = random_settings(random);
    auto frame_number = random.any<std::uint16_t>();
    SyntheticEncoder encoder(settings, 7, 0, random, frame_number);
    const Leg leg(random);
    const PacketParser incoming = synthetic_parser(settings.codec);
    PacketParser outgoing = leg.outgoing;
    outgoing.payload_types[leg.profile.payload_type].codec = settings.codec;
    DescriptorPair pair;
    const auto targets = static_cast<std::uint8_t>(encoder.model().decode_targets());
    for (int picture = 0; picture < 40; ++picture) {
        const auto packets = encoder.encode(picture * settings.picture_us, random.chance(10));
        for (const SyntheticPacket& packet : packets) {
            PacketInfo sent, got;
            ASSERT_EQ(parse_packet(packet.bytes, incoming, sent), ParseError::none);
            const auto mask =
                static_cast<std::uint32_t>(random.between(0, (std::int64_t{1} << targets) - 1));
            const ExtensionLocation* in = sent.find(ExtensionKind::dependency_descriptor);
            DescriptorMask request_mask;
            if (in != nullptr) {
                DependencyDescriptor descriptor;
                ASSERT_EQ(read_dependency_descriptor(
                              std::span(packet.bytes).subspan(in->offset, in->size),
                              pair.known ? &pair.sent_structure : nullptr, descriptor),
                          DescriptorError::none);
                request_mask = make_descriptor_mask(descriptor, targets, mask);
                if (descriptor.has_structure) pair.sent_structure = descriptor.attached_structure;
                pair.known = true;
            }
            const HeaderRequest request{.packet = packet.bytes,
                                        .info = sent,
                                        .sequence = random.any<std::uint16_t>(),
                                        .end_of_picture = random.chance(10),
                                        .picture_id = random.between(0, 1 << 20),
                                        .descriptor_mask = in != nullptr ? &request_mask : nullptr};
            const auto out = send(request, leg);
            ASSERT_EQ(parse_packet(out, outgoing, got), ParseError::none);
            EXPECT_EQ(got.ssrc.value, leg.offsets.ssrc);
            EXPECT_EQ(got.sequence.value,
                      static_cast<std::uint16_t>(request.sequence + leg.offsets.sequence));
            EXPECT_EQ(got.timestamp.value, sent.timestamp.value + leg.offsets.timestamp);
            EXPECT_EQ(got.marker, sent.marker || request.end_of_picture);
            EXPECT_EQ(got.extensions_ignored, 0);
            check_picture(got, sent, request.picture_id, leg.offsets);
            const ExtensionLocation* there = got.find(ExtensionKind::dependency_descriptor);
            ASSERT_EQ(
                there != nullptr,
                in != nullptr && leg.profile.id_of(ExtensionKind::dependency_descriptor) != 0);
            if (there != nullptr)
                check_descriptor(std::span(packet.bytes).subspan(in->offset, in->size),
                                 std::span(out).subspan(there->offset, there->size), mask,
                                 leg.offsets, pair);
            if (testing::Test::HasFailure()) return;
        }
    }
}

TEST(HeaderProperty, WhatAReceiverReadsIsWhatWasSentMovedByItsOffsets) {
    for (const std::uint64_t seed : seeds(kCases)) {
        SCOPED_TRACE(seed);
        check_case(seed);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace strata::relay
