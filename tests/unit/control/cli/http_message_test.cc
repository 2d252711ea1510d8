#include "control/cli/http_message.h"

#include <gtest/gtest.h>

namespace strata::control::cli {
namespace {

std::string body_of(std::string_view bytes, bool closed = false) {
    const auto response = parse_response(bytes, closed);
    if (!response) return "error: " + response.error();
    if (!*response) return "unfinished";
    return std::to_string((*response)->status) + " " + (*response)->body;
}

TEST(HttpRequest, Bytes) {
    EXPECT_EQ(request_bytes({.method = "GET", .target = "/v1/rooms", .body = {}}, "localhost"),
              "GET /v1/rooms HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
              "Accept: application/json\r\n\r\n");
    EXPECT_EQ(
        request_bytes({.method = "POST", .target = "/v1/rooms", .body = "{}"}, "[::1]:80"),
        "POST /v1/rooms HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n"
        "Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
        "{}");
}

TEST(HttpResponse, ContentLength) {
    const std::string whole =
        "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\n"
        "content-LENGTH:  5 \r\n\r\nhello";
    const auto response = parse_response(whole, false);
    ASSERT_TRUE(response && *response);
    EXPECT_EQ((*response)->content_type, "application/json");
    EXPECT_EQ((*response)->body, "hello");
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_EQ(body_of(whole.substr(0, i)), "unfinished") << i;
        EXPECT_EQ(body_of(whole.substr(0, i), true), "error: it ended too early") << i;
    }
}

TEST(HttpResponse, Chunked) {
    const std::string whole =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
    EXPECT_EQ(body_of(whole), "200 abc0123456789");
    for (std::size_t i = 0; i < whole.size(); ++i)
        EXPECT_EQ(body_of(whole.substr(0, i)), "unfinished");
    EXPECT_EQ(
        body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n"),
        "200 ");
}

TEST(HttpResponse, UntilTheEndOfTheConnection) {
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n\r\nabc"), "unfinished");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n\r\nabc", true), "200 abc");
}

TEST(HttpResponse, NoBody) {
    EXPECT_EQ(body_of("HTTP/1.1 204 No Content\r\n\r\n"), "204 ");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "200 ");
}

TEST(HttpResponse, ContinueIsSkipped) {
    EXPECT_EQ(body_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
              "200 x");
}

TEST(HttpResponse, Nonsense) {
    EXPECT_EQ(body_of("SSH-2.0-OpenSSH\r\n\r\n"), "error: it isn't HTTP/1.1");
    EXPECT_EQ(body_of("HTTP/1.1 abc OK\r\n\r\n"), "error: it has no status");
    EXPECT_EQ(body_of("HTTP/1.1 999 OK\r\n\r\n"), "error: it has no status");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nnocolon\r\n\r\n"), "error: a header line has no colon");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
              "error: its Content-Length isn't a number");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
              "error: it is too long");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
              "error: its Transfer-Encoding is unknown");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
              "error: a chunk has no possible size");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
              "error: a chunk has no possible size");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"),
              "error: a chunk doesn't end");
    EXPECT_EQ(body_of(std::string(70000, 'x')), "error: its header is too long");
}

TEST(HttpTarget, Encoded) {
    EXPECT_EQ(encoded("demo-7_a.b~"), "demo-7_a.b~");
    EXPECT_EQ(encoded("a/b c?&#\xc3\xab"), "a%2Fb%20c%3F%26%23%C3%AB");
}

}  // namespace
}  // namespace strata::control::cli
