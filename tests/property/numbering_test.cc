#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "relay/rewrite/input_sequence.h"
#include "relay/rewrite/sequence_map.h"
#include "tests/property/number_model.h"
#include "tests/property/random_channel.h"
#include "tests/property/seeds.h"

namespace strata::relay {
namespace {

constexpr std::uint64_t kCases = 1'500;

// One random stream: what the group wants of it, where its numbering begins, how it arrives.
struct Stream {
    explicit Stream(Random& random) : first(random.any<std::uint16_t>()) {
        const int wanted_percent = static_cast<int>(random.between(0, 100));
        const auto count = static_cast<std::size_t>(random.between(1, 300));
        while (wanted.size() < count) {
            const bool value = random.chance(wanted_percent);
            for (auto run = random.between(1, 12); run > 0; --run) wanted.push_back(value);
        }
        order = arrivals(wanted.size(), random_channel(random), random);
    }
    SequenceNumber wire(std::size_t i) const { return {static_cast<std::uint16_t>(first + i)}; }

    std::uint16_t first;
    std::vector<bool> wanted;
    std::vector<std::size_t> order;
};

// C16, C17, C24: against the model, packet by packet, at every wrap of the 16-bit number.
TEST(NumberingProperty, EveryDecisionIsTheModels) {
    for (const std::uint64_t seed : seeds(kCases)) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const Stream stream(random);
        InputSequence input;
        SequenceMap map;
        NumberModel model;
        std::set<std::size_t> seen;
        const std::int64_t base = input.arrive(stream.wire(0)).n;
        seen.insert(0);
        ASSERT_EQ(stream.order.front(), 0u);
        for (std::size_t k = 0; k < stream.order.size(); ++k) {
            const std::size_t i = stream.order[k];
            const std::int64_t n = base + static_cast<std::int64_t>(i);
            if (k > 0) {
                const ArrivedNumber arrived = input.arrive(stream.wire(i));
                ASSERT_EQ(arrived.n, n);
                ASSERT_EQ(arrived.arrival == Arrival::duplicate, !seen.insert(i).second);
            }
            if (stream.wanted[i])
                ASSERT_EQ(map.forward(n), model.forward(n)) << n;
            else
                ASSERT_EQ(map.drop(n), model.drop(n)) << n;
            const std::int64_t asked = base + random.between(0, 310);
            ASSERT_EQ(map.expected(asked), model.expected(asked)) << asked;
        }
        for (const auto& [number, n] : model.given()) {
            const auto found = map.find(static_cast<std::uint16_t>(number));
            ASSERT_TRUE(found) << number;
            ASSERT_EQ(found->n, n);
        }
    }
}

TEST(NumberingProperty, ARunIsDroppedLikeItsNumbersOneByOne) {
    for (const std::uint64_t seed : seeds(kCases)) {
        SCOPED_TRACE(seed);
        Random random(seed);
        SequenceMap runs, single;
        InputSequence run_input, single_input;
        std::int64_t n = run_input.arrive({65'000}).n;
        ASSERT_EQ(single_input.arrive({65'000}).n, n);
        for (int step = 0; step < 40; ++step) {
            // Longer than the window, now and then.
            const std::int64_t count =
                random.chance(3) ? random.between(4'000, 9'000) : random.between(1, 70);
            if (random.chance(10)) n += random.between(1, 20);  // a hole
            if (random.chance(30)) {
                ASSERT_EQ(runs.forward(n), single.forward(n));
                ++n;
            }
            runs.drop_run(n, n + count - 1);
            for (std::int64_t i = 0; i < count; ++i) single.drop(n + i);
            n += count;
            ASSERT_EQ(runs.next_number(), single.next_number());
            ASSERT_EQ(runs.lowest(), single.lowest());
            ASSERT_EQ(runs.highest(), single.highest());
            const std::int64_t asked = n - random.between(0, 5'000);
            ASSERT_EQ(runs.state_of(asked), single.state_of(asked)) << asked;
            ASSERT_EQ(runs.expected(asked), single.expected(asked)) << asked;
            const auto arrived =
                static_cast<std::uint32_t>(random.between(1, random.chance(5) ? 9'000 : 200));
            std::int64_t last = 0;
            for (std::uint32_t i = 0; i < arrived; ++i)
                last =
                    single_input.arrive({static_cast<std::uint16_t>(single_input.highest() + 1)}).n;
            ASSERT_EQ(run_input.arrive_next(arrived), last);
            const SequenceNumber old{static_cast<std::uint16_t>(last - random.between(0, 5'000))};
            ASSERT_EQ(run_input.arrive(old).arrival, single_input.arrive(old).arrival);
        }
    }
}

// C16: once everything has arrived, the holes of the output are the losses, no more and no less.
TEST(NumberingProperty, OutputGapsAreTheUnrecoveredLosses) {
    for (const std::uint64_t seed : seeds(kCases)) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const Stream stream(random);
        SequenceMap map;
        std::map<std::int64_t, std::int64_t> sent;  // number: n
        const std::set<std::size_t> arrived(stream.order.begin(), stream.order.end());
        std::int64_t last_forwarded = -1;
        for (const std::size_t i : stream.order) {
            const auto n = static_cast<std::int64_t>(i);
            const auto number = stream.wanted[i] ? map.forward(n) : map.drop(n);
            if (!number) continue;
            ASSERT_TRUE(sent.emplace(*number, n).second) << "number given out twice";
            if (stream.wanted[i]) last_forwarded = std::max(last_forwarded, n);
        }
        if (sent.empty()) continue;
        std::int64_t lost = 0;
        for (std::int64_t n = 0; n < last_forwarded; ++n)
            lost += arrived.contains(static_cast<std::size_t>(n)) ? 0 : 1;
        const std::int64_t first = map.expected(0);
        const auto gaps = sent.rbegin()->first - first + 1 - static_cast<std::int64_t>(sent.size());
        ASSERT_EQ(gaps, lost);
        std::int64_t closed = 0;
        while (map.close_next_hole(last_forwarded + 1)) ++closed;
        ASSERT_EQ(closed, lost) << "each can be closed once";
        for (auto a = sent.begin(), b = std::next(a); b != sent.end(); ++a, ++b)
            ASSERT_LT(a->second, b->second) << "numbers keep the order of the input";
    }
}

// A receiver that moves between groups of one encoding is given one unbroken numbering: no number
// twice, gaps only where nothing arrived, order kept (C16, C17, C19's list of switches).
TEST(NumberingProperty, MovingBetweenGroupsKeepsOneNumbering) {
    for (const std::uint64_t seed : seeds(kCases)) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const Stream stream(random);
        constexpr std::size_t kGroups = 3;  // group g wants layers 0..g
        std::vector<std::size_t> layer;
        for (std::size_t i = 0; i < stream.wanted.size(); ++i)
            layer.push_back(static_cast<std::size_t>(random.between(0, kGroups - 1)));
        std::array<SequenceMap, kGroups> groups;
        struct Entry {
            std::int64_t from;
            std::size_t group;
            std::int64_t offset;
        };
        std::vector<Entry> entries{{0, 0, random.between(0, 65'535)}};
        std::map<std::int64_t, std::int64_t> sent;
        std::int64_t newest = -1;
        for (const std::size_t i : stream.order) {
            const auto n = static_cast<std::int64_t>(i);
            const Entry current = entries.back();
            const auto target = static_cast<std::size_t>(random.between(0, kGroups - 1));
            // A switch point: the newest packet, wanted by the group moved to.
            if (n > newest && layer[i] <= target && target != current.group && random.chance(20)) {
                SequenceMap& a = groups[current.group];
                SequenceMap& b = groups[target];
                entries.push_back({n, target, current.offset + a.expected(n) - b.expected(n)});
                a.freeze_before(n);
            }
            newest = std::max(newest, n);
            for (std::size_t g = 0; g < kGroups; ++g) {
                const auto number = layer[i] <= g ? groups[g].forward(n) : groups[g].drop(n);
                if (!number) continue;
                const auto entry = std::find_if(entries.rbegin(), entries.rend(),
                                                [n](const Entry& e) { return e.from <= n; });
                if (entry->group != g) continue;
                ASSERT_TRUE(sent.emplace(*number + entry->offset, n).second)
                    << "two packets with number " << *number + entry->offset;
            }
        }
        for (auto a = sent.begin(), b = a; b != sent.end() && ++b != sent.end(); ++a) {
            ASSERT_LT(a->second, b->second);
            std::int64_t lost = 0;
            const std::set<std::size_t> arrived(stream.order.begin(), stream.order.end());
            for (std::int64_t n = a->second + 1; n < b->second; ++n)
                lost += arrived.contains(static_cast<std::size_t>(n)) ? 0 : 1;
            ASSERT_EQ(b->first - a->first - 1, lost);
        }
    }
}

// C24: numbers, memory and work stay bounded over long streams with jumps and restarts.
TEST(NumberingProperty, RestartsAndJumpsNeverBreakTheOutput) {
    for (const std::uint64_t seed : seeds(100)) {
        SCOPED_TRACE(seed);
        Random random(seed);
        InputSequence input;
        SequenceMap map;
        std::uint16_t wire = random.any<std::uint16_t>();
        std::set<std::int64_t> sent;
        std::int64_t newest = -1;
        for (int i = 0; i < 3'000; ++i) {
            if (random.chance(1)) wire = random.any<std::uint16_t>();
            wire = static_cast<std::uint16_t>(wire + 1 +
                                              (random.chance(2) ? random.between(0, 2'000) : 0));
            const ArrivedNumber arrived = input.arrive({wire});
            if (arrived.arrival != Arrival::newest && arrived.arrival != Arrival::late &&
                arrived.arrival != Arrival::restarted)
                continue;
            const auto number = random.chance(60) ? map.forward(arrived.n) : map.drop(arrived.n);
            if (!number) continue;
            ASSERT_TRUE(sent.insert(*number).second) << *number;
            if (newest >= 0) {
                ASSERT_LT(*number - newest, 1 << 15) << "C25";
            }
            newest = std::max(newest, *number);
        }
    }
}

}  // namespace
}  // namespace strata::relay
