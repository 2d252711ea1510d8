#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>

#include "tests/unit/control/api/server_fixture.h"

namespace strata::control {
namespace {

// A client on a socket that doesn't block; the server runs whenever it would wait.
class HttpsTest : public HttpServerTest {
  protected:
    using SslPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;

    HttpsTest() : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
        SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    }
    // Null: the handshake failed.
    SslPtr greet(int fd, int version = 0) {
        SslPtr ssl(SSL_new(context_.get()), &SSL_free);
        SSL_set_fd(ssl.get(), fd);
        SSL_set_security_level(ssl.get(), 0);
        if (version != 0) SSL_set_max_proto_version(ssl.get(), version);
        return run([&] { return SSL_connect(ssl.get()); }, *ssl) > 0 ? std::move(ssl)
                                                                     : SslPtr(nullptr, &SSL_free);
    }
    int connect_https() {
        const int fd = connect_tcp(https_port_);
        timeval time{.tv_sec = 0, .tv_usec = 1000};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
        return fd;
    }
    std::string ask(SSL& ssl, const std::string& request, const std::string& done) {
        EXPECT_GT(
            run([&] { return SSL_write(&ssl, request.data(), static_cast<int>(request.size())); },
                ssl),
            0);
        std::string got;
        while (got.find(done) == got.npos) {
            char buffer[4096];
            const int n = run([&] { return SSL_read(&ssl, buffer, sizeof buffer); }, ssl);
            if (n <= 0) return got + "<closed>";
            got.append(buffer, static_cast<std::size_t>(n));
        }
        return got;
    }
    template <typename Call>
    int run(Call call, SSL& ssl) {
        int result = 0;
        for (int i = 0; i < 2000; ++i) {
            result = call();
            const int error = SSL_get_error(&ssl, result);
            if (result > 0 || (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE))
                return result;
            loop_.run_for(std::chrono::milliseconds(1));
        }
        return result;
    }
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

std::string get(const std::string& host) {
    return "GET /v1/node HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
}

TEST_F(HttpsTest, SpeaksHttpOverTls) {
    const SslPtr ssl = greet(connect_https());
    ASSERT_TRUE(ssl);
    EXPECT_NE(ask(*ssl, get("localhost"), "GET /v1/node").find("200 OK"), std::string::npos);
    EXPECT_NE(ask(*ssl, get("node.example:8443"), "GET /v1/node").find("200 OK"),
              std::string::npos);
    EXPECT_EQ(handled_, 2);
}

TEST_F(HttpsTest, OnlyThisMachinesNamesAreThisMachine) {
    for (const auto& [host, peer] : {std::pair{"localhost:8443", HttpRequest::Peer::loopback},
                                     std::pair{"node.example", HttpRequest::Peer::remote}}) {
        const SslPtr ssl = greet(connect_https());
        ASSERT_TRUE(ssl);
        ask(*ssl,
            "GET /echo HTTP/1.1\r\nHost: " + std::string(host) +
                "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Protocol: strata.v1\r\n\r\n",
            "\r\n\r\n");
        EXPECT_EQ(peer_, peer) << host;
    }
}

TEST_F(HttpsTest, OldTlsAndNoTlsAreRefused) {
    EXPECT_FALSE(greet(connect_https(), TLS1_1_VERSION));
    EXPECT_TRUE(greet(connect_https(), TLS1_2_VERSION));
    const std::string got = exchange(connect_https(), get("localhost"), "");
    EXPECT_EQ(got.find("200"), std::string::npos) << got;
    EXPECT_EQ(server_.counters().tls_failures, 2u);
    EXPECT_EQ(handled_, 0);
}

TEST_F(HttpsTest, AHandshakeMayNotTakeForEver) {
    const int fd = connect_https();
    EXPECT_EQ(exchange(fd, "\x16\x03\x01", ""), "<closed>");
    EXPECT_EQ(limits_.hits(Limit::http_idle_s), 1u);
}

TEST_F(HttpsTest, TakesConnectionsOver) {
    // Accepted elsewhere, its first bytes unread.
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(listener, 1), 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    const int fd = connected(AF_INET, reinterpret_cast<sockaddr*>(&address), size);
    timeval time{.tv_sec = 0, .tv_usec = 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    server_.take(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    close(listener);
    const SslPtr ssl = greet(fd);
    ASSERT_TRUE(ssl);
    EXPECT_NE(ask(*ssl, get("localhost"), "GET /v1/node").find("200 OK"), std::string::npos);
    EXPECT_EQ(server_.counters().handed_over, 1u);
    // What is no TCP connection is closed.
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    server_.take(pair[0]);
    char byte;
    EXPECT_EQ(read(pair[1], &byte, 1), 0);
    close(pair[1]);
    EXPECT_EQ(server_.counters().handed_over, 1u);
}

}  // namespace
}  // namespace strata::control
