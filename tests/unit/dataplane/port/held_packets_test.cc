#include "dataplane/port/held_packets.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

constexpr net::MacAddress kMac{2, 0, 0, 0, 0, 9};
constexpr std::uint32_t kNeighbours = 4;

class HeldPacketsTest : public testing::Test {
  protected:
    // A frame for the neighbour `index`, told apart by `mark`.
    rte_mbuf* frame(std::uint16_t index, std::uint8_t mark) {
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->header);
        auto* bytes = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(m, 20));
        std::memset(bytes, 0, 20);
        std::memcpy(bytes, &index, 2);
        bytes[19] = mark;
        return m;
    }
    void resolve(std::size_t index) {
        std::uint64_t word = 0;
        std::memcpy(&word, kMac.data(), kMac.size());
        neighbours_[index].word = word | net::Neighbour::kResolved;
    }
    std::vector<int> release(HeldPackets& held, std::uint32_t n, relay::TimeUs now) {
        std::array<rte_mbuf*, 8> out{};
        released_ = held.release(neighbours_.data(), out.data(), n, now);
        std::vector<int> marks;
        for (std::uint32_t i = 0; i < released_.ready; ++i) {
            const auto* bytes = rte_pktmbuf_mtod(out[i], std::uint8_t*);
            EXPECT_EQ(std::memcmp(bytes, kMac.data(), kMac.size()), 0);
            marks.push_back(bytes[19]);
            rte_pktmbuf_free(out[i]);
        }
        return marks;
    }

    TestPools pools_;
    std::array<net::Neighbour, kNeighbours> neighbours_{};
    HeldPackets::Released released_;
};

TEST_F(HeldPacketsTest, WhoHasNoRoomIsTold) {
    HeldPackets held({2, kNeighbours, 1'000});
    std::array<rte_mbuf*, 3> three{frame(1, 10), frame(1, 11), frame(2, 12)};
    EXPECT_EQ(held.hold(three.data(), 3, 0), 1u);
    EXPECT_EQ(held.hold(three.data() + 2, 1, 0), 1u) << "behind it is one that has room";
    rte_pktmbuf_free(three[1]);
}

TEST_F(HeldPacketsTest, LeaveInOrderWhenTheirNeighbourAnswers) {
    HeldPackets held({8, kNeighbours, 1'000});
    std::array<rte_mbuf*, 3> three{frame(1, 10), frame(2, 11), frame(1, 12)};
    EXPECT_EQ(held.hold(three.data(), 3, 0), 3u);
    EXPECT_TRUE(release(held, 8, 1).empty());
    resolve(1);
    EXPECT_EQ(release(held, 8, 2), (std::vector{10, 12}));
    EXPECT_EQ(held.size(), 1u);
    resolve(2);
    EXPECT_EQ(release(held, 8, 3), (std::vector{11}));
    EXPECT_TRUE(pools_.idle());
}

TEST_F(HeldPacketsTest, NoMoreThanThereIsRoomForComeOutAtOnce) {
    HeldPackets held({8, kNeighbours, 1'000});
    std::array<rte_mbuf*, 3> three{frame(1, 10), frame(1, 11), frame(1, 12)};
    held.hold(three.data(), 3, 0);
    resolve(1);
    EXPECT_EQ(release(held, 2, 1), (std::vector{10, 11}));
    EXPECT_EQ(release(held, 2, 2), (std::vector{12}));
}

TEST_F(HeldPacketsTest, AreBoundedInNumberAndTime) {
    HeldPackets held({2, kNeighbours, 1'000});
    std::array<rte_mbuf*, 3> three{frame(1, 10), frame(2, 11), frame(3, 12)};
    EXPECT_EQ(held.hold(three.data(), 3, 0), 2u) << "the third stays the caller's";
    rte_pktmbuf_free(three[2]);
    EXPECT_TRUE(release(held, 8, 1'000).empty());
    EXPECT_EQ(released_.dropped, 0u);
    EXPECT_TRUE(release(held, 8, 1'001).empty());
    EXPECT_EQ(released_.dropped, 2u);
    EXPECT_EQ(held.size(), 0u);
    EXPECT_TRUE(pools_.idle());
}

// A next hop that never answers leaves room to the others, however much is sent to it.
TEST_F(HeldPacketsTest, OneNextHopDoesNotTakeAllTheRoom) {
    HeldPackets held({12, kNeighbours, 1'000});
    const auto fill = [&](std::uint16_t hop) {
        int taken = 0;
        for (int i = 0; i < 20; ++i) {
            rte_mbuf* m = frame(hop, 1);
            if (held.hold(&m, 1, 0) == 1)
                ++taken;
            else
                rte_pktmbuf_free(m);
        }
        return taken;
    };
    EXPECT_EQ(fill(1), 6);
    EXPECT_EQ(fill(2), 3);
    EXPECT_EQ(fill(3), 2);
    // What leaves makes room again, for its own next hop too.
    resolve(1);
    EXPECT_EQ(release(held, 8, 1).size(), 6u);
    EXPECT_EQ(fill(1), 4);
    EXPECT_TRUE(release(held, 0, 1'001).empty());
    EXPECT_EQ(released_.dropped, 9u);
    EXPECT_EQ(fill(2), 6);
}

// The next hop's entry became another's while they waited.
TEST_F(HeldPacketsTest, NeverLeaveForSomebodyElse) {
    HeldPackets held({8, kNeighbours, 1'000});
    std::array<rte_mbuf*, 2> two{frame(1, 10), frame(2, 11)};
    held.hold(two.data(), 2, 0);
    neighbours_[1].word = net::Neighbour::resolved(kMac, 1);
    neighbours_[2].word = net::Neighbour::unresolved(2, 1);
    EXPECT_TRUE(release(held, 8, 1).empty());
    EXPECT_EQ(released_.dropped, 2u);
    EXPECT_EQ(held.size(), 0u);
    EXPECT_TRUE(pools_.idle());
    rte_mbuf* later = frame(1, 12);
    const std::uint64_t word = net::Neighbour::unresolved(1, 1);
    std::memcpy(rte_pktmbuf_mtod(later, void*), &word, 6);
    held.hold(&later, 1, 2);
    EXPECT_EQ(release(held, 8, 3), (std::vector{12}));
}

TEST_F(HeldPacketsTest, WhatStillWaitsIsFreedAtTheEnd) {
    {
        HeldPackets held({2, kNeighbours, 1'000});
        std::array<rte_mbuf*, 1> one{frame(1, 10)};
        held.hold(one.data(), 1, 0);
    }
    EXPECT_TRUE(pools_.idle());
}

TEST_F(HeldPacketsTest, SaysWhatBecameOfEach) {
    HeldPackets held({6, kNeighbours, 1'000});
    std::array<rte_mbuf*, 4> first{frame(1, 1), frame(2, 2), frame(1, 3), frame(3, 4)};
    EXPECT_EQ(held.hold(first.data(), 4, 0), 4u);
    EXPECT_EQ(held.newest(), 4u);
    EXPECT_EQ(held.fate(4), HeldFate::waiting);
    resolve(1);
    release(held, 8, 500);
    held.only_sent(1);  // the device had no room for the other
    EXPECT_EQ(held.fate(1), HeldFate::sent);
    EXPECT_EQ(held.fate(3), HeldFate::dropped);
    EXPECT_EQ(held.fate(2), HeldFate::waiting);
    release(held, 8, 1'001);
    for (const std::uint32_t number : {2u, 4u}) EXPECT_EQ(held.fate(number), HeldFate::dropped);
    rte_mbuf* more = frame(2, 5);
    EXPECT_EQ(held.hold(&more, 1, 2'000), 1u);
    EXPECT_EQ(held.newest(), 5u);
    EXPECT_EQ(held.fate(5), HeldFate::waiting);
}

}  // namespace
}  // namespace strata::dataplane
