#include "control/signalling/whip.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/control/signalling/fixture.h"

namespace strata::control {
namespace {

struct WhipTest : testing::Test, SessionsFixture {
    HttpResponse ask(HttpRequest request) {
        HttpResponse answer{.status = 0};
        whip.handle(request, [&](HttpResponse response) { answer = std::move(response); });
        return answer;
    }
    HttpResponse post(const std::string& target, const std::string& offer) {
        return ask({.method = "POST",
                    .target = target,
                    .content_type = "application/sdp",
                    .body = sdp::offer_text(offer)});
    }
    static std::string header(const HttpResponse& response, const std::string& name) {
        for (const auto& [key, value] : response.headers)
            if (key == name) return value;
        return "";
    }

    Access access = *Access::load({}, [] { return std::int64_t{0}; });
    Whip whip{*node, *sessions, access, {.ice_servers = {"stun:a.example", "turn:b.example"}}};
};

TEST_F(WhipTest, PublishPatchDelete) {
    const HttpResponse created = post("/whip/demo", "chromium-svc");
    ASSERT_EQ(created.status, 201) << created.body;
    EXPECT_EQ(created.content_type, "application/sdp");
    const std::string location = header(created, "Location"), etag = header(created, "ETag");
    EXPECT_TRUE(location.starts_with("/whip/demo/"));
    EXPECT_EQ(header(created, "Link"),
              "<stun:a.example>; rel=\"ice-server\", <turn:b.example>; rel=\"ice-server\"");
    HttpRequest trickle{.method = "PATCH",
                        .target = location,
                        .content_type = "application/trickle-ice-sdpfrag",
                        .body = "a=ice-ufrag:" + peer(newest()).credentials[0].remote_ufrag +
                                "\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"};
    EXPECT_EQ(ask(trickle).status, 428);
    trickle.if_match = etag;
    EXPECT_EQ(ask(trickle).status, 204);
    trickle.body = "a=ice-ufrag:ABCD\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n";
    trickle.if_match = "*";
    const HttpResponse restarted = ask(trickle);
    EXPECT_EQ(restarted.status, 200);
    EXPECT_NE(header(restarted, "ETag"), etag);
    EXPECT_EQ(restarted.content_type, "application/trickle-ice-sdpfrag");
    trickle.if_match = etag;
    EXPECT_EQ(ask(trickle).status, 412);
    trickle.content_type = "application/json";
    EXPECT_EQ(ask(trickle).status, 415);

    EXPECT_EQ(ask({.method = "DELETE", .target = location}).status, 200);
    EXPECT_EQ(ask({.method = "DELETE", .target = location}).status, 404);
    EXPECT_TRUE(node->directory().participants().empty());
}

TEST_F(WhipTest, View) {
    EXPECT_EQ(post("/whep/demo", "chromium-view").status, 404);  // nobody publishes
    ASSERT_EQ(post("/whip/demo", "chromium-svc").status, 201);
    const HttpResponse created =
        post("/whep/demo?participant=" + id_text(newest()), "chromium-view");
    EXPECT_EQ(created.status, 201) << created.body;
    EXPECT_TRUE(header(created, "Location").starts_with("/whep/demo/"));
    EXPECT_EQ(post("/whep/demo?nonsense=1", "chromium-view").status, 400);
    EXPECT_EQ(post("/whep/demo?layers=S9T9T", "chromium-view").status, 400);
    EXPECT_EQ(post("/whep/demo", "chromium-svc").status, 406);  // offers nothing to receive
}

TEST_F(WhipTest, Problems) {
    EXPECT_EQ(post("/whip/none", "chromium-svc").status, 404);
    EXPECT_EQ(post("/whip/demo", "chromium-view").status, 406);
    HttpRequest wrong{.method = "POST",
                      .target = "/whip/demo",
                      .content_type = "application/sdp",
                      .body = "junk"};
    EXPECT_EQ(ask(wrong).status, 400);
    wrong.content_type = "application/json";
    EXPECT_EQ(ask(wrong).status, 415);
    for (const char* method : {"GET", "PUT", "DELETE", "PATCH", "HEAD"}) {
        const HttpResponse answer = ask({.method = method, .target = "/whip/demo"});
        EXPECT_EQ(answer.status, 405) << method;
        EXPECT_EQ(header(answer, "Allow"), "POST, OPTIONS");
    }
    EXPECT_EQ(ask({.method = "POST", .target = "/whip/demo/x"}).status, 405);
    EXPECT_EQ(ask({.method = "POST", .target = "/whip/"}).status, 404);
    EXPECT_EQ(ask({.method = "POST", .target = "/whip/a/b/c"}).status, 404);
    EXPECT_EQ(post("/whip/demo?x=1", "chromium-svc").status, 400);
    EXPECT_TRUE(node->directory().participants().empty());
}

TEST_F(WhipTest, PagesOfThisMachineMayCome) {
    const HttpResponse preflight =
        ask({.method = "OPTIONS", .target = "/whip/demo", .origin = "http://localhost:8000"});
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(header(preflight, "Access-Control-Allow-Origin"), "http://localhost:8000");
    EXPECT_EQ(header(preflight, "Accept-Post"), "application/sdp");
    const HttpResponse foreign = ask({.method = "POST",
                                      .target = "/whip/demo",
                                      .content_type = "application/sdp",
                                      .body = sdp::offer_text("chromium-svc"),
                                      .origin = "https://evil.example",
                                      .peer = HttpRequest::Peer::loopback});
    EXPECT_EQ(foreign.status, 403);
    EXPECT_EQ(header(foreign, "Access-Control-Allow-Origin"), "");
}

TEST_F(WhipTest, Owns) {
    EXPECT_TRUE(Whip::owns("/whip/x") && Whip::owns("/whep/x?track=t1"));
    EXPECT_FALSE(Whip::owns("/v1/whip/x") || Whip::owns("/whipx"));
}

}  // namespace
}  // namespace strata::control
