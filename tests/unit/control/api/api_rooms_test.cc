#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/control/api/api_fixture.h"

namespace strata::control {

using nlohmann::json;

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

}  // namespace strata::control
