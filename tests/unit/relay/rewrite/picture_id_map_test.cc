#include "relay/rewrite/picture_id_map.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

TEST(PictureIdMap, FramesDroppedByPolicyLeaveNoHole) {  // C23
    PictureIdMap map;
    EXPECT_EQ(map.decide(10, true).id, 10);
    EXPECT_FALSE(map.decide(11, false).forward);
    EXPECT_EQ(map.decide(12, true).id, 11);
    EXPECT_EQ(map.decide(14, true).id, 13) << "13 was lost upstream";
    EXPECT_EQ(map.next_id(), 14);
}

TEST(PictureIdMap, EveryPacketOfAFrameGetsTheSameAnswer) {  // C6
    PictureIdMap map;
    map.decide(10, true);
    map.decide(11, false);
    map.decide(12, true);
    EXPECT_EQ(map.decide(12, true).id, 11);
    EXPECT_FALSE(map.decide(11, false).forward);
    EXPECT_EQ(map.decide(10, true).id, 10) << "late packets too";
}

TEST(PictureIdMap, LateUnwantedFrameWithAReservedIdIsForwarded) {  // C23
    PictureIdMap map;
    map.decide(10, true);
    map.decide(12, true);
    const auto late = map.decide(11, false);
    EXPECT_TRUE(late.forward);
    EXPECT_EQ(late.id, 11);
    EXPECT_TRUE(map.decide(11, false).forward) << "with all its packets";
}

TEST(PictureIdMap, LateUnwantedFrameWithoutAReservedIdIsDropped) {
    PictureIdMap map;
    map.decide(10, true);
    map.decide(12, false);
    EXPECT_FALSE(map.decide(11, false).forward);
    EXPECT_EQ(map.decide(13, true).id, 11);
}

TEST(PictureIdMap, FramesOlderThanTheWindowAreNotForwarded) {
    PictureIdMap map;
    map.decide(10, true);
    map.decide(10 + 2 * static_cast<std::int64_t>(kPictureWindow), true);
    EXPECT_FALSE(map.decide(10, true).forward);
    EXPECT_FALSE(map.decide(11, false).forward);
}

TEST(PictureIdMap, TheLastFrameIsForgottenWithTheOthers) {
    PictureIdMap map;
    map.decide(10, true);
    map.freeze_before(10 + 2 * static_cast<std::int64_t>(kPictureWindow));
    EXPECT_FALSE(map.decide(10, true).forward) << "older than the window";
    map.decide(2'000, true);
    map.start(1'999);
    EXPECT_FALSE(map.decide(1'999, false).forward);
    EXPECT_EQ(map.decide(2'000, true).id, 1'999) << "another numbering";
}

TEST(PictureIdMap, ARunIsDroppedAsItsPicturesAre) {  // C23
    constexpr auto kWindow = static_cast<std::int64_t>(kPictureWindow);
    for (const std::int64_t begun_at : {std::int64_t{-1}, std::int64_t{5}, std::int64_t{9}}) {
        PictureIdMap one, all;
        for (PictureIdMap* map : {&one, &all}) {
            if (begun_at >= 0) map->decide(begun_at, true);
            // Somebody came: it is as if all before had gone out.
            if (begun_at >= 0) map->freeze_before(begun_at + 3);
        }
        std::int64_t picture = 12;
        for (; picture < 2 * kWindow; picture += 10) {
            all.drop_run(picture, picture + 9);
            for (std::int64_t i = picture; i < picture + 10; ++i) one.decide(i, false);
        }
        EXPECT_EQ(all.next_id(), one.next_id());
        EXPECT_EQ(all.decide(picture, true).id, one.decide(picture, true).id);
        EXPECT_EQ(all.expected(picture - 7), one.expected(picture - 7));
    }
}

}  // namespace
}  // namespace strata::relay
