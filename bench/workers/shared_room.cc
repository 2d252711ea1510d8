#include "bench/workers/shared_room.h"

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include <cstdio>
#include <cstdlib>

#include "bench/pipeline/pairs.h"
#include "bench/pipeline/shape.h"

namespace strata::bench {
namespace {

using api::WorkerCounter;

constexpr std::uint64_t kTrack = 1, kPublisher = 1;
constexpr relay::TimeUs kTicksPerBurst = 20;  // microseconds of the workers' time
constexpr std::uint64_t kMostWaiting = 512;   // packets on their way to the second worker
constexpr std::uint64_t kFirstPackets = 10;   // a key frame, which starts every receiver

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "strata-bench-workers: %s\n", what);
    std::exit(1);
}

std::string bytes_of(const dataplane::IpAddress& address) {
    return {reinterpret_cast<const char*>(address.v4_bytes()), 4};
}

}  // namespace

SharedRoom::SharedRoom(std::uint32_t receivers, std::uint32_t workers,
                       const dataplane::Pools& pools)
    : pools_(pools), workers_(workers), stream_({}) {
    statistics_ = std::make_unique<api::StatisticsSegment>(
        api::StatisticsSegment::create("", {.workers = workers, .slots_per_worker = 16}).value());
    std::vector<dataplane::Worker*> connected;
    std::vector<dataplane::Home> homes;
    const Shape shape{.in_flight = 1'024};
    for (std::uint32_t w = 0; w < workers; ++w) {
        Part& part = parts_[w];
        part.port =
            std::make_unique<dataplane::MemoryPort>(port_config(shape), port_options(shape));
        if (!part.port->start(pools)) die("the in-memory port doesn't start");
        std::array<dataplane::Port*, 1> ports{part.port.get()};
        part.worker = std::make_unique<dataplane::Worker>(dataplane::WorkerConfig{.id = w}, ports,
                                                          pools, statistics_->worker(w), now_);
        connected.push_back(part.worker.get());
        homes.push_back({.worker = w, .local = {publisher_flow(0).local, kWorkerPort}});
    }
    dataplane::Worker::connect(connected);
    state_ = std::make_unique<dataplane::DesiredState>(dataplane::StateLimits{}, connected, homes,
                                                       *statistics_,
                                                       [n = 1U]() mutable { return n += 7'777; });
    add_publisher();
    for (std::uint32_t i = 0; i < receivers; ++i) add_receiver(i, i % workers);
    feed_and_turn(kFirstPackets);
    for (std::uint32_t w = 0; w < workers_; ++w) {
        turn(parts_[w]);
        if (parts_[w].sent() < kFirstPackets * receivers / workers) die("not every receiver began");
    }
}

SharedRoom::~SharedRoom() {
    for (std::uint32_t w = 0; w < workers_; ++w) parts_[w].worker.reset();
    for (std::uint32_t w = 0; w < workers_; ++w) parts_[w].port->drain();
}

void SharedRoom::put(const api::Object& object) {
    if (const auto problem = state_->put(object)) die(problem->message.c_str());
    while (state_->pump())
        for (std::uint32_t w = 0; w < workers_; ++w) turn(parts_[w]);
}

void SharedRoom::add_publisher() {
    api::Object transport;
    transport.mutable_transport()->set_id(kPublisher);
    transport.mutable_transport()->set_remote_address(bytes_of(publisher_flow(0).remote));
    transport.mutable_transport()->set_remote_port(publisher_flow(0).remote_port);
    put(transport);
    api::Object object;
    api::Track& track = *object.mutable_track();
    track.set_id(kTrack);
    track.set_transport(kPublisher);
    track.set_codec("VP8");
    track.set_clock_rate_hz(90'000);
    track.set_payload_type(kPayloadType);
    track.add_encodings()->set_ssrc(publisher_ssrc(0));
    put(object);
}

void SharedRoom::add_receiver(std::uint32_t number, std::uint32_t worker) {
    const std::uint64_t id = kPublisher + 1 + number;
    const dataplane::FlowKey flow = receiver_flow(0, number);
    api::Object transport;
    transport.mutable_transport()->set_id(id);
    transport.mutable_transport()->set_worker(worker);
    transport.mutable_transport()->set_remote_address(bytes_of(flow.remote));
    transport.mutable_transport()->set_remote_port(flow.remote_port);
    put(transport);
    api::Object object;
    api::Subscription& leg = *object.mutable_subscription();
    leg.set_id(id);
    leg.set_track(kTrack);
    leg.set_transport(id);
    leg.set_ssrc(0x6000'0000 + number);
    leg.set_payload_type(kPayloadType);
    leg.mutable_target()->set_temporal(3);
    put(object);
}

void SharedRoom::turn(Part& part) {
    const double begin = thread_cpu_ns();
    if (part.worker->turn(now_.load(std::memory_order_relaxed), kBurst).busy())
        part.cpu_ns += thread_cpu_ns() - begin;
}

void SharedRoom::feed_and_turn(std::uint16_t packets) {
    if (!stream_.feed(*parts_[0].port, pools_.rx, packets)) die("the receive pool is empty");
    turn(parts_[0]);
    now_.store(now_.load(std::memory_order_relaxed) + kTicksPerBurst, std::memory_order_relaxed);
}

// Packets that the second worker has still to take.
std::uint64_t SharedRoom::waiting() {
    if (workers_ == 1) return 0;
    return statistics_->worker(0)[WorkerCounter::handed_out].get() -
           statistics_->worker(1)[WorkerCounter::handed_in].get();
}

int SharedRoom::serve(void* room) {
    auto& self = *static_cast<SharedRoom*>(room);
    while (!self.done_.load(std::memory_order_acquire)) {
        self.turn(self.parts_[1]);
        rte_pause();
    }
    return 0;
}

double SharedRoom::run(std::uint64_t inputs) {
    for (std::uint32_t w = 0; w < workers_; ++w) {
        parts_[w].cpu_ns = 0;
        parts_[w].sent_before = parts_[w].sent();
    }
    done_.store(false);
    if (workers_ == 2) rte_eal_remote_launch(serve, this, 1);
    while (inputs != 0) {
        const auto n = static_cast<std::uint16_t>(std::min<std::uint64_t>(inputs, kBurst));
        feed_and_turn(n);
        inputs -= n;
        while (waiting() > kMostWaiting) rte_pause();
    }
    while (waiting() != 0) rte_pause();
    done_.store(true, std::memory_order_release);
    if (workers_ == 2) rte_eal_wait_lcore(1);
    double rates = 0;
    for (std::uint32_t w = 0; w < workers_; ++w) {
        const Part& part = parts_[w];
        rates += static_cast<double>(part.sent() - part.sent_before) / part.cpu_ns * 1e9;
    }
    if (statistics_->worker(0)[WorkerCounter::handoff_full].get() != 0) die("a ring was full");
    return rates;
}

}  // namespace strata::bench
