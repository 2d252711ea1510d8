#include <gtest/gtest.h>

#include "tests/unit/control/meeting/fixture.h"

// Which tracks the slots of a member carry, and in which layers.
namespace strata::control {
namespace {

using json = nlohmann::json;

struct MeetingsSlots : testing::Test, MeetingsFixture {};

TEST_F(MeetingsSlots, SlotsFillAndEmptyWithoutAnotherOffer) {
    Client alice = member("Alice"), bob = member("Bob");
    const json published = bob.publish();
    ASSERT_EQ(published.at("type"), "published") << published;
    ASSERT_EQ(published.at("tracks").size(), 2u);
    const auto slots = filled(alice);
    ASSERT_EQ(slots.size(), 2u);
    EXPECT_EQ(json(slots.at("0")), published.at("tracks")[0].at("id"));  // audio and video by turns
    EXPECT_EQ(json(slots.at("1")), published.at("tracks")[1].at("id"));
    EXPECT_TRUE(filled(bob).empty());  // nobody sees himself
    const json changed = alice.next("member-changed").at("member");
    EXPECT_EQ(changed.at("tracks").size(), 2u);
    EXPECT_EQ(changed.at("tracks")[1].at("layers"), (json{"S0T2", "S1T2", "S2T2"}));

    // One object in the data plane for each, with the slot's SSRC and MID.
    const auto before = feeds();
    ASSERT_EQ(before.size(), 2u);
    EXPECT_EQ(before[1].mid(), "1");
    EXPECT_NE(before[1].rtx_ssrc(), 0u);

    Client carol = member("Carol", {{"receive", {{"video", 0}, {"audio", 0}}}});
    carol.publish();
    bob.ask({{"type", "unpublish"}, {"publication", "camera"}});
    EXPECT_EQ(filled(alice).size(), 2u);  // Carol's, in the slots beside
    EXPECT_EQ(bob.next("publication-ended"), nullptr);
    EXPECT_EQ(alice.next("offer"), nullptr);
}

// C10, C21: the outgoing stream stays the same object, so that the data plane carries it on.
TEST_F(MeetingsSlots, ASlotKeepsItsSsrcWhoeverIsInIt) {
    Client alice = member("Alice", {{"receive", {{"video", 1}, {"audio", 0}}}});
    Client bob = member("Bob"), carol = member("Carol");
    bob.publish();
    carol.publish();
    const auto before = feeds();
    const auto of_alice = [&] {
        for (const api::Subscription& feed : feeds())
            if (feed.transport() == before[0].transport()) return feed;
        return api::Subscription{};
    };
    const api::Subscription first = of_alice();
    alice.ask({{"type", "view"}, {"pins", {carol.id()}}});
    const api::Subscription second = of_alice();
    EXPECT_NE(first.track(), second.track());
    EXPECT_EQ(first.id(), second.id());
    EXPECT_EQ(first.ssrc(), second.ssrc());
    EXPECT_EQ(first.rtx_ssrc(), second.rtx_ssrc());
    EXPECT_EQ(first.mid(), second.mid());
    // Empty for a while, and filled again.
    carol.ask({{"type", "unpublish"}, {"publication", "camera"}});
    bob.ask({{"type", "unpublish"}, {"publication", "camera"}});
    EXPECT_EQ(of_alice().id(), 0u);
    bob.publish();
    EXPECT_EQ(of_alice().ssrc(), first.ssrc());
    EXPECT_NE(of_alice().id(), first.id());
}

// C10: whoever is in a slot. VP9 is decoded without the descriptor, AV1 isn't.
TEST_F(MeetingsSlots, ASlotNeverMixesACodecWithAndWithoutTheDescriptor) {
    Client alice = member("Alice", {{"receive", {{"video", 1}, {"audio", 0}}}});
    const auto publish_plain = [&](const std::string& codec, std::uint32_t ssrc) {
        const auto made = node->carry_out(node->directory().plan_participant("demo", {}));
        const ParticipantId id = std::get<Participant>(made->puts.back()).id;
        ASSERT_TRUE(node->carry_out(node->directory().plan_track(
            id, {.codec = codec,
                 .payload_type = 96,
                 .extensions = {{7, std::string(sdp::uri::kDependencyDescriptor)}},
                 .encodings = {{.ssrc = ssrc}}})));
        run_turn();
    };
    const auto has_descriptor = [&] {
        const api::Subscription feed = feeds().at(0);
        bool found = false;
        for (const api::Extension& one : feed.extensions())
            found |= one.uri() == sdp::uri::kDependencyDescriptor;
        return found;
    };
    publish_plain("VP9", 71);
    EXPECT_FALSE(has_descriptor());
    EXPECT_GT(feeds().at(0).extensions_size(), 0);
    node->carry_out(node->directory().plan_remove(newest()));
    publish_plain("AV1", 72);
    EXPECT_TRUE(has_descriptor());
}

// C10: a publisher that comes back in the other form gets another slot, and where every slot has
// carried AV1 in one form, who is of the other isn't shown and the member is told.
TEST_F(MeetingsSlots, Av1KeepsToSlotsOfItsForm) {
    Client alice = member("Alice", {{"receive", {{"video", 2}, {"audio", 0}}}});
    const auto publish_plain = [&](bool described, std::uint32_t ssrc) {
        const auto made = node->carry_out(node->directory().plan_participant("demo", {}));
        const ParticipantId id = std::get<Participant>(made->puts.back()).id;
        TrackSpec spec{.codec = "AV1", .payload_type = 96, .encodings = {{.ssrc = ssrc}}};
        if (described) spec.extensions = {{7, std::string(sdp::uri::kDependencyDescriptor)}};
        const auto track = node->carry_out(node->directory().plan_track(id, spec));
        run_turn();
        return std::pair(id, id_text(std::get<Track>(track->puts.back()).id));
    };
    const auto end = [&](ParticipantId id) {
        node->carry_out(node->directory().plan_remove(id));
        run_turn();
    };
    const auto feed = [&] { return feeds().size() == 1 ? feeds()[0] : api::Subscription(); };
    const auto described_slot = publish_plain(true, 81);
    const std::uint32_t first = feed().ssrc();
    ASSERT_NE(first, 0u);
    end(described_slot.first);

    const auto bare = publish_plain(false, 82);
    const std::uint32_t second = feed().ssrc();
    EXPECT_NE(second, first);
    EXPECT_EQ(feed().mid(), "1");
    // It is remembered, over a restart too.
    restart_control();
    const auto another = publish_plain(false, 83);
    EXPECT_EQ(feed().ssrc(), second);
    end(bare.first);
    EXPECT_EQ(feed().ssrc(), second);
    end(another.first);

    Client again = connect_client();
    again.join({{"name", "Alice"}, {"resume", alice.joined.at("resume")}});
    const auto back = publish_plain(true, 84);
    EXPECT_EQ(feed().ssrc(), first);
    EXPECT_EQ(again.next("unshown"), nullptr);
    // Both slots described: made so by hand, as rooms of long do.
    Member changed = node->directory().members().at(*parse_member_id(again.id()));
    changed.slots[1].av1 = Av1Form::described;
    node->carry_out(node->directory().plan_member(changed));
    run_turn();
    const auto hidden = publish_plain(false, 85);
    EXPECT_EQ(feed().ssrc(), first);
    EXPECT_EQ(again.next("unshown"),
              (json{{"type", "unshown"},
                    {"tracks", {{{"track", hidden.second}, {"reason", "av1-form"}}}}}));
    end(hidden.first);
    EXPECT_EQ(again.next("unshown"), (json{{"type", "unshown"}, {"tracks", json::array()}}));

    // A new peer connection has new streams.
    const MemberId id = *parse_member_id(again.id());
    peers->association_ended(node->directory().receiving_leg(id)->id, Handshakes::End::closed, "");
    run_turn();
    again.ask({{"type", "restart"}, {"leg", "receive"}});
    again.answer();
    end(back.first);
    publish_plain(false, 86);
    EXPECT_EQ(feed().mid(), "1");  // the first has carried what was there when it was answered
    EXPECT_EQ(again.next("unshown"), nullptr);
}

// What a client can't decode isn't in its slots, and it is told.
TEST_F(MeetingsSlots, WhatCannotBeDecodedIsSaid) {
    Client alice = connect_client();
    alice.join({{"name", "Alice"}, {"codecs", {"VP8"}}});
    alice.answer();
    Client bob = member("Bob");
    const json published = bob.publish();  // VP9
    run_turn();
    const json unshown = alice.next("unshown");
    ASSERT_FALSE(unshown.is_null());
    ASSERT_EQ(unshown.at("tracks").size(), 1u);
    EXPECT_EQ(unshown.at("tracks")[0].at("reason"), "codec");
    EXPECT_EQ(unshown.at("tracks")[0].at("track"), published.at("tracks")[1].at("id"));
    EXPECT_EQ(bob.next("unshown"), nullptr);
}

TEST_F(MeetingsSlots, WishesChooseLayers) {
    Client alice = member("Alice"), bob = member("Bob");
    bob.publish();
    const auto target = [&] {
        for (const api::Subscription& feed : feeds())
            if (feed.mid() == "1") return feed.target();
        return api::LayerTarget{};
    };
    const auto layers = [&] {
        json last;
        for (json message = alice.next("slots"); !message.is_null(); message = alice.next("slots"))
            last = message.at("slots").back();
        return last.value("layers", "");
    };
    EXPECT_EQ(layers(), "S2T2");
    alice.ask({{"type", "view"}, {"slots", {{"1", {{"height", 300}}}}}});
    EXPECT_EQ(target().spatial(), 1u);
    EXPECT_EQ(layers(), "S1T2");
    alice.ask({{"type", "view"}, {"slots", {{"1", {{"layers", "S0T1"}}}}}});
    EXPECT_EQ(layers(), "S0T1");
    alice.ask({{"type", "view"}, {"slots", {{"1", {{"paused", true}}}}}});
    EXPECT_TRUE(target().paused());
    alice.ask({{"type", "view"}, {"slots", {{"1", {{"paused", false}, {"layers", "auto"}}}}}});
    EXPECT_EQ(layers(), "S1T2");
    EXPECT_EQ(alice.ask({{"type", "view"}, {"slots", {{"99", {{"height", 300}}}}}}).at("code"),
              "invalid-field");
}

}  // namespace
}  // namespace strata::control
