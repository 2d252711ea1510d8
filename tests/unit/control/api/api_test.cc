#include "control/api/api.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "tests/unit/control/node/fixture.h"

namespace strata::control {
namespace {

using nlohmann::json;

class ApiTest : public testing::Test {
  protected:
    HttpResponse call(std::string method, std::string target, std::string body = {}) {
        std::optional<HttpResponse> response;
        api_.handle({.method = std::move(method),
                     .target = std::move(target),
                     .content_type = "application/json",
                     .body = std::move(body)},
                    [&](HttpResponse r) { response = std::move(r); });
        EXPECT_TRUE(response) << "no answer yet";
        return response.value_or(HttpResponse{});
    }
    json get(std::string target) {
        const HttpResponse response = call("GET", std::move(target));
        EXPECT_EQ(response.status, 200) << response.body;
        return json::parse(response.body);
    }
    json post(std::string target, std::string body) {
        const HttpResponse response = call("POST", std::move(target), std::move(body));
        EXPECT_EQ(response.status, 201) << response.body;
        return json::parse(response.body);
    }
    // demo: p1 publishes t3 (simulcast q, h) and receives nothing; p2 receives it by s4.
    void fill() {
        post("/v1/rooms", R"({"name":"demo"})");
        post("/v1/rooms/demo/participants", R"({"name":"alice"})");
        post("/v1/rooms/demo/participants", R"({"remote":"127.0.0.1:5000"})");
        post(
            "/v1/participants/p1/tracks",
            R"({"codec":"VP8","payload_type":96,"encodings":[{"rid":"q","ssrc":11},{"rid":"h","ssrc":12}]})");
        post("/v1/participants/p2/subscriptions", R"({"track":"t3","layers":"q:T1"})");
    }
    std::string everything() {
        return get("/v1/rooms").dump() + get("/v1/profiles").dump() +
               get("/v1/rooms/demo/participants").dump() + get("/v1/tracks").dump() +
               get("/v1/subscriptions").dump() + std::to_string(f_.store.revision());
    }

    NodeFixture f_;
    StatisticsView statistics_{[] { return std::int64_t{0}; }};
    Api api_{*f_.node, statistics_};
};

struct Misuse {
    const char* method;
    const char* target;
    const char* body;
    int status;
    const char* code;
};

constexpr Misuse kMisuses[] = {
    {"GET", "/", "", 404, "not-found"},
    {"GET", "/v2/rooms", "", 404, "not-found"},
    {"GET", "/v1/rooms/demo/participants/p1", "", 404, "not-found"},
    {"GET", "v1/rooms", "", 400, "bad-request"},
    {"GET", "/v1/rooms/%zz", "", 400, "bad-request"},
    {"PUT", "/v1/rooms", "{}", 405, "method-not-allowed"},
    {"DELETE", "/v1/rooms", "", 405, "method-not-allowed"},
    {"POST", "/v1/workers", "{}", 405, "method-not-allowed"},
    {"GET", "/v1/rooms?limt=1", "", 400, "invalid-query"},
    {"GET", "/v1/rooms?limit=0", "", 400, "invalid-query"},
    {"GET", "/v1/rooms?limit=x", "", 400, "invalid-query"},
    {"GET", "/v1/tracks?after=s4", "", 400, "invalid-query"},
    {"GET", "/v1/tracks?room=none", "", 404, "not-found"},
    {"GET", "/v1/drops?all=maybe", "", 400, "invalid-query"},
    {"DELETE", "/v1/rooms/demo?force=1", "", 400, "invalid-query"},
    {"GET", "/v1/workers/9", "", 404, "not-found"},
    {"GET", "/v1/workers/w0/turns", "", 404, "not-found"},
    {"DELETE", "/v1/workers/0", "", 405, "method-not-allowed"},
    {"GET", "/v1/rooms/none", "", 404, "not-found"},
    {"GET", "/v1/participants/t3", "", 404, "not-found"},
    {"GET", "/v1/participants/p99", "", 404, "not-found"},
    {"GET", "/v1/participants/p01", "", 404, "not-found"},
    {"DELETE", "/v1/subscriptions/s99", "", 404, "not-found"},
    {"POST", "/v1/rooms", "", 400, "invalid-json"},
    {"POST", "/v1/rooms", "{", 400, "invalid-json"},
    {"POST", "/v1/rooms", "[]", 400, "invalid-json"},
    {"POST", "/v1/rooms", R"({"name":"a","name":"b"})", 400, "invalid-json"},
    {"POST", "/v1/rooms", "{}", 400, "missing-field"},
    {"POST", "/v1/rooms", R"({"nmae":"a"})", 400, "unknown-field"},
    {"POST", "/v1/rooms", R"({"name":""})", 400, "invalid-field"},
    {"POST", "/v1/rooms", R"({"name":"a/b"})", 400, "invalid-field"},
    {"POST", "/v1/rooms", R"({"name":"a","worker":9})", 400, "invalid-field"},
    {"POST", "/v1/rooms", R"({"name":"demo"})", 409, "already-exists"},
    {"POST", "/v1/rooms", R"({"name":"a","profile":"clasroom"})", 400, "invalid-field"},
    {"POST", "/v1/profiles", R"({"name":"party"})", 405, "method-not-allowed"},
    {"GET", "/v1/profiles/party", "", 404, "not-found"},
    {"PATCH", "/v1/profiles/party", "{}", 404, "not-found"},
    {"DELETE", "/v1/profiles/party", "", 404, "not-found"},
    {"PATCH", "/v1/profiles/meeting", R"({"video_slots":4,"audio_slots":99})", 400,
     "invalid-field"},
    {"PATCH", "/v1/profiles/meeting", R"({"layers":"none"})", 400, "invalid-layers"},
    {"POST", "/v1/rooms/none/participants", "{}", 404, "not-found"},
    {"POST", "/v1/rooms/demo/participants", R"({"name":"alice"})", 409, "already-exists"},
    {"POST", "/v1/rooms/demo/participants", R"({"remote":"0.0.0.0:5"})", 400, "invalid-field"},
    {"POST", "/v1/rooms/demo/participants", R"({"remote":"127.0.0.1:5000"})", 409,
     "already-exists"},
    {"POST", "/v1/rooms/demo/participants", R"({"worker":1})", 409, "worker-mismatch"},
    {"POST", "/v1/participants/p9/tracks", R"({"codec":"VP8","payload_type":96,"ssrcs":[1]})", 404,
     "not-found"},
    {"POST", "/v1/participants/p1/tracks", R"({"codec":"VP8","payload_type":72,"ssrcs":[1]})", 400,
     "invalid-field"},
    {"POST", "/v1/participants/p1/tracks", R"({"codec":"VP8","payload_type":96})", 400,
     "missing-field"},
    {"POST", "/v1/participants/p1/tracks",
     R"({"codec":"VP8","payload_type":96,"encodings":[{"rid":"q"}]})", 400, "missing-field"},
    {"POST", "/v1/participants/p2/tracks", R"({"codec":"VP8","payload_type":96,"ssrcs":[12]})", 409,
     "ssrc-collision"},
    {"POST", "/v1/participants/p2/subscriptions", R"({"track":"t3"})", 409, "already-subscribed"},
    {"POST", "/v1/participants/p1/subscriptions", R"({"track":"t3"})", 409, "own-track"},
    {"POST", "/v1/participants/p2/subscriptions", R"({"track":"p1"})", 400, "invalid-field"},
    {"POST", "/v1/participants/p2/subscriptions", R"({"track":"t9"})", 404, "not-found"},
    {"PATCH", "/v1/subscriptions/s4", R"({"layers":"S1T2"})", 400, "invalid-layers"},
    {"PATCH", "/v1/subscriptions/s4", R"({"layers":"f:T1"})", 400, "invalid-layers"},
    {"PATCH", "/v1/subscriptions/s4", R"({"layer":"q:T1"})", 400, "unknown-field"},
    {"PATCH", "/v1/subscriptions/s4", R"({"layers":5})", 400, "invalid-field"},
    {"PATCH", "/v1/subscriptions/t3", R"({"layers":"max"})", 404, "not-found"},
};

}  // namespace

TEST_F(ApiTest, misuse_is_refused_with_its_code_and_changes_nothing) {
    fill();
    const std::string before = everything();
    for (const Misuse& misuse : kMisuses) {
        const HttpResponse response = call(misuse.method, misuse.target, misuse.body);
        const std::string what =
            std::string(misuse.method) + " " + misuse.target + " " + misuse.body;
        EXPECT_EQ(response.status, misuse.status) << what << response.body;
        EXPECT_EQ(response.content_type, "application/problem+json") << what;
        const json body = json::parse(response.body);
        EXPECT_EQ(body["code"], misuse.code) << what << response.body;
        EXPECT_FALSE(body["detail"].get<std::string>().empty()) << what;
    }
    EXPECT_EQ(everything(), before);
}

TEST_F(ApiTest, a_peer_is_told_the_address_of_its_ip_version) {
    f_.dataplane.addresses = {"127.0.0.1", "2001:db8::1", "192.0.2.9"};
    f_.dataplane.own_addresses = 2;  // the third is another port's
    f_.connect();
    fill();
    json participant = get("/v1/participants/p1");
    EXPECT_EQ(participant["relay"], "127.0.0.1:40000");
    EXPECT_EQ(participant["relay_addresses"],
              json::parse(R"(["127.0.0.1:40000", "[2001:db8::1]:40000"])"));
    const HttpResponse made =
        call("POST", "/v1/rooms/demo/participants", R"({"remote":"[2001:db8::9]:5000"})");
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(json::parse(made.body)["relay"], "[2001:db8::1]:40000");
    EXPECT_EQ(get("/v1/workers")["items"][0]["addresses"].size(), 2u);
}

TEST_F(ApiTest, a_room_from_beginning_to_end) {
    f_.connect();
    fill();
    json participant = get("/v1/participants/p1");
    EXPECT_EQ(participant["state"], "applied");
    EXPECT_EQ(participant["relay"], "127.0.0.1:40000");
    EXPECT_EQ(participant["remote"], nullptr);
    EXPECT_EQ(participant["remote_source"], "latching");
    f_.node->session().receive(f_.dataplane.latched(1, std::string("\x7f\0\0\1", 4), 6000));
    participant = get("/v1/participants/p1");
    EXPECT_EQ(participant["remote"], "127.0.0.1:6000");
    EXPECT_EQ(participant["remote_source"], "latched");
    const json leg = get("/v1/subscriptions/s4");
    EXPECT_EQ(leg["layers"], "q:T1");
    EXPECT_EQ(leg["room"], "demo");
    EXPECT_EQ(leg["counters"], nullptr);
    EXPECT_EQ(f_.dataplane.objects.size(), 4u);
    const HttpResponse patched = call("PATCH", "/v1/subscriptions/s4", R"({"layers":"max"})");
    EXPECT_EQ(patched.status, 200);
    EXPECT_EQ(json::parse(patched.body)["layers"], "max");
    EXPECT_EQ(get("/v1/rooms/demo")["subscriptions"], 1);
    EXPECT_EQ(call("DELETE", "/v1/rooms/demo").status, 204);
    EXPECT_EQ(call("DELETE", "/v1/rooms/demo").status, 404);
    EXPECT_TRUE(f_.dataplane.objects.empty());
}

TEST_F(ApiTest, profiles_are_read_edited_and_reset) {
    const json before = get("/v1/profiles");
    ASSERT_EQ(before["items"].size(), 3u);
    EXPECT_EQ(before["items"][0],
              json::parse(R"({"name":"classroom","publish":"admins-video","video_slots":4,
                  "audio_slots":4,"pinned":"admins","layers":"size","edited":false})"));
    EXPECT_EQ(before["items"][1]["layers"], "max");
    EXPECT_EQ(get("/v1/profiles?limit=1&after=classroom")["items"][0]["name"], "interview");

    EXPECT_EQ(post("/v1/rooms", R"({"name":"demo"})")["profile"], "meeting");
    EXPECT_EQ(post("/v1/rooms", R"({"name":"lesson","profile":"classroom"})")["profile"],
              "classroom");
    const HttpResponse edited =
        call("PATCH", "/v1/profiles/classroom", R"({"publish":"admins","video_slots":6})");
    EXPECT_EQ(edited.status, 200);
    EXPECT_EQ(json::parse(edited.body), get("/v1/profiles/classroom"));
    EXPECT_EQ(get("/v1/profiles/classroom"),
              json::parse(R"({"name":"classroom","publish":"admins","video_slots":6,
                  "audio_slots":4,"pinned":"admins","layers":"size","edited":true})"));
    EXPECT_EQ(get("/v1/rooms/lesson")["profile"], "classroom");

    EXPECT_EQ(call("DELETE", "/v1/profiles/classroom").status, 204);
    EXPECT_EQ(call("DELETE", "/v1/profiles/classroom").status, 204);
    EXPECT_EQ(get("/v1/profiles"), before);
    const HttpResponse wrong = call("GET", "/v1/profiles/metting");
    EXPECT_EQ(json::parse(wrong.body)["hint"], "did you mean 'meeting'?");
}

TEST_F(ApiTest, refusals_of_the_data_plane_are_shown) {
    f_.dataplane.refuse[{ObjectKey::Kind::transport, 1}] = "capacity";
    f_.connect();
    post("/v1/rooms", R"({"name":"demo"})");
    const json participant = post("/v1/rooms/demo/participants", "{}");
    EXPECT_EQ(participant["state"], "refused");
    EXPECT_EQ(participant["refusal"]["code"], "capacity");
    EXPECT_EQ(get("/v1/node")["dataplane"]["refused"], 1);
}

TEST_F(ApiTest, lists_come_in_pages) {
    post("/v1/rooms", R"({"name":"demo"})");
    for (int i = 0; i < 7; ++i) post("/v1/rooms/demo/participants", "{}");
    std::string after;
    std::vector<std::string> ids;
    for (int pages = 0; pages < 10; ++pages) {
        const json page = get("/v1/rooms/demo/participants?limit=3" + after);
        for (const json& item : page["items"]) ids.push_back(item["id"]);
        if (page["next"].is_null()) break;
        after = "&after=" + page["next"].get<std::string>();
    }
    EXPECT_EQ(ids, (std::vector<std::string>{"p1", "p2", "p3", "p4", "p5", "p6", "p7"}));
}

TEST_F(ApiTest, filters) {
    fill();
    EXPECT_EQ(get("/v1/subscriptions?room=demo&participant=p2&track=t3")["items"].size(), 1u);
    EXPECT_EQ(get("/v1/subscriptions?participant=p1")["items"].size(), 0u);
    EXPECT_EQ(get("/v1/tracks?participant=p1")["items"].size(), 1u);
    EXPECT_EQ(get("/v1/tracks?participant=p2")["items"].size(), 0u);
}

TEST_F(ApiTest, without_a_data_plane_everything_works_and_says_so) {
    fill();
    EXPECT_EQ(get("/v1/subscriptions/s4")["state"], "pending");
    EXPECT_EQ(get("/v1/stats")["total"], nullptr);
    EXPECT_EQ(get("/v1/workers")["items"][0]["counters"], nullptr);
    const HttpResponse health = call("GET", "/v1/health");
    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(json::parse(health.body)["status"], "degraded");
    EXPECT_EQ(get("/v1/node")["dataplane"]["pending"], 4);
}

TEST_F(ApiTest, a_failing_store_is_said_and_changes_nothing) {
    fill();
    const std::string before = everything();
    f_.store.fail(true);
    const HttpResponse response = call("POST", "/v1/rooms", R"({"name":"other"})");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(json::parse(response.body)["code"], "store-unavailable");
    f_.store.fail(false);
    EXPECT_EQ(everything(), before);
}

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

TEST_F(ApiTest, the_document_is_served) {
    const HttpResponse response = call("GET", "/v1/openapi.yaml");
    EXPECT_EQ(response.content_type, "application/yaml");
    EXPECT_TRUE(response.body.starts_with("openapi: 3.0"));
}

}  // namespace strata::control
