#include "relay/codec/dependency_descriptor.h"

#include <gtest/gtest.h>

#include <vector>

#include "relay/codec/bit_writer.h"
#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

// First descriptors of our captures of the same names.
const Bytes kVp9L3T3Key = hex_bytes(
    "80000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b"
    "5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf");
const Bytes kAv1L3T3 = hex_bytes(
    "81000180081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e0"
    "82b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02"
    "cf");
const Bytes kVp8L1T3 = hex_bytes("8000018002044eaaaf2860414d34538a0940413fc0b3c0");

std::vector<int> fdiffs(const FrameDependencies& frame) {
    return {frame.fdiffs.begin(), frame.fdiffs.begin() + frame.fdiff_count};
}
std::vector<int> chains(const FrameDependencies& frame, std::size_t count) {
    return {frame.chain_diffs.begin(),
            frame.chain_diffs.begin() + static_cast<std::ptrdiff_t>(count)};
}
std::string dtis(const FrameDependencies& frame, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "-DSR"[static_cast<int>(frame.dtis[i])];
    return text;
}

TEST(DependencyDescriptor, StructureOfKSvc) {
    DependencyDescriptor d;
    ASSERT_EQ(read_dependency_descriptor(kVp9L3T3Key, nullptr, d), DescriptorError::none);
    EXPECT_TRUE(d.start_of_frame);
    EXPECT_FALSE(d.end_of_frame);
    EXPECT_EQ(d.template_id, 0);
    EXPECT_EQ(d.frame_number, 1);
    ASSERT_TRUE(d.has_structure);
    const DependencyStructure& s = d.attached_structure;
    EXPECT_EQ(s.template_id_offset, 0);
    EXPECT_EQ(s.template_count, 15);
    EXPECT_EQ(s.decode_target_count, 9);
    EXPECT_EQ(s.chain_count, 3);
    EXPECT_EQ(s.max_spatial_id, 2);
    EXPECT_EQ(s.max_temporal_id, 2);
    EXPECT_EQ(s.width[0], 320);
    EXPECT_EQ(s.height[2], 720);
    EXPECT_EQ(dtis(s.templates[0], 9), "SSSSSSSSS");
    EXPECT_EQ(dtis(s.templates[2], 9), "-DS------");
    EXPECT_EQ(dtis(s.templates[12], 9), "-------DS");
    EXPECT_EQ(fdiffs(s.templates[1]), (std::vector<int>{12}));
    EXPECT_EQ(chains(s.templates[14], 3), (std::vector<int>{11, 10, 9}));
    EXPECT_EQ(s.templates[7].spatial_id, 1);
    EXPECT_EQ(s.templates[7].temporal_id, 1);
    for (std::size_t dt = 0; dt < 9; ++dt) {
        EXPECT_EQ(s.protected_by[dt], dt / 3);
        EXPECT_EQ(s.target_spatial_id[dt], dt / 3);
        EXPECT_EQ(s.target_temporal_id[dt], dt % 3);
    }
    EXPECT_EQ(d.active_decode_targets, 0x1FFu);
    EXPECT_EQ(d.width, 320);
    EXPECT_EQ(find_decode_target(s, 2, 1), 7);
    EXPECT_EQ(find_decode_target(s, 3, 0), -1);
}

TEST(DependencyDescriptor, TemplatesWithSeveralReferences) {
    DependencyDescriptor d;
    ASSERT_EQ(read_dependency_descriptor(kAv1L3T3, nullptr, d), DescriptorError::none);
    EXPECT_EQ(d.template_id, 1);
    const DependencyStructure& s = d.attached_structure;
    EXPECT_EQ(fdiffs(s.templates[5]), (std::vector<int>{12, 1}));
    EXPECT_EQ(dtis(s.templates[0], 9), "SSSRRRRRR");
    EXPECT_EQ(dtis(d.frame, 9), "SSSSSSSSS");
}

TEST(DependencyDescriptor, NoChains) {
    DependencyDescriptor d;
    ASSERT_EQ(read_dependency_descriptor(kVp8L1T3, nullptr, d), DescriptorError::none);
    EXPECT_EQ(d.attached_structure.chain_count, 0);
    EXPECT_EQ(d.attached_structure.template_count, 7);
    EXPECT_EQ(fdiffs(d.attached_structure.templates[6]), (std::vector<int>{3, 1}));
    EXPECT_EQ(d.height, 720);
}

struct Parsed {
    DependencyDescriptor descriptor;
    DescriptorError error;
};
Parsed read_with(const Bytes& structure, const Bytes& bytes) {
    DependencyDescriptor key;
    EXPECT_EQ(read_dependency_descriptor(structure, nullptr, key), DescriptorError::none);
    Parsed parsed;
    parsed.error = read_dependency_descriptor(bytes, &key.attached_structure, parsed.descriptor);
    return parsed;
}

TEST(DependencyDescriptor, MandatoryOnly) {
    const auto [d, error] = read_with(kVp9L3T3Key, hex_bytes("c30004"));
    ASSERT_EQ(error, DescriptorError::none);
    EXPECT_TRUE(d.start_of_frame && d.end_of_frame);
    EXPECT_EQ(d.frame_number, 4);
    EXPECT_FALSE(d.extended);
    EXPECT_EQ(d.frame.temporal_id, 2);
    EXPECT_EQ(fdiffs(d.frame), (std::vector<int>{3}));
    EXPECT_EQ(d.size_bits, 24);
    EXPECT_EQ(d.flags.begin, 24);
    EXPECT_EQ(d.definition.size(), 0);
    EXPECT_FALSE(d.has_active_targets);
}

TEST(DependencyDescriptor, CustomReferencesAndChains) {  // B4
    const auto [d, error] = read_with(kVp9L3T3Key, hex_bytes("8101441b40585048"));
    ASSERT_EQ(error, DescriptorError::none);
    EXPECT_EQ(d.frame_number, 0x144);
    EXPECT_FALSE(d.custom_dtis);
    EXPECT_TRUE(d.custom_fdiffs && d.custom_chains);
    EXPECT_EQ(fdiffs(d.frame), (std::vector<int>{11}));
    EXPECT_EQ(chains(d.frame, 3), (std::vector<int>{11, 10, 9}));
    EXPECT_EQ(dtis(d.frame, 9), "SSS------") << "the template's";
    EXPECT_EQ(d.definition.begin, 29);
    EXPECT_EQ(d.definition.end, 61);
    EXPECT_EQ(d.size_bits, 61);
}

TEST(DependencyDescriptor, BitPositionsAllowReencoding) {  // C11
    DependencyDescriptor d;
    ASSERT_EQ(read_dependency_descriptor(kAv1L3T3, nullptr, d), DescriptorError::none);
    EXPECT_EQ(d.flags.begin, 24);
    EXPECT_EQ(d.flags.end, 29);
    EXPECT_EQ(d.structure.begin, 29);
    EXPECT_EQ(d.active_mask.begin, d.structure.end);
    EXPECT_EQ(d.active_mask.size(), 0);

    // The same descriptor with a mask beside its structure, and ids shifted by 7.
    Bytes larger(kAv1L3T3.size() + 3);
    BitWriter writer(larger);
    writer.write(0b10, 2);
    writer.write(d.template_id + 7u, 6);
    writer.copy(kAv1L3T3, 8, 24);
    writer.write(0b11000, 5);
    writer.write(7, 6);
    writer.copy(kAv1L3T3, d.structure.begin + 6u, d.structure.end);
    writer.write(0b000111111, 9);
    writer.copy(kAv1L3T3, d.definition.begin, d.definition.end);
    ASSERT_TRUE(writer.ok());
    larger.resize(writer.size_bytes());

    DependencyDescriptor e;
    ASSERT_EQ(read_dependency_descriptor(larger, nullptr, e), DescriptorError::none);
    EXPECT_TRUE(e.has_structure && e.has_active_targets);
    EXPECT_EQ(e.active_decode_targets, 0b000111111u);
    EXPECT_EQ(e.active_mask.size(), 9);
    EXPECT_EQ(e.attached_structure.template_id_offset, 7);
    EXPECT_EQ(fdiffs(e.frame), fdiffs(d.frame));
    EXPECT_EQ(dtis(e.frame, 9), dtis(d.frame, 9));
    EXPECT_EQ(e.attached_structure.height[2], 720);
}

TEST(DependencyDescriptor, WithoutStructure) {  // C9
    DependencyDescriptor d;
    EXPECT_EQ(read_dependency_descriptor(hex_bytes("c30004"), nullptr, d),
              DescriptorError::no_structure);
    EXPECT_EQ(d.frame_number, 4);
    EXPECT_EQ(read_dependency_descriptor(hex_bytes("8101441b40585048"), nullptr, d),
              DescriptorError::no_structure);
    EXPECT_TRUE(d.custom_fdiffs);
}

TEST(DependencyDescriptor, TemplateOfAnotherStructure) {  // C9, C51
    EXPECT_EQ(read_with(kVp9L3T3Key, hex_bytes("ce0004")).error, DescriptorError::none);
    EXPECT_EQ(read_with(kVp9L3T3Key, hex_bytes("cf0004")).error, DescriptorError::unknown_template);
    EXPECT_EQ(read_with(kVp9L3T3Key, hex_bytes("ff0004")).error, DescriptorError::unknown_template);
}

// Layers of a made-up structure: the next_layer_idc behind each template.
struct MadeUp {
    unsigned offset = 0, targets = 1;
    std::vector<unsigned> next_layers = {3};
    unsigned chains = 0;
    std::size_t fdiffs_each = 0;
    unsigned template_id = 0;
};

Bytes make(const MadeUp& m) {
    Bytes bytes(2000);
    BitWriter w(bytes);
    w.write(3, 2);
    w.write(m.template_id, 6);
    w.write(77, 16);
    w.write(0b10000, 5);
    w.write(m.offset, 6);
    w.write(m.targets - 1, 5);
    for (const unsigned next : m.next_layers) w.write(next, 2);
    for (std::size_t i = 0; i < m.next_layers.size() * m.targets; ++i) w.write(i % 4, 2);
    for (std::size_t i = 0; i < m.next_layers.size(); ++i) {
        for (std::size_t f = 0; f < m.fdiffs_each; ++f) w.write(0b11111, 5);
        w.write_bit(false);
    }
    w.write_non_symmetric(m.chains, m.targets + 1);
    if (m.chains > 0) {
        for (unsigned dt = 0; dt < m.targets; ++dt) w.write_non_symmetric(dt % m.chains, m.chains);
        for (std::size_t i = 0; i < m.next_layers.size() * m.chains; ++i) w.write(i % 16, 4);
    }
    w.write_bit(false);
    bytes.resize(w.size_bytes());
    return bytes;
}

DescriptorError read_made(const MadeUp& m, DependencyDescriptor& d) {
    return read_dependency_descriptor(make(m), nullptr, d);
}

TEST(DependencyDescriptor, LargestStructure) {  // C51
    MadeUp m = {.offset = 40,
                .targets = 32,
                .next_layers = std::vector<unsigned>(64, 0),
                .chains = 32,
                .fdiffs_each = 8,
                .template_id = 39};
    m.next_layers.back() = 3;
    DependencyDescriptor d;
    ASSERT_EQ(read_made(m, d), DescriptorError::none) << "id 39 is template 63 at offset 40";
    EXPECT_EQ(d.attached_structure.template_count, 64);
    EXPECT_EQ(d.attached_structure.chain_count, 32);
    EXPECT_EQ(d.attached_structure.protected_by[31], 31);
    EXPECT_EQ(d.active_decode_targets, 0xFFFF'FFFFu);
    EXPECT_EQ(d.frame.chain_diffs[31], (64 * 32 - 1) % 16);
    EXPECT_EQ(d.frame.fdiff_count, 8);
    EXPECT_EQ(d.frame.fdiffs[7], 16);
}

TEST(DependencyDescriptor, OneTooMany) {  // C51
    DependencyDescriptor d;
    MadeUp templates = {.next_layers = std::vector<unsigned>(65, 0)};
    templates.next_layers.back() = 3;
    EXPECT_EQ(read_made(templates, d), DescriptorError::malformed);
    EXPECT_EQ(read_made({.fdiffs_each = 9}, d), DescriptorError::malformed);
    EXPECT_EQ(read_made({.next_layers = {2, 2, 2, 3}}, d), DescriptorError::none);
    EXPECT_EQ(read_made({.next_layers = {2, 2, 2, 2, 3}}, d), DescriptorError::malformed);
    MadeUp temporal = {.next_layers = std::vector<unsigned>(7, 1)};
    temporal.next_layers.push_back(3);
    EXPECT_EQ(read_made(temporal, d), DescriptorError::none);
    temporal.next_layers.insert(temporal.next_layers.begin(), 1);
    EXPECT_EQ(read_made(temporal, d), DescriptorError::malformed);
}

TEST(DependencyDescriptor, EveryChainCount) {  // C51: ns(n) at every n
    for (unsigned targets = 1; targets <= 32; ++targets) {
        for (unsigned chains = 0; chains <= targets; ++chains) {
            DependencyDescriptor d;
            ASSERT_EQ(read_made({.targets = targets, .next_layers = {1, 3}, .chains = chains}, d),
                      DescriptorError::none);
            ASSERT_EQ(d.attached_structure.chain_count, chains);
            for (unsigned dt = 0; chains > 0 && dt < targets; ++dt)
                ASSERT_EQ(d.attached_structure.protected_by[dt], dt % chains);
        }
    }
}

TEST(DependencyDescriptor, TemplateIdsWrapAt64) {  // C10
    MadeUp m = {.offset = 62, .next_layers = {1, 0, 0, 3}, .template_id = 1};
    DependencyDescriptor d;
    ASSERT_EQ(read_made(m, d), DescriptorError::none);
    EXPECT_EQ(d.frame.temporal_id, 1) << "template 3";
    m.template_id = 2;
    EXPECT_EQ(read_made(m, d), DescriptorError::unknown_template);
    m.template_id = 61;
    EXPECT_EQ(read_made(m, d), DescriptorError::unknown_template);
}

TEST(DependencyDescriptor, WideFdiffs) {
    Bytes bytes(16);
    BitWriter w(bytes);
    w.write(0xC00001, 24);
    w.write(0b00010, 5);
    w.write(3, 2);
    w.write(4095, 12);
    w.write(2, 2);
    w.write(0, 8);
    w.write(0, 2);
    const auto [d, error] = read_with(kVp9L3T3Key, bytes);
    ASSERT_EQ(error, DescriptorError::none) << "zero padding is no harm";
    EXPECT_EQ(fdiffs(d.frame), (std::vector<int>{4096, 1}));
    EXPECT_EQ(d.size_bits, w.position());
}

TEST(DependencyDescriptor, CustomDtis) {
    Bytes bytes(16);
    BitWriter w(bytes);
    w.write(0xC00001, 24);
    w.write(0b01100, 5);
    w.write(0b101, 9);
    for (unsigned i = 0; i < 9; ++i) w.write(i % 4, 2);
    bytes.resize(w.size_bytes());
    const auto [d, error] = read_with(kVp9L3T3Key, bytes);
    ASSERT_EQ(error, DescriptorError::none);
    EXPECT_EQ(dtis(d.frame, 9), "-DSR-DSR-");
    EXPECT_EQ(d.active_decode_targets, 0b101u);
    EXPECT_EQ(d.active_mask.begin, 29);
    EXPECT_EQ(d.definition.begin, 38);
    EXPECT_EQ(d.definition.size(), 18);
}

TEST(DependencyDescriptor, HostileBytes) {  // C51
    DependencyDescriptor key;
    ASSERT_EQ(read_dependency_descriptor(kVp9L3T3Key, nullptr, key), DescriptorError::none);
    for (const Bytes& sample : {kVp9L3T3Key, kAv1L3T3, kVp8L1T3, hex_bytes("8101441b40585048")}) {
        for_each_mutation(sample, [&](const Bytes& bytes) {
            DependencyDescriptor d;
            const DescriptorError error =
                read_dependency_descriptor(bytes, &key.attached_structure, d);
            if (error != DescriptorError::none) return;
            EXPECT_LE(d.size_bits, bytes.size() * 8);
            EXPECT_LE(d.frame.fdiff_count, kMaxReferences);
            EXPECT_LE(d.definition.end, d.size_bits);
        });
    }
}

// Says the same as the whole reading, but for what the frame is.
TEST(DependencyDescriptor, MandatoryPartAlone) {
    DependencyDescriptor key;
    ASSERT_EQ(read_dependency_descriptor(kVp9L3T3Key, nullptr, key), DescriptorError::none);
    const DependencyStructure& structure = key.attached_structure;
    for (unsigned first = 0; first < 256; ++first) {
        const Bytes bytes{static_cast<std::uint8_t>(first), 0x12, 0x34};
        DependencyDescriptor whole, brief;
        const DescriptorError error = read_dependency_descriptor(bytes, &structure, whole);
        ASSERT_EQ(read_mandatory_descriptor(bytes, structure, brief), error) << first;
        EXPECT_EQ(brief.start_of_frame, whole.start_of_frame);
        EXPECT_EQ(brief.end_of_frame, whole.end_of_frame);
        EXPECT_EQ(brief.template_id, first & 0x3f);
        EXPECT_EQ(brief.frame_number, 0x1234);
        EXPECT_FALSE(brief.extended);
        EXPECT_EQ(brief.active_mask.begin, whole.active_mask.begin);
        EXPECT_EQ(brief.active_mask.end, whole.active_mask.end);
        if (error == DescriptorError::none) {
            EXPECT_EQ(brief.size_bits, whole.size_bits);
        }
    }
}

TEST(DependencyDescriptor, TruncatedIsMalformed) {  // C51
    for (std::size_t size = 0; size < kAv1L3T3.size(); ++size) {
        if (size == kMandatoryDescriptorSize) continue;  // complete, but refers to nothing
        DependencyDescriptor d;
        EXPECT_EQ(read_dependency_descriptor(std::span(kAv1L3T3).first(size), nullptr, d),
                  DescriptorError::malformed)
            << size;
    }
}

}  // namespace
}  // namespace strata::relay
