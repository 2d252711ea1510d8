#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/port/flow_key.h"
#include "relay/ice/framing.h"

namespace strata::dataplane {

using Bytes = std::vector<std::uint8_t>;

// Waits for `ready` with real time passing; false: it didn't come.
inline bool eventually(const std::function<bool()>& ready) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!ready()) {
        if (std::chrono::steady_clock::now() > end) return false;
        ::usleep(1'000);
    }
    return true;
}

// A datagram in its frame (RFC 4571).
inline Bytes framed(std::span<const std::uint8_t> datagram) {
    const auto head = relay::frame_head(static_cast<std::uint16_t>(datagram.size()));
    Bytes out(head.begin(), head.end());
    out.insert(out.end(), datagram.begin(), datagram.end());
    return out;
}

// A client on loopback.
class StreamPeer {
  public:
    // A small receive buffer makes for a slow receiver.
    explicit StreamPeer(std::uint16_t port, int receive_buffer = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer != 0)
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
        sockaddr_in own{};
        socklen_t size = sizeof own;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
        local_ = {IpAddress::v4({127, 0, 0, 1}), ntohs(own.sin_port)};
    }
    ~StreamPeer() { ::close(fd_); }
    StreamPeer(const StreamPeer&) = delete;
    StreamPeer& operator=(const StreamPeer&) = delete;

    const Endpoint& local() const { return local_; }
    void send(std::span<const std::uint8_t> bytes) {
        EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    void send_frame(std::span<const std::uint8_t> datagram) { send(framed(datagram)); }
    // No more will be sent.
    void end() { ::shutdown(fd_, SHUT_WR); }

    // Reads what there is, without waiting.
    void read() {
        std::array<std::uint8_t, 65'536> buffer;
        for (;;) {
            const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size <= 0) {
                if (size == 0 || (errno != EAGAIN && errno != EINTR)) closed_ = true;
                return;
            }
            reader_.read(std::span(buffer).first(static_cast<std::size_t>(size)),
                         [&](std::span<const std::uint8_t> datagram) {
                             frames.emplace_back(datagram.begin(), datagram.end());
                         });
        }
    }
    // The other end has closed it.
    bool closed() {
        read();
        return closed_;
    }

    std::vector<Bytes> frames;  // that came so far

  private:
    int fd_;
    Endpoint local_;
    relay::FrameReader reader_{4'096};
    bool closed_ = false;
};

}  // namespace strata::dataplane
