#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/generator/address.h"
#include "bench/generator/histogram.h"
#include "bench/generator/sequence_check.h"
#include "bench/generator/throughput/send_ledger.h"

namespace strata::gen {

// What receivers of a load got. Counted over all of them, since the load began.
struct FlowCounts {
    std::uint64_t packets = 0, bytes = 0, empty = 0;
    std::uint64_t lost = 0;  // gaps in sequence numbers
    std::uint64_t duplicates = 0, reordered = 0, jumps = 0;
    std::uint64_t illegal_layers = 0;   // not among those asked for
    std::uint64_t foreign_content = 0;  // not sent by its publisher, or damaged
    std::uint64_t unreadable = 0;

    // Everything but loss that a relay mustn't do.
    std::uint64_t faults() const {
        return duplicates + reordered + jumps + illegal_layers + foreign_content + unreadable;
    }
    FlowCounts since(const FlowCounts& before) const;
};

struct FlowConfig {
    int endpoint = -1;
    Address remote;              // where its RTCP goes
    std::uint32_t ssrc = 0;      // 0: the first one that comes to its address
    std::uint32_t own_ssrc = 0;  // sender of its RTCP
    std::size_t publisher = 0;
    bool video = true;
    relay::LayerTarget target;
};

// One received stream under load: every packet is checked for gaps, duplicates, order, layers and
// whose it is, at a fraction of what a Receiver costs, which follows pictures and numbers as well.
// The whole check pattern is compared in one packet of 64. Thread: the load's.
class Flow {
  public:
    explicit Flow(const FlowConfig& config) : config_(config), sequence_(kWindow) {}

    // `latency`: of packets of the trial. Returns how long ago the packet was sent, as far as that
    // is known: INT64_MAX.
    std::int64_t on_rtp(std::int64_t now_us, std::span<const std::uint8_t> packet,
                        const SendLedger& ledger, FlowCounts& counts, Histogram& latency);
    // Asks for other layers: until `settle` says when, anything up to the higher of what it asked
    // for before and asks for now is right.
    void set_target(const relay::LayerTarget& target);
    void settle(std::int64_t settled_us) { settled_us_ = settled_us; }
    bool settled(std::int64_t now_us) const { return now_us >= settled_us_; }
    // The relay was told that it leaves: whatever still comes is right, nothing has to.
    void leave() {
        leaving_ = true;
        steady_ = false;
    }

    void begin_trial(std::int64_t now_us);
    // Packets of the trial that came and that its target is owed.
    std::uint64_t trial_packets() const { return trial_packets_; }
    // The whole trial long it asked for the same: what it is owed is known.
    bool steady() const { return steady_; }
    // Sequence numbers that are missing since the trial began.
    std::uint64_t trial_gaps() const;

    const FlowConfig& config() const { return config_; }
    bool started() const { return sequence_.begun(); }
    // Receiver report, and a picture loss indication as long as nothing has come.
    std::vector<std::uint8_t> make_rtcp() const;

  private:
    static constexpr std::size_t kWindow = 1'024;

    bool legal(const SendLedger::Frame& frame, const Stamp& stamp, std::int64_t now_us) const;

    FlowConfig config_;
    SequenceCheck sequence_;
    relay::LayerTarget before_;  // what it asked for before, and that until when
    std::int64_t settled_us_ = 0;
    bool leaving_ = false;
    bool steady_ = false;  // one that comes during a trial isn't
    std::uint64_t trial_packets_ = 0, gaps_before_ = 0;
    std::uint32_t packets_ = 0;
};

}  // namespace strata::gen
