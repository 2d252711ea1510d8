#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace strata::bench {

// What relays are compared with: RTP from one publisher to many receivers over loopback.
constexpr std::uint8_t kPeersPayloadType = 111;
constexpr std::uint32_t kPeersSsrc = 0x5051'5253;
constexpr std::uint16_t kRtpBytes = 12;

sockaddr_in loopback(std::uint32_t host, std::uint16_t port);  // 127.x.y.z, host in host order
// Receiver `i` has an address of its own, 127.1.0.1 and on, and the sink's port.
sockaddr_in receiver_address(std::uint32_t i, std::uint16_t sink_port);

// Packets that arrive together: sizes of whole RTP packets, and how long after the train before.
struct Train {
    std::vector<std::uint16_t> sizes;
    std::int64_t after_us = 0;
};
// `packets` of 1,200 bytes.
std::vector<Train> even_trains(std::uint32_t packets, std::int64_t every_us);
// As a browser sent it: packets within a millisecond are one train. Throws gen::FileError.
std::vector<Train> captured_trains(const std::string& capture);

// The publisher. Its packets count on from train to train.
class Feeder {
  public:
    // From 127.0.0.1:`port` (0: the kernel chooses) to `relay`; the first packet is number `first`.
    Feeder(std::uint16_t port, const sockaddr_in& relay, std::uint64_t first = 0);
    ~Feeder();
    Feeder(const Feeder&) = delete;
    Feeder& operator=(const Feeder&) = delete;
    std::uint16_t port() const { return port_; }
    void set_relay(const sockaddr_in& relay) { relay_ = relay; }
    // All of a train at once.
    void send(const Train& train);
    std::uint64_t sent() const { return sent_; }

  private:
    std::uint16_t port_ = 0;  // before fd_, which sets it
    int fd_ = -1;
    sockaddr_in relay_;
    std::uint64_t first_, sent_ = 0;
    std::vector<std::uint8_t> buffer_;
};

// All receivers: one socket for all their addresses, emptied by a thread of its own that looks every
// 50 us instead of waiting: what a relay's packets cost it doesn't depend on whom they wake.
class Sink {
  public:
    explicit Sink(std::uint16_t port);
    ~Sink();
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    std::uint16_t port() const { return port_; }
    std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }
    // Until so many have come in all; false: not within a second.
    bool wait_for(std::uint64_t count) const;

  private:
    void drain(const std::stop_token& stop);

    std::uint16_t port_ = 0;  // before fd_, which sets it
    int fd_ = -1;
    std::atomic<std::uint64_t> received_{0};
    std::jthread thread_;
};

}  // namespace strata::bench
