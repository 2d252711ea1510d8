#include <gtest/gtest.h>

#include "tests/unit/control/meeting/fixture.h"

namespace strata::control {
namespace {

using json = nlohmann::json;

struct MeetingsWatch : testing::Test, MeetingsFixture {
    // Publishes a voice alone; its track.
    std::string speak_up(Client& client) {
        const json published = client.publish("mic", {{{"mid", "0"}, {"source", "microphone"}}});
        return published.at("tracks").at(0).at("id");
    }
    // Who has spoken for so many looks.
    void talk_for(int times, std::initializer_list<std::string> tracks) {
        for (int i = 0; i < times; ++i) {
            for (const std::string& track : tracks) voiced[*parse_track_id(track)] += 12;
            look(1);
        }
    }
    // Tracks in the audio slots as the last messages said, in the order of the slots.
    static void follow(Client& client, std::map<std::string, std::string>& heard) {
        for (json message = client.next("slots"); !message.is_null();
             message = client.next("slots"))
            for (const json& slot : message.at("slots"))
                if (slot.at("kind") == "audio")
                    heard[slot.at("mid")] = slot.value("track", std::string());
    }
};

TEST_F(MeetingsWatch, WhoSpeaksIsHeardWhenThereAreMoreVoicesThanSlots) {
    Client alice = member("Alice", {{"receive", {{"video", 0}, {"audio", 2}}}});
    Client bob = member("Bob"), carol = member("Carol"), dora = member("Dora");
    const std::string b = speak_up(bob), c = speak_up(carol), d = speak_up(dora);
    std::map<std::string, std::string> heard;
    follow(alice, heard);
    EXPECT_EQ(heard, (std::map<std::string, std::string>{{"0", b}, {"1", c}}));
    talk_for(4, {b});
    follow(alice, heard);
    EXPECT_EQ(heard, (std::map<std::string, std::string>{{"0", b}, {"1", c}}));
    // Dora begins: who hasn't spoken gives way, who speaks stays.
    talk_for(4, {b, d});
    follow(alice, heard);
    EXPECT_EQ(heard, (std::map<std::string, std::string>{{"0", b}, {"1", d}}));
    // A third one while both speak has to wait, and nothing is said to anybody.
    talk_for(40, {b, c, d});
    EXPECT_EQ(alice.next("slots"), nullptr);
    talk_for(12, {c, d});
    follow(alice, heard);
    EXPECT_EQ(heard, (std::map<std::string, std::string>{{"0", c}, {"1", d}}));
    // Nobody hears himself: Carol has both of the others.
    std::map<std::string, std::string> carols;
    follow(carol, carols);
    EXPECT_EQ(carols.size(), 2u);
    // Muted, Dora isn't heard however loud she was.
    dora.ask({{"type", "mute"}, {"track", d}, {"muted", true}});
    follow(alice, heard);
    EXPECT_EQ(heard, (std::map<std::string, std::string>{{"0", c}, {"1", b}}));
}

TEST_F(MeetingsWatch, WhoWasHeardStaysThereAfterARestartOfControl) {
    Client alice = member("Alice", {{"receive", {{"video", 0}, {"audio", 1}}}});
    Client bob = member("Bob"), carol = member("Carol");
    speak_up(bob);
    const std::string c = speak_up(carol);
    look(1);
    talk_for(4, {c});
    for (const auto& [id, one] : node->directory().participants())
        peers->install(id, keys(), [] {});
    const auto of_alice = [&] { return feeds().at(0).track(); };
    ASSERT_EQ("t" + std::to_string(of_alice()), c);
    restart_control();
    Client again = connect_client();
    again.join({{"name", "Alice"}, {"resume", alice.joined.at("resume")}});
    look(8);
    EXPECT_EQ("t" + std::to_string(of_alice()), c);
}

TEST_F(MeetingsWatch, LayersThatAreGivenAreSaidBesideThoseThatAreAskedFor) {
    Client alice = member("Alice"), bob = member("Bob");
    bob.publish();
    const auto video = [&] {
        json last;
        for (json message = alice.next("slots"); !message.is_null(); message = alice.next("slots"))
            for (const json& slot : message.at("slots"))
                if (slot.at("mid") == "1") last = slot;
        return last;
    };
    EXPECT_EQ(video().at("layers"), "S2T2");
    look(4);
    EXPECT_TRUE(video().is_null());  // nothing is known yet
    const api::Subscription feed = feeds().at(1);
    ASSERT_EQ(feed.mid(), "1");
    const std::pair key{SubscriptionId{feed.id()}, TrackId{feed.track()}};
    given[key] = {.encoding = 0, .spatial = 0, .temporal = 2, .paused = false};
    look(4);
    json slot = video();
    EXPECT_EQ(slot.at("layers"), "S2T2");
    EXPECT_EQ(slot.at("layers_current"), "S0T2");
    look(8);
    EXPECT_TRUE(video().is_null());  // once
    given[key].paused = true;
    look(4);
    EXPECT_EQ(video().at("layers_current"), "none");
    given[key] = {.encoding = 0, .spatial = 2, .temporal = 2, .paused = false};
    look(4);
    EXPECT_EQ(video().at("layers_current"), "S2T2");
    // Of another track in the slot nothing is known.
    bob.ask({{"type", "unpublish"}, {"publication", "camera"}});
    EXPECT_FALSE(video().contains("layers_current"));
    bob.publish();
    slot = video();
    EXPECT_TRUE(slot.contains("track"));
    EXPECT_FALSE(slot.contains("layers_current"));
}

TEST_F(MeetingsWatch, NobodyIsLookedAtWhereNobodyIs) {
    Client alice = member("Alice");
    look(1);
    EXPECT_EQ(looks.size(), 1u);
    alice.lose();
    look(2);
    EXPECT_TRUE(looks.empty());
    member("Bob");
    EXPECT_EQ(looks.size(), 1u);
}

}  // namespace
}  // namespace strata::control
