#include "bench/generator/stamp.h"

#include <gtest/gtest.h>

#include <vector>

namespace strata::gen {
namespace {

TEST(Stamp, SurvivesADifferentHeadAndTellsEveryDamage) {
    std::vector<std::uint8_t> payload(300, 0);
    const Stamp written{0xdeadbeef, 77, 1, 2, 1, 5, 123'456'789};
    write_stamp(written, payload, 6);
    Stamp read;
    ASSERT_EQ(read_stamp(payload, read), StampError::none);
    EXPECT_EQ(read.stream, written.stream);
    EXPECT_EQ(read.frame, 77u);
    EXPECT_EQ(read.spatial_id, 2);
    EXPECT_EQ(read.temporal_id, 1);
    EXPECT_EQ(read.packet, 5);
    EXPECT_EQ(read.sent_us, 123'456'789);

    // Another payload descriptor in front: the same content.
    std::vector<std::uint8_t> shorter(payload.begin() + 3, payload.end());
    EXPECT_EQ(read_stamp(shorter, read), StampError::none);
    for (std::size_t i = 6; i < payload.size(); ++i) {
        std::vector<std::uint8_t> damaged = payload;
        damaged[i] ^= 1;
        EXPECT_NE(read_stamp(damaged, read), StampError::none) << i;
    }
    EXPECT_EQ(read_stamp(std::vector<std::uint8_t>(20), read), StampError::absent);
}

}  // namespace
}  // namespace strata::gen
