#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bench/pipeline/shape.h"
#include "bench/pipeline/stream.h"
#include "dataplane/api/observation_log.h"
#include "dataplane/api/statistics_segment.h"
#include "dataplane/server/shared_parsers.h"
#include "dataplane/worker/objects.h"
#include "dataplane/worker/observer.h"
#include "dataplane/worker/worker.h"

namespace strata::bench {

// The product: a whole worker on the in-memory port.
class Product {
  public:
    Product(const Shape& shape, const dataplane::Pools& pools);
    ~Product();

    // Takes `inputs` packets through; returns the outputs that were sent.
    std::uint64_t run(std::uint64_t inputs);
    // The same, and returns only the nanoseconds from receiving the packets to having freed them:
    // what the sender does isn't in them. The worker's time passes as the turns take it: its timers
    // are due as often as in a worker that has nothing but such packets to do.
    double run_timed(std::uint64_t inputs);
    // The same, `bursts` times `packets` (at most kBurst) at once; returns the nanoseconds of its
    // turns per output.
    double run_bursts(std::uint64_t bursts, std::uint16_t packets);
    // The same, collected by callgrind: the turns alone.
    std::uint64_t run_collected(std::uint64_t inputs);
    // The turns in which so many rooms come, one after the other, and in which they go.
    void collect_rooms(std::uint32_t rooms, std::uint32_t receivers);
    // What anybody may read at any time.
    const api::WorkerBlock& statistics() const { return *block_; }
    // What the captures and traces have written down, and how many rooms have come and gone.
    std::uint64_t records() const { return log_ ? log_->records() : 0; }
    std::uint64_t guests() const { return guests_gone_; }
    // What each receiver's packets are encrypted with.
    std::vector<std::span<const std::byte>> receiver_keys() const;
    // In nanoseconds, of all outputs so far; where the shape says so.
    const api::Histogram& transit() const { return block_->rx_tx_ns; }
    // Bytes in front of the shared payload of one outgoing frame: the header length that the other
    // loops copy.
    std::uint16_t header_bytes() const { return header_bytes_; }

  private:
    void add_room(std::uint32_t room, std::uint32_t receivers);
    void remove_room(std::uint32_t receivers);
    void take_answers();
    void bustle();
    void add_receiver(std::uint32_t room, std::uint32_t receiver);
    void submit(const dataplane::Command& command);
    void look_on();
    void measure_header();
    void feed(std::uint16_t packets);
    void turn();
    std::uint64_t sent() { return port_.counters(0)[dataplane::PortCounter::tx_packets]; }

    Shape shape_;
    const dataplane::Pools& pools_;
    std::unique_ptr<relay::SrtpCipher> cipher_;  // expands keys
    dataplane::MemoryPort port_;
    std::unique_ptr<api::WorkerBlock> block_;
    std::optional<api::ObservationSegment> segment_;
    std::optional<api::ObservationLog> log_;
    std::unique_ptr<dataplane::Observer> observer_, observer_before_;
    std::uint64_t traces_ = 0;
    std::unique_ptr<dataplane::Worker> worker_;
    Stream stream_;
    relay::TimeUs now_ = 1'000'000;
    relay::TimeUs next_trace_us_ = now_, next_room_us_ = now_;
    bool guests_ = false;  // the room that comes and goes is there
    std::uint64_t guests_gone_ = 0;
    std::uint64_t ticks_per_us_, ticks_ = 0;  // of the time stamp counter; ahead of now_
    std::uint16_t header_bytes_ = 0;
    dataplane::SharedParsers parsers_;
    std::vector<std::unique_ptr<dataplane::Transport>> transports_;
    std::vector<std::unique_ptr<dataplane::PublishedTrack>> tracks_;
    std::vector<std::unique_ptr<dataplane::Subscription>> subscriptions_;
};

}  // namespace strata::bench
