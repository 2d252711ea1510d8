#include "relay/svc/availability.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <utility>
#include <vector>

namespace strata::relay {
namespace {

constexpr TimeUs kSilence = 250'000;

FrameInfo frame(std::int64_t picture, SpatialId spatial, bool key = false) {
    FrameInfo f;
    f.picture = picture;
    f.spatial_id = spatial;
    f.key_picture = key;
    f.top_spatial = 2;
    return f;
}

TEST(Availability, ALayerIsGoneAfterSilenceWhileOthersGoOn) {  // C4
    Availability availability(1, kSilence);
    for (SpatialId s = 0; s < 3; ++s) availability.on_frame(0, frame(1, s, true), 0);
    EXPECT_EQ(availability.highest(0, 3), 2);
    for (int i = 1; i <= 7; ++i) availability.on_frame(0, frame(1 + i, 0), i * 33'000);
    EXPECT_EQ(availability.highest(0, 3), 2) << "231 ms";
    availability.on_frame(0, frame(20, 0), 270'000);
    EXPECT_EQ(availability.highest(0, 3), 0);
    availability.on_frame(0, frame(21, 2), 300'000);
    EXPECT_EQ(availability.highest(0, 3), 2) << "seen again";
}

TEST(Availability, APauseOfEverythingIsNotSilence) {  // C4, C39
    Availability availability(2, kSilence);
    availability.on_packet(0, 0);
    availability.on_packet(1, 0);
    for (SpatialId s = 0; s < 3; ++s) availability.on_frame(0, frame(1, s, true), 0);
    availability.on_packet(0, 5'000'000);
    availability.on_frame(0, frame(2, 0), 5'000'000);
    EXPECT_EQ(availability.highest(0, 3), 2);
    EXPECT_TRUE(availability.alive(1));
}

TEST(Availability, ActiveDecodeTargetsTellAtOnce) {  // B4, C4
    TargetMap map;
    for (SpatialId s = 0; s < kMaxSpatialLayers; ++s)
        for (TemporalId t = 0; t < kMaxTemporalLayers; ++t) {
            map.target[layer_index(s, t)] = static_cast<std::int8_t>(std::min<int>(s, 2));
            map.spatial[layer_index(s, t)] = std::min<SpatialId>(s, 2);
        }
    Availability availability(1, kSilence);
    FrameInfo f = frame(1, 0, true);
    f.targets = &map;
    f.active_decode_targets = 7;
    availability.on_frame(0, f, 0);
    EXPECT_EQ(availability.highest(0, 3), 2);
    f = frame(2, 0);
    f.targets = &map;
    f.active_decode_targets = 3;
    availability.on_frame(0, f, 33'000);
    EXPECT_EQ(availability.highest(0, 3), 1);
}

TEST(Availability, ChoosesTheHighestEncodingThatLives) {  // C15
    Availability availability(3, kSilence);
    const LayerTarget top{2, 0, 2, false};
    EXPECT_TRUE(availability.desired(kNoLayer, top, false).none()) << "nothing seen yet";
    availability.on_packet(0, 0);
    EXPECT_EQ(availability.desired(kNoLayer, top, false).encoding, 0);
    availability.on_packet(2, 0);
    EXPECT_EQ(availability.desired(kNoLayer, top, false).encoding, 2);
    EXPECT_EQ(availability.desired(kNoLayer, {1, 0, 2, false}, false).encoding, 0)
        << "never above the target";
    LayerTarget paused = top;
    paused.paused = true;
    EXPECT_TRUE(availability.desired({0, 0, 0}, paused, false).none());
}

TEST(Availability, InFullSvcOnlyTheWayUpWaits) {  // C4
    Availability availability(1, kSilence);
    availability.on_packet(0, 0);
    FrameInfo f = frame(1, 0, true);
    f.mode = SpatialMode::full;
    f.top_spatial = 1;
    availability.on_frame(0, f, 0);
    const LayerTarget target{0, 2, 0, false};
    EXPECT_EQ(availability.desired({0, 2, 0}, target, false).spatial, 2) << "stays";
    EXPECT_EQ(availability.desired({0, 0, 0}, target, false).spatial, 1);
    EXPECT_EQ(availability.desired({0, 0, 0}, target, true).spatial, 2) << "a key picture";
}

// Frames and packets of two encodings come and stay away at random: as long as the outlook is what
// it was, so is everything that anybody could want.
TEST(Availability, TheSameOutlookMeansTheSameAnswers) {
    constexpr TimeUs kStep = 20'000;
    std::vector<std::pair<LayerId, LayerTarget>> asked;
    for (std::uint8_t e = 0; e < 2; ++e)
        for (SpatialId s = 0; s < 3; ++s) {
            const LayerId current{e, s, 1};
            asked.push_back({current, {.encoding = 1, .spatial = 2, .temporal = 2}});
            asked.push_back({current, {.encoding = 0, .spatial = 1, .temporal = 0}});
        }
    std::mt19937 random(7);
    int changes = 0, same = 0;
    for (int run = 0; run < 20; ++run) {
        Availability availability(2, kSilence);
        Availability::Outlook seen = availability.outlook();
        std::vector<LayerId> answers;
        std::array<unsigned, 2> sent{7, 7};  // layers, bit s
        for (int step = 0; step < 400; ++step) {
            const TimeUs now = step * kStep;
            for (std::uint8_t e = 0; e < 2; ++e) {
                if (random() % 20 == 0) sent[e] = random() % 8;
                for (SpatialId s = 0; s < 3; ++s) {
                    if ((sent[e] >> s & 1) == 0) continue;
                    FrameInfo f = frame(step, s, random() % 50 == 0);
                    f.mode = e == 0 ? SpatialMode::full : SpatialMode::key;
                    availability.on_packet(e, now);
                    availability.on_frame(e, f, now);
                }
            }
            const bool unchanged = !answers.empty() && availability.is(seen);
            std::vector<LayerId> now_answered;
            for (const auto& [current, target] : asked)
                now_answered.push_back(availability.desired(current, target, false));
            if (unchanged) {
                ASSERT_EQ(now_answered, answers) << "run " << run << " step " << step;
            }
            changes += unchanged ? 0 : 1;
            same += unchanged ? 1 : 0;
            seen = availability.outlook();
            answers = std::move(now_answered);
        }
    }
    EXPECT_GT(changes, 200);
    EXPECT_GT(same, 4'000);
}

// What stays() promises of a frame is so once it has come, whatever layers and encodings fall
// silent, come back, or never were; and it promises it of most.
TEST(Availability, WhatAFrameIsSaidToLeaveAsItIsStays) {
    int promised = 0, kept_back = 0, changed = 0;
    for (unsigned seed = 0; seed < 40; ++seed) {
        std::mt19937 random(seed);
        const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
        const std::size_t encodings = 1 + random() % 3;
        const auto top = static_cast<SpatialId>(random() % 3);
        Availability availability(encodings, kSilence);
        std::array<bool, 9> away{};  // [encoding * 3 + spatial]
        TimeUs now = 1'000'000;
        for (int picture = 0; picture < 1'500; ++picture) {
            now += chance(2) ? 180'000 : 16'000 + static_cast<TimeUs>(random() % 30'000);
            for (std::size_t e = 0; e < encodings; ++e) {
                if (chance(1)) away[e * 3 + random() % (top + 1u)] ^= true;
                for (SpatialId s = 0; s <= top; ++s) {
                    if (away[e * 3 + s] || chance(3)) continue;
                    FrameInfo f = frame(picture, s, chance(1));
                    f.top_spatial = top;
                    f.mode = picture < 900 ? SpatialMode::full : SpatialMode::key;
                    const Availability::Outlook before = availability.outlook();
                    const bool stays = !f.key_picture && availability.stays(e, f, now);
                    availability.on_packet(e, now);
                    availability.on_frame(e, f, now);
                    const bool stayed = availability.is(before);
                    ASSERT_TRUE(stayed || !stays) << "seed " << seed << ", picture " << picture;
                    ++(stays ? promised : kept_back);
                    changed += stayed ? 0 : 1;
                    now += 1'000;
                }
            }
        }
    }
    EXPECT_GT(changed, 500);
    EXPECT_GT(promised, 3 * kept_back);
}

}  // namespace
}  // namespace strata::relay
