#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/generator/packet_io.h"
#include "bench/generator/publisher.h"
#include "bench/generator/throughput/flow.h"
#include "bench/generator/throughput/hostile.h"
#include "bench/generator/throughput/thread_time.h"

namespace strata::gen {

// One offered load, and what became of it.
struct LoadTrial {
    double load = 0;        // as searched for: multiple of the rate, or number of units
    double multiplier = 1;  // of the publishers' own rate
    double asked_s = 0;     // it lasts longer where little is sent
    double duration_s = 0;
    double sent_pps = 0, received_pps = 0;
    std::uint64_t sent = 0;                // by publishers
    std::uint64_t expected = 0, lost = 0;  // of what receivers are owed
    FlowCounts counts;
    std::uint64_t stray = 0;  // packets that belong to no receiver
    // What this program itself did wrong or couldn't do.
    std::uint64_t late_packets = 0, send_failed = 0, receive_dropped = 0;
    // Of the time: its thread ran, or waited for a processor that somebody else had. Above 0.95
    // together it had no reserve.
    double busy_share = 0, starved_share = 0;
    Histogram latency;

    double loss_ratio() const {
        return expected == 0 ? 1 : static_cast<double>(lost) / static_cast<double>(expected);
    }
    bool generator_limited() const;
};

// Publishers and many receivers on one clock, at a rate that can be changed; one thread sends and
// checks all packets. Publishers and flows may come and go between turns.
class Load final : private PacketIo::Sink {
  public:
    explicit Load(PacketIo& io);
    ~Load() override;

    // From `endpoint` to `remote`. Returns its number.
    std::size_t add_publisher(std::unique_ptr<MediaSource> source, int endpoint,
                              const Address& remote);
    void stop_publisher(std::size_t publisher);
    const TrackDescription& track(std::size_t publisher) const;
    // The flow's number. Its publisher exists.
    std::size_t add_flow(const FlowConfig& config);
    Flow& flow(std::size_t number) { return *flows_[number]; }
    void remove_flow(std::size_t number);
    // Packets that no relay should forward, sent beside the publishers'.
    void set_hostile(std::unique_ptr<Hostile> hostile) { hostile_ = std::move(hostile); }

    // Called every turn, between packets.
    void set_on_turn(std::function<void()> on_turn) { on_turn_ = std::move(on_turn); }

    void set_rate(double multiplier);
    // Turns for that long, or as long as `wanted` says so.
    void run(double seconds);
    void run_while(const std::function<bool()>& wanted);
    // Warms up, measures, and waits for what is under way, at a quarter of the own rate at most. As
    // long as asked for, or until enough was sent to judge by. After a trial that lost something
    // the relay is given time to be itself again.
    LoadTrial measure(double multiplier, double seconds);

    std::size_t flow_count() const { return numbers_.size(); }
    std::size_t publisher_count() const;
    // Flows that nothing has come to yet.
    std::size_t silent_flows() const;

  private:
    struct Source;
    struct Mark {
        std::uint64_t sent = 0, late = 0, stray = 0;
        FlowCounts counts;
        IoCounters io;
        std::int64_t at_us = 0;
        ThreadTime thread;
    };

    void on_datagram(const ReceivedDatagram& datagram) override;
    void on_rtp(const ReceivedDatagram& datagram);
    Flow* find(int endpoint, std::uint32_t ssrc) const;
    void turn();
    void send_reports(std::int64_t now_us);
    std::int64_t next_due_us() const;
    Mark mark() const;
    void begin_trial();
    void close_trial(LoadTrial& trial) const;
    std::uint64_t sent() const;
    void let_relay_settle();

    PacketIo& io_;
    std::vector<std::unique_ptr<Source>> sources_;
    std::vector<std::unique_ptr<Flow>> flows_;                    // null: removed
    std::unordered_map<std::uint64_t, std::size_t> numbers_;      // by endpoint and SSRC
    std::unordered_map<int, std::uint16_t> transport_sequences_;  // by endpoint
    std::unique_ptr<Hostile> hostile_;
    std::function<void()> on_turn_;
    FlowCounts counts_;
    Histogram latency_;
    // Of flows that were removed since the trial began.
    std::uint64_t departed_packets_ = 0, departed_gaps_ = 0;
    double multiplier_ = 1;
    std::uint64_t stray_ = 0;
    std::int64_t newest_age_us_ = 0;  // of the packet that came last
    std::size_t next_reporter_ = 0;
    std::int64_t next_reports_us_ = 0;
};

}  // namespace strata::gen
