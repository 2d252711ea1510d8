#include "dataplane/worker/object_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/dataplane/allocated.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {
namespace {

constexpr std::uint32_t kObjects = 200;

// Bytes that each of kObjects makes: make(i) for i in [0, kObjects).
template <typename Make>
double each(Make make) {
    const std::uint64_t before = allocated();
    for (std::uint32_t i = 0; i < kObjects; ++i) make(i);
    return static_cast<double>(allocated() - before) / kObjects;
}

class ObjectMemoryTest : public testing::Test {
  protected:
    std::string transport(std::uint32_t i) {
        return relay_.transport(1'000 + i, static_cast<std::uint8_t>(1 + i));
    }
    // The second of two, without what grows with the first.
    double track_of(const char* codec, std::uint32_t encodings) {
        double bytes = 0;
        for (int i = 0; i < 2; ++i, ++peers_) {
            EXPECT_EQ(transport(peers_), "");
            std::vector<std::uint32_t> ssrcs;
            for (std::uint32_t e = 0; e < encodings; ++e) ssrcs.push_back(100 + e);
            const std::uint64_t before = allocated();
            EXPECT_EQ(relay_.track(1 + peers_, 1'000 + peers_, codec, ssrcs), "");
            bytes = static_cast<double>(allocated() - before);
        }
        return bytes;
    }

    static constexpr ObjectMemory kExpected{};

    Relay relay_;
    std::uint32_t peers_ = 0;
};

// Wide enough for what the next change of a struct does.
constexpr double kNear = 0.25;

TEST_F(ObjectMemoryTest, APeer) {
    const double measured = each([&](std::uint32_t i) { EXPECT_EQ(transport(i), ""); });
    EXPECT_NEAR(measured / static_cast<double>(kExpected.peer), 1, kNear) << measured;
}

TEST_F(ObjectMemoryTest, ATrack) {
    EXPECT_NEAR(track_of("opus", 1) / static_cast<double>(kExpected.audio_track), 1, kNear);
    EXPECT_NEAR(track_of("vp8", 3) / static_cast<double>(kExpected.video_track), 1, kNear);
    EXPECT_LE(track_of("av1", 1), static_cast<double>(kExpected.video_track));
}

TEST_F(ObjectMemoryTest, AReceiver) {
    EXPECT_EQ(transport(0), "");
    EXPECT_EQ(relay_.track(1, 1'000, "vp8", {100}, 96), "");
    for (std::uint32_t i = 1; i <= 8; ++i) EXPECT_EQ(transport(i), "");
    const double measured = each([&](std::uint32_t i) {
        EXPECT_EQ(relay_.subscription(1 + i, 1, 1'001 + i % 8, 50'000 + i, 96), "");
    });
    EXPECT_NEAR(measured / static_cast<double>(kExpected.receiver), 1, kNear) << measured;
}

}  // namespace
}  // namespace strata::dataplane
