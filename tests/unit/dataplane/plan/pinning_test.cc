#include "dataplane/plan/pinning.h"

#include <gtest/gtest.h>

namespace strata::dataplane {
namespace {

// `cores` physical cores with two threads each; the second threads come behind all first ones, the
// cores are spread over two NUMA nodes.
Topology server(std::uint32_t cores) {
    Topology out;
    for (std::uint32_t id = 0; id < cores * 2; ++id) {
        const std::uint32_t core = id % cores;
        const std::uint32_t node = core < cores / 2 ? 0 : 1;
        out.cpus.push_back({.id = id, .core = core, .socket = node, .numa_node = node});
    }
    return out;
}

Topology laptop() { return {{{.id = 0, .core = 0}, {.id = 1, .core = 1}}}; }

std::vector<std::uint32_t> cpus_of(const PinningPlan& plan) {
    std::vector<std::uint32_t> out;
    for (const WorkerPin& pin : plan.workers) out.push_back(pin.cpu.id);
    return out;
}

TEST(Pinning, AWorkerPerCoreAndTheFirstCoreForTheMainThread) {
    const auto plan = make_plan(server(4), {.workers = 3}, -1);
    ASSERT_TRUE(plan) << plan.error();
    EXPECT_EQ(cpus_of(*plan), (std::vector<std::uint32_t>{1, 2, 3}));
    EXPECT_EQ(plan->main_cpus, (std::vector<std::uint32_t>{0, 4, 5, 6, 7}));
    EXPECT_TRUE(plan->notes.empty());
    EXPECT_EQ(eal_lcores(*plan), "0@(0,4,5,6,7),1@1,2@2,3@3");
}

TEST(Pinning, SiblingsOnlyWhenCoresRunOut) {
    const auto plan = make_plan(server(4), {.workers = 5}, -1);
    ASSERT_TRUE(plan);
    EXPECT_EQ(cpus_of(*plan), (std::vector<std::uint32_t>{1, 2, 3, 5, 6}));
    EXPECT_FALSE(plan->workers[2].shares_core);
    EXPECT_TRUE(plan->workers[3].shares_core);
    EXPECT_FALSE(plan->notes.empty());
}

TEST(Pinning, TheCardsNodeComesFirst) {
    const auto plan = make_plan(server(4), {.workers = 3}, 1);
    ASSERT_TRUE(plan);
    EXPECT_EQ(cpus_of(*plan), (std::vector<std::uint32_t>{2, 3, 1}));
    ASSERT_EQ(plan->notes.size(), 1u);
    EXPECT_NE(plan->notes[0].find("NUMA node 0"), std::string::npos);
}

TEST(Pinning, TwoCoresLeaveTheMainThreadOne) {
    const auto one = make_plan(laptop(), {.workers = 1}, -1);
    ASSERT_TRUE(one);
    EXPECT_EQ(cpus_of(*one), std::vector<std::uint32_t>{1});
    EXPECT_EQ(one->main_cpus, std::vector<std::uint32_t>{0});
    const auto two = make_plan(laptop(), {.workers = 2}, -1);
    ASSERT_TRUE(two);
    EXPECT_EQ(two->main_cpus, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_TRUE(two->workers[0].shares_cpu);
    EXPECT_FALSE(two->notes.empty());
}

TEST(Pinning, SaysWhatIsPossible) {
    const auto many = make_plan(laptop(), {.workers = 3}, -1);
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error(), "dataplane.workers: found 3, possible are 1 to 2 on the CPUs 1,0");
    const auto absent = make_plan(laptop(), {.workers = 1, .cpus = {9}}, -1);
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error(), "dataplane.cpus: found 9, this process may use 0,1");
}

TEST(Pinning, NamedCpusAreTakenInTheirOrder) {
    const auto plan = make_plan(server(4), {.workers = 2, .cpus = {6, 3}}, -1);
    ASSERT_TRUE(plan);
    EXPECT_EQ(cpus_of(*plan), (std::vector<std::uint32_t>{6, 3}));
}

TEST(Pinning, PrintsAPlan) {
    const api::DataplaneConfig config{.workers = 1};
    const auto plan = make_plan(laptop(), config, -1);
    ASSERT_TRUE(plan);
    EXPECT_NE(plan_text(*plan, config).find("worker 0   CPU 1"), std::string::npos);
    const std::string json = plan_json(*plan, config);
    EXPECT_NE(json.find("\"workers\":[{\"cpu\":1,\"core\":1,"), std::string::npos) << json;
    EXPECT_NE(json.find("\"idle\":\"adaptive\""), std::string::npos) << json;
}

TEST(Topology, OfThisMachineIsReadable) {
    const auto topology = read_topology();
    ASSERT_TRUE(topology) << topology.error();
    EXPECT_FALSE(topology->cpus.empty());
    EXPECT_EQ(numa_node_of_pci("ffff:ff:1f.7"), -1);
}

}  // namespace
}  // namespace strata::dataplane
