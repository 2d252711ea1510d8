#include "dataplane/port/flow_rules.h"

#include <gtest/gtest.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "tests/unit/dataplane/eal.h"
#include "tests/unit/dataplane/port/steering_card.h"

namespace strata::dataplane::flow_rules_test {
namespace {

// A card with its queues, not started.
struct Device {
    Device(const char* name, SteeringCard::Character character) : card(name, std::move(character)) {
        ensure_eal();
        EXPECT_EQ(rte_eal_hotplug_add("vdev", name, ""), 0);
        EXPECT_EQ(rte_eth_dev_get_port_by_name(name, &id), 0);
        card.queues = 2;
    }
    ~Device() { rte_eal_hotplug_remove("vdev", card.device.c_str()); }
    SteeringCard card;
    std::uint16_t id = 0;
};

constexpr SteeredPorts kPorts{.first_udp_port = 65'534, .workers = 2, .vlan = 9};

TEST(FlowRules, OneForEachWorkerAndIpVersion) {
    Device device("net_ring50", {});
    FlowRules rules(device.id, kPorts);
    EXPECT_TRUE(rules.validate());
    EXPECT_EQ(device.card.rules.size(), 0u);
    device.card.running = true;
    ASSERT_TRUE(rules.create());
    EXPECT_EQ(rules.size(), 4u);
    ASSERT_EQ(device.card.rules.size(), 4u);
    const rte_flow& last = *device.card.rules.back();
    EXPECT_TRUE(last.v6);
    EXPECT_EQ(last.vlan, 9);
    EXPECT_EQ(last.udp_port, 65'535);
    EXPECT_EQ(last.queue, 1);
    rules.destroy();
    EXPECT_EQ(rules.size(), 0u);
    EXPECT_TRUE(device.card.rules.empty());
    EXPECT_EQ(device.card.destroyed_late, 0u);
}

TEST(FlowRules, MoreWorkersThanQueuesAreRefused) {
    Device device("net_ring51", {});
    const auto valid = FlowRules(device.id, {.first_udp_port = 4'000, .workers = 3}).validate();
    ASSERT_FALSE(valid);
    EXPECT_EQ(valid.error(),
              "no rte_flow: driver says EINVAL to UDP port 4002 of IPv4 (not a rule "
              "that this card knows)");
}

TEST(FlowRules, AllOrNone) {
    Device device("net_ring52", {.most_rules = 3});
    device.card.running = true;
    FlowRules rules(device.id, kPorts);
    EXPECT_TRUE(rules.validate());
    EXPECT_FALSE(rules.create());
    EXPECT_EQ(rules.size(), 0u);
    EXPECT_TRUE(device.card.rules.empty());
}

}  // namespace
}  // namespace strata::dataplane::flow_rules_test
