#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "bench/pipeline/stream.h"
#include "dataplane/api/statistics_segment.h"
#include "dataplane/server/desired_state.h"
#include "dataplane/worker/worker.h"

namespace strata::bench {

// One room with one publisher, on one worker or spread evenly over two that hand each other
// packets, each on an in-memory port of its own. The first worker, which has the publisher, turns
// on the caller's lcore, the second one on lcore 1.
class SharedRoom {
  public:
    SharedRoom(std::uint32_t receivers, std::uint32_t workers, const dataplane::Pools& pools);
    ~SharedRoom();
    SharedRoom(const SharedRoom&) = delete;
    SharedRoom& operator=(const SharedRoom&) = delete;

    // Takes `inputs` packets of the publisher through. Outputs per second of the CPU time of each
    // worker's busy turns, added up.
    double run(std::uint64_t inputs);

  private:
    // Of one worker, in the run.
    struct Part {
        std::unique_ptr<dataplane::MemoryPort> port;
        std::unique_ptr<dataplane::Worker> worker;
        double cpu_ns = 0;
        std::uint64_t sent_before = 0;
        std::uint64_t sent() const { return port->counters(0)[dataplane::PortCounter::tx_packets]; }
    };

    void add_publisher();
    void add_receiver(std::uint32_t number, std::uint32_t worker);
    void put(const api::Object& object);
    void turn(Part& part);
    void feed_and_turn(std::uint16_t packets);
    std::uint64_t waiting();
    static int serve(void* room);

    const dataplane::Pools& pools_;
    std::uint32_t workers_;
    std::unique_ptr<api::StatisticsSegment> statistics_;
    std::array<Part, 2> parts_;
    std::unique_ptr<dataplane::DesiredState> state_;
    Stream stream_;
    std::atomic<relay::TimeUs> now_{1'000'000};
    std::atomic<bool> done_{false};
};

}  // namespace strata::bench
