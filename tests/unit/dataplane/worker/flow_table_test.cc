#include "dataplane/worker/flow_table.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace strata::dataplane {
namespace {

FlowKey flow(std::uint16_t number) {
    FlowKey key;
    key.remote = IpAddress::v4({10, 0, 0, 1});
    key.local = IpAddress::v4({10, 0, 0, 2});
    key.remote_port = number;
    key.local_port = 5'000;
    return key;
}

// Peers of several flows each, as ICE agents have them, of which one is that which the transport is
// sent by: beside a map, over inserting, erasing and looking up at random.
TEST(FlowTable, DoesWhatAMapDoes) {
    constexpr std::size_t kMax = 64;
    FlowTable table(kMax, 99);
    std::vector<std::unique_ptr<Transport>> transports;
    for (int i = 0; i < 20; ++i) transports.push_back(std::make_unique<Transport>());
    std::map<std::uint16_t, Transport*> model;
    std::mt19937 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const auto number = static_cast<std::uint16_t>(random() % 100);
        Transport& owner = *transports[number % transports.size()];
        switch (random() % 4) {
            case 0: {
                const bool possible = model.size() < kMax && !model.contains(number);
                ASSERT_EQ(table.insert(flow(number), owner), possible);
                if (possible) model[number] = &owner;
                break;
            }
            case 1: ASSERT_EQ(table.erase(flow(number)), model.erase(number) == 1); break;
            case 2:
                if (model.contains(number)) owner.flow = flow(number);
                break;
            default: {
                const auto expected = model.find(number);
                Transport* const wanted = expected == model.end() ? nullptr : expected->second;
                ASSERT_EQ(table.find(flow(number)), wanted);
                const std::uint64_t hash = table.hash(flow(number));
                ASSERT_EQ(table.find(flow(number), hash), wanted);
                if (wanted) {
                    ASSERT_NE(table.probable(hash), nullptr);
                }
            }
        }
        ASSERT_EQ(table.size(), model.size());
    }
    std::set<std::pair<std::uint16_t, Transport*>> seen;
    for (std::size_t cell = 0; cell < table.cells(); ++cell)
        if (const auto [key, transport] = table.at(cell); key)
            seen.emplace(key->remote_port, transport);
    EXPECT_EQ(seen, (std::set<std::pair<std::uint16_t, Transport*>>(model.begin(), model.end())));
}

TEST(FlowTable, SaysWhenItIsFull) {
    FlowTable table(2, 1);
    Transport transport;
    EXPECT_TRUE(table.insert(flow(1), transport));
    EXPECT_FALSE(table.insert(flow(1), transport));
    EXPECT_TRUE(table.insert(flow(2), transport));
    EXPECT_TRUE(table.full());
    EXPECT_FALSE(table.insert(flow(3), transport));
    EXPECT_EQ(table.find(flow(3)), nullptr);
    EXPECT_FALSE(table.erase(flow(3)));
}

// Who is not there is never taken for somebody who is: most are turned away by the table alone.
TEST(FlowTable, TellsStrangersApart) {
    FlowTable table(1'000, 7);
    std::vector<std::unique_ptr<Transport>> transports;
    for (std::uint16_t i = 0; i < 1'000; ++i) {
        transports.push_back(std::make_unique<Transport>());
        transports.back()->flow = flow(i);
        ASSERT_TRUE(table.insert(flow(i), *transports.back()));
    }
    int taken_for_somebody = 0;
    for (std::uint16_t i = 1'000; i < 60'000; ++i) {
        EXPECT_EQ(table.find(flow(i)), nullptr);
        taken_for_somebody += table.probable(table.hash(flow(i))) != nullptr ? 1 : 0;
    }
    EXPECT_LT(taken_for_somebody, 60);
}

}  // namespace
}  // namespace strata::dataplane
