#include "dataplane/net/neighbour_table.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <random>
#include <vector>

namespace strata::dataplane::net {
namespace {

IpAddress host(std::uint8_t n) { return IpAddress::v4({10, 0, 0, n}); }
constexpr MacAddress kMac{2, 0, 0, 0, 0, 7}, kOther{2, 0, 0, 0, 0, 8};
using Learned = NeighbourTable::Learned;
constexpr std::size_t kPerRound = 32;

std::vector<IpAddress> asked_for(NeighbourTable& table, relay::TimeUs now) {
    std::vector<NeighbourTable::Request> requests(kPerRound);
    requests.resize(table.requests(requests, now).requests);
    std::vector<IpAddress> hops;
    for (const auto& request : requests) hops.push_back(request.hop);
    return hops;
}

TEST(NeighbourTable, LearnsOnlyWhatSomebodyAskedFor) {
    NeighbourTable table(4);
    EXPECT_EQ(table.learn(host(1), kMac, 0), Learned::nothing);
    EXPECT_EQ(table.size(), 0u);
    const auto index = table.acquire(host(1), host(1));
    ASSERT_TRUE(index);
    EXPECT_FALSE(table.resolved(*index));
    EXPECT_EQ(table.words()[*index].word.load(), *index);
    EXPECT_EQ(table.learn(host(1), kMac, 0), Learned::known);
    EXPECT_TRUE(table.resolved(*index));
    EXPECT_EQ(table.learn(host(1), MacAddress{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 0),
              Learned::nothing);
}

TEST(NeighbourTable, ListsWhatIsInUseForPeople) {
    constexpr relay::TimeUs kSecond = 1'000'000;
    NeighbourTable table(1'024);
    for (std::uint8_t n = 1; n <= 200; ++n) table.acquire(host(n), host(n));
    for (std::uint8_t n = 1; n <= 200; ++n) table.acquire(host(n), IpAddress::v4({10, 0, 1, n}));
    table.learn(host(7), kMac, 3 * kSecond);
    table.release(*table.acquire(host(250), host(250)));  // nobody's any more
    table.limit_path(host(7), IpAddress::v4({192, 0, 2, 1}), 1'280, 3 * kSecond);
    table.acquire(host(7), IpAddress::v4({192, 0, 2, 1}));

    api::HostTables tables;
    table.list(tables, 8 * kSecond + 1);
    ASSERT_EQ(tables.neighbours.size(), 200u);
    for (std::size_t i = 0; i < 200; ++i)
        if (i != 6) {
            EXPECT_EQ(tables.neighbours[i],
                      (api::NeighbourEntry{.address = host(static_cast<std::uint8_t>(i + 1)).bytes,
                                           .links = 2}));
        }
    EXPECT_EQ(tables.neighbours[6], (api::NeighbourEntry{.address = host(7).bytes,
                                                         .mac = kMac,
                                                         .state = api::NeighbourState::reachable,
                                                         .links = 3,
                                                         .heard_s = 5}));
    table.learn(host(7), kOther, 8 * kSecond);
    api::HostTables later;
    table.list(later, 8 * kSecond);
    EXPECT_EQ(later.neighbours[6].state, api::NeighbourState::probe);
    EXPECT_EQ(later.neighbours[6].mac, kMac);
    ASSERT_EQ(tables.paths.size(), 1u);
    EXPECT_EQ(tables.paths[0], (api::PathEntry{.to = IpAddress::v4({192, 0, 2, 1}).bytes,
                                               .hop = host(7).bytes,
                                               .mtu_bytes = 1'280}));
}

TEST(NeighbourTable, IsBoundedAndReusesWhatNobodyLinks) {
    NeighbourTable table(2);
    const auto a = table.acquire(host(1), host(1)), b = table.acquire(host(2), host(2));
    EXPECT_EQ(table.acquire(host(1), host(1)), a);
    EXPECT_FALSE(table.acquire(host(3), host(3)));
    table.release(*a);
    EXPECT_FALSE(table.acquire(host(3), host(3)));  // one link is left
    table.learn(host(1), kMac, 0);
    table.release(*a);
    EXPECT_EQ(table.acquire(host(3), host(3)), a);
    EXPECT_FALSE(table.resolved(*a));  // not with the old one's address
    EXPECT_NE(table.acquire(host(2), host(2)), std::nullopt);
    EXPECT_TRUE(b);
}

// However many there are: an index is 16 bits.
TEST(NeighbourTable, NobodyIsNoneOfThem) {
    for (const std::uint32_t capacity : {1u, 1'024u, 65'536u}) {
        NeighbourTable table(capacity);
        const std::uint16_t nobody = table.nobody();
        EXPECT_FALSE(table.resolved(nobody));
        EXPECT_EQ(table.words()[nobody].word.load(), nobody);
        EXPECT_NE(table.acquire(host(1), host(1)), nobody);
        table.release(nobody);
        EXPECT_EQ(table.nobody(), nobody);
    }
}

// What the network asks for by itself.
TEST(NeighbourTable, AnAnswerTakesOnlyAWayThatIsKnown) {
    NeighbourTable table(4);
    EXPECT_FALSE(table.acquire_resolved(host(1), host(1)));
    EXPECT_EQ(table.size(), 0u);
    const auto index = table.acquire(host(1), host(1));
    EXPECT_FALSE(table.acquire_resolved(host(1), host(1)));
    table.learn(host(1), kMac, 0);
    EXPECT_EQ(table.acquire_resolved(host(1), host(9)), index);
    table.limit_path(host(1), host(9), 1'280, 0);
    const auto limited = table.acquire_resolved(host(1), host(9));
    ASSERT_TRUE(limited);
    EXPECT_TRUE(table.path(*limited));
    EXPECT_FALSE(table.acquire_resolved(host(2), host(9)));
    EXPECT_EQ(table.size(), 2u);
}

// What was written for the former one isn't the new one's.
TEST(NeighbourTable, AnEntryOfAnotherHasAnotherGeneration) {
    NeighbourTable table(1);
    Awaited frame;
    for (std::uint8_t n = 1; n <= 3; ++n) {
        const auto index = table.acquire(host(n), host(n));
        ASSERT_TRUE(index);
        const std::uint64_t word = table.words()[*index].word.load();
        EXPECT_EQ(frame.is(word), n == 1);
        std::array<std::uint8_t, 8> bytes;
        std::memcpy(bytes.data(), &word, bytes.size());
        frame = Awaited::of(bytes.data());
        EXPECT_EQ(frame.index, *index);
        EXPECT_TRUE(frame.is(word));
        table.learn(host(n), kMac, 0);
        EXPECT_TRUE(frame.is(table.words()[*index].word.load()));
        EXPECT_EQ(table.words()[*index].word.load() << 16 >> 16, 0x070000000002u);
        table.release(*index);
    }
}

TEST(NeighbourTable, APathLeadsWhoeverWasWrittenForIt) {
    NeighbourTable table(3);
    (void)table.acquire(host(1), host(9));
    table.limit_path(host(1), host(9), 1'280, 0);
    const std::uint16_t index = *table.acquire(host(1), host(9));
    const Awaited frame{index, 0};
    const auto path = table.path(index);
    ASSERT_TRUE(path);
    EXPECT_TRUE(table.leads(frame, *path));
    table.acquire(host(2), host(9));  // another way
    EXPECT_FALSE(table.leads(frame, *path));
    EXPECT_TRUE(table.leads(frame, *table.path(index)));
    EXPECT_FALSE(table.leads({index, 1}, *table.path(index)));
}

// Against a slow and obvious table: whoever is there is found, whatever went before.
TEST(NeighbourTable, FindsWhoIsThereHoweverManyCameAndWent) {
    constexpr std::uint32_t kCapacity = 16;
    NeighbourTable table(kCapacity);
    std::map<std::uint8_t, std::uint16_t> there;
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
        const auto n = static_cast<std::uint8_t>(random() % 64);
        if (const auto known = there.find(n); known != there.end()) {
            EXPECT_EQ(table.acquire(host(n), host(n)), known->second);
            table.release(known->second);
            if (random() % 2 != 0) continue;
            table.release(known->second);
            there.erase(known);
        } else {
            const auto index = table.acquire(host(n), host(n));
            ASSERT_EQ(index.has_value(), there.size() < kCapacity) << i;
            if (!index) continue;
            for (const auto& [other, at] : there) EXPECT_NE(at, *index) << int{other};
            there.emplace(n, *index);
            table.learn(host(n), {2, 0, 0, 0, 0, n}, 0);
        }
        for (const auto& [other, at] : there)
            ASSERT_EQ(table.words()[at].word.load() >> 40 & 0xff, other);
    }
    EXPECT_EQ(table.size(), kCapacity);
}

TEST(NeighbourTable, AsksAgainUntilAnsweredThenNowAndThen) {
    NeighbourTable table(4);
    (void)table.acquire(host(1), host(1));
    EXPECT_TRUE(table.take_added());
    EXPECT_FALSE(table.take_added());
    const auto ask = [&](relay::TimeUs now) { return asked_for(table, now).size() == 1; };
    EXPECT_TRUE(ask(0));
    EXPECT_FALSE(ask(NeighbourTable::kRetryUs - 1));
    EXPECT_TRUE(ask(NeighbourTable::kRetryUs));
    table.learn(host(1), kMac, NeighbourTable::kRetryUs);
    EXPECT_FALSE(ask(3 * NeighbourTable::kRetryUs));
    const relay::TimeUs again = NeighbourTable::kRetryUs + NeighbourTable::kRefreshUs;
    EXPECT_TRUE(ask(again));
    EXPECT_FALSE(ask(again + NeighbourTable::kRetryUs - 1));
    EXPECT_TRUE(ask(again + NeighbourTable::kRetryUs));  // an answer may be lost
}

// 300 of which nobody answers, and how often each was asked for in rounds of 50 ms.
class DeadNeighbours {
  public:
    DeadNeighbours() {
        for (std::uint16_t i = 0; i < kHosts; ++i) (void)table.acquire(address(i), address(i));
    }
    static IpAddress address(std::uint16_t i) {
        return IpAddress::v4({10, 1, std::uint8_t(i >> 8), std::uint8_t(i)});
    }
    std::vector<IpAddress> round() {
        const auto hops = asked_for(table, now);
        for (const IpAddress& hop : hops) ++times[hop.bytes[14] << 8 | hop.bytes[15]];
        now += kRoundUs;
        return hops;
    }

    static constexpr std::uint16_t kHosts = 300;
    static constexpr relay::TimeUs kRoundUs = 50'000;
    NeighbourTable table{512};
    relay::TimeUs now = 0;
    std::array<int, 512> times{};
};

TEST(NeighbourTable, EachHasItsTurnHoweverManyDoNotAnswer) {
    DeadNeighbours dead;
    for (int i = 0; i < 10; ++i) dead.round();  // of 32 each
    for (int i = 0; i < DeadNeighbours::kHosts; ++i) EXPECT_GE(dead.times[i], 1) << i;
    // Nobody is left out later either, with more of them due than a round takes.
    for (int i = 0; i < 20; ++i) dead.round();
    for (int i = 0; i < DeadNeighbours::kHosts; ++i) EXPECT_GE(dead.times[i], 2) << i;
}

TEST(NeighbourTable, ANewOneIsAskedForAtOnce) {
    DeadNeighbours dead;
    for (int i = 0; i < 16; ++i) dead.round();
    EXPECT_EQ(dead.round().size(), kPerRound);  // many are due
    dead.table.take_added();
    const IpAddress late = DeadNeighbours::address(400);
    (void)dead.table.acquire(late, late);
    EXPECT_TRUE(dead.table.take_added());
    EXPECT_EQ(dead.round().front(), late);
}

TEST(NeighbourTable, WhoNeverAnswersIsAskedForLessAndLess) {
    DeadNeighbours dead;
    for (int i = 0; i < 600; ++i) dead.round();
    const auto before = dead.times;
    for (int i = 0; i < 1'600; ++i) dead.round();  // 80 s
    for (int i = 0; i < DeadNeighbours::kHosts; ++i) {
        EXPECT_LE(dead.times[i] - before[i], 10) << i;
        EXPECT_GE(dead.times[i] - before[i], 9) << i;
    }
}

// RFC 1122 section 2.3.2.1: once a second, however many begin to wait.
TEST(NeighbourTable, ANewLinkAsksAgainButNotMoreThanOnceASecond) {
    NeighbourTable table(4);
    (void)table.acquire(host(1), host(1));
    relay::TimeUs now = 0;
    for (; now < 30'000'000; now += 50'000) asked_for(table, now);
    (void)table.acquire(host(1), host(8));
    EXPECT_TRUE(table.take_added());
    EXPECT_EQ(asked_for(table, now).size(), 1u);
    std::size_t asked = 0;
    for (int i = 1; i <= 400; ++i) {  // 20 s
        (void)table.acquire(host(1), host(8));
        asked += asked_for(table, now + i * 50'000).size();
    }
    EXPECT_LE(asked, 20u);
    EXPECT_GE(asked, 19u);
}

TEST(NeighbourTable, LimitsOnePathAndNotItsNextHop) {
    NeighbourTable table(4);
    const IpAddress hop = host(1), far = host(9), near = host(8);
    const auto plain = table.acquire(hop, far);
    table.learn(hop, kMac, 0);
    ASSERT_TRUE(table.limit_path(hop, far, 1'280, 0));
    const auto limited = table.acquire(hop, far);
    ASSERT_TRUE(limited);
    EXPECT_NE(limited, plain);
    EXPECT_FALSE(table.resolved(*limited));  // so that its packets are looked at
    ASSERT_TRUE(table.path(*limited));
    EXPECT_EQ(table.path(*limited)->hop, *plain);
    EXPECT_EQ(table.path(*limited)->limit, 1'280);
    EXPECT_EQ(table.acquire(hop, near), plain);
    EXPECT_FALSE(table.path(*plain));
    table.limit_path(hop, far, 600, 1);
    EXPECT_EQ(table.path(*limited)->limit, 600);
}

// A path on the link, whose next hop is the destination itself.
TEST(NeighbourTable, APathMayEndAtItsNextHop) {
    NeighbourTable table(4);
    const auto plain = table.acquire(host(1), host(1));
    ASSERT_TRUE(table.limit_path(host(1), host(1), 1'000, 0));
    const auto limited = table.acquire(host(1), host(1));
    EXPECT_NE(limited, plain);
    EXPECT_EQ(table.learn(host(1), kMac, 0), Learned::known);
    EXPECT_TRUE(table.resolved(*plain));
    EXPECT_FALSE(table.resolved(*limited));
}

TEST(NeighbourTable, AnOldLimitLetsEverythingByAndIsNotAskedFor) {
    NeighbourTable table(4);
    (void)table.acquire(host(1), host(9));
    table.limit_path(host(1), host(9), 1'280, 0);
    const auto limited = table.acquire(host(1), host(9));
    const auto round = [&](relay::TimeUs now) {
        const auto hops = asked_for(table, now);
        for (const IpAddress& hop : hops) EXPECT_EQ(hop, host(1));
        return hops.size();
    };
    EXPECT_EQ(round(0), 1u);
    EXPECT_EQ(table.path(*limited)->limit, 1'280);
    round(NeighbourTable::kPathUs);
    EXPECT_EQ(table.path(*limited)->limit, 0xffff);
}

TEST(NeighbourTable, AnotherWayToTheSameDestinationHasNoLimitYet) {
    NeighbourTable table(4);
    (void)table.acquire(host(1), host(9));
    table.limit_path(host(1), host(9), 1'280, 0);
    const auto before = table.acquire(host(1), host(9));
    EXPECT_EQ(table.path(*before)->limit, 1'280);
    const auto after = table.acquire(host(2), host(9));
    const auto hop = table.acquire(host(2), host(8));
    ASSERT_TRUE(after && hop);
    EXPECT_EQ(table.path(*after)->hop, *hop);
    EXPECT_EQ(table.path(*after)->limit, 0xffff);
}

TEST(NeighbourTable, PathsAreBoundedAndGiveTheirNextHopBack) {
    NeighbourTable table(2);
    const auto hop = table.acquire(host(1), host(9));
    ASSERT_TRUE(table.limit_path(host(1), host(9), 1'280, 0));
    EXPECT_TRUE(table.limit_path(host(1), host(8), 1'280, 0));  // nobody links the first one
    const auto limited = table.acquire(host(1), host(8));
    EXPECT_FALSE(table.limit_path(host(1), host(7), 1'280, 0));
    EXPECT_FALSE(table.limit_path(host(5), host(7), 1'280, 0));  // no such next hop
    table.release(*hop);
    EXPECT_FALSE(table.acquire(host(2), host(2)));  // the path still leads over host 1
    table.release(*limited);
    EXPECT_TRUE(table.acquire(host(2), host(2)));
    EXPECT_TRUE(table.acquire(host(3), host(3)));
    EXPECT_FALSE(table.acquire(host(4), host(4)));
}

}  // namespace
}  // namespace strata::dataplane::net
