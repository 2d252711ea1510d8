#include "control/store/record_codec.h"

#include <gtest/gtest.h>

#include "control/store/memory_store.h"

namespace strata::control {
namespace {

Change full_change() {
    Participant alice{.id = {1}, .room = "demo", .name = "Älice", .created_at_ms = 5};
    alice.latched = Learned<Endpoint>{*parse_endpoint("[::1]:9"), 0xfedcba9876543210};
    alice.latched_by_tcp = true;
    alice.worker = 3;
    Participant bob{.id = {2}, .room = "demo", .name = "bob", .mtu_bytes = 1280};
    bob.remote = parse_endpoint("127.0.0.1:7");
    Track track{.id = {3}, .participant = {1}, .name = "v", .codec = "VP8", .payload_type = 96};
    track.rtx_payload_type = 97;
    track.extensions = {{3, "urn:a"}, {255, "urn:b"}};
    track.encodings = {{.rid = "q", .learned_ssrc = Learned<std::uint32_t>{4294967295, 7}},
                       {.ssrc = 12, .rtx_ssrc = 13}};
    track.mid = "0";
    track.end_to_end_encrypted = true;
    Subscription leg{.id = {4}, .participant = {2}, .track = {3}, .target = {1, 2, 3, true}};
    leg.ssrc = 99;
    leg.payload_type = 100;
    leg.extensions = {{1, "urn:a"}};
    leg.extmap_allow_mixed = false;
    RoomProfile profile = *builtin_profile("classroom");
    profile.publish = RoomProfile::Publish::admins;
    profile.video_slots = kMaxVideoSlots;
    profile.audio_slots = 0;
    profile.pinned = RoomProfile::Pinned::all;
    profile.layers = *parse_slot_layers("S1T2");
    const Room room{.name = "demo", .worker = 1, .created_at_ms = 123, .profile = "classroom"};
    Member member{.id = {6}, .room = "demo", .name = "Ö", .resume = "secret", .profile = profile};
    member.rights.subscribe = true;
    member.codecs = {"VP8"};
    member.pins = {"m4"};
    member.generation = 2;
    member.offers = 3;
    member.answered = true;
    member.video.formats = {{"VP8", "a=b", 96, 97, 0}};
    member.video.extensions = {{5, "urn:c"}};
    member.slots = {{.mid = "0", .kind = MediaKind::audio, .ssrc = 8},
                    {.mid = "1", .ssrc = 9, .rtx_ssrc = 10, .usable = false}};
    member.slots[0].av1 = Av1Form::bare;
    member.slots[1].av1 = Av1Form::described;
    member.slots[1].wish = {.layers = "S1", .height_px = 360, .paused = true};
    alice.membership = Membership{{6}, "camera"};
    alice.webrtc = WebRtcPeer{.session = "s", .own_fingerprint = "AB:CD"};
    track.source = MediaSource::screen;
    track.muted = true;
    track.height_px = 1080;
    track.scalability = "L1T3";
    return {.puts = {profile, room, member, alice, bob, track, leg}, .next_id = 7};
}

}  // namespace

TEST(RecordCodec, everything_comes_back) {
    MemoryStore store;
    const Change change = full_change();
    ASSERT_TRUE(store.commit(to_transaction(change)));
    const auto loaded = load_all(store);
    ASSERT_TRUE(loaded) << loaded.error().detail;
    EXPECT_EQ(loaded->puts, change.puts);
    EXPECT_EQ(loaded->next_id, 7u);
}

TEST(RecordCodec, removed_is_gone_and_ids_are_not_used_again) {
    MemoryStore store;
    ASSERT_TRUE(store.commit(to_transaction(full_change())));
    ASSERT_TRUE(store.commit(to_transaction(
        {.removes = {SubscriptionId{4}, TrackId{3}, ParticipantId{2}}, .next_id = 5})));
    const auto loaded = load_all(store);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->puts.size(), 4u);
    EXPECT_EQ(loaded->next_id, 5u);
}

TEST(RecordCodec, a_reset_profile_is_as_it_was_built_in) {
    MemoryStore store;
    ASSERT_TRUE(store.commit(to_transaction(full_change())));
    ASSERT_TRUE(store.commit(to_transaction({.removes = {ProfileName{"classroom"}}})));
    const auto loaded = load_all(store);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(std::holds_alternative<Room>(loaded->puts.at(0)));
}

// Rooms of a store that is older than profiles; profiles with fewer settings than there are now.
TEST(RecordCodec, what_is_missing_has_its_default) {
    MemoryStore store;
    ASSERT_TRUE(store.put("rooms/old", R"({"name":"old","worker":0,"created_at_ms":1})"));
    ASSERT_TRUE(store.put("profiles/classroom", R"({"name":"classroom","video_slots":6})"));
    const auto loaded = load_all(store);
    ASSERT_TRUE(loaded) << loaded.error().detail;
    RoomProfile profile = *builtin_profile("classroom");
    profile.video_slots = 6;
    EXPECT_EQ(std::get<RoomProfile>(loaded->puts.at(0)), profile);
    EXPECT_EQ(std::get<Room>(loaded->puts.at(1)).profile, "meeting");
}

TEST(RecordCodec, profiles_of_a_newer_program_are_not_guessed_at) {
    const auto refused = [](std::string key, std::string value) {
        MemoryStore store;
        EXPECT_TRUE(store.put(key, value));
        const auto loaded = load_all(store);
        return !loaded && loaded.error().object == key;
    };
    EXPECT_TRUE(refused("rooms/a", R"({"name":"a","worker":0,"profile":"party"})"));
    for (const char* rest : {R"("publish":"some")", R"("pinned":"x")", R"("layers":"none")",
                             R"("video_slots":50)", R"("audio_slots":17)", R"("audio_slots":"4")"})
        EXPECT_TRUE(refused("profiles/meeting", R"({"name":"meeting",)" + std::string(rest) + "}"))
            << rest;
    EXPECT_TRUE(refused("profiles/party", R"({"name":"party"})"));
}

TEST(RecordCodec, an_empty_store_is_an_empty_node) {
    MemoryStore store;
    const auto loaded = load_all(store);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(loaded->puts.empty());
    EXPECT_EQ(loaded->next_id, 1u);
}

TEST(RecordCodec, damage_is_an_error_that_names_the_key) {
    for (const char* value : {"", "{", "[]", "{}", R"({"id":"x"})", "null", R"({"id":3})"}) {
        MemoryStore store;
        ASSERT_TRUE(store.put("tracks/3", value));
        const auto loaded = load_all(store);
        ASSERT_FALSE(loaded) << value;
        EXPECT_EQ(loaded.error().object, "tracks/3");
    }
    MemoryStore store;  // a leg without its track
    ASSERT_TRUE(store.commit(to_transaction(full_change())));
    ASSERT_TRUE(store.commit({.writes = {{"tracks/3", std::nullopt}}}));
    EXPECT_EQ(load_all(store).error().object, "subscriptions/4");
    store.fail(true);
    EXPECT_EQ(load_all(store).error().code, ErrorCode::store_unavailable);
}

}  // namespace strata::control
