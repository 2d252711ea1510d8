#include "control/api/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace strata::control {
namespace {

constexpr EmbeddedFile kFiles[] = {
    {"index.html", "text/html; charset=utf-8", "\"1\"", "<html>"},
    {"app/style.css", "text/css", "\"2\"", "css"},
    {"sdk/room.js", "text/javascript; charset=utf-8", "\"3\"", "js"},
};

HttpResponse get_page(std::string target, std::string method = "GET", std::string known = "") {
    return page({.method = std::move(method),
                 .target = std::move(target),
                 .content_type = "",
                 .body = "",
                 .authorization = "",
                 .if_match = "",
                 .if_none_match = std::move(known),
                 .origin = ""},
                kFiles);
}

std::string field(const HttpResponse& response, std::string_view name) {
    for (const auto& [field_name, value] : response.headers)
        if (field_name == name) return value;
    return "";
}

TEST(Pages, TheSamePageStartsAndShowsRooms) {
    for (const char* target : {"/", "/?a=b", "/r/demo", "/r/demo?token=x"}) {
        EXPECT_TRUE(is_page(target));
        EXPECT_EQ(get_page(target).body, "<html>") << target;
        EXPECT_EQ(get_page(target).content_type, "text/html; charset=utf-8");
    }
    EXPECT_EQ(get_page("/app/style.css").body, "css");
    EXPECT_EQ(get_page("/sdk/room.js").content_type, "text/javascript; charset=utf-8");
}

TEST(Pages, OnlyWhatIsEmbeddedExists) {
    for (const char* target : {"/r/", "/r/a/b", "/r/../etc/passwd", "/sdk/", "/sdk/../index.html",
                               "/sdk/room.js/", "/app/", "/app/..%2findex.html", "/app//etc/passwd",
                               "/app/sdk/room.js", "/sdk/%72oom.js", "/apps"}) {
        EXPECT_EQ(get_page(target).status, 404) << target;
    }
    for (const char* target :
         {"/v1/rooms", "/whip/demo", "/meet/demo", "", "r/demo", "/index.html"})
        EXPECT_FALSE(is_page(target)) << target;
}

TEST(Pages, TagsSaveTheBody) {
    EXPECT_EQ(field(get_page("/sdk/room.js"), "ETag"), "\"3\"");
    EXPECT_EQ(get_page("/sdk/room.js", "GET", "\"3\"").status, 304);
    EXPECT_EQ(get_page("/sdk/room.js", "GET", "W/\"9\", W/\"3\"").status, 304);
    EXPECT_TRUE(get_page("/sdk/room.js", "GET", "\"3\"").body.empty());
    EXPECT_EQ(get_page("/sdk/room.js", "GET", "\"33\"").status, 200);
    EXPECT_EQ(get_page("/sdk/room.js", "HEAD").status, 200);
    EXPECT_EQ(get_page("/sdk/room.js", "POST").status, 405);
}

TEST(Pages, PoliciesAreStrict) {
    const std::string policy = field(get_page("/"), "Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(field(get_page("/"), "X-Content-Type-Options"), "nosniff");
}

TEST(Pages, TheStartPageIsEmbedded) {
    const auto files = embedded_files();
    EXPECT_NE(std::ranges::find(files, "index.html", &EmbeddedFile::name), files.end());
    for (const EmbeddedFile& file : files) {
        EXPECT_FALSE(file.bytes.empty()) << file.name;
        EXPECT_EQ(file.etag.size(), 18u) << file.name;
    }
}

}  // namespace
}  // namespace strata::control
