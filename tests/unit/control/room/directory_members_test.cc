#include <gtest/gtest.h>

#include "tests/unit/control/room/fixture.h"

namespace strata::control {
namespace {

struct DirectoryMembersTest : testing::Test, DirectoryFixture {
    DirectoryMembersTest() : DirectoryFixture({.participants_per_room = 8}) { room("demo"); }
    static constexpr MemberRights kEvery{.publish = true, .subscribe = true};

    Member member(const std::string& name, MemberRights rights = kEvery) {
        return *done<Member>(
            directory.plan_member("demo", {.name = name, .resume = "r", .rights = rights}));
    }
    Participant connection(MemberId id, const std::string& publication) {
        ParticipantSpec spec{.name = id_text(id) + "/" + publication};
        spec.membership = Membership{id, publication};
        return *done<Participant>(directory.plan_participant("demo", spec));
    }
    std::string refused(const MemberSpec& spec) {
        const auto planned = directory.plan_member("demo", spec);
        return planned ? "accepted" : std::string(error_code_text(planned.error().code));
    }
    SlotFilling filling(ParticipantId leg, const Slot& slot, std::optional<TrackId> track) {
        SlotFilling wanted{.leg = leg, .mid = slot.mid};
        if (track)
            wanted.wanted = Subscription{.participant = leg,
                                         .track = *track,
                                         .ssrc = slot.ssrc,
                                         .rtx_ssrc = slot.rtx_ssrc,
                                         .mid = slot.mid};
        return wanted;
    }
};

TEST_F(DirectoryMembersTest, AMemberHasTheSlotsOfItsRoomsProfile) {
    const Member alice = member("Alice");
    ASSERT_EQ(alice.slots.size(), 13u);
    // Audio and video by turns while both last.
    for (std::size_t i = 0; i < 13; ++i) {
        EXPECT_EQ(alice.slots[i].mid, std::to_string(i));
        EXPECT_EQ(alice.slots[i].kind, i < 8 && i % 2 == 0 ? MediaKind::audio : MediaKind::video);
    }
    std::set<std::uint32_t> ssrcs;
    for (const Slot& slot : alice.slots) {
        EXPECT_TRUE(slot.ssrc != 0 && ssrcs.insert(slot.ssrc).second);
        EXPECT_EQ(slot.rtx_ssrc != 0, slot.kind == MediaKind::video);
        if (slot.rtx_ssrc != 0) {
            EXPECT_TRUE(ssrcs.insert(slot.rtx_ssrc).second);
        }
    }
    EXPECT_TRUE(member("Bob", {.publish = true}).slots.empty());  // may not subscribe
    EXPECT_EQ(member("Eve", {.admin = true}).slots.size(), 13u);
    // What is asked for, at most what the profile has.
    EXPECT_EQ(refused({.name = "a", .rights = kEvery, .video_slots = 10}), "invalid-field");
    EXPECT_EQ(refused({.name = "a", .rights = kEvery, .audio_slots = 5}), "invalid-field");
    EXPECT_EQ(refused({.name = "", .rights = kEvery}), "invalid-field");
    EXPECT_EQ(refused({.name = std::string(65, 'x'), .rights = kEvery}), "limit-reached");
}

TEST_F(DirectoryMembersTest, ProfilesSayWhoMayPublishWhat) {
    const auto may = [](RoomProfile::Publish publish, MemberRights rights) {
        Member member{.rights = rights};
        member.profile.publish = publish;
        return std::pair(member.may_publish(MediaKind::audio),
                         member.may_publish(MediaKind::video));
    };
    using Publish = RoomProfile::Publish;
    using Pair = std::pair<bool, bool>;
    const MemberRights publisher{.publish = true}, admin{.admin = true};
    EXPECT_EQ(may(Publish::all, publisher), Pair(true, true));
    EXPECT_EQ(may(Publish::admins, publisher), Pair(false, false));
    EXPECT_EQ(may(Publish::admins_video, publisher), Pair(true, false));
    EXPECT_EQ(may(Publish::admins, admin), Pair(true, true));
    EXPECT_EQ(may(Publish::all, {.subscribe = true}), Pair(false, false));
}

TEST_F(DirectoryMembersTest, AnEditedProfileHoldsForWhoComesAfterwards) {
    const Member before = member("Alice");
    directory.apply(*directory.plan_profile("meeting", {.video_slots = 2, .audio_slots = 1}));
    EXPECT_EQ(member("Bob").slots.size(), 3u);
    EXPECT_EQ(directory.members().at(before.id).slots.size(), 13u);
}

TEST_F(DirectoryMembersTest, ConnectionsAreFoundAndGoWithTheirMember) {
    const Member alice = member("Alice"), bob = member("Bob");
    const Participant leg = connection(alice.id, "");
    const Participant camera = connection(bob.id, "camera");
    const Track seen = *track(camera.id, 77);
    subscription(leg.id, seen.id);
    EXPECT_EQ(directory.receiving_leg(alice.id)->id, leg.id);
    EXPECT_EQ(directory.receiving_leg(bob.id), nullptr);
    EXPECT_EQ(directory.publication(bob.id, "camera")->id, camera.id);
    EXPECT_EQ(directory.publication(alice.id, ""), nullptr);
    const Change change = *directory.plan_remove(bob.id);
    EXPECT_EQ(directory.rooms_of(change), std::set<std::string>{"demo"});
    EXPECT_EQ(change.removes.size(), 4u);
    directory.apply(change);
    EXPECT_TRUE(directory.tracks().empty());
    EXPECT_TRUE(directory.subscriptions().empty());
    EXPECT_EQ(directory.members_in("demo"), std::set<MemberId>{alice.id});
    directory.apply(*directory.plan_remove_room("demo"));
    EXPECT_TRUE(directory.members().empty());
    EXPECT_TRUE(directory.participants().empty());
}

TEST_F(DirectoryMembersTest, SlotsChangeOnlyWhereTheyDiffer) {
    const Member alice = member("Alice"), bob = member("Bob");
    const Participant leg = connection(alice.id, "");
    const Participant camera = connection(bob.id, "camera");
    const Track first = *track(camera.id, 77), second = *track(camera.id, 78);
    const Slot &one = alice.slots[1], &two = alice.slots[3];
    directory.apply(
        directory.plan_slots({filling(leg.id, one, first.id), filling(leg.id, two, second.id)}));
    ASSERT_EQ(directory.subscriptions().size(), 2u);
    EXPECT_TRUE(
        directory.plan_slots({filling(leg.id, one, first.id), filling(leg.id, two, second.id)})
            .puts.empty());
    // Another track in the same slot is the same leg.
    const SubscriptionId before = *directory.receivers(first.id).begin();
    directory.apply(
        directory.plan_slots({filling(leg.id, one, second.id), filling(leg.id, two, {})}));
    ASSERT_EQ(directory.subscriptions().size(), 1u);
    EXPECT_EQ(directory.subscriptions().at(before).track, second.id);
    EXPECT_TRUE(directory.receivers(first.id).empty());
    EXPECT_EQ(directory.receivers(second.id), std::set<SubscriptionId>{before});
    // A leg that is gone meanwhile.
    directory.apply(*directory.plan_remove(leg.id));
    EXPECT_TRUE(directory.plan_slots({filling(leg.id, one, first.id)}).puts.empty());
}

TEST_F(DirectoryMembersTest, MembersHaveALimit) {  // C52
    for (int i = 0; i < 8; ++i) member("m" + std::to_string(i));
    EXPECT_EQ(refused({.name = "one more", .rights = kEvery}), "limit-reached");
    EXPECT_EQ(limits.hits(Limit::participants_per_room), 1u);
}

}  // namespace
}  // namespace strata::control
