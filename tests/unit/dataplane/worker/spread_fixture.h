#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {

// Two workers that hand each other packets, each over an in-memory port of its own, in virtual
// time.
class SpreadRelay : public MemoryPort::Sink {
  public:
    static constexpr std::uint32_t kWorkers = 2;

    // `number`: what streams begin with; 0: each with another one.
    explicit SpreadRelay(const WorkerConfig& config = {}, const StateLimits& limits = {},
                         std::uint32_t number = 0);
    ~SpreadRelay() override;

    // Where peers of `worker` are received.
    static std::uint16_t port_of(std::uint32_t worker) {
        return static_cast<std::uint16_t>(4000 + worker);
    }

    // Objects; the problem's code, empty when it was taken.
    std::string transport(std::uint64_t id, std::uint8_t last_byte, std::uint32_t worker);
    std::string track(std::uint64_t id, std::uint64_t transport, const std::string& codec,
                      std::vector<std::uint32_t> ssrcs);
    std::string subscription(std::uint64_t id, std::uint64_t track, std::uint64_t transport,
                             std::uint32_t ssrc, std::uint32_t temporal = 3);
    std::string put(const api::Object& object);
    void remove(api::ObjectKind kind, std::uint64_t id);

    // Queues `packet` from peer 10.0.0.`last_byte` at `worker`, without a turn.
    void push(std::uint8_t last_byte, const Packet& packet, std::uint32_t worker = 0);
    void receive(std::uint8_t last_byte, const Packet& packet, std::uint32_t worker = 0);
    // Both take turns until nothing is under way between them.
    void turn();
    // Turns once per millisecond until `us` have passed.
    void pass(relay::TimeUs us);

    std::uint64_t get(std::uint32_t worker, api::WorkerCounter c) {
        return statistics->worker(worker)[c].get();
    }
    std::uint64_t get(std::uint32_t worker, api::RxDrop r) {
        return statistics->worker(worker)[r].get();
    }
    std::uint64_t value(std::uint32_t worker, api::StatisticsKind kind, std::uint64_t id,
                        api::ObjectValue value);
    bool has_slot(std::uint32_t worker, api::StatisticsKind kind, std::uint64_t id);

    // What went to 10.0.0.`last_byte`: media, or RTCP.
    std::vector<Packet> media_to(std::uint8_t last_byte) const;
    std::vector<Packet> rtcp_to(std::uint8_t last_byte) const;

    void on_packet(const FlowKey& flow, std::span<const std::uint8_t> packet) override;

    // Of each worker, and what they handed each other; `on_the_way`: packets in the rings.
    void expect_equations(std::uint64_t on_the_way = 0);

    TestPools pools;
    std::array<std::unique_ptr<MemoryPort>, kWorkers> ports;
    std::unique_ptr<api::StatisticsSegment> statistics;
    std::array<std::unique_ptr<Worker>, kWorkers> workers;
    std::unique_ptr<DesiredState> state;
    std::vector<Relay::Sent> sent;
    relay::TimeUs now = 1'000'000;
};

}  // namespace strata::dataplane
