#include "relay/rewrite/dependency_descriptor_rewriter.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "relay/codec/bit_writer.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A structure of one spatial and three temporal layers: three templates, three decode targets, no
// chains, with template_id_offset 5. Key frame of template 0, frame number 0x1234.
Bytes with_structure(bool with_mask) {
    Bytes bytes(32, 0);
    BitWriter w(bytes);
    w.write(0b11, 2);
    w.write(5, 6);
    w.write(0x1234, 16);
    w.write(with_mask ? 0b11000 : 0b10000, 5);
    w.write(5, 6);  // template_id_offset
    w.write(2, 5);  // dt_cnt_minus_one
    // template layers: same, next temporal, next temporal, end
    w.write(1, 2);
    w.write(1, 2);
    w.write(3, 2);
    for (const unsigned dtis : {0b10'10'10u, 0b00'10'10u, 0b00'00'01u}) w.write(dtis, 6);
    w.write(0, 1);  // template 0: no fdiffs
    w.write(1, 1);  // template 1: one, of 2
    w.write(1, 4);
    w.write(0, 1);
    w.write(1, 1);  // template 2: one, of 1
    w.write(0, 4);
    w.write(0, 1);
    w.write_non_symmetric(0, 4);  // chain_cnt
    w.write(0, 1);                // no resolutions
    if (with_mask) w.write(0b011, 3);
    EXPECT_TRUE(w.ok());
    bytes.resize(w.size_bytes());
    return bytes;
}

DependencyDescriptor read(const Bytes& bytes, const DependencyStructure* current) {
    DependencyDescriptor out;
    EXPECT_EQ(read_dependency_descriptor(bytes, current, out), DescriptorError::none);
    return out;
}

Bytes rewritten(const Bytes& in, const DependencyDescriptor& descriptor, std::uint32_t targets) {
    Bytes out(kMaxDescriptorSize, 0xcc);
    out.resize(rewrite_descriptor(in, make_descriptor_mask(descriptor, 3, targets), out));
    return out;
}

class DescriptorRewriter : public testing::Test {
  protected:
    Bytes key_ = with_structure(false);
    DependencyDescriptor key_read_ = read(key_, nullptr);
    const DependencyStructure* structure_ = &key_read_.attached_structure;
};

TEST_F(DescriptorRewriter, PutsTheMaskIntoAShortDescriptor) {  // C11
    const Bytes in{0x80 | 6, 0x12, 0x35};
    const Bytes out = rewritten(in, read(in, structure_), 0b011);
    ASSERT_EQ(out.size(), 4u);
    const DependencyDescriptor back = read(out, structure_);
    EXPECT_EQ(back.template_id, 6);
    EXPECT_EQ(back.frame_number, 0x1235);
    EXPECT_TRUE(back.start_of_frame);
    EXPECT_TRUE(back.has_active_targets);
    EXPECT_EQ(back.active_decode_targets, 0b011u);
    EXPECT_EQ(back.frame.fdiff_count, 1);
    EXPECT_EQ(back.frame.fdiffs[0], 2);
}

TEST_F(DescriptorRewriter, PutsTheMaskBesideAStructureThatHasNone) {  // C11
    const Bytes out = rewritten(key_, key_read_, 0b001);
    const DependencyDescriptor back = read(out, nullptr);
    EXPECT_TRUE(back.has_structure);
    EXPECT_TRUE(back.has_active_targets);
    EXPECT_EQ(back.active_decode_targets, 0b001u);
    EXPECT_EQ(back.attached_structure.template_count, 3);
    EXPECT_LE(out.size(), key_.size() + 1);
}

TEST_F(DescriptorRewriter, ReplacesTheMaskThatIsThere) {  // C11, B4
    const Bytes in = with_structure(true);
    const Bytes out = rewritten(in, read(in, nullptr), 0b001);
    EXPECT_EQ(out.size(), in.size());
    EXPECT_EQ(read(out, nullptr).active_decode_targets, 0b001u);
}

TEST_F(DescriptorRewriter, LeavesAFullMaskBesideAStructureOut) {
    EXPECT_EQ(rewritten(key_, key_read_, 0b111), key_);
    const Bytes in = with_structure(true);
    const DependencyDescriptor back = read(rewritten(in, read(in, nullptr), 0b111), nullptr);
    EXPECT_FALSE(back.has_active_targets);
    EXPECT_EQ(back.active_decode_targets, 0b111u);
}

TEST_F(DescriptorRewriter, KeepsCustomDependenciesBehindTheMask) {  // B4
    Bytes in(16, 0);
    BitWriter w(in);
    w.write(0b01, 2);
    w.write(7, 6);
    w.write(99, 16);
    w.write(0b00110, 5);  // custom dtis and fdiffs
    w.write(0b10'00'01, 6);
    w.write(1, 2);  // next_fdiff_size 4 bits
    w.write(4, 4);
    w.write(2, 2);  // 8 bits
    w.write(200, 8);
    w.write(0, 2);
    in.resize(w.size_bytes());
    const DependencyDescriptor before = read(in, structure_);
    const DependencyDescriptor after = read(rewritten(in, before, 0b010), structure_);
    EXPECT_EQ(after.active_decode_targets, 0b010u);
    EXPECT_EQ(after.frame.dtis, before.frame.dtis);
    ASSERT_EQ(after.frame.fdiff_count, 2);
    EXPECT_EQ(after.frame.fdiffs[0], 5);
    EXPECT_EQ(after.frame.fdiffs[1], 201);
}

TEST_F(DescriptorRewriter, RefusesWhatDoesNotFit) {
    const Bytes in{0x80, 0, 1};
    const DescriptorMask mask = make_descriptor_mask(read({0x85, 0, 1}, structure_), 3, 1);
    std::array<std::uint8_t, 3> small;
    EXPECT_EQ(rewrite_descriptor(in, mask, small), 0u);
    Bytes out(64, 0);
    EXPECT_EQ(rewrite_descriptor(Bytes{0x80, 0}, mask, out), 0u);
    DescriptorMask wrong = make_descriptor_mask(key_read_, 3, 1);
    wrong.size_bits = static_cast<std::uint16_t>(key_.size() * 8 + 1);
    EXPECT_EQ(rewrite_descriptor(key_, wrong, out), 0u);
    wrong = make_descriptor_mask(key_read_, 0, 1);
    EXPECT_EQ(rewrite_descriptor(key_, wrong, out), 0u);
    wrong = make_descriptor_mask(read(with_structure(true), nullptr), 3, 1);
    EXPECT_EQ(rewrite_descriptor(key_, wrong, out), 0u) << "the packet has no mask there";
}

}  // namespace
}  // namespace strata::relay
