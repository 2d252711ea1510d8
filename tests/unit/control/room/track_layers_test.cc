#include "control/room/track_layers.h"

#include <gtest/gtest.h>

namespace strata::control {
namespace {

using Texts = std::vector<std::string>;

Track svc(std::string mode, std::uint32_t height_px = 720) {
    Track track{.codec = "VP9", .scalability = std::move(mode)};
    track.height_px = height_px;
    track.encodings = {{.ssrc = 1}};
    return track;
}
Track three_rids(std::string mode = "L1T3") {
    Track track = svc(std::move(mode));
    track.encodings = {{.rid = "q"}, {.rid = "h"}, {.rid = "f"}};
    return track;
}

TEST(TrackLayers, TextsForView) {
    EXPECT_EQ(layer_texts(svc("L3T3")), (Texts{"S0T2", "S1T2", "S2T2"}));
    EXPECT_EQ(layer_texts(svc("L2T1_KEY")), (Texts{"S0T0", "S1T0"}));
    EXPECT_EQ(layer_texts(svc("S2T3h")), (Texts{"S0T2", "S1T2"}));
    EXPECT_EQ(layer_texts(svc("L1T3")), (Texts{"S0T2"}));
    EXPECT_EQ(layer_texts(three_rids()), (Texts{"q:T2", "h:T2", "f:T2"}));
    EXPECT_EQ(layer_texts(three_rids("")), (Texts{"q:max", "h:max", "f:max"}));
    // Unknown, or nonsense.
    for (const char* mode : {"", "L", "L9T3", "X3T3", "L3X3", "L0T1", "L3T5"})
        EXPECT_EQ(layer_texts(svc(mode)), Texts{}) << mode;
    Track voice = svc("L3T3");
    voice.source = MediaSource::microphone;
    EXPECT_EQ(layer_texts(voice), Texts{});
}

TEST(TrackLayers, TheSmallestThatIsntSmaller) {
    const auto chosen = [](const Track& track, std::uint32_t height_px) {
        return available_layers_text(track, layers_for(track, height_px));
    };
    EXPECT_EQ(chosen(svc("L3T3"), 1), "S0T2");
    EXPECT_EQ(chosen(svc("L3T3"), 180), "S0T2");
    EXPECT_EQ(chosen(svc("L3T3"), 181), "S1T2");
    EXPECT_EQ(chosen(svc("L3T3"), 720), "S2T2");
    EXPECT_EQ(chosen(svc("L3T3"), 5000), "S2T2");
    EXPECT_EQ(chosen(svc("L3T3", 1080), 270), "S0T2");
    EXPECT_EQ(chosen(svc("L3T3", 0), 180), "S0T2");  // 720 is assumed
    EXPECT_EQ(chosen(three_rids(), 200), "h:T2");
    EXPECT_EQ(chosen(three_rids(), 5000), "f:T2");
    EXPECT_EQ(chosen(svc(""), 90), "max");
}

TEST(TrackLayers, WhatIsLeftOfATarget) {
    relay::LayerTarget all;
    EXPECT_EQ(available_layers_text(svc("L3T2"), all), "S2T1");
    all.paused = true;
    EXPECT_EQ(available_layers_text(svc("L3T2"), all), "none");
}

TEST(TrackLayers, WhatIsGivenIsSaidInTheSameWords) {
    const auto given = [](const Track& track, std::uint8_t encoding, std::uint8_t spatial,
                          std::uint8_t temporal) {
        return given_layers_text(track,
                                 {.encoding = encoding, .spatial = spatial, .temporal = temporal});
    };
    EXPECT_EQ(given(svc("L3T3"), 0, 1, 1), "S1T1");
    EXPECT_EQ(given(svc("L3T3"), 0, 2, 3), "S2T2");  // there are no more
    EXPECT_EQ(given(svc(""), 0, 1, 1), "S1T1");
    EXPECT_EQ(given(svc(""), 0, 0, 3), "S0");  // all that it has in time
    // Pictures of their own: the data plane says S0 of each.
    EXPECT_EQ(given(three_rids(), 1, 0, 3), "h:T2");
    EXPECT_EQ(given(three_rids(), 0, 0, 1), "q:T1");
    EXPECT_EQ(given_layers_text(three_rids(), {.encoding = 0, .paused = true}), "none");
}

}  // namespace
}  // namespace strata::control
