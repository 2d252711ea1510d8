#include "control/api/server.h"

#include <sys/stat.h>

#include <random>

#include "tests/unit/control/api/server_fixture.h"

namespace strata::control {
namespace {

const std::string kHost = "Host: localhost\r\n";
const std::string kJson = "Content-Type: application/json\r\n";

}  // namespace

TEST_F(HttpServerTest, keeps_a_connection_for_many_requests) {
    const int fd = connect_unix();
    for (int i = 0; i < 3; ++i) {
        const std::string target = "/v1/rooms?i=" + std::to_string(i);
        const std::string got =
            exchange(fd, "GET " + target + " HTTP/1.1\r\n" + kHost + "\r\n", "GET " + target + " ");
        EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
    }
    const std::string got = exchange(fd,
                                     "POST /v1/rooms HTTP/1.1\r\n" + kHost + kJson +
                                         "Content-Length: 2\r\nConnection: close\r\n\r\n{}",
                                     "");
    EXPECT_NE(got.find("POST /v1/rooms {}"), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("<closed>")) << got;
}

TEST_F(HttpServerTest, the_socket_file_is_private_and_goes_away) {
    struct stat file{};
    ASSERT_EQ(stat(path_.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0660u);
    // Somebody listens: it isn't taken away.
    HttpServer second(loop_, {.unix_path = path_}, limits_, [](auto&&...) {});
    EXPECT_FALSE(second.start());
    server_.stop();
    EXPECT_NE(stat(path_.c_str(), &file), 0);
    HttpServer third(loop_, {.unix_path = path_}, limits_, [](auto&&...) {});
    EXPECT_TRUE(third.start());
}

TEST_F(HttpServerTest, answers_may_come_later) {
    std::function<void()> finish;
    later_ = [&](std::function<void()> run) { finish = std::move(run); };
    const int fd = connect_unix();
    send(fd, "GET /x HTTP/1.1\r\n\r\n", 19, 0);
    loop_.run_for(std::chrono::milliseconds(20));
    ASSERT_TRUE(finish);
    finish();
    EXPECT_NE(receive(fd, "GET /x ").find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, what_is_too_large_is_a_problem) {  // C52
    std::string got = exchange(connect_unix(),
                               "POST /v1/rooms HTTP/1.1\r\n" + kJson +
                                   "Content-Length: 101\r\n\r\n" + std::string(101, 'x'),
                               "");
    EXPECT_NE(got.find("body-too-large"), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("<closed>"));
    got = exchange(connect_unix(), "GET /" + std::string(2000, 'a') + " HTTP/1.1\r\n\r\n", "");
    EXPECT_NE(got.find("header-too-large"), std::string::npos) << got;
    EXPECT_EQ(limits_.hits(Limit::http_body_bytes), 1u);
    EXPECT_EQ(limits_.hits(Limit::http_header_bytes), 1u);
    EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, chunked_bodies_are_bounded_too) {
    std::string body;
    for (int i = 0; i < 12; ++i) body += "a\r\n0123456789\r\n";
    const std::string got = exchange(
        connect_unix(),
        "POST /v1/rooms HTTP/1.1\r\n" + kJson + "Transfer-Encoding: chunked\r\n\r\n" + body, "");
    EXPECT_NE(got.find("body-too-large"), std::string::npos) << got;
}

TEST_F(HttpServerTest, slow_clients_lose_their_connection) {
    const int fd = connect_unix();
    const auto start = std::chrono::steady_clock::now();
    const std::string got = exchange(fd, "POST /v1/rooms HTTP/1.1\r\n" + kJson + "Content-Le", "");
    EXPECT_NE(got.find("408 "), std::string::npos) << got;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
    EXPECT_EQ(limits_.hits(Limit::http_idle_s), 1u);
    EXPECT_EQ(receive(connect_unix(), ""), "<closed>");  // idle, nothing was begun
}

TEST_F(HttpServerTest, connections_are_limited) {
    for (int i = 0; i < 3; ++i) connect_unix();
    loop_.run_for(std::chrono::milliseconds(10));
    const std::string got = receive(connect_unix(), "");
    EXPECT_NE(got.find("too-many-connections"), std::string::npos) << got;
    EXPECT_EQ(limits_.hits(Limit::http_connections), 1u);
    close(clients_[0]);
    clients_.erase(clients_.begin());
    loop_.run_for(std::chrono::milliseconds(10));
    EXPECT_NE(exchange(connect_unix(), "GET /y HTTP/1.1\r\n\r\n", "GET /y ").find("200"),
              std::string::npos);
}

TEST_F(HttpServerTest, networks_cannot_shut_the_unix_socket_out) {
    for (int i = 0; i < 3; ++i) connect_tcp();
    loop_.run_for(std::chrono::milliseconds(10));
    EXPECT_NE(receive(connect_tcp(), "").find("too-many-connections"), std::string::npos);
    EXPECT_NE(exchange(connect_unix(), "GET /y HTTP/1.1\r\n\r\n", "GET /y ").find("200"),
              std::string::npos);
}

TEST_F(HttpServerTest, browsers_cannot_be_used_against_it) {
    for (const char* host : {"Host: evil.example\r\n", "Host: 10.0.0.1:80\r\n", "",
                             "Host: localhost.evil.example\r\n", "Host: 127.evil.example\r\n"}) {
        const std::string got = exchange(
            connect_tcp(),
            "GET /v1/rooms HTTP/1.1\r\n" + std::string(host) + "Connection: close\r\n\r\n", "");
        EXPECT_NE(got.find("forbidden-host"), std::string::npos) << host << got;
    }
    for (const char* host : {"localhost", "localhost:80", "127.0.0.1:8410", "[::1]:80"}) {
        const std::string got = exchange(connect_tcp(),
                                         "GET /v1/rooms HTTP/1.1\r\nHost: " + std::string(host) +
                                             "\r\nConnection: close\r\n\r\n",
                                         "");
        EXPECT_NE(got.find("200 OK"), std::string::npos) << host << got;
    }
    const std::string got = exchange(connect_tcp(),
                                     "POST /v1/rooms HTTP/1.1\r\n" + kHost +
                                         "Content-Type: text/plain\r\nContent-Length: 2\r\n"
                                         "Connection: close\r\n\r\n{}",
                                     "");
    EXPECT_NE(got.find("unsupported-media-type"), std::string::npos) << got;
}

TEST_F(HttpServerTest, expect_continue_is_answered) {
    const int fd = connect_unix();
    const std::string head =
        "POST /v1/rooms HTTP/1.1\r\n" + kJson + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    EXPECT_NE(exchange(fd, head, "\r\n\r\n").find("100 Continue"), std::string::npos);
    EXPECT_NE(exchange(fd, "{}", "POST /v1/rooms {}").find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, plain_http_is_loopback_only) {
    for (const char* tcp : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost", "x:1"}) {
        HttpServer server(loop_, {.unix_path = "", .tcp = tcp}, limits_, [](auto&&...) {});
        EXPECT_FALSE(server.start()) << tcp;
    }
}

// Noise in place of HTTP: a problem or a closed connection, and the server goes on.
TEST_F(HttpServerTest, noise_is_survived) {
    std::mt19937 rng(5);
    const std::string request = "POST /v1/rooms HTTP/1.1\r\n" + kHost + kJson +
                                "Content-Length: 2\r\nConnection: close\r\n\r\n{}";
    for (int round = 0; round < 200; ++round) {
        std::string noise = request;
        for (int i = 0; i < 4; ++i) noise[rng() % noise.size()] = static_cast<char>(rng());
        const int fd = connect_unix();
        send(fd, noise.data(), noise.size(), MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        loop_.run_for(std::chrono::milliseconds(2));
        close(fd);
        clients_.pop_back();
    }
    loop_.run_for(std::chrono::milliseconds(20));
    EXPECT_NE(exchange(connect_unix(), "GET /y HTTP/1.1\r\n\r\n", "GET /y ").find("200"),
              std::string::npos);
}

}  // namespace strata::control
