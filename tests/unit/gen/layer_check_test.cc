#include "bench/generator/layer_check.h"

#include <gtest/gtest.h>

#include <array>

#include "bench/generator/layer_bit.h"

namespace strata::gen {
namespace {

// Thirty pictures a second of three spatial layers, T0 T2 T1 T2, a key picture where asked; a
// receiver that gets what `group` lets through.
class LayerCheckTest : public testing::Test {
  protected:
    void picture(bool key, int spatial_limit, int temporal_limit, int sent_layers = 3) {
        const int temporal =
            std::array{0, 2, 1, 2}[static_cast<std::size_t>(key ? position_ = 0 : position_ % 4)];
        ++position_;
        for (int s = 0; s < sent_layers; ++s) {
            SentFrame frame;
            frame.spatial_id = static_cast<std::uint8_t>(s);
            frame.temporal_id = static_cast<std::uint8_t>(temporal);
            frame.key_picture = key;
            frame.sent_us = now_us_;
            for (std::size_t a = static_cast<std::size_t>(s); a < kLayerLimit; ++a)
                for (std::size_t b = static_cast<std::size_t>(temporal); b < kLayerLimit; ++b)
                    frame.wanted = static_cast<std::uint16_t>(frame.wanted | layer_bit(a, b));
            const std::int64_t ordinal = journal_.begin_frame(frame);
            journal_.add_packet({static_cast<std::uint64_t>(ordinal), now_us_, ordinal, 0});
            if (s <= spatial_limit && temporal <= temporal_limit)
                check_.on_packet(now_us_ + 500, ordinal);
        }
        now_us_ += 33'333;
    }
    void pictures(double seconds, int spatial, int temporal, int sent_layers = 3) {
        for (int i = 0; i < static_cast<int>(seconds * 30); ++i)
            picture(false, spatial, temporal, sent_layers);
    }
    void target(int spatial, int temporal) {
        relay::LayerTarget t;
        t.spatial = static_cast<std::uint8_t>(spatial);
        t.temporal = static_cast<std::uint8_t>(temporal);
        check_.set_target(now_us_, t, "t");
    }
    void end() { check_.judge_until(INT64_MAX); }
    std::uint64_t count(Fault fault) const { return faults_.count(fault); }

    std::int64_t now_us_ = 1'000'000;
    int position_ = 0;
    Journal journal_;
    FaultLog faults_;
    LayerCheck check_{journal_, faults_, {}};
};

TEST_F(LayerCheckTest, SwitchesAtLegalPointsAreRight) {
    target(2, 2);
    picture(true, 2, 2);
    pictures(2, 2, 2);
    target(0, 1);
    pictures(0.1, 2, 2);  // until the relay heard of it
    pictures(2, 0, 1);
    target(2, 2);
    pictures(1, 0, 2);  // waits for a key picture
    picture(true, 2, 2);
    pictures(2, 2, 2);
    end();
    EXPECT_EQ(count(Fault::incomplete_frames) + count(Fault::wrong_layer_frames) +
                  count(Fault::targets_not_reached),
              0u)
        << faults_.first(Fault::incomplete_frames) << faults_.first(Fault::wrong_layer_frames);
    EXPECT_GE(check_.changes()[2].reached_us, check_.changes()[2].since_us + 900'000);
}

TEST_F(LayerCheckTest, AKeyPictureThatWasNotUsedIsAFault) {
    target(2, 2);
    picture(true, 0, 2);
    pictures(3, 0, 2);
    end();
    EXPECT_EQ(count(Fault::targets_not_reached), 1u);
}

TEST_F(LayerCheckTest, ALoweredTargetMustBeObeyed) {
    target(2, 2);
    picture(true, 2, 2);
    pictures(2, 2, 2);
    target(1, 2);
    pictures(2, 2, 2);
    end();
    EXPECT_GT(count(Fault::wrong_layer_frames), 20u);
}

TEST_F(LayerCheckTest, AFrameThatIsMissingIsAFaultOnlyWhileItIsWanted) {
    target(1, 2);
    picture(true, 1, 2);
    pictures(2, 1, 2);
    picture(false, 0, 2);
    pictures(2, 1, 2);
    end();
    EXPECT_EQ(count(Fault::incomplete_frames), 1u);
}

TEST_F(LayerCheckTest, ALayerThatThePublisherStopsOpensTheTarget) {  // C4
    target(2, 2);
    picture(true, 2, 2);
    pictures(2, 2, 2);
    pictures(2, 1, 2, 2);  // S2 isn't sent any more
    pictures(1, 1, 2, 3);  // it is back, the relay waits for a key picture
    picture(true, 2, 2);
    pictures(2, 2, 2);
    end();
    EXPECT_EQ(count(Fault::incomplete_frames) + count(Fault::targets_not_reached), 0u)
        << faults_.first(Fault::incomplete_frames);
}

TEST_F(LayerCheckTest, PausedMeansNothing) {  // C49
    relay::LayerTarget none;
    none.paused = true;
    check_.set_target(now_us_, none, "none");
    picture(true, -1, 2);
    pictures(1, -1, 2);
    end();
    EXPECT_EQ(count(Fault::wrong_layer_frames) + count(Fault::incomplete_frames), 0u);
    pictures(1, 0, 0);
    end();
    EXPECT_GT(count(Fault::wrong_layer_frames), 0u);
}

}  // namespace
}  // namespace strata::gen
