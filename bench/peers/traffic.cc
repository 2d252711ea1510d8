#include "bench/peers/traffic.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/generator/capture.h"
#include "relay/rtp/byte_order.h"

namespace strata::bench {
namespace {

constexpr std::uint32_t kHome = 0x7f00'0001, kFirstReceiver = 0x7f01'0001;
constexpr int kBufferBytes = 64 << 20;
constexpr std::int64_t kTogether_us = 1'000;
constexpr std::uint32_t kTicksPerPacket = 960;  // 20 ms at 48 kHz
constexpr std::chrono::seconds kPatience{1};
constexpr std::chrono::microseconds kBetweenLooks{50};
constexpr std::size_t kMostBytes = 1'500, kMostPackets = 64;

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(74);
}

int bound_socket(const sockaddr_in& address, std::uint16_t& port) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
    port = ntohs(bound.sin_port);
    return fd;
}

}  // namespace

sockaddr_in loopback(std::uint32_t host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(host);
    address.sin_port = htons(port);
    return address;
}

sockaddr_in receiver_address(std::uint32_t i, std::uint16_t sink_port) {
    return loopback(kFirstReceiver + i, sink_port);
}

std::vector<Train> even_trains(std::uint32_t packets, std::int64_t every_us) {
    return {Train{std::vector<std::uint16_t>(packets, 1'200), every_us}};
}

std::vector<Train> captured_trains(const std::string& capture) {
    std::vector<Train> trains;
    std::int64_t began_us = 0, last_us = 0;
    for (const gen::CapturedPacket& p : gen::load_capture(capture, gen::TrackKind::video).packets) {
        if (trains.empty() || p.at_us - last_us > kTogether_us ||
            trains.back().sizes.size() == kMostPackets) {
            trains.push_back({{}, p.at_us - began_us});
            began_us = p.at_us;
        }
        last_us = p.at_us;
        trains.back().sizes.push_back(static_cast<std::uint16_t>(p.bytes.size()));
    }
    return trains;
}

Feeder::Feeder(std::uint16_t port, const sockaddr_in& relay, std::uint64_t first)
    : fd_(bound_socket(loopback(kHome, port), port_)),
      relay_(relay),
      first_(first),
      buffer_(kMostPackets * kMostBytes, 0x5a) {}

Feeder::~Feeder() { close(fd_); }

void Feeder::send(const Train& train) {
    std::array<mmsghdr, kMostPackets> messages{};
    std::array<iovec, kMostPackets> vectors;
    const auto count = std::min(train.sizes.size(), kMostPackets);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t number = first_ + sent_++;
        std::uint8_t* p = &buffer_[i * kMostBytes];
        p[0] = 0x80;
        p[1] = kPeersPayloadType;
        relay::store_be16(p + 2, static_cast<std::uint16_t>(number));
        relay::store_be32(p + 4, static_cast<std::uint32_t>(number * kTicksPerPacket));
        relay::store_be32(p + 8, kPeersSsrc);
        vectors[i] = {p, std::min<std::size_t>(train.sizes[i], kMostBytes)};
        messages[i].msg_hdr.msg_name = &relay_;
        messages[i].msg_hdr.msg_namelen = sizeof relay_;
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (std::size_t done = 0; done < count;) {
        const int n = sendmmsg(fd_, &messages[done], static_cast<unsigned>(count - done), 0);
        if (n <= 0) die("sendmmsg");
        done += static_cast<std::size_t>(n);
    }
}

Sink::Sink(std::uint16_t port)
    : fd_(bound_socket(loopback(INADDR_ANY, port), port_)),
      thread_([this](const std::stop_token& stop) { drain(stop); }) {}

Sink::~Sink() {
    thread_.request_stop();
    thread_.join();
    close(fd_);
}

void Sink::drain(const std::stop_token& stop) {
    std::array<mmsghdr, kMostPackets> messages{};
    std::array<std::array<std::uint8_t, 16>, kMostPackets> heads;
    std::array<iovec, kMostPackets> vectors;
    for (std::size_t i = 0; i < kMostPackets; ++i) {
        vectors[i] = {heads[i].data(), heads[i].size()};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (!stop.stop_requested()) {
        const int n = recvmmsg(fd_, messages.data(), kMostPackets, MSG_DONTWAIT, nullptr);
        if (n <= 0) {
            std::this_thread::sleep_for(kBetweenLooks);
            continue;
        }
        std::uint64_t media = 0;
        // Reports of the relay's own aren't media.
        for (int i = 0; i < n; ++i)
            media += (heads[static_cast<std::size_t>(i)][1] & 0x7f) == kPeersPayloadType;
        received_.fetch_add(media, std::memory_order_relaxed);
    }
}

bool Sink::wait_for(std::uint64_t count) const {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + kPatience;
    while (received() < count) {
        if (Clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return true;
}

}  // namespace strata::bench
