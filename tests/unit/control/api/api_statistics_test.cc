#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/unit/control/api/api_fixture.h"

namespace strata::control {

using nlohmann::json;

TEST_F(ApiTest, live_counters_come_from_the_segment) {
    const std::string name = "/strata-api-test-" + std::to_string(getpid());
    auto segment = api::StatisticsSegment::create(name, {.workers = 1, .slots_per_worker = 8});
    ASSERT_TRUE(segment) << segment.error();
    f_.dataplane.segment = name;
    f_.connect();
    segment->worker(0)[api::WorkerCounter::sent].add(9);
    segment->worker(0)[api::RxDrop::unknown_ssrc].add(2);
    api::ObjectSlot& slot = segment->slots(0)[0];
    api::assign_slot(slot, api::StatisticsKind::subscription, 4, 3, 2);
    slot[api::ObjectValue::packets].add(5);
    slot[api::ObjectValue::forwarding].set(1);
    slot[api::ObjectValue::current].set(api::pack_layers(0, 0, 1, false));
    fill();
    const json leg = get("/v1/subscriptions/s4");
    EXPECT_EQ(leg["counters"]["packets"], 5);
    EXPECT_EQ(leg["forwarding"], true);
    EXPECT_EQ(leg["layers_current"], "q:S0T1");
    EXPECT_EQ(get("/v1/stats")["total"]["sent"], 9);
    EXPECT_EQ(get("/v1/stats")["total"]["rx_drops"], 2);
    EXPECT_EQ(get("/v1/drops")["items"].size(), 1u);
    EXPECT_EQ(get("/v1/drops")["items"][0]["reason"], "unknown_ssrc");
    EXPECT_GT(get("/v1/drops?all=true")["items"].size(), 10u);
    EXPECT_EQ(get("/v1/workers")["items"][0]["counters"]["sent"], 9);
}

TEST_F(ApiTest, rooms_and_tracks_say_which_workers_serve_them) {
    const std::string name = "/strata-api-test-" + std::to_string(getpid());
    auto segment = api::StatisticsSegment::create(name, {.workers = 1, .slots_per_worker = 8});
    ASSERT_TRUE(segment) << segment.error();
    f_.dataplane.segment = name;
    f_.connect();
    api::ObjectSlot& branch = segment->slots(0)[0];
    api::assign_slot(branch, api::StatisticsKind::branch, 3, 1, 0);
    branch[api::ObjectValue::receivers].set(7);
    branch[api::ObjectValue::packets].add(1000);
    branch[api::ObjectValue::bytes].add(90'000);
    branch[api::ObjectValue::key_frame_requests].add(2);
    fill();
    EXPECT_EQ(get("/v1/rooms/demo")["spread"], json::parse(R"([{"worker":0,"participants":2}])"));
    EXPECT_EQ(get("/v1/tracks/t3")["branches"], json::parse(R"([{"worker":0,"receivers":7,
        "packets":1000,"bytes":90000,"key_frame_requests":2}])"));
}

TEST_F(ApiTest, a_worker_is_shown_with_its_loop) {
    EXPECT_EQ(get("/v1/workers/0")["loop"], nullptr);  // no data plane
    EXPECT_TRUE(get("/v1/workers/0/turns")["items"].empty());
    const std::string name = "/strata-api-test-" + std::to_string(getpid());
    auto segment = api::StatisticsSegment::create(
        name, {.workers = 1, .slots_per_worker = 8, .tsc_hz = 2'000'000'000});
    ASSERT_TRUE(segment) << segment.error();
    f_.dataplane.segment = name;
    f_.connect();
    api::WorkerBlock& worker = segment->worker(0);
    EXPECT_EQ(get("/v1/workers/0")["loop"]["cycles_per_packet"], nullptr);
    worker[api::WorkerCounter::busy_cycles].set(3'000);
    worker[api::WorkerCounter::idle_cycles].set(1'000);
    worker[api::WorkerCounter::sleep_cycles].set(6'000);
    worker[api::WorkerCounter::turns_busy].set(10);
    worker[api::WorkerCounter::rx_packets].set(20);
    worker.burst_packets[api::histogram_bucket(2)].set(10);
    worker.rx_tx_ns[api::histogram_bucket(900)].set(40);
    const json loop = get("/v1/workers/0")["loop"];
    EXPECT_EQ(loop["tsc_hz"], 2'000'000'000);
    EXPECT_EQ(loop["busy_share"], 0.3);
    EXPECT_EQ(loop["sleep_share"], 0.6);
    EXPECT_EQ(loop["cycles_per_packet"], 150.0);
    EXPECT_EQ(loop["cycles_per_busy_turn"], 300.0);
    EXPECT_EQ(loop["cycles_per_idle_turn"], nullptr);
    EXPECT_EQ(loop["packets_per_burst"]["p99"], 2);
    EXPECT_EQ(loop["packets_per_burst"]["buckets"],
              json::parse(R"([{"from":2,"to":2,"count":10}])"));
    EXPECT_EQ(loop["rx_tx_ns"]["count"], 40);
    EXPECT_EQ(loop["rx_tx_ns"]["p50"], 1023);  // of the bucket from 896
}

TEST_F(ApiTest, turns_of_a_worker_are_listed) {
    const std::string name = "/strata-api-test-" + std::to_string(getpid());
    auto segment = api::StatisticsSegment::create(name, {.workers = 1, .slots_per_worker = 8});
    ASSERT_TRUE(segment) << segment.error();
    f_.dataplane.segment = name;
    f_.connect();
    get("/v1/workers");
    segment->worker(0).turn_log.add({.begin_us = 7,
                                     .begin_tsc = 70,
                                     .duration_ns = 1'500'500,
                                     .gap_ns = 2'000,
                                     .received = 3,
                                     .sent = 30,
                                     .timers = 2,
                                     .commands = 1});
    const json turns = get("/v1/workers/0/turns")["items"];
    ASSERT_EQ(turns.size(), 1u);
    json turn = turns[0];
    EXPECT_TRUE(turn["at"].is_string());
    turn.erase("at");
    EXPECT_EQ(turn, json::parse(R"({"number":1,"begin_us":7,"begin_tsc":70,"duration_us":1500.5,
        "gap_us":2.0,"received":3,"sent":30,"timers":2,"commands":1})"));
}

TEST_F(ApiTest, a_port_says_what_becomes_of_payloads_and_packets) {
    const std::string name = "/strata-api-test-" + std::to_string(getpid());
    auto segment = api::StatisticsSegment::create(
        name, {.workers = 1, .slots_per_worker = 8, .ports = {"net_af_xdp0,iface=eth0"}});
    ASSERT_TRUE(segment) << segment.error();
    api::set_steering(segment->port(0), api::Steering::ring, "no rte_flow");
    api::set_payload(segment->port(0), api::PayloadPath::linearised, "no chains");
    f_.dataplane.segment = name;
    f_.connect();
    const json port = get("/v1/ports")["items"][0];
    EXPECT_EQ(port["port"], "net_af_xdp0,iface=eth0");
    EXPECT_EQ(port["steering"], json::parse(R"({"method":"ring","reason":"no rte_flow"})"));
    EXPECT_EQ(port["payload"], json::parse(R"({"method":"linearised","reason":"no chains"})"));
    // All that it can be is in the document, in this order.
    std::string all;
    for (const std::string_view path : api::kPayloadPathNames)
        all += (all.empty() ? "enum: [" : ", ") + std::string(path);
    EXPECT_NE(call("GET", "/v1/openapi.yaml").body.find(all + "]"), std::string::npos) << all;
}

TEST_F(ApiTest, what_ports_know_of_their_networks_comes_page_by_page) {
    const std::string name = "/strata-api-test-" + std::to_string(getpid());
    auto segment =
        api::StatisticsSegment::create(name, {.workers = 1,
                                              .slots_per_worker = 8,
                                              .ports = {"a", "b"},
                                              .host_tables = {.neighbours = 2, .routes = 2}});
    ASSERT_TRUE(segment) << segment.error();
    const auto v4 = [](std::uint8_t last) {
        return api::AddressBytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last};
    };
    const api::NeighbourEntry known{.address = v4(1),
                                    .mac = {2, 0, 0, 0, 0, 0xaf},
                                    .state = api::NeighbourState::reachable,
                                    .links = 3,
                                    .heard_s = 9};
    const api::NeighbourEntry silent{.address = {0xfd}};
    segment->set_host_tables(
        0, {{known, silent},
            {{.to = v4(7), .hop = v4(1), .mtu_bytes = 1'280}},
            {{.to = v4(0), .bits = 24},
             {.to = {0xfd}, .hop = {0xfd, 1}, .bits = 8, .origin = api::RouteOrigin::kernel}}});
    segment->set_host_tables(1, {{known}, {}, {{.to = {}, .bits = 0, .unreachable = 1}}});
    f_.dataplane.segment = name;
    f_.connect();
    EXPECT_EQ(get("/v1/ports/neighbours?limit=2"), json::parse(R"({"items":[
        {"port":"a","address":"10.0.0.1","mac":"02:00:00:00:00:af","state":"reachable","links":3,"heard_s":9},
        {"port":"a","address":"fd00::","mac":null,"state":"incomplete","links":0,"heard_s":null}],
        "next":"2"})"));
    const json last = get("/v1/ports/neighbours?limit=2&after=2");
    EXPECT_EQ(last["items"].size(), 1u);
    EXPECT_EQ(last["items"][0]["port"], "b");
    EXPECT_TRUE(last["next"].is_null());
    EXPECT_EQ(get("/v1/ports/neighbours?after=99")["items"].size(), 0u);
    EXPECT_EQ(get("/v1/ports/paths"), json::parse(R"({"items":[
        {"port":"a","to":"10.0.0.7","next_hop":"10.0.0.1","mtu_bytes":1280}],"next":null})"));
    EXPECT_EQ(get("/v1/ports/routes"), json::parse(R"({"items":[
        {"port":"a","to":"10.0.0.0/24","next_hop":null,"weight":1,"unreachable":false,"origin":"configured"},
        {"port":"a","to":"fd00::/8","next_hop":"fd01::","weight":1,"unreachable":false,"origin":"kernel"},
        {"port":"b","to":"::/0","next_hop":null,"weight":1,"unreachable":true,"origin":"configured"}],"next":null})"));
    for (const char* wrong : {"limit=0", "limit=x", "after=x", "after=-1", "port=a"})
        EXPECT_EQ(call("GET", std::string("/v1/ports/routes?") + wrong).status, 400) << wrong;
}

}  // namespace strata::control
