#include <gtest/gtest.h>

#include "tests/unit/control/meeting/fixture.h"

// Rooms whose members don't fit into one message.
namespace strata::control {
namespace {

using json = nlohmann::json;
using meeting::Listed;
using meeting::page_after;

constexpr std::uint64_t kMany = 3'000;

struct MeetingsListing : testing::Test, MeetingsFixture {
    void crowd(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i)
            ASSERT_TRUE(node->carry_out(node->directory().plan_member(
                "demo", {.name = "somebody with a name that is not short, " + std::to_string(i),
                         .rights = {.subscribe = true},
                         .video_slots = 0,
                         .audio_slots = 0})));
        run_turn();
    }
    static std::string last_id(const json& page) { return page.at("members").back().at("id"); }
};

TEST_F(MeetingsListing, WhatDoesntFitIntoJoinedIsAskedFor) {
    crowd(kMany);
    Client alice = connect_client();
    json page = alice.join({{"name", "Alice"}});
    ASSERT_EQ(page.at("type"), "joined");
    std::vector<std::string> ids;
    const auto take = [&] {
        for (const json& one : page.at("members")) ids.push_back(one.at("id"));
    };
    take();
    EXPECT_LT(ids.size(), kMany);
    int pages = 1;
    for (; page.value("more", false) && pages < 100; ++pages) {
        page = alice.ask({{"type", "members"}, {"after", last_id(page)}});
        ASSERT_EQ(page.at("type"), "members") << page;
        ASSERT_FALSE(page.at("members").empty());
        take();
    }
    EXPECT_GT(pages, 3);
    EXPECT_FALSE(page.contains("more"));
    EXPECT_TRUE(std::ranges::is_sorted(
        ids, {}, [](const std::string& id) { return parse_member_id(id)->value; }));
    // The last one is Alice herself, of whom she hears as everybody does.
    const std::set<std::string> all(ids.begin(), ids.end());
    EXPECT_EQ(all.size(), ids.size());
    EXPECT_EQ(all.size() + (all.contains(alice.id()) ? 0 : 1), kMany + 1);
    EXPECT_EQ(alice.next("member-joined").at("member").at("id"), alice.id());
    EXPECT_LE(alice.socket->longest, node->limits().value(Limit::meeting_message_bytes));
}

TEST_F(MeetingsListing, NewsAreToldOnceWhileSomebodyReads) {
    crowd(kMany);
    Client alice = connect_client();
    const json first = alice.join({{"name", "Alice"}});
    Client bob = connect_client();
    bob.join({{"name", "Bob"}, {"receive", {{"video", 0}, {"audio", 0}}}});
    // Somebody whom Alice hasn't read of yet goes.
    const MemberId gone{parse_member_id(last_id(first))->value + 1};
    node->carry_out(node->directory().plan_remove(gone));
    run_turn();
    EXPECT_EQ(alice.next("member-left").at("member"), id_text(gone));
    const json second = alice.ask({{"type", "members"}, {"after", last_id(first)}});
    EXPECT_NE(second.at("members").front().at("id"), id_text(gone));
    // Behind the last there is nothing.
    const json end = alice.ask({{"type", "members"}, {"after", bob.id()}});
    EXPECT_TRUE(end.at("members").empty());
    EXPECT_FALSE(end.contains("more"));
    EXPECT_EQ(alice.ask({{"type", "members"}, {"after", "x"}}).at("code"), "invalid-field");
}

TEST(MemberPages, HaveAtLeastOneAndSayWhetherThereIsMore) {
    const std::vector<Listed> all{{3, "m3", std::string(50, 'a')},
                                  {5, "p5", std::string(500, 'b')},
                                  {9, "m9", std::string(9, 'c')}};
    const auto sizes = [&](std::uint64_t after, std::size_t bytes) {
        const auto page = page_after(all, after, bytes);
        return std::pair(page.members.size(), page.more);
    };
    EXPECT_EQ(sizes(0, 1'000), std::pair(std::size_t{3}, false));
    EXPECT_EQ(sizes(0, 60), std::pair(std::size_t{1}, true));
    EXPECT_EQ(sizes(0, 552), std::pair(std::size_t{2}, true));
    EXPECT_EQ(sizes(0, 551), std::pair(std::size_t{1}, true));
    EXPECT_EQ(sizes(3, 1), std::pair(std::size_t{1}, true));  // too long alone: all the same
    EXPECT_EQ(sizes(4, 1), std::pair(std::size_t{1}, true));  // of somebody who is gone
    EXPECT_EQ(sizes(5, 1), std::pair(std::size_t{1}, false));
    EXPECT_EQ(sizes(9, 1'000), std::pair(std::size_t{0}, false));
    EXPECT_EQ(page_after({}, 0, 10).members.size(), 0u);
}

}  // namespace
}  // namespace strata::control
