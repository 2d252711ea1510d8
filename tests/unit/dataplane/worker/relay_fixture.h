#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/api/statistics_segment.h"
#include "dataplane/port/memory_port.h"
#include "dataplane/server/desired_state.h"
#include "dataplane/worker/worker.h"
#include "tests/unit/dataplane/eal.h"
#include "tests/unit/dataplane/worker/wire_objects.h"

namespace strata::dataplane {

using Packet = std::vector<std::uint8_t>;

struct RtpFields {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint8_t payload_type = 111;
    bool marker = false;
    // One-byte header extensions: id and data.
    std::vector<std::pair<std::uint8_t, std::string>> extensions;
    Packet payload = Packet(100, 0x55);
};
Packet rtp(const RtpFields& fields);

// A VP8 payload: descriptor with X=0, first packet of a frame.
Packet vp8_payload(bool key_frame);

// One worker over an in-memory port with everything that belongs to it, in virtual time.
class Relay : public MemoryPort::Sink {
  public:
    struct Sent {
        FlowKey flow;
        Packet packet;
        relay::TimeUs at_us;
    };

    // The worker has `more` ports behind its two in memory.
    explicit Relay(const WorkerConfig& config = {}, const StateLimits& limits = {},
                   std::vector<Port*> more = {}, const PoolConfig& sizes = TestPools::kSizes);
    ~Relay() override;

    static Endpoint peer(std::uint8_t last_byte, std::uint16_t port = 5000) {
        return {IpAddress::v4({10, 0, 0, last_byte}), port};
    }
    static FlowKey flow(const Endpoint& remote);

    // Objects; the problem's code, empty when it was taken. A zero peer waits for latching.
    std::string transport(std::uint64_t id, std::uint8_t last_byte, std::uint32_t worker = 0);
    std::string track(std::uint64_t id, std::uint64_t transport, const std::string& codec,
                      std::vector<std::uint32_t> ssrcs, std::uint32_t payload_type = 111);
    std::string subscription(std::uint64_t id, std::uint64_t track, std::uint64_t transport,
                             std::uint32_t ssrc, std::uint32_t payload_type = 111);
    std::string put(const api::Object& object);
    void remove(api::ObjectKind kind, std::uint64_t id);

    // Receives `packet` from `remote` and takes a turn.
    void receive(const Endpoint& remote, const Packet& packet);
    void turn();
    // Turns once per millisecond until `us` have passed.
    void pass(relay::TimeUs us);

    std::uint64_t operator[](api::WorkerCounter c) { return statistics->worker(0)[c].get(); }
    std::uint64_t operator[](api::RxDrop r) { return statistics->worker(0)[r].get(); }
    std::uint64_t operator[](api::TxDrop r) { return statistics->worker(0)[r].get(); }
    std::uint64_t value(api::StatisticsKind kind, std::uint64_t id, api::ObjectValue value);

    // What went to `remote`: media, or RTCP.
    std::vector<Sent> media_to(const Endpoint& remote) const;
    std::vector<Sent> rtcp_to(const Endpoint& remote) const;

    void on_packet(const FlowKey& flow, std::span<const std::uint8_t> packet) override;

    // Both equations of the packet counters.
    void expect_equations();

    TestPools pools;
    MemoryPort port;
    MemoryPort other;  // the worker's second one
    std::unique_ptr<api::StatisticsSegment> statistics;
    std::unique_ptr<Worker> worker;
    std::unique_ptr<DesiredState> state;
    std::vector<Sent> sent;
    std::vector<Notice> notices;
    relay::TimeUs now = 1'000'000;
};

}  // namespace strata::dataplane
