#include "control/api/web_socket.h"

#include <gtest/gtest.h>

#include "tests/unit/control/api/server_fixture.h"

namespace strata::control {
namespace {

// A client's frame (RFC 6455 section 5.2), masked with zeros.
std::string frame(std::string_view payload, int opcode = 1) {
    std::string bytes(1, static_cast<char>(0x80 | opcode));
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80 | payload.size());
    } else {
        bytes += static_cast<char>(0x80 | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size() & 0xff);
    }
    return bytes + std::string(4, '\0') + std::string(payload);
}
// A server's, shorter than 126 bytes.
std::string answer(std::string_view payload, int opcode = 1) {
    return std::string(1, static_cast<char>(0x80 | opcode)) + static_cast<char>(payload.size()) +
           std::string(payload);
}
std::string close_frame(int code, std::string_view reason = "") {
    const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return answer(payload + std::string(reason), 8);
}

std::string upgrade_request(std::string_view target = "/echo",
                            std::string_view protocols = "other, strata.v1") {
    return "GET " + std::string(target) +
           " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: " +
           std::string(protocols) + "\r\n\r\n";
}

class WebSocketTest : public HttpServerTest {
  protected:
    int open() {
        const int fd = connect_unix();
        const std::size_t before = sockets_.size();
        const std::string got = exchange(fd, upgrade_request(), "\r\n\r\n");
        EXPECT_TRUE(got.starts_with("HTTP/1.1 101 ")) << got;
        EXPECT_NE(got.find("Sec-WebSocket-Protocol: strata.v1\r\n"), std::string::npos) << got;
        EXPECT_NE(got.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos) << got;
        for (int i = 0; i < 1000 && sockets_.size() == before; ++i)
            loop_.run_for(std::chrono::milliseconds(1));
        EXPECT_EQ(sockets_.size(), before + 1);
        return fd;
    }
    // The client may see the end before the server has told its owner.
    bool is_closed() {
        for (int i = 0; i < 2'000 && closed_ == 0; ++i) loop_.run_for(std::chrono::milliseconds(1));
        return closed_ == 1;
    }
};

TEST_F(WebSocketTest, MessagesGoBothWays) {
    const int fd = open();
    EXPECT_EQ(exchange(fd, frame("hello"), answer("hello")), answer("hello"));
    sockets_[0]->send("by itself");
    EXPECT_EQ(receive(fd, answer("by itself")), answer("by itself"));
    // In pieces, and several in one.
    const std::string both = frame("one") + frame("two");
    EXPECT_EQ(exchange(fd, both, answer("two")), answer("one") + answer("two"));
    EXPECT_EQ(exchange(fd, frame("p", 9), answer("p", 10)), answer("p", 10));  // ping
    EXPECT_EQ(exchange(fd, frame("bye"), close_frame(1000, "bye")), close_frame(1000, "bye"));
    const std::string reply = frame(std::string("\x03\xe8", 2), 8);
    EXPECT_EQ(exchange(fd, reply, ""), "<closed>");
    EXPECT_TRUE(is_closed());
    EXPECT_EQ(server_.counters().web_sockets, 0u);
    sockets_[0]->send("into the void");
    sockets_[0]->close(CloseCode::normal, "again");
}

TEST_F(WebSocketTest, WhatIsRefused) {
    const auto refused = [this](const std::string& request, const char* why) {
        const std::string got = exchange(connect_unix(), request, "\"}");
        EXPECT_NE(got.find(why), std::string::npos) << request << got;
        close(clients_.back());
        clients_.pop_back();
        loop_.run_for(std::chrono::milliseconds(5));
    };
    refused(upgrade_request("/else"), "not-found");
    refused(upgrade_request("/echo", "strata.v2"), "bad-request");
    refused(upgrade_request() + frame("too early"), "bad-request");
    EXPECT_TRUE(sockets_.empty());
}

TEST_F(WebSocketTest, OnlyTextAndNotTooMuchOfIt) {  // C52
    int fd = open();
    EXPECT_EQ(exchange(fd, frame("bytes", 2), "messages only"),
              close_frame(1003, "text messages only"));
    fd = open();
    std::string got = exchange(fd, frame(std::string(5000, 'x')), "<");
    EXPECT_TRUE(got.starts_with(std::string("\x88\x02\x03\xf1", 4))) << got;  // 1009
    EXPECT_EQ(limits_.hits(Limit::meeting_message_bytes), 1u);
}

TEST_F(WebSocketTest, NoMessageEndsTheProgram) {
    const int fd = open();
    EXPECT_EQ(exchange(fd, frame("throw"), ""), "<closed>");
    EXPECT_TRUE(is_closed());
}

TEST_F(WebSocketTest, ConnectionsHaveALimitOfTheirOwn) {
    open();
    open();
    const std::string got = exchange(connect_unix(), upgrade_request(), "\"}");
    EXPECT_NE(got.find("limit-reached"), std::string::npos) << got;
    EXPECT_EQ(limits_.hits(Limit::meeting_connections), 1u);
    // They don't take the places of those who ask and go.
    for (int i = 0; i < 2; ++i)
        EXPECT_NE(exchange(connect_unix(), "GET /x HTTP/1.1\r\n\r\n", "GET /x").find("200"),
                  std::string::npos);
}

TEST_F(WebSocketTest, WhoDoesNotReadIsDisconnected) {
    open();
    for (int i = 0; i < 5000 && closed_ == 0; ++i) {
        sockets_[0]->send(std::string(4000, 'x'));
        loop_.run_for(std::chrono::microseconds(100));
    }
    EXPECT_EQ(closed_, 1);
    EXPECT_EQ(limits_.hits(Limit::meeting_queue_bytes), 1u);
}

TEST_F(WebSocketTest, WhoDoesNotAnswerPingsIsDisconnected) {
    const int fd = open();
    EXPECT_EQ(receive(fd, answer("", 9)), answer("", 9));
    exchange(fd, frame("", 10), answer("", 9));  // a pong, then the next ping
    EXPECT_EQ(limits_.hits(Limit::meeting_ping_s), 0u);
    EXPECT_TRUE(receive(fd, "").ends_with("<closed>"));
    EXPECT_TRUE(is_closed());
    EXPECT_EQ(limits_.hits(Limit::meeting_ping_s), 1u);
}

TEST_F(WebSocketTest, StoppingEndsThem) {
    open();
    server_.stop();
    EXPECT_TRUE(is_closed());
}

}  // namespace
}  // namespace strata::control
