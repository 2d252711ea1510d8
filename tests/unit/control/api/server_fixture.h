#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "control/api/server.h"
#include "tests/unit/control/scratch_folder.h"

namespace strata::control {

inline std::uint16_t free_tcp_port() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
}

class HttpServerTest : public testing::Test {
  protected:
    HttpServerTest()
        : limits_(api::LimitsConfig{.http_connections = 3,
                                    .http_header_bytes = 1024,
                                    .http_body_bytes = 100,
                                    .http_idle_s = 1,
                                    .meeting_connections = 2,
                                    .meeting_message_bytes = 4096,
                                    .meeting_queue_bytes = 65536,
                                    .meeting_ping_s = 1}),
          server_(
              loop_,
              {.unix_path = path_,
               .tcp = "127.0.0.1:" + std::to_string(port_),
               .https = "127.0.0.1:" + std::to_string(https_port_)},
              limits_,
              [this](const HttpRequest& request, HttpRespond respond) {
                  ++handled_;
                  const std::string body =
                      request.method + " " + request.target + " " + request.body;
                  if (later_)
                      later_([=] { respond({.body = body}); });
                  else
                      respond({.body = body});
              },
              [this](const HttpRequest& request) { return upgrade(request); }) {
        const auto identity = load_tls_identity({.certificate = "",
                                                 .key = "",
                                                 .self_signed = folder_.file("https.pem"),
                                                 .name = "node"});
        EXPECT_TRUE(identity && server_.use(*identity));
        const auto started = server_.start();
        EXPECT_TRUE(started) << started.error().detail;
    }
    ~HttpServerTest() override {
        for (const int fd : clients_) close(fd);
    }

    int connect_unix() {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        return connected(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    int connect_tcp() { return connect_tcp(port_); }
    int connect_tcp(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return connected(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    int connected(int family, const sockaddr* address, socklen_t size) {
        const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(connect(fd, address, size), 0);
        clients_.push_back(fd);
        return fd;
    }
    // Sends, runs the server, and returns what came back until `done` or the connection's end.
    std::string exchange(int fd, const std::string& request, const std::string& done) {
        EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(request.size()));
        return receive(fd, done);
    }
    std::string receive(int fd, const std::string& done) {
        std::string got;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(4);
        while (std::chrono::steady_clock::now() < end) {
            loop_.run_for(std::chrono::milliseconds(2));
            char buffer[4096];
            const ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
            if (n == 0) return got + "<closed>";
            if (n > 0) got.append(buffer, static_cast<std::size_t>(n));
            if (!done.empty() && got.find(done) != std::string::npos) return got;
        }
        return got + "<timeout>";
    }

    // "/echo" is granted: what comes goes back, "bye" ends it.
    Result<WebSocketAcceptor> upgrade(const HttpRequest& request) {
        peer_ = request.peer;
        if (request.target != "/echo") return refuse(ErrorCode::not_found, "", "no such socket");
        return [this](WebSocketPtr socket) {
            sockets_.push_back(socket);
            return WebSocket::Events{.message =
                                         [socket](std::string_view text) {
                                             if (text == "throw")
                                                 throw std::runtime_error("a library's");
                                             if (text == "bye")
                                                 return socket->close(CloseCode::normal, "bye");
                                             socket->send(std::string(text));
                                         },
                                     .closed = [this] { ++closed_; }};
        };
    }

    ScratchFolder folder_;
    std::string path_ = folder_.file("api.sock");
    std::uint16_t port_ = free_tcp_port(), https_port_ = free_tcp_port();
    boost::asio::io_context loop_;
    Limits limits_;
    std::function<void(std::function<void()>)> later_;
    int handled_ = 0, closed_ = 0;
    HttpRequest::Peer peer_ = HttpRequest::Peer::unix_socket;  // of the newest upgrade
    std::vector<WebSocketPtr> sockets_;
    HttpServer server_;
    std::vector<int> clients_;
};

}  // namespace strata::control
