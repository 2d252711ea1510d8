#include "bench/generator/scalability.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "bench/generator/layer_bit.h"

namespace strata::gen {
namespace {

TEST(Scalability, ReadsModes) {
    EXPECT_EQ(parse_scalability_mode("L3T3")->prediction, LayerPrediction::full);
    EXPECT_EQ(parse_scalability_mode("L3T2_KEY")->prediction, LayerPrediction::key);
    EXPECT_EQ(parse_scalability_mode("S2T1")->prediction, LayerPrediction::none);
    for (const char* text : {"", "L4T1", "L1T4", "S3T3_KEY", "X1T1", "L1T1h"})
        EXPECT_FALSE(parse_scalability_mode(text)) << text;
}

// Every fixed layer set is closed under references: what it contains refers to what it contains
// (C10).
TEST(Scalability, EveryLayerSetIsDecodable) {
    for (const char* text :
         {"L1T1", "L1T2", "L1T3", "L2T2", "L3T3", "L3T3_KEY", "L2T1_KEY", "S3T3"}) {
        const ScalabilityMode mode = *parse_scalability_mode(text);
        for (std::size_t s = 0; s < mode.spatial_layers; ++s) {
            for (std::size_t t = 0; t < mode.temporal_layers; ++t) {
                FrameSequence sequence(mode);
                std::int64_t number = 65'000;
                std::set<std::int64_t> kept;
                for (int picture = 0; picture < 40; ++picture) {
                    for (const LayerFrame& f : sequence.next_picture(picture % 17 == 0, number)) {
                        if ((f.wanted & layer_bit(s, t)) == 0) continue;
                        for (const std::uint16_t diff : f.fdiffs)
                            EXPECT_TRUE(kept.contains(f.number - diff))
                                << text << " S" << s << "T" << t;
                        kept.insert(f.number);
                    }
                }
                EXPECT_FALSE(kept.empty());
            }
        }
    }
}

TEST(Scalability, NoPictureRefersUpward) {  // C1: every picture is a point to switch up
    FrameSequence sequence(*parse_scalability_mode("L1T3"));
    std::int64_t number = 0;
    std::map<std::int64_t, int> temporal;
    for (int i = 0; i < 30; ++i) {
        const LayerFrame f = sequence.next_picture(i == 0, number).front();
        temporal[f.number] = f.temporal_id;
        for (const std::uint16_t diff : f.fdiffs)
            EXPECT_TRUE(temporal[f.number - diff] < f.temporal_id || f.temporal_id == 0);
    }
}

}  // namespace
}  // namespace strata::gen
