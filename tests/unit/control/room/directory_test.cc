#include "control/room/directory.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/control/room/fixture.h"

namespace strata::control {

TEST(Directory, a_room_of_three) {
    DirectoryFixture f;
    f.room("demo");
    const Participant alice = f.participant("demo", "alice");
    const Participant bob = f.participant("demo");
    EXPECT_EQ(id_text(alice.id), "p1");
    EXPECT_EQ(bob.name, "p2");
    const auto video = f.track(alice.id, 77);
    ASSERT_TRUE(video);
    EXPECT_EQ(id_text(video->id), "t3");
    const auto leg = f.subscription(bob.id, video->id, {.layers = "S1T2"});
    ASSERT_TRUE(leg) << leg.error().detail;
    EXPECT_EQ(leg->payload_type, 98);
    EXPECT_EQ(leg->target, (relay::LayerTarget{0, 1, 2, false}));
    EXPECT_EQ(f.directory.receivers(video->id).size(), 1u);
    EXPECT_EQ(f.directory.received(bob.id).size(), 1u);
    const auto moved = f.done<Subscription>(f.directory.plan_layers(leg->id, "none"));
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->ssrc, leg->ssrc);
    EXPECT_TRUE((*f.directory.subscription(leg->id))->target.paused);
}

TEST(Directory, rooms_spread_over_the_workers_and_keep_their_home) {
    DirectoryFixture f({}, 3);
    EXPECT_EQ(f.room("a").worker, 0u);
    EXPECT_EQ(f.room("b").worker, 1u);
    EXPECT_EQ(f.room("c").worker, 2u);
    f.participant("a");
    EXPECT_EQ(f.room("d").worker, 1u);
    EXPECT_EQ(f.done<Room>(f.directory.plan_room({.name = "e", .worker = 2}))->worker, 2u);
    EXPECT_EQ(f.directory.plan_room({.name = "f", .worker = 3}).error().code,
              ErrorCode::invalid_field);
    const auto elsewhere = f.directory.plan_participant("a", {.worker = 1});
    EXPECT_EQ(elsewhere.error().code, ErrorCode::worker_mismatch);
    EXPECT_TRUE(f.directory.plan_participant("a", {.worker = 0}));
}

TEST(Directory, new_rooms_go_where_the_measured_load_is_least) {
    DirectoryFixture f({}, 2);
    EXPECT_EQ(f.room("a").worker, 0u);
    f.directory.note_load({0.1, 0.6});  // who is on the second one is not of the directory
    EXPECT_EQ(f.directory.measured_load()[0].counted, 1u);
    EXPECT_EQ(f.room("b").worker, 0u);
    EXPECT_EQ(f.done<Room>(f.directory.plan_room({.name = "c", .worker = 1}))->worker, 1u);
    f.directory.note_load({});
    EXPECT_EQ(f.room("d").worker, 1u);  // not known any longer: by their number
}

TEST(Directory, large_rooms_spread_over_the_workers_of_their_port) {
    using Spread = std::vector<std::pair<std::uint32_t, std::size_t>>;
    DirectoryFixture f({}, 4);  // two ports
    f.directory.spread_rooms({.cores = 2, .participants = 2});
    ASSERT_TRUE(f.done<Room>(f.directory.plan_room({.name = "a", .worker = 3})));
    const Participant first = f.participant("a"), second = f.participant("a");
    EXPECT_EQ(f.directory.spread_of("a"), (Spread{{3, 2}}));
    const Participant third = f.participant("a");
    EXPECT_EQ(f.directory.worker_of(first.id), 3u);
    EXPECT_EQ(f.directory.worker_of(third.id), 2u);
    EXPECT_EQ(f.directory.spread_of("a"), (Spread{{3, 2}, {2, 1}}));
    // There is room at home again.
    f.directory.apply(*f.directory.plan_remove(second.id));
    EXPECT_EQ(f.directory.worker_of(f.participant("a").id), 3u);
    // As it is wished, where that is possible.
    const auto wished = f.done<Participant>(f.directory.plan_participant("a", {.worker = 2}));
    EXPECT_EQ(f.directory.worker_of(wished->id), 2u);
    for (const std::uint32_t worker : {0u, 1u, 9u})
        EXPECT_EQ(f.directory.plan_participant("a", {.worker = worker}).error().code,
                  ErrorCode::worker_mismatch);
    // An SSRC may be published once to each worker (C38).
    EXPECT_TRUE(f.track(first.id, 77));
    EXPECT_TRUE(f.track(third.id, 77));
    EXPECT_EQ(f.track(wished->id, 77).error().code, ErrorCode::ssrc_collision);
    f.directory.apply(*f.directory.plan_remove(third.id));
    f.directory.apply(*f.directory.plan_remove(wished->id));
    EXPECT_EQ(f.directory.spread_of("a"), (Spread{{3, 2}}));
    // New rooms know of those who are away from home.
    ASSERT_TRUE(f.done<Participant>(f.directory.plan_participant("a", {.worker = 2})));
    EXPECT_EQ(f.room("b").worker, 0u);
    EXPECT_EQ(f.room("c").worker, 1u);
    EXPECT_EQ(f.room("d").worker, 0u);
    f.directory.apply(*f.directory.plan_remove_room("a"));
    ASSERT_TRUE(f.done<Room>(f.directory.plan_room({.name = "a", .worker = 3})));
    EXPECT_EQ(f.directory.spread_of("a"), (Spread{{3, 0}}));
}

TEST(Directory, names_are_checked) {
    DirectoryFixture f;
    f.room("demo");
    EXPECT_EQ(f.directory.plan_room({.name = "demo"}).error().code, ErrorCode::already_exists);
    for (const char* name : {"", "a b", "../x", ".x", "a/b", "ü", "a\n"})
        EXPECT_EQ(f.directory.plan_room({.name = name}).error().code, ErrorCode::invalid_field)
            << name;
    EXPECT_EQ(f.directory.plan_room({.name = std::string(65, 'a')}).error().code,
              ErrorCode::limit_reached);
    EXPECT_EQ(f.limits.hits(Limit::name_bytes), 1u);
    f.participant("demo", "alice");
    EXPECT_EQ(f.directory.plan_participant("demo", {.name = "alice"}).error().code,
              ErrorCode::already_exists);
    EXPECT_EQ(f.directory.plan_participant("none", {}).error().code, ErrorCode::not_found);
}

TEST(Directory, two_participants_cannot_have_one_address) {
    DirectoryFixture f({}, 1);
    f.room("demo");
    f.room("other");
    const auto remote = parse_endpoint("127.0.0.1:5000");
    ASSERT_TRUE(f.done<Participant>(f.directory.plan_participant("demo", {.remote = remote})));
    EXPECT_EQ(f.directory.plan_participant("other", {.remote = remote}).error().code,
              ErrorCode::already_exists);
    const Participant latching = f.participant("demo");
    const auto seen = *parse_endpoint("127.0.0.1:5001");
    f.directory.apply(f.directory.plan_latched(latching.id, {seen, 1}));
    EXPECT_EQ(f.directory.plan_participant("other", {.remote = seen}).error().code,
              ErrorCode::already_exists);
}

TEST(Directory, ssrc_collisions_are_refused) {  // C38
    DirectoryFixture f({}, 1);
    f.room("demo");
    f.room("other");
    const Participant a = f.participant("demo"), b = f.participant("demo");
    const Participant c = f.participant("other");
    const auto track = f.track(a.id, 77);
    ASSERT_TRUE(track);
    EXPECT_EQ(f.track(b.id, 77).error().code, ErrorCode::ssrc_collision);
    EXPECT_EQ(f.track(c.id, 77).error().code, ErrorCode::ssrc_collision);  // same worker
    const auto leg = f.subscription(b.id, track->id, {.ssrc = 500});
    ASSERT_TRUE(leg);
    EXPECT_EQ(f.track(b.id, 500).error().code, ErrorCode::ssrc_collision);
    const auto second = f.track(a.id, 78);
    EXPECT_EQ(f.subscription(b.id, second->id, {.ssrc = 500}).error().code,
              ErrorCode::ssrc_collision);
    // Gone with the track, free again.
    f.directory.apply(*f.directory.plan_remove(track->id));
    EXPECT_TRUE(f.track(b.id, 77));
    EXPECT_TRUE(f.subscription(b.id, second->id, {.ssrc = 500}));
}

TEST(Directory, outgoing_ssrcs_are_random_and_unique_on_the_transport) {
    DirectoryFixture f;
    f.room("demo");
    const Participant a = f.participant("demo"), b = f.participant("demo");
    const auto one = f.track(a.id, 1), two = f.track(a.id, 2);
    const auto own = f.track(b.id, 9);
    ASSERT_TRUE(one && two && own);
    f.random = {5};
    EXPECT_EQ(f.subscription(b.id, one->id)->ssrc, 5u);
    f.random = {5, 0, 9, 6};  // taken, 5+0+1 is free
    const auto leg = f.subscription(b.id, two->id);
    EXPECT_NE(leg->ssrc, 5u);
    EXPECT_NE(leg->ssrc, 9u);
    EXPECT_NE(leg->ssrc, 0u);
}

TEST(Directory, rtx_has_an_ssrc_of_its_own) {
    DirectoryFixture f;
    f.room("demo");
    const Participant a = f.participant("demo"), b = f.participant("demo");
    const auto track = f.track(a.id, 1);
    const auto leg = f.subscription(b.id, track->id, {.rtx_payload_type = std::uint8_t{99}});
    ASSERT_TRUE(leg);
    EXPECT_NE(leg->rtx_ssrc, 0u);
    EXPECT_NE(leg->rtx_ssrc, leg->ssrc);
    f.directory.apply(*f.directory.plan_remove(leg->id));
    EXPECT_EQ(f.subscription(b.id, track->id, {.rtx_ssrc = 3}).error().code,
              ErrorCode::missing_field);
    EXPECT_EQ(f.subscription(b.id, track->id,
                             {.ssrc = 3, .rtx_ssrc = 3, .rtx_payload_type = std::uint8_t{99}})
                  .error()
                  .code,
              ErrorCode::ssrc_collision);
}

TEST(Directory, legs_that_make_no_sense) {
    DirectoryFixture f;
    f.room("demo");
    f.room("other");
    const Participant a = f.participant("demo"), b = f.participant("demo");
    const Participant c = f.participant("other");
    const auto track = f.track(a.id, 1);
    EXPECT_EQ(f.subscription(a.id, track->id).error().code, ErrorCode::own_track);
    EXPECT_EQ(f.subscription(c.id, track->id).error().code, ErrorCode::other_room);
    EXPECT_EQ(f.subscription(b.id, TrackId{999}).error().code, ErrorCode::not_found);
    EXPECT_EQ(f.subscription(b.id, track->id, {.layers = "S9"}).error().code,
              ErrorCode::invalid_layers);
    ASSERT_TRUE(f.subscription(b.id, track->id));
    EXPECT_EQ(f.subscription(b.id, track->id).error().code, ErrorCode::already_subscribed);
    EXPECT_EQ(f.directory.plan_subscription(b.id, {.track = "p1"}).error().code,
              ErrorCode::invalid_field);
}

TEST(Directory, removal_takes_what_depends_along) {
    DirectoryFixture f;
    f.room("demo");
    const Participant a = f.participant("demo"), b = f.participant("demo");
    const auto va = f.track(a.id, 1), vb = f.track(b.id, 2);
    ASSERT_TRUE(f.subscription(b.id, va->id) && f.subscription(a.id, vb->id));
    const auto change = f.directory.plan_remove(a.id);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->removes.size(), 4u);  // both legs, its track, itself
    f.directory.apply(*change);
    EXPECT_TRUE(f.directory.subscriptions().empty());
    EXPECT_EQ(f.directory.tracks().size(), 1u);
    EXPECT_EQ(f.directory.plan_remove(a.id).error().code, ErrorCode::not_found);
    f.directory.apply(*f.directory.plan_remove_room("demo"));
    EXPECT_TRUE(f.directory.rooms().empty() && f.directory.participants().empty());
    EXPECT_TRUE(f.directory.tracks().empty());
    EXPECT_EQ(f.room("demo").name, "demo");  // the name is free, numbers are not
    EXPECT_EQ(id_text(f.participant("demo").id), "p7");
}

TEST(Directory, limits_hold) {  // C52
    DirectoryFixture f(api::LimitsConfig{.rooms = 1,
                                         .participants = 3,
                                         .participants_per_room = 2,
                                         .tracks = 2,
                                         .tracks_per_participant = 1,
                                         .subscriptions = 1,
                                         .subscriptions_per_participant = 1});
    f.room("demo");
    EXPECT_EQ(f.directory.plan_room({.name = "b"}).error().object, "rooms");
    const Participant a = f.participant("demo"), b = f.participant("demo");
    EXPECT_EQ(f.directory.plan_participant("demo", {}).error().object, "participants_per_room");
    const auto track = f.track(a.id, 1);
    EXPECT_EQ(f.track(a.id, 2).error().object, "tracks_per_participant");
    const auto other = f.track(b.id, 2);
    ASSERT_TRUE(f.subscription(b.id, track->id));
    EXPECT_EQ(f.subscription(a.id, other->id).error().object, "subscriptions");
    for (const Limit limit : {Limit::rooms, Limit::participants_per_room,
                              Limit::tracks_per_participant, Limit::subscriptions})
        EXPECT_EQ(f.limits.hits(limit), 1u) << Limits::name(limit);
}

TEST(Directory, what_the_data_plane_learned) {  // C53
    DirectoryFixture f;
    f.room("demo");
    const Participant a = f.participant("demo");
    const Learned<Endpoint> seen{*parse_endpoint("127.0.0.1:9"), 42};
    auto change = f.directory.plan_latched(a.id, seen);
    ASSERT_EQ(change.puts.size(), 1u);
    f.directory.apply(change);
    EXPECT_EQ((*f.directory.participant(a.id))->latched, seen);
    EXPECT_TRUE(f.directory.plan_latched(a.id, seen).puts.empty());
    EXPECT_TRUE(f.directory.plan_latched(ParticipantId{99}, seen).puts.empty());
    f.directory.apply(f.directory.plan_latched(a.id, seen, true));
    EXPECT_TRUE((*f.directory.participant(a.id))->latched_by_tcp);

    TrackSpec spec{.codec = "VP8", .payload_type = 96};
    spec.extensions = {{10, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"}};
    spec.encodings = {{.rid = "q"}, {.rid = "h", .ssrc = 7}};
    const auto track = f.done<Track>(f.directory.plan_track(a.id, spec));
    ASSERT_TRUE(track);
    f.directory.apply(f.directory.plan_learned_ssrc(track->id, 0, false, {1234, 42}));
    EXPECT_EQ((*f.directory.track(track->id))->encodings[0].learned_ssrc->value, 1234u);
    EXPECT_TRUE(f.directory.plan_learned_ssrc(track->id, 1, false, {5, 42}).puts.empty());  // fixed
    EXPECT_TRUE(f.directory.plan_learned_ssrc(track->id, 2, false, {5, 42}).puts.empty());
    EXPECT_EQ(f.track(a.id, 1234).error().code, ErrorCode::ssrc_collision);
}

// Random wishes: whatever is planned and applied, the indexes agree with a slow count.
TEST(Directory, indexes_agree_after_random_wishes) {
    DirectoryFixture f(api::LimitsConfig{}, 2);
    std::mt19937 rng(7);
    const auto any = [&](std::uint32_t n) { return static_cast<std::uint32_t>(rng() % n); };
    for (int step = 0; step < 20'000; ++step) {
        const std::string room = "r" + std::to_string(any(4));
        const auto pick = [&](const auto& map) {  // an existing id, or any number
            if (map.empty() || any(10) == 0) return std::uint64_t{any(2000)};
            return std::next(map.begin(), any(static_cast<std::uint32_t>(map.size())))->first.value;
        };
        const ParticipantId p{pick(f.directory.participants())};
        const TrackId t{pick(f.directory.tracks())};
        const SubscriptionId s{pick(f.directory.subscriptions())};
        Result<Change> change = std::unexpected(Error{});
        switch (any(12)) {
            case 0: change = f.directory.plan_room({.name = room}); break;
            case 1:
            case 2:
            case 3: change = f.directory.plan_participant(room, {}); break;
            case 4:
            case 5: {
                TrackSpec spec{.codec = "VP8", .payload_type = 96};
                spec.encodings = {Encoding{.ssrc = any(300) + 1}};
                change = f.directory.plan_track(p, spec);
                break;
            }
            case 6:
            case 7:
            case 8:
                change =
                    f.directory.plan_subscription(p, {.track = id_text(t), .ssrc = any(99) + 1});
                break;
            case 9:
                change = any(20) == 0 ? f.directory.plan_remove_room(room)
                                      : f.directory.plan_layers(s, "T1");
                break;
            case 10:
                change = any(3) == 0 ? f.directory.plan_remove(p) : f.directory.plan_remove(s);
                break;
            case 11: change = f.directory.plan_remove(t); break;
        }
        if (change) f.directory.apply(*change);
    }
    std::size_t members = 0, published = 0, received = 0, receivers = 0;
    std::set<std::pair<std::uint32_t, std::uint32_t>> ssrcs;
    const Directory& d = f.directory;
    for (const auto& [name, room] : d.rooms()) members += d.participants_in(name).size();
    for (const auto& [id, p] : d.participants()) {
        ASSERT_TRUE(d.rooms().contains(p.room));
        published += d.published(id).size();
        received += d.received(id).size();
    }
    for (const auto& [id, t] : d.tracks()) {
        receivers += d.receivers(id).size();
        EXPECT_TRUE(ssrcs.emplace(d.worker_of(t.participant), t.encodings[0].ssrc).second);
    }
    for (const auto& [id, s] : d.subscriptions())
        EXPECT_TRUE(d.tracks().contains(s.track) && d.participants().contains(s.participant));
    EXPECT_EQ(members, d.participants().size());
    EXPECT_EQ(published, d.tracks().size());
    EXPECT_EQ(received, d.subscriptions().size());
    EXPECT_EQ(receivers, d.subscriptions().size());
    EXPECT_GT(d.subscriptions().size(), 0u);
}

}  // namespace strata::control
