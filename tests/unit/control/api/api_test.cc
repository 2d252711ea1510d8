#include "control/api/api.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/control/api/api_fixture.h"

namespace strata::control {
namespace {

using nlohmann::json;

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

TEST_F(ApiTest, the_document_is_served) {
    const HttpResponse response = call("GET", "/v1/openapi.yaml");
    EXPECT_EQ(response.content_type, "application/yaml");
    EXPECT_TRUE(response.body.starts_with("openapi: 3.0"));
}

}  // namespace strata::control
