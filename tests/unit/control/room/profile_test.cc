#include "control/room/profile.h"

#include <gtest/gtest.h>

namespace strata::control {

TEST(RoomProfile, the_built_in_ones_are_those_of_the_documentation) {
    using Publish = RoomProfile::Publish;
    using Pinned = RoomProfile::Pinned;
    const SlotLayers max{.by_size = false};
    ASSERT_EQ(builtin_profiles().size(), 3u);
    EXPECT_EQ(*builtin_profile("meeting"),
              (RoomProfile{"meeting", Publish::all, 9, 4, Pinned::nobody, {}}));
    EXPECT_EQ(*builtin_profile("classroom"),
              (RoomProfile{"classroom", Publish::admins_video, 4, 4, Pinned::admins, {}}));
    EXPECT_EQ(*builtin_profile("interview"),
              (RoomProfile{"interview", Publish::all, 2, 2, Pinned::all, max}));
    EXPECT_NE(builtin_profile(kDefaultProfile), nullptr);
    for (const char* name : {"", "Meeting", "meetings"})
        EXPECT_EQ(builtin_profile(name), nullptr) << name;
}

TEST(RoomProfile, words_are_read_as_they_are_written) {
    for (const std::string_view text : kPublishTexts) {
        ASSERT_TRUE(parse_publish(text)) << text;
        EXPECT_EQ(publish_text(*parse_publish(text)), text);
    }
    for (const std::string_view text : kPinnedTexts) {
        ASSERT_TRUE(parse_pinned(text)) << text;
        EXPECT_EQ(pinned_text(*parse_pinned(text)), text);
    }
    EXPECT_EQ(parse_publish("admins-video"), RoomProfile::Publish::admins_video);
    EXPECT_EQ(parse_pinned("all"), RoomProfile::Pinned::all);
    for (const char* text : {"", "everybody", "ALL", "admins_video"}) {
        EXPECT_FALSE(parse_publish(text)) << text;
        EXPECT_FALSE(parse_pinned(text)) << text;
    }
}

TEST(RoomProfile, layers_are_those_that_every_track_can_be_asked_for) {
    for (const char* text : {"size", "max", "S1T2", "S2", "T1", "S0T0"}) {
        const auto layers = parse_slot_layers(text);
        ASSERT_TRUE(layers) << text;
        EXPECT_EQ(slot_layers_text(*layers), text);
        EXPECT_EQ(layers->by_size, std::string_view(text) == "size");
    }
    EXPECT_EQ(parse_slot_layers("S1T2")->highest, (relay::LayerTarget{0, 1, 2, false}));
    EXPECT_EQ(parse_slot_layers("max")->highest, relay::LayerTarget{});
    for (const char* text : {"", "none", "q:T2", "0:max", "S9", "Size", "T1S1", "max "})
        EXPECT_FALSE(parse_slot_layers(text)) << text;
}

}  // namespace strata::control
