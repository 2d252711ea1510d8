#include "control/room/records.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace strata::control {
namespace {

TEST(Records, IdsComeBackOutOfTheirTexts) {
    for (const std::uint64_t value :
         {std::uint64_t{1}, std::uint64_t{10}, std::uint64_t{9'999'999'999},
          std::numeric_limits<std::uint64_t>::max()}) {
        EXPECT_EQ(parse_participant_id(id_text(ParticipantId{value})), ParticipantId{value});
        EXPECT_EQ(parse_track_id(id_text(TrackId{value})), TrackId{value});
        EXPECT_EQ(parse_subscription_id(id_text(SubscriptionId{value})), SubscriptionId{value});
        EXPECT_EQ(parse_member_id(id_text(MemberId{value})), MemberId{value});
    }
    EXPECT_EQ(id_text(MemberId{17}), "m17");
}

// One object has one text: what a path or a message names is compared as text, too.
TEST(Records, NothingElseIsAnId) {
    using namespace std::string_view_literals;
    for (const std::string_view text : {""sv,
                                        "m"sv,
                                        "m0"sv,
                                        "m01"sv,
                                        "m+1"sv,
                                        "m-1"sv,
                                        "m 1"sv,
                                        "m1 "sv,
                                        " m1"sv,
                                        "m1x"sv,
                                        "m1.0"sv,
                                        "m0x1"sv,
                                        "M1"sv,
                                        "t1"sv,
                                        "p1"sv,
                                        "s1"sv,
                                        "1"sv,
                                        "mm1"sv,
                                        "m1\0"sv,
                                        "m\0"sv,
                                        "m1m2"sv,
                                        "m18446744073709551616"sv,
                                        "m99999999999999999999999999"sv,
                                        "m\xc2\xb2"sv})
        EXPECT_FALSE(parse_member_id(text)) << text;
    EXPECT_FALSE(parse_track_id("m1"));
    EXPECT_FALSE(parse_participant_id("t1"));
    EXPECT_FALSE(parse_subscription_id("p1"));
}

// Numbers are of one sequence for all kinds, and a room may be called like a profile or an id.
TEST(Records, KeysOfDifferentKindsAreDifferent) {
    const std::set<RecordKey> keys{
        key_of(Room{.name = "m1"}),      key_of(RoomProfile{.name = "m1"}),
        key_of(Participant{.id = {1}}),  key_of(Track{.id = {1}}),
        key_of(Subscription{.id = {1}}), key_of(Member{.id = {1}})};
    EXPECT_EQ(keys.size(), 6u);
    EXPECT_TRUE(keys.contains(RecordKey{std::string("m1")}));
    EXPECT_TRUE(keys.contains(RecordKey{ProfileName{"m1"}}));
    EXPECT_TRUE(keys.contains(RecordKey{MemberId{1}}));
}

}  // namespace
}  // namespace strata::control
