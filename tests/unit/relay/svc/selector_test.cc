#include "relay/svc/selector.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/svc/frame_sequences.h"

namespace strata::relay {
namespace {

using Facts = FrameSource::Facts;

class SelectorBothFacts : public testing::TestWithParam<Facts> {};

TEST_P(SelectorBothFacts, StartsAtAKeyPictureAtTheTarget) {
    FrameSource source(SpatialMode::full, 3, 3, GetParam());
    SelectorRig rig;
    rig.feed(source.picture(true));
    const std::size_t late = rig.subscribe(layers(1, 1));
    rig.feed(source.picture());
    EXPECT_TRUE(rig.layer(late).none());
    EXPECT_TRUE(rig.asks());
    rig.feed(source.picture(true));
    EXPECT_TRUE(rig.at(late, 1, 1));
    EXPECT_FALSE(rig.asks());
}

TEST_P(SelectorBothFacts, TemporalUpNeedsWholeLevelsBelow) {  // C1
    FrameSource source(SpatialMode::full, 1, 3, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(0, 0));
    rig.feed(source.picture(true));  // T0
    rig.feed(source.picture());      // T2, dropped
    rig.want(member, layers(0, 2));
    rig.feed(source.picture());  // T1: refers to T0, everything above refers to it or later
    EXPECT_TRUE(rig.at(member, 0, 2));
    EXPECT_FALSE(rig.asks()) << "no key frame for a temporal switch";
    for (int i = 0; i < 8; ++i) rig.feed(source.picture());
}

TEST_P(SelectorBothFacts, TemporalUpWaitsWhileReferencesWereDropped) {  // C1
    FrameSource source(SpatialMode::full, 1, 3, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(0, 0));
    for (int i = 0; i < 3; ++i) rig.feed(source.picture(i == 0));  // T0 T2 T1
    rig.want(member, layers(0, 2));
    rig.feed(source.picture());  // the second T2 refers to T1, which was dropped
    EXPECT_FALSE(rig.at(member, 0, 2));
    rig.feed(source.picture());  // T0
    EXPECT_TRUE(rig.at(member, 0, 2));
}

TEST_P(SelectorBothFacts, TemporalDownIsAtOnce) {  // C1
    FrameSource source(SpatialMode::full, 2, 3, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(1, 2));
    rig.feed(source.picture(true));
    rig.want(member, layers(1, 0));
    const auto picture = source.picture();  // T2
    rig.feed(picture);
    EXPECT_TRUE(rig.at(member, 1, 0));
    EXPECT_FALSE(rig.given(member).contains(picture[0].id));
}

TEST_P(SelectorBothFacts, FullSvcDownAtTheNextPictureUpAtAKeyPicture) {  // C2
    FrameSource source(SpatialMode::full, 3, 3, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(2, 2));
    rig.feed(source.picture(true));
    const auto cut = source.picture();
    rig.feed(cut[0]);
    rig.want(member, layers(0, 2));
    rig.feed(cut[1]);
    rig.feed(cut[2]);
    EXPECT_TRUE(rig.given(member).contains(cut[2].id)) << "not in mid-picture";
    rig.feed(source.picture());
    EXPECT_TRUE(rig.at(member, 0, 2));
    EXPECT_FALSE(rig.asks());

    for (int i = 0; i < 4; ++i) rig.feed(source.picture());
    rig.want(member, layers(2, 2));
    EXPECT_TRUE(rig.asks()) << "a key frame is asked for at once";
    for (int i = 0; i < 9; ++i) rig.feed(source.picture());
    EXPECT_TRUE(rig.at(member, 0, 2)) << "no legal point, no switch";
    rig.feed(source.picture(true));
    EXPECT_TRUE(rig.at(member, 2, 2));
}

TEST_P(SelectorBothFacts, KeySvcSwitchesAtKeyPicturesOnly) {  // C3
    FrameSource source(SpatialMode::key, 3, 3, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(2, 2));
    const auto key = source.picture(true);
    rig.feed(key);
    EXPECT_EQ(rig.given(member).size(), 3u) << "a key picture's lower layers are needed";
    const auto delta = source.picture();
    rig.feed(delta);
    EXPECT_FALSE(rig.given(member).contains(delta[0].id));
    EXPECT_TRUE(rig.given(member).contains(delta[2].id));

    for (int i = 0; i < 6; ++i) rig.feed(source.picture());
    rig.want(member, layers(0, 2));
    EXPECT_TRUE(rig.asks());
    for (int i = 0; i < 6; ++i) rig.feed(source.picture());
    EXPECT_TRUE(rig.at(member, 2, 0)) << "meanwhile the frame rate goes down";
    rig.feed(source.picture(true));
    EXPECT_TRUE(rig.at(member, 0, 2));

    rig.want(member, layers(1, 2));
    EXPECT_TRUE(rig.asks());
    for (int i = 0; i < 6; ++i) rig.feed(source.picture());
    EXPECT_TRUE(rig.at(member, 0, 2));
    rig.feed(source.picture(true));
    EXPECT_TRUE(rig.at(member, 1, 2));
    EXPECT_FALSE(rig.asks());
}

TEST_P(SelectorBothFacts, SModeForwardsOneLayer) {  // C15a
    FrameSource source(SpatialMode::none, 3, 1, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(2, 0));
    const auto key = source.picture(true);
    rig.feed(key);
    EXPECT_EQ(rig.given(member), std::set<std::int64_t>{key[2].id});
    rig.feed(source.picture());
    rig.want(member, layers(0, 0));
    EXPECT_TRUE(rig.asks());
    rig.feed(source.picture());
    EXPECT_TRUE(rig.at(member, 2, 0));
    rig.feed(source.picture(true));
    EXPECT_TRUE(rig.at(member, 0, 0));
    rig.feed(source.picture());
    rig.want(member, layers(1, 0));
    const auto again = source.picture(true);
    rig.feed(again);
    EXPECT_TRUE(rig.at(member, 1, 0));
    EXPECT_TRUE(rig.given(member).contains(again[1].id));
}

TEST_P(SelectorBothFacts, FullSvcFollowsALayerThatComesAndGoes) {  // C4
    FrameSource source(SpatialMode::full, 3, 1, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(2, 0));
    rig.feed(source.picture(true));
    for (int i = 0; i < 20; ++i) rig.feed(source.picture(false, 2));
    EXPECT_EQ(rig.selector().availability().highest(0, 2), 1) << "the effective layer";
    EXPECT_FALSE(rig.asks());
    const auto back = source.picture();
    rig.feed(back);
    EXPECT_TRUE(rig.given(member).contains(back[2].id));
    EXPECT_EQ(rig.selector().availability().highest(0, 2), 2);
}

TEST_P(SelectorBothFacts, TemporalUpWhileTheTopLayerIsNotSent) {  // C4, C8
    FrameSource source(SpatialMode::full, 3, 3, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(2, 0));
    rig.feed(source.picture(true));
    for (int i = 0; i < 20; ++i) rig.feed(source.picture(false, 2));
    rig.want(member, layers(2, 2));
    for (int i = 0; i < 5; ++i) rig.feed(source.picture(false, 2));
    EXPECT_TRUE(rig.at(member, 2, 2));
    for (int i = 0; i < 8; ++i) rig.feed(source.picture());
}

TEST_P(SelectorBothFacts, KeySvcAsksForAKeyFrameWhenItsLayerGoes) {  // C4
    FrameSource source(SpatialMode::key, 3, 1, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(2, 0));
    rig.feed(source.picture(true));
    for (int i = 0; i < 12; ++i) rig.feed(source.picture());
    EXPECT_FALSE(rig.asks());
    for (int i = 0; i < 12; ++i) rig.feed(source.picture(false, 2));
    EXPECT_TRUE(rig.asks());
    // Layer ids can't tell of a layer that is announced but not sent: one more key picture for
    // them.
    rig.feed(source.picture(true, 2));
    for (int i = 0; i < 12; ++i) rig.feed(source.picture(false, 2));
    rig.feed(source.picture(true, 2));
    EXPECT_TRUE(rig.at(member, 1, 0) || GetParam() == Facts::layer_ids);
    rig.feed(source.picture(true));
    rig.feed(source.picture());
    rig.feed(source.picture(true));
    EXPECT_TRUE(rig.at(member, 2, 0)) << "and returns later";
}

TEST_P(SelectorBothFacts, AReturningLayerIsASwitchPoint) {  // C2: P=0 at the target
    FrameSource source(SpatialMode::full, 2, 1, GetParam());
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(0, 0));
    rig.feed(source.picture(true));
    rig.feed(source.picture(false, 1));
    rig.want(member, layers(1, 0));
    const auto first = source.picture();  // layer 1 comes back, predicted from layer 0 only
    rig.feed(first);
    EXPECT_TRUE(rig.at(member, 1, 0));
    EXPECT_TRUE(rig.given(member).contains(first[1].id));
    EXPECT_TRUE(rig.last_move_after_marker()) << "layer 0 was complete: a timestamp of its own";
    rig.feed(source.picture());
}

TEST_P(SelectorBothFacts, RestlessTargetsNeverBreakAReference) {  // C10
    for (const SpatialMode mode : {SpatialMode::full, SpatialMode::key, SpatialMode::none}) {
        FrameSource source(mode, 3, 3, GetParam());
        SelectorRig rig;
        std::uint32_t random = 12345;
        const auto draw = [&random](std::uint32_t below) {
            random = random * 1'664'525 + 1'013'904'223;
            return (random >> 16) % below;
        };
        for (int i = 0; i < 6; ++i) rig.subscribe(layers(2, 2));
        for (int picture = 0; picture < 600; ++picture) {
            if (draw(3) == 0)
                rig.want(draw(6),
                         layers(static_cast<SpatialId>(draw(3)), static_cast<TemporalId>(draw(3))));
            const int sent = draw(10) == 0 ? 2 : 3;
            rig.feed(source.picture(picture == 0 || draw(25) == 0, sent));
        }
    }
}

TEST_P(SelectorBothFacts, NoMoveWhileTheOwnFrameOfThePictureIsLate) {  // C5, C7
    for (const SpatialMode mode : {SpatialMode::key, SpatialMode::none}) {
        FrameSource source(mode, 3, 1, GetParam());
        SelectorRig rig;
        const std::size_t member = rig.subscribe(layers(0, 0));
        rig.feed(source.picture(true));
        rig.feed(source.picture());
        rig.want(member, layers(2, 0));
        const auto key = source.picture(true);
        rig.feed(key[2]);
        EXPECT_TRUE(rig.at(member, 0, 0)) << "its frame of this picture has yet to come";
        rig.feed(source.picture(true));
        EXPECT_TRUE(rig.at(member, 2, 0));
    }
}

INSTANTIATE_TEST_SUITE_P(Facts, SelectorBothFacts,
                         testing::Values(Facts::layer_ids, Facts::descriptor),
                         [](const auto& param) {
                             return param.param == Facts::descriptor ? "Descriptor" : "LayerIds";
                         });

FrameInfo vp8_frame(std::int64_t id, TemporalId temporal, bool key, bool sync) {
    FrameInfo frame;
    frame.id = frame.picture = id;
    frame.begun = true;
    frame.temporal_id = temporal;
    frame.key_picture = frame.independent = key;
    frame.inter_predicted = !key;
    frame.layer_sync = sync;
    frame.top_spatial = 0;
    frame.top_temporal = 2;
    frame.mode = SpatialMode::full;
    return frame;
}

TEST(Selector, Vp8GoesUpAtSyncFramesLevelByLevel) {  // C1
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(0, 0));
    rig.feed(vp8_frame(1, 0, true, false));
    rig.feed(vp8_frame(2, 2, false, true));
    rig.feed(vp8_frame(3, 1, false, true));
    rig.want(member, layers(0, 2));
    rig.feed(vp8_frame(4, 2, false, false));
    rig.feed(vp8_frame(5, 0, false, false));
    rig.feed(vp8_frame(6, 2, false, true));
    EXPECT_TRUE(rig.at(member, 0, 0)) << "level 1 isn't whole";
    rig.feed(vp8_frame(7, 1, false, false));
    EXPECT_TRUE(rig.at(member, 0, 0)) << "no sync";
    rig.feed(vp8_frame(8, 0, false, false));
    rig.feed(vp8_frame(9, 1, false, true));
    EXPECT_TRUE(rig.at(member, 0, 1));
    rig.feed(vp8_frame(10, 2, false, true));
    EXPECT_TRUE(rig.at(member, 0, 2));
}

TEST(Selector, SimulcastSwitchesAtTheTargetsKeyFrame) {  // C14, C15
    SelectorRig rig(2);
    const std::size_t member = rig.subscribe(layers(0, 2, 0));
    rig.feed(vp8_frame(1, 0, true, false), 0);
    rig.feed(vp8_frame(1, 0, true, false), 1);
    EXPECT_TRUE(rig.at(member, 0, 2, 0));
    rig.want(member, layers(0, 2, 1));
    EXPECT_TRUE(rig.asks(1));
    rig.feed(vp8_frame(2, 0, false, false), 1);
    EXPECT_TRUE(rig.at(member, 0, 2, 0));
    rig.feed(vp8_frame(3, 0, true, false), 1);
    EXPECT_TRUE(rig.at(member, 0, 2, 1));
    EXPECT_FALSE(rig.asks(1));
}

TEST(Selector, SimulcastFallsBackAndReturns) {  // C15
    SelectorRig rig(2);
    const std::size_t member = rig.subscribe(layers(0, 2, 1));
    rig.feed(vp8_frame(1, 0, true, false), 0);
    rig.feed(vp8_frame(1, 0, true, false), 1);
    EXPECT_TRUE(rig.at(member, 0, 2, 1));
    std::int64_t id = 2;
    for (int i = 0; i < 12; ++i) {
        rig.feed(vp8_frame(id++, 0, false, false), 0);
        rig.wait(33'333);
    }
    EXPECT_TRUE(rig.asks(0)) << "the top encoding is gone";
    rig.feed(vp8_frame(id++, 0, true, false), 0);
    EXPECT_TRUE(rig.at(member, 0, 2, 0));
    rig.feed(vp8_frame(50, 0, false, false), 1);
    EXPECT_TRUE(rig.asks(1)) << "and is back";
    rig.feed(vp8_frame(51, 0, true, false), 1);
    EXPECT_TRUE(rig.at(member, 0, 2, 1));
}

TEST(Selector, WithoutVisibleKeyFramesALivingSourceIsKept) {  // C48
    SelectorRig rig(2, true);
    FrameInfo frame = vp8_frame(1, 0, false, false);
    frame.opaque = true;
    const std::size_t member = rig.subscribe(layers(0, 2, 0));
    rig.feed(frame, 0);
    EXPECT_TRUE(rig.at(member, 0, 2, 0)) << "starts anywhere";
    rig.want(member, layers(0, 2, 1));
    frame.id = frame.picture = 2;
    rig.feed(frame, 1);
    EXPECT_TRUE(rig.at(member, 0, 2, 0)) << "no switch on ciphertext";
}

TEST(Selector, PauseLeavesAndResumeWaitsForAKeyFrame) {  // C49
    FrameSource source(SpatialMode::full, 1, 1, Facts::layer_ids);
    SelectorRig rig;
    const std::size_t member = rig.subscribe(layers(0, 0));
    rig.feed(source.picture(true));
    LayerTarget paused;
    paused.paused = true;
    rig.want(member, paused);
    EXPECT_TRUE(rig.layer(member).none());
    EXPECT_FALSE(rig.asks());
    rig.feed(source.picture(true));
    EXPECT_TRUE(rig.layer(member).none());
    rig.want(member, layers(0, 0));
    EXPECT_TRUE(rig.asks());
    rig.feed(source.picture());
    EXPECT_TRUE(rig.layer(member).none());
    rig.feed(source.picture(true));
    EXPECT_FALSE(rig.layer(member).none());
}

TEST(Selector, MembersWithOneTargetShareACohort) {
    FrameSource source(SpatialMode::full, 2, 1, Facts::layer_ids);
    SelectorRig rig;
    const std::size_t a = rig.subscribe(layers(1, 0)), b = rig.subscribe(layers(0, 0));
    rig.subscribe(layers(1, 0));
    rig.feed(source.picture(true));
    EXPECT_EQ(rig.selector().cohort_count(), 2u);
    rig.want(a, layers(0, 0));
    rig.feed(source.picture());
    EXPECT_EQ(rig.layer(a), rig.layer(b));
}

}  // namespace
}  // namespace strata::relay
