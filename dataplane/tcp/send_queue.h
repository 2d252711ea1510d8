#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "dataplane/port/tx_queue.h"
#include "relay/rtp/types.h"

namespace strata::dataplane {

struct SendQueueConfig {
    std::uint32_t bytes = 262'144;
    relay::TimeUs wait_us = 500'000;
};

// Datagrams that never left, by what was lost: audio (and everything that isn't media), base
// layers, upper layers. Added to by all queues of one thread.
struct SendQueueDrops {
    std::array<std::uint64_t, kTxClasses> full{};       // no room in the bytes its class may use
    std::array<std::uint64_t, kTxClasses> late{};       // waited longer than its class may
    std::array<std::uint64_t, kTxClasses> held_back{};  // of layers that are too much just now
};

// What waits for one connection that takes it slowly. Bounded in bytes and in time; when a bound is
// reached whole layers are left out, the uppermost first, until what is left fits (C40). A layer
// that was left out stays out until the queue has been nearly empty for a while, so that those
// below it stay decodable. Audio passes video. A class may use its share of both bounds: audio and
// everything that isn't media 100 %, base layers 90 %, upper layers 75 %. Thread: one.
class SendQueue {
  public:
    struct Packet {
        std::unique_ptr<std::uint8_t[]> bytes;
        std::uint32_t size = 0;
        TxClass tx_class = TxClass::audio;
        relay::TimeUs since_us = 0;
    };

    SendQueue(const SendQueueConfig& config, SendQueueDrops& drops)
        : config_(config), drops_(drops) {}

    // Takes the packet, or drops it or others. `packet.since_us` is filled in.
    void push(Packet packet, relay::TimeUs now);
    // Drops what has waited too long. Often enough: the bound in time is as exact as that.
    void expire(relay::TimeUs now);
    // What is to be sent next.
    std::optional<Packet> pop();

    bool empty() const { return packets_ == 0; }
    std::uint32_t bytes() const { return bytes_; }
    std::uint32_t packets() const { return packets_; }
    // How long the oldest packet has waited.
    relay::TimeUs age(relay::TimeUs now) const;
    // Classes above it are left out.
    TxClass uppermost() const { return uppermost_; }

  private:
    using Fifo = std::deque<Packet>;

    TxClass highest() const;
    void shed(TxClass layer, std::array<std::uint64_t, kTxClasses>& counter, relay::TimeUs now);
    void leave_out(TxClass from, relay::TimeUs now);
    void let_in(relay::TimeUs now);
    void remove(const Packet& packet);

    SendQueueConfig config_;
    SendQueueDrops& drops_;
    Fifo first_, media_;                              // audio, everything that isn't media; video
    std::array<std::uint32_t, kTxLevels> waiting_{};  // packets by class
    std::uint32_t bytes_ = 0, packets_ = 0;
    TxClass uppermost_ = kHighestTxClass;
    std::array<bool, kTxLevels> wanted_{};  // classes that were held back
    relay::TimeUs calm_since_us_ = 0, let_in_us_ = 0;
    relay::TimeUs patience_us_ = kLeastPatienceUs;  // how long it must be calm
    static constexpr relay::TimeUs kLeastPatienceUs = 1'000'000;
};

}  // namespace strata::dataplane
