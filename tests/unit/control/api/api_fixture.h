#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "control/api/api.h"
#include "tests/unit/control/node/fixture.h"

namespace strata::control {

// The API of a node on a data plane that isn't there until f_.connect().
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
    nlohmann::json get(std::string target) {
        const HttpResponse response = call("GET", std::move(target));
        EXPECT_EQ(response.status, 200) << response.body;
        return nlohmann::json::parse(response.body);
    }
    nlohmann::json post(std::string target, std::string body) {
        const HttpResponse response = call("POST", std::move(target), std::move(body));
        EXPECT_EQ(response.status, 201) << response.body;
        return nlohmann::json::parse(response.body);
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

}  // namespace strata::control
