#include "control/cli/plan_drawing.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strata::control::cli {
namespace {

TEST(PlanDrawing, TwoSocketsWithSiblings) {
    const Json plan = Json::parse(R"({
        "cpus":[{"cpu":0,"core":0,"socket":0,"numa_node":0},{"cpu":1,"core":1,"socket":0,"numa_node":0},
                {"cpu":4,"core":0,"socket":0,"numa_node":0},{"cpu":2,"core":0,"socket":1,"numa_node":1}],
        "main_cpus":[0,4],
        "workers":[{"worker":0,"cpu":1,"udp_port":20000},{"worker":1,"cpu":2,"udp_port":20001}],
        "ports":["socket:127.0.0.1"],"idle":"adaptive","lcores":"x","notes":["one\u001b"]})");
    EXPECT_EQ(draw_plan(plan),
              "socket 0, NUMA node 0\n"
              "├─ core 0\n"
              "│  ├─ CPU 0  main\n"
              "│  └─ CPU 4  main\n"
              "└─ core 1\n"
              "   └─ CPU 1  worker 0 (UDP port 20000)\n"
              "socket 1, NUMA node 1\n"
              "└─ core 0\n"
              "   └─ CPU 2  worker 1 (UDP port 20001)\n"
              "port  socket:127.0.0.1\n"
              "idle  adaptive\n"
              "note  one?\n");
}

TEST(PlanDrawing, OtherShapes) {
    EXPECT_EQ(draw_plan(Json::array()), "");
    EXPECT_EQ(draw_plan(Json{{"cpus", 3}, {"ports", Json::array({1})}}), "idle  \n");
}

}  // namespace
}  // namespace strata::control::cli
