#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tests/property/seeds.h"
#include "tests/property/track_kind.h"
#include "tests/property/track_session.h"

namespace strata::relay {
namespace {

constexpr std::uint64_t kCases = 30;

// What was spared a track: frames that were passed over as a whole, timers.
struct Spared {
    std::uint64_t frames = 0, timers = 0;
};

// The same session, with what may be passed over and with a track that is given every packet and
// timer.
void check_pass_over(const TrackKind& kind, std::uint64_t seed, bool lossy, Spared& spared) {
    SCOPED_TRACE(describe(kind, seed));
    std::vector<std::unique_ptr<TrackSession>> sessions;
    std::vector<std::unique_ptr<Random>> randoms;
    for (const bool pass_over : {true, false}) {
        Random& random = *randoms.emplace_back(std::make_unique<Random>(seed));
        SessionSettings settings = random_settings(kind, lossy, random);
        settings.pass_over = pass_over;
        sessions.push_back(std::make_unique<TrackSession>(settings, random));
        sessions.back()->play();
    }
    spared.frames += sessions[0]->begun_over();
    spared.timers += sessions[0]->rested();
    ASSERT_EQ(sessions[1]->passed_over() + sessions[1]->rested(), 0u);
    ASSERT_EQ(sessions[0]->sources().size(), sessions[1]->sources().size());
    for (std::size_t r = 0; r < sessions[0]->receivers().size(); ++r) {
        const auto& sent = sessions[0]->receivers()[r].sent;
        const auto& plain = sessions[1]->receivers()[r].sent;
        ASSERT_EQ(sent.size(), plain.size()) << "receiver " << r;
        for (std::size_t i = 0; i < sent.size(); ++i) {
            ASSERT_EQ(sent[i].bytes, plain[i].bytes) << "receiver " << r << ", packet " << i;
            ASSERT_EQ(sent[i].when, plain[i].when);
            ASSERT_EQ(sent[i].switches, plain[i].switches);
        }
    }
}

TEST_P(TrackProperty, WhatIsPassedOverLeavesNoTrace) {
    const TrackKind& kind = GetParam();
    Spared spared;
    for (const bool lossy : {false, true})
        for (const std::uint64_t seed : seeds(kCases)) {
            check_pass_over(kind, seed, lossy, spared);
            if (testing::Test::HasFailure()) return;
        }
    const bool in_groups = kind.codec == Codec::vp9 && !kind.descriptor;
    EXPECT_EQ(spared.frames != 0, !in_groups);
    EXPECT_EQ(spared.timers != 0, kind.encodings == 1);
}

}  // namespace
}  // namespace strata::relay
