#include <gtest/gtest.h>

#include "tests/unit/control/room/fixture.h"

namespace strata::control {

TEST(DirectoryProfiles, a_room_has_the_profile_it_asks_for) {
    DirectoryFixture f;
    EXPECT_EQ(f.room("demo").profile, "meeting");
    const auto lesson =
        f.done<Room>(f.directory.plan_room({.name = "lesson", .profile = "classroom"}));
    ASSERT_TRUE(lesson);
    EXPECT_EQ(lesson->profile, "classroom");
    ASSERT_TRUE(f.directory.profile(lesson->profile));
    const auto wrong = f.directory.plan_room({.name = "b", .profile = "clasroom"});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::invalid_field);
    EXPECT_EQ(wrong.error().object, "profile");
    EXPECT_EQ(wrong.error().hint, "did you mean 'classroom'?");
}

TEST(DirectoryProfiles, an_edit_changes_what_it_names_and_holds_in_rooms_that_exist) {
    DirectoryFixture f;
    const Room demo = f.room("demo");
    const RoomProfile before = **f.directory.profile("meeting");
    const auto edited = f.done<RoomProfile>(
        f.directory.plan_profile("meeting", {.publish = RoomProfile::Publish::admins,
                                             .video_slots = 4,
                                             .layers = parse_slot_layers("S1")}));
    ASSERT_TRUE(edited);
    EXPECT_EQ(edited->publish, RoomProfile::Publish::admins);
    EXPECT_EQ(edited->video_slots, 4u);
    EXPECT_EQ(edited->audio_slots, before.audio_slots);
    EXPECT_EQ(edited->pinned, before.pinned);
    EXPECT_EQ(slot_layers_text(edited->layers), "S1");
    EXPECT_EQ(**f.directory.profile(demo.profile), *edited);
    EXPECT_EQ(**f.directory.profile("interview"), *builtin_profile("interview"));
    // The next edit begins where this one ended.
    const auto again = f.done<RoomProfile>(
        f.directory.plan_profile("meeting", {.pinned = RoomProfile::Pinned::admins}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->video_slots, 4u);
}

TEST(DirectoryProfiles, a_reset_brings_back_what_was_built_in) {
    DirectoryFixture f;
    f.directory.apply(*f.directory.plan_profile("classroom", {.video_slots = 0}));
    EXPECT_EQ((*f.directory.profile("classroom"))->video_slots, 0u);
    for (int time = 0; time < 2; ++time) {  // the second one finds nothing to do
        const auto reset = f.directory.plan_reset_profile("classroom");
        ASSERT_TRUE(reset);
        EXPECT_EQ(reset->removes, std::vector<RecordKey>{ProfileName{"classroom"}});
        f.directory.apply(*reset);
        EXPECT_EQ(**f.directory.profile("classroom"), *builtin_profile("classroom"));
    }
    EXPECT_EQ(f.directory.profiles().size(), 3u);
}

TEST(DirectoryProfiles, unknown_names_are_refused_with_what_there_is) {
    DirectoryFixture f;
    EXPECT_EQ(f.directory.profile("intervew").error().hint, "did you mean 'interview'?");
    EXPECT_EQ(f.directory.profile("party").error().hint, "there are: classroom interview meeting");
    EXPECT_EQ(f.directory.plan_profile("party", {}).error().code, ErrorCode::not_found);
    EXPECT_EQ(f.directory.plan_reset_profile("party").error().code, ErrorCode::not_found);
    // A room's name and a profile's are different keys.
    EXPECT_TRUE(f.directory.plan_room({.name = "classroom"}));
}

}  // namespace strata::control
