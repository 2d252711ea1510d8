// Packet indexes and replay windows against models that remember everything.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

#include "relay/srtp/outbound_stream.h"
#include "relay/srtp/packet_index.h"
#include "relay/srtp/replay_window.h"

namespace strata::relay {
namespace {

// RFC 3711 appendix A, as it stands there, with the exception that there is no cycle before the
// first one.
std::uint64_t rfc_index(std::uint64_t highest, std::uint16_t sequence) {
    const std::int64_t roc = static_cast<std::int64_t>(highest >> 16);
    const std::int64_t s_l = static_cast<std::int64_t>(highest & 0xffff);
    std::int64_t v = roc;
    if (s_l < 32'768) {
        if (sequence - s_l > 32'768 && roc > 0) v = roc - 1;
    } else if (s_l - 32'768 > sequence) {
        v = roc + 1;
    }
    return static_cast<std::uint64_t>(v) << 16 | sequence;
}

TEST(SrtpIndex, IsTheRfcs) {
    std::mt19937_64 random(3711);
    for (int i = 0; i < 1'000'000; ++i) {
        const std::uint64_t highest = random() & 0xffff'ffff'ffff;
        const auto sequence = static_cast<std::uint16_t>(random());
        ASSERT_EQ(nearest_index(highest, sequence), rfc_index(highest, sequence)) << highest;
    }
    // Every distance, at the ends of cycles.
    for (const std::uint64_t highest : {0ULL, 1ULL, 0x7fffULL, 0x8000ULL, 0xffffULL, 0x10000ULL,
                                        0x17fffULL, 0x18000ULL, 0x18001ULL, 0xffff'ffffULL})
        for (std::uint32_t sequence = 0; sequence < 0x10000; ++sequence)
            ASSERT_EQ(nearest_index(highest, static_cast<std::uint16_t>(sequence)),
                      rfc_index(highest, static_cast<std::uint16_t>(sequence)))
                << highest << " " << sequence;
}

// As long as jumps stay below 2^15 (C25), the receiver finds the index that the sender meant.
TEST(SrtpIndex, IsFoundOverLossAndReordering) {
    std::mt19937_64 random(25);
    std::uint64_t sent = random() & 0x7fff, highest = sent;
    for (int i = 0; i < 300'000; ++i) {
        sent += random() % 100 == 0 ? random() % 32'000 : 1;
        const std::uint64_t late = random() % 4 == 0 ? random() % 700 : 0;
        const std::uint64_t index = sent > late ? sent - late : sent;
        ASSERT_EQ(nearest_index(highest, static_cast<std::uint16_t>(index)), index) << i;
        highest = std::max(highest, index);
    }
    EXPECT_GT(roc_of(sent), 100u);
}

template <std::size_t kWords>
void check_window(std::uint64_t seed) {
    ReplayWindow<std::array<std::uint64_t, kWords>> window;
    std::set<std::uint64_t> used;
    std::mt19937_64 random(seed);
    constexpr std::uint64_t kSize = kWords * 64;
    std::uint64_t base = random() % 0x20000;
    for (int i = 0; i < 50'000; ++i) {
        const std::uint64_t kind = random() % 16;
        base += kind == 0 ? random() % (2 * kSize) : kind < 9 ? 1 : 0;
        const std::uint64_t back = random() % (kSize + kSize / 2);
        const std::uint64_t index = kind < 12 || back > base ? base : base - back;
        IndexState expected = used.contains(index) ? IndexState::used : IndexState::fresh;
        if (!used.empty() && index + kSize <= *used.rbegin()) expected = IndexState::too_old;
        ASSERT_EQ(window.state(index), expected) << "seed " << seed << " step " << i;
        if (expected != IndexState::fresh) continue;
        window.use(index);
        used.insert(index);
        ASSERT_EQ(window.highest(), *used.rbegin());
    }
}

// C47.
TEST(SrtpReplayWindow, RemembersWhatAModelRemembers) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        check_window<1>(seed);
        check_window<16>(seed);
    }
}

// C25: over any pattern of late and repeated numbers, no index is given out twice and none that was
// given out lies more than a window behind.
TEST(SrtpOutboundIndex, NoneIsGivenOutTwice) {
    std::mt19937_64 random(47);
    OutboundStream stream;
    std::set<std::uint64_t> given;
    std::uint64_t next = random() & 0x7fff;
    for (int i = 0; i < 200'000; ++i) {
        next += random() % 1'000 == 0 ? random() % 32'000 : random() % 3;
        const std::uint64_t meant =
            random() % 5 == 0 && next > 2'000 ? next - random() % 2'000 : next;
        const auto index = stream.claim(static_cast<std::uint16_t>(meant));
        if (!index) continue;
        ASSERT_EQ(*index, meant);
        ASSERT_TRUE(given.insert(*index).second) << i;
    }
}

}  // namespace
}  // namespace strata::relay
