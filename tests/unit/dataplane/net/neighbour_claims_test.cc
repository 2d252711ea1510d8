#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <vector>

#include "dataplane/net/neighbour_table.h"

// What becomes of messages that a known next hop is somewhere else.
namespace strata::dataplane::net::neighbour_claims_test {
namespace {

using Learned = NeighbourTable::Learned;
using Request = NeighbourTable::Request;

constexpr relay::TimeUs kRoundUs = 50'000;  // between rounds, as the port has it
constexpr relay::TimeUs kSecondUs = 1'000'000;
constexpr NeighbourTable::Manner kAnswer{.solicited = true};
constexpr NeighbourTable::Manner kWeak{.overrides = false};

IpAddress host(std::uint8_t n) { return IpAddress::v4({10, 0, 0, n}); }
MacAddress mac(std::uint8_t n) { return {2, 0, 0, 0, 0, n}; }
constexpr std::uint8_t kOld = 7, kNew = 8, kThief = 9;

// A link with one next hop, 10.0.0.1, which was at kOld, and those who answer for it.
class NeighbourClaims : public testing::Test {
  protected:
    NeighbourClaims() {
        index_ = table_.acquire(host(1), host(1)).value();
        rounds(1);
        EXPECT_EQ(table_.learn(host(1), mac(kOld), now_), Learned::known);
        pass(2 * kSecondUs);
        asked_.clear();
    }
    Learned claim(std::uint8_t n, NeighbourTable::Manner manner = {}) {
        return note(table_.learn(host(1), mac(n), now_, manner));
    }
    // Asks, has the answers come in the order of `alive_`, and goes on.
    void rounds(int n) {
        for (int i = 0; i < n; ++i) {
            std::array<Request, 32> requests;
            const auto round = table_.requests(requests, now_);
            refused_ += static_cast<int>(round.refused);
            for (std::uint32_t k = 0; k < round.requests; ++k) {
                asked_.push_back(requests[k]);
                for (const std::uint8_t station : alive_)
                    if (!requests[k].at || requests[k].at == mac(station)) claim(station, kAnswer);
            }
            now_ += kRoundUs;
        }
    }
    void pass(relay::TimeUs us) { rounds(static_cast<int>(us / kRoundUs)); }
    std::uint8_t at() const {
        return static_cast<std::uint8_t>(table_.words()[index_].word.load() >> 40);
    }
    std::size_t asked_alone() const {
        std::size_t n = 0;
        for (const Request& request : asked_) n += request.at ? 1 : 0;
        return n;
    }
    Learned note(Learned learned) {
        moved_ += learned == Learned::moved ? 1 : 0;
        refused_ += learned == Learned::refused ? 1 : 0;
        return learned;
    }

    NeighbourTable table_{4};
    std::uint16_t index_ = 0;
    relay::TimeUs now_ = 0;
    std::vector<std::uint8_t> alive_{kOld};
    std::vector<Request> asked_;
    int moved_ = 0, refused_ = 0;
};

TEST_F(NeighbourClaims, TheKnownMacIsAskedAndStaysWhereItAnswers) {
    EXPECT_EQ(claim(kThief), Learned::claimed);
    EXPECT_EQ(at(), kOld);
    rounds(1);
    ASSERT_EQ(asked_.size(), 1u);
    EXPECT_EQ(asked_[0].hop, host(1));
    EXPECT_EQ(asked_[0].at, mac(kOld));
    pass(5 * kSecondUs);
    EXPECT_EQ(at(), kOld);
    EXPECT_EQ(asked_.size(), 1u);
    EXPECT_EQ(moved_, 0);
    EXPECT_EQ(refused_, 1);
}

// An answer to the port that nobody asked for is a claim as well.
TEST_F(NeighbourClaims, AnAnswerThatNobodyAskedForIsNotTaken) {
    EXPECT_EQ(claim(kThief, kAnswer), Learned::claimed);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(at(), kOld);
        EXPECT_EQ(claim(kThief, kAnswer), Learned::claimed);
    }
    pass(kSecondUs);
    EXPECT_EQ(at(), kOld);
    EXPECT_EQ(refused_, 1);
}

TEST_F(NeighbourClaims, ARealMoveIsFollowedWithinASecond) {
    alive_ = {kNew};
    EXPECT_EQ(claim(kNew), Learned::claimed);
    relay::TimeUs took = 0;
    for (; at() == kOld && took < 5 * kSecondUs; took += kRoundUs) rounds(1);
    EXPECT_EQ(at(), kNew);
    EXPECT_LE(took, 900'000);
    EXPECT_TRUE(table_.resolved(index_));
    ASSERT_EQ(asked_.size(), 4u);
    EXPECT_EQ(asked_alone(), 3u);
    EXPECT_FALSE(asked_.back().at) << "then all are asked";
    EXPECT_EQ(moved_, 1);
    EXPECT_EQ(refused_, 0);
    EXPECT_EQ(claim(kNew), Learned::known);
}

TEST_F(NeighbourClaims, AnAnswerMayBeLostTwice) {
    alive_.clear();
    claim(kThief);
    rounds(9);
    EXPECT_EQ(asked_alone(), 3u);
    alive_ = {kOld};
    EXPECT_EQ(claim(kOld, kAnswer), Learned::refused);
    pass(5 * kSecondUs);
    EXPECT_EQ(at(), kOld);
    EXPECT_EQ(moved_, 0);
}

// Who claims and isn't there is no better than who doesn't answer.
TEST_F(NeighbourClaims, WithoutAnyAnswerTheKnownMacStays) {
    alive_.clear();
    claim(kThief);
    pass(2 * kSecondUs);
    EXPECT_EQ(at(), kOld);
    EXPECT_EQ(refused_, 1);
    EXPECT_EQ(asked_.size(), 6u);
    EXPECT_EQ(asked_alone(), 3u);
}

// The known one may have been slow alone.
TEST_F(NeighbourClaims, WhenAllAreAskedTheFirstAnswerCounts) {
    alive_.clear();
    claim(kThief);
    rounds(12);
    alive_ = {kOld, kThief};
    pass(5 * kSecondUs);
    EXPECT_EQ(at(), kOld);
    EXPECT_EQ(moved_, 0);
}

// However many, with MACs that change: one question at a time, and no more than one a second.
TEST_F(NeighbourClaims, AFloodNeitherFlapsNorMakesAFlood) {
    std::mt19937 random(3);
    for (int i = 0; i < 400; ++i) {  // 20 s
        for (int k = 0; k < 50; ++k) {
            claim(static_cast<std::uint8_t>(20 + random() % 200), random() % 2 ? kAnswer : kWeak);
            EXPECT_EQ(at(), kOld);
        }
        rounds(1);
    }
    EXPECT_EQ(moved_, 0);
    EXPECT_LE(asked_.size(), 20u);
    EXPECT_GE(asked_.size(), 15u);
}

// The flood isn't mistaken for the answer, and hides no move.
TEST_F(NeighbourClaims, ARealMoveIsFollowedBehindAFlood) {
    const auto flood = [&](relay::TimeUs us) {
        for (const relay::TimeUs end = now_ + us; now_ < end && at() == kOld;) {
            for (std::uint8_t n = 20; n < 60; ++n) claim(n);
            rounds(1);
        }
    };
    flood(3 * kSecondUs);
    EXPECT_EQ(at(), kOld);
    alive_ = {kNew};
    const relay::TimeUs moved = now_;
    claim(kNew);
    flood(5 * kSecondUs);
    EXPECT_EQ(at(), kNew);
    EXPECT_LE(now_ - moved, 2 * kSecondUs);
    // The new one is as firm as the old one was.
    for (int i = 0; i < 100; ++i) {
        for (std::uint8_t n = 20; n < 60; ++n) claim(n);
        rounds(1);
    }
    EXPECT_EQ(at(), kNew);
    EXPECT_EQ(moved_, 1);
}

// A claim that comes right behind a refused one, and is never repeated.
TEST_F(NeighbourClaims, OneThatComesTooSoonWaitsForItsQuestion) {
    claim(kThief);
    rounds(2);
    EXPECT_EQ(refused_, 1);
    alive_ = {kNew};
    claim(kNew);
    pass(2 * kSecondUs);
    EXPECT_EQ(at(), kNew);
}

// RFC 4861 section 7.2.5: without the override flag a known address stays as it is.
TEST_F(NeighbourClaims, WhatDoesNotOverrideLeavesAKnownMacAlone) {
    claim(kOld);
    EXPECT_EQ(claim(kNew, kWeak), Learned::claimed);
    EXPECT_EQ(claim(kNew, {.solicited = true, .overrides = false}), Learned::claimed);
    pass(2 * kSecondUs);
    EXPECT_TRUE(asked_.empty()) << "it has just been heard";
    EXPECT_EQ(claim(kNew, kWeak), Learned::claimed);
    rounds(1);
    EXPECT_EQ(asked_alone(), 1u) << "it may be gone";
    EXPECT_EQ(at(), kOld);
}

// A proxy answers for whoever has gone, and for whom nothing is known yet.
TEST_F(NeighbourClaims, WhatDoesNotOverrideIsTakenWhereNobodyElseIs) {
    alive_.clear();
    claim(kNew, kWeak);
    rounds(13);
    EXPECT_EQ(claim(kNew, {.solicited = true, .overrides = false}), Learned::moved);
    EXPECT_EQ(at(), kNew);
    const auto other = table_.acquire(host(2), host(2));
    EXPECT_EQ(table_.learn(host(2), mac(kNew), now_, kWeak), Learned::nothing);
    EXPECT_FALSE(table_.resolved(*other));
    EXPECT_EQ(table_.learn(host(2), mac(kNew), now_, {.solicited = true, .overrides = false}),
              Learned::known);
}

// Its place in the table went to another, of whom nothing was claimed.
TEST_F(NeighbourClaims, AQuestionEndsWithItsEntry) {
    NeighbourTable one(1);
    const auto index = one.acquire(host(1), host(1));
    one.learn(host(1), mac(kOld), now_);
    one.learn(host(1), mac(kThief), now_);
    std::array<Request, 4> requests;
    EXPECT_EQ(one.requests(requests, now_).requests, 1u);
    one.release(*index);
    ASSERT_TRUE(one.acquire(host(2), host(2)));
    ASSERT_EQ(one.requests(requests, now_ + NeighbourTable::kProbeUs).requests, 1u);
    EXPECT_EQ(requests[0].hop, host(2));
    EXPECT_FALSE(requests[0].at);
}

// Many next hops, claims against all of them: each is asked in its turn, and those who begin to be
// waited for are asked before.
TEST(NeighbourClaimsOfMany, EachHasItsTurn) {
    constexpr std::uint16_t kHosts = 300;
    const auto address = [](std::uint16_t i) {
        return IpAddress::v4({10, 1, std::uint8_t(i >> 8), std::uint8_t(i)});
    };
    NeighbourTable table(512);
    relay::TimeUs now = 0;
    for (std::uint16_t i = 0; i < kHosts; ++i) {
        table.acquire(address(i), address(i));
        table.learn(address(i), mac(kOld), now);
    }
    now += 2 * kSecondUs;
    for (std::uint16_t i = 0; i < kHosts; ++i) table.learn(address(i), mac(kThief), now);
    const IpAddress late = address(400);
    table.acquire(late, late);
    std::map<int, int> asked;
    for (int round = 0; round < 10; ++round, now += kRoundUs) {
        std::array<Request, 32> requests;
        const std::uint32_t n = table.requests(requests, now).requests;
        if (round == 0) {
            EXPECT_EQ(requests[0].hop, late);
        }
        for (std::uint32_t k = 0; k < n; ++k) {
            const int i = requests[k].hop.bytes[14] << 8 | requests[k].hop.bytes[15];
            ++asked[i];
            if (i == 400) continue;
            EXPECT_EQ(table.learn(requests[k].hop, mac(kOld), now), Learned::refused) << i;
        }
    }
    for (int i = 0; i < kHosts; ++i) EXPECT_EQ(asked[i], 1) << i;
}

}  // namespace
}  // namespace strata::dataplane::net::neighbour_claims_test
