#include "relay/svc/frame_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace strata::relay {
namespace {

// Beside a map in which a frame is there until one comes whose id is larger by a multiple of the
// capacity.
TEST(FrameRing, RemembersTheLastFrames) {
    constexpr std::int64_t kCapacity = 16;
    FrameRing ring(kCapacity);
    std::map<std::int64_t, std::int64_t> model;  // id → picture
    std::mt19937 random(3);
    std::int64_t newest = -1;
    for (int i = 0; i < 20'000; ++i) {
        const std::int64_t id =
            std::max<std::int64_t>(newest + 3 - static_cast<std::int64_t>(random() % 30), 0);
        const bool displaced = std::ranges::any_of(model, [id](const auto& frame) {
            return frame.first > id && (frame.first - id) % kCapacity == 0;
        });
        if (!model.contains(id)) {
            FrameRecord* const record = ring.insert(id);
            ASSERT_EQ(record != nullptr, !displaced) << id;
            if (record) {
                record->picture = i;
                std::erase_if(model, [id](const auto& frame) {
                    return frame.first < id && (id - frame.first) % kCapacity == 0;
                });
                model[id] = i;
                newest = std::max(newest, id);
            }
        }
        ASSERT_EQ(ring.newest(), newest);
        for (std::int64_t k = std::max<std::int64_t>(newest - 2 * kCapacity, 0); k <= newest + 2;
             ++k) {
            const FrameRecord* const found = ring.find(k);
            ASSERT_EQ(found != nullptr, model.contains(k)) << k << " of " << newest;
            if (found) {
                ASSERT_EQ(found->picture, model[k]);
            }
        }
    }
    EXPECT_EQ(ring.find(-1), nullptr);
    EXPECT_EQ(ring.insert(-1), nullptr);
    ring.clear();
    EXPECT_EQ(ring.newest(), -1);
    EXPECT_EQ(ring.find(newest), nullptr);
}

TEST(FrameRing, TheNextFrameMayBeLikeTheNewest) {
    FrameRing ring(8);
    FrameRecord& first = *ring.insert(5);
    first.wanted = first.top = 3;
    first.ended = true;
    const FrameRecord& next = ring.insert_alike(70);
    EXPECT_EQ(ring.newest(), 6);
    EXPECT_EQ(next.id, 6);
    EXPECT_EQ(next.picture, 70);
    EXPECT_EQ(next.serial, 2u);
    EXPECT_EQ(next.wanted, 3u);
    EXPECT_EQ(next.top, 3u);
    EXPECT_FALSE(next.ended);
    EXPECT_TRUE(ring.find(5)->ended);
}

TEST(FrameRing, CountsFramesInTheirOrderOfArrival) {
    FrameRing ring(8);
    EXPECT_EQ(ring.insert(5)->serial, 1u);
    EXPECT_EQ(ring.insert(3)->serial, 2u);
    EXPECT_EQ(ring.insert(6)->serial, 3u);
    EXPECT_EQ(ring.find(5)->serial, 1u);
    EXPECT_EQ(ring.serial(), 3u);
}

TEST(FrameRing, GivesUpWhatWontCome) {
    FrameRing ring(8);
    ring.insert(10);
    EXPECT_TRUE(ring.given_up(2));
    EXPECT_FALSE(ring.given_up(3));
    ring.give_up_before(7);
    EXPECT_TRUE(ring.given_up(6));
    EXPECT_FALSE(ring.given_up(7));
}

}  // namespace
}  // namespace strata::relay
