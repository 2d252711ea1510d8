#include "relay/recovery/packet_history.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace strata::relay {
namespace {

constexpr std::uint64_t kStream = 7, kOther = 8;

// References are addresses of these.
std::array<char, 4'096> things;
void* thing(std::int64_t n) { return &things[static_cast<std::size_t>(n) % things.size()]; }

std::vector<SentForm> forms(std::vector<std::uint16_t> groups) {
    std::vector<SentForm> out;
    for (const std::uint16_t group : groups) {
        SentForm form;
        form.group = group;
        form.picture_id = static_cast<std::uint16_t>(group * 100);
        out.push_back(form);
    }
    return out;
}

struct Kept {
    explicit Kept(std::size_t capacity) : history(capacity) {}
    void put(std::int64_t n, TimeUs at = 0, std::vector<std::uint16_t> groups = {1},
             std::uint64_t stream = kStream) {
        history.put({thing(n), at, stream, n}, forms(std::move(groups)),
                    stream == kStream ? index : other);
    }
    PacketHistory history;
    HistoryIndex index, other;
};

TEST(PacketHistory, FindsWhatAGroupWasSent) {
    Kept kept(8);
    kept.put(100, 0, {1, 3});
    kept.put(101, 0, {3});
    const auto found = kept.history.find(kept.index, kStream, 100, 3);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->reference, thing(100));
    EXPECT_EQ(found->form.picture_id, 300);
    EXPECT_TRUE(kept.history.find(kept.index, kStream, 101, 3));
    EXPECT_FALSE(kept.history.find(kept.index, kStream, 101, 1)) << "filtered for that group";
    EXPECT_FALSE(kept.history.find(kept.index, kStream, 102, 1)) << "never came";
    EXPECT_FALSE(kept.history.find(kept.index, kOther, 100, 1)) << "of another stream";
}

TEST(PacketHistory, TheOldestGoFirst) {
    Kept kept(4);
    for (std::int64_t n = 0; n < 100; ++n) {
        if (kept.history.full()) {
            EXPECT_EQ(kept.history.take_oldest(), thing(n - 4));
        }
        kept.put(n);
        EXPECT_LE(kept.history.size(), 4u);
    }
    EXPECT_FALSE(kept.history.find(kept.index, kStream, 95, 1));
    for (std::int64_t n = 96; n < 100; ++n)
        EXPECT_TRUE(kept.history.find(kept.index, kStream, n, 1)) << n;
    for (int i = 0; i < 4; ++i) EXPECT_NE(kept.history.take_oldest(), nullptr);
    EXPECT_EQ(kept.history.take_oldest(), nullptr);
    EXPECT_FALSE(kept.history.find(kept.index, kStream, 99, 1));
}

TEST(PacketHistory, WhatIsTooOldGoes) {
    Kept kept(8);
    kept.put(1, 1'000);
    kept.put(2, 2'000);
    EXPECT_EQ(kept.history.take_older_than(1'000), nullptr);
    EXPECT_EQ(kept.history.take_older_than(1'001), thing(1));
    EXPECT_EQ(kept.history.take_older_than(1'001), nullptr);
    EXPECT_EQ(kept.history.size(), 1u);
}

TEST(PacketHistory, CapacityIsExact) {
    for (const std::size_t capacity : {std::size_t{1}, std::size_t{3}, std::size_t{1'000}}) {
        Kept kept(capacity);
        for (std::size_t i = 0; i < capacity; ++i) {
            ASSERT_FALSE(kept.history.full());
            kept.put(static_cast<std::int64_t>(i));
        }
        EXPECT_TRUE(kept.history.full());
    }
    EXPECT_TRUE(PacketHistory(0).full()) << "nothing may be put";
}

TEST(PacketHistory, StreamsShareIt) {
    Kept kept(64);
    for (std::int64_t n = 0; n < 32; ++n) {
        kept.put(n);
        kept.put(n + 500, 0, {2}, kOther);
    }
    for (std::int64_t n = 0; n < 32; ++n) {
        EXPECT_EQ(kept.history.find(kept.index, kStream, n, 1)->reference, thing(n));
        EXPECT_EQ(kept.history.find(kept.other, kOther, n + 500, 2)->reference, thing(n + 500));
    }
}

// Forms have a ring of their own: packets in many forms lose theirs sooner, and say so.
TEST(PacketHistory, FormsThatWereOverwrittenAreGone) {
    Kept kept(8);
    const std::vector<std::uint16_t> many{0, 1, 2, 3, 4, 5, 6, 7};
    for (std::int64_t n = 0; n < 8; ++n) kept.put(n, 0, many);
    EXPECT_FALSE(kept.history.find(kept.index, kStream, 3, 7));
    for (std::int64_t n = 4; n < 8; ++n)
        for (const std::uint16_t group : many)
            EXPECT_EQ(kept.history.find(kept.index, kStream, n, group)->form.group, group);
}

TEST(PacketHistory, ALaterPacketTakesThePlaceInTheIndex) {
    Kept kept(2'048);
    const auto window = static_cast<std::int64_t>(HistoryIndex::kWindow);
    for (std::int64_t n = 0; n < window + 10; ++n) kept.put(n);
    EXPECT_FALSE(kept.history.find(kept.index, kStream, 5, 1));
    EXPECT_TRUE(kept.history.find(kept.index, kStream, 10, 1));
    EXPECT_TRUE(kept.history.find(kept.index, kStream, window + 9, 1));
}

}  // namespace
}  // namespace strata::relay
