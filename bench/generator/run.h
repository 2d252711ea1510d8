#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/generator/packet_io.h"
#include "bench/generator/plan.h"
#include "bench/generator/publisher.h"
#include "bench/generator/receiver.h"

namespace strata::gen {

class Run;

// Is told what happens while a run goes on, between turns.
class RunObserver {
  public:
    virtual ~RunObserver() = default;
    virtual void on_started(const Run&) {}
    virtual void on_second(const Run&) {}
    // A target of the plan is due: the receiver asks for it from now on.
    virtual void on_target(const Run&, const std::string& /*receiver*/,
                           const std::string& /*target*/) {}
    // Called every turn: a place to read commands. False ends the run.
    virtual bool poll(Run&) { return true; }
};

// The publisher's source: replayed or synthetic, with fresh numbers drawn from the plan's seed.
std::unique_ptr<MediaSource> make_source(const Plan& plan, std::size_t publisher);

// One plan being carried out: publishers, receivers, timers. Thread: one.
class Run final : private PacketIo::Sink {
  public:
    Run(const Plan& plan, PacketIo& io);
    ~Run() override;

    // Runs to the end; then every receiver has been judged.
    void execute(RunObserver& observer);
    // A receiver asks for something else from now on. False: no such receiver or target.
    bool set_target(const std::string& receiver, const std::string& target);

    struct PublisherEnd;
    struct ReceiverEnd {
        ReceiverPlan plan;
        int endpoint = -1;
        Address remote;
        std::size_t publisher = 0;
        std::size_t next_target = 0;
        std::unique_ptr<Receiver> receiver;
        std::uint64_t rtx_packets = 0;
    };

    const Plan& plan() const { return plan_; }
    std::size_t publisher_count() const { return publishers_.size(); }
    const Publisher& publisher(std::size_t i) const;
    Address publisher_address(std::size_t i) const;
    const std::vector<ReceiverEnd>& receivers() const { return receivers_; }
    Address receiver_address(std::size_t i) const;
    // Monotonic; 0 before execute.
    std::int64_t began_us() const { return began_us_; }
    std::int64_t ended_us() const { return ended_us_; }
    // How long publishers have been sending.
    double elapsed_s() const;
    std::uint64_t stray_packets() const { return stray_packets_; }
    IoCounters io_counters() const { return io_.counters(); }

  private:
    void on_datagram(const ReceivedDatagram& datagram) override;
    void on_rtcp(const ReceivedDatagram& datagram);
    void on_rtp(const ReceivedDatagram& datagram);
    void turn(std::int64_t now_us, RunObserver& observer);
    void send_receiver_rtcp(std::int64_t now_us);
    void announce_targets(std::int64_t now_us, RunObserver& observer);
    std::int64_t next_event_us() const;
    bool publishers_finished() const;
    void drain();

    Plan plan_;
    PacketIo& io_;
    std::vector<std::unique_ptr<PublisherEnd>> publishers_;
    std::vector<ReceiverEnd> receivers_;
    std::map<int, std::uint16_t> transport_sequences_;  // by endpoint
    std::int64_t began_us_ = 0, ended_us_ = 0;
    std::int64_t next_second_us_ = 0, next_rtcp_us_ = 0;
    std::uint64_t stray_packets_ = 0;
};

}  // namespace strata::gen
