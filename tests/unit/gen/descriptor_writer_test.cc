#include "bench/generator/descriptor_writer.h"

#include <gtest/gtest.h>

#include "relay/codec/dependency_descriptor.h"

namespace strata::gen {
namespace {

// What is written is what relay's reader gets, frame by frame, in every mode.
void expect_read_back(const ScalabilityMode& mode, std::int64_t stride) {
    FrameSequence sequence(mode);
    const DescriptorWriter writer(mode, stride, {{320, 180}, {640, 360}, {1280, 720}});
    std::int64_t number = 65'500;
    relay::DependencyStructure structure;
    bool have_structure = false;
    int short_ones = 0;
    for (int picture = 0; picture < 40; ++picture) {
        for (const LayerFrame& f : sequence.next_picture(picture % 25 == 0, number)) {
            const bool attach = f.key_picture && f.spatial_id == 0;
            const auto bytes = writer.write(f, true, false, attach);
            if (bytes.size() == relay::kMandatoryDescriptorSize) ++short_ones;
            relay::DependencyDescriptor d;
            ASSERT_EQ(
                relay::read_dependency_descriptor(bytes, have_structure ? &structure : nullptr, d),
                relay::DescriptorError::none);
            if (d.has_structure) structure = d.attached_structure;
            have_structure = true;
            EXPECT_TRUE(d.start_of_frame && !d.end_of_frame);
            EXPECT_EQ(d.frame_number, f.number & 0xffff);
            EXPECT_EQ(d.frame.spatial_id, f.spatial_id);
            EXPECT_EQ(d.frame.temporal_id, f.temporal_id);
            ASSERT_EQ(d.frame.fdiff_count, f.fdiffs.size());
            for (std::size_t i = 0; i < f.fdiffs.size(); ++i)
                EXPECT_EQ(d.frame.fdiffs[i], f.fdiffs[i]);
            for (std::size_t i = 0; i < f.dtis.size(); ++i) EXPECT_EQ(d.frame.dtis[i], f.dtis[i]);
            for (std::size_t i = 0; i < f.chain_diffs.size(); ++i)
                EXPECT_EQ(d.frame.chain_diffs[i], f.chain_diffs[i]);
        }
        number += (stride - 1) * mode.spatial_layers;
    }
    EXPECT_EQ(structure.max_spatial_id + 1, mode.spatial_layers);
    EXPECT_EQ(structure.width[0], 320);
    EXPECT_GT(short_ones, 20) << "steady frames fit a template";
}

TEST(DescriptorWriter, RelayReadsEveryMode) {
    for (const char* text :
         {"L1T1", "L1T2", "L1T3", "L2T2", "L3T3", "L2T3_KEY", "L3T3_KEY", "S3T3"}) {
        SCOPED_TRACE(text);
        expect_read_back(*parse_scalability_mode(text), 1);
    }
}

TEST(DescriptorWriter, SharedFrameNumbersStretchTheDifferences) {  // B3
    expect_read_back(*parse_scalability_mode("L1T3"), 3);
}

}  // namespace
}  // namespace strata::gen
