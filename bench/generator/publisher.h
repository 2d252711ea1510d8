#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/generator/address.h"
#include "bench/generator/journal.h"
#include "bench/generator/media_source.h"
#include "bench/generator/rtcp.h"

namespace strata::gen {

// A transport of the publisher's: where it sends to, and what its packets share.
class PublisherOutput {
  public:
    virtual ~PublisherOutput() = default;
    virtual void send(std::span<const std::uint8_t> packet) = 0;
    // Transport-wide sequence number for the next packet.
    virtual std::uint16_t next_transport_sequence() = 0;
};

struct PublisherConfig {
    std::string id;
    std::int64_t start_us = 0;  // from the run's begin
    std::int64_t stop_us = INT64_MAX;
};

struct PublisherTotals {
    std::uint64_t packets = 0, bytes = 0, frames = 0, key_pictures = 0, padding_packets = 0;
    std::uint64_t sender_reports = 0, receiver_reports = 0, report_blocks = 0;
    std::uint64_t plis = 0, firs = 0, key_frames_given = 0, nacks = 0, transport_feedback = 0;
    std::uint64_t malformed_rtcp = 0;
    std::int64_t largest_delay_us = 0;  // a packet left this much after it was due
    std::uint64_t late_packets = 0;     // by more than 5 ms: this machine is too slow for the plan
    std::uint32_t reported_lost = 0;    // cumulative, from the latest report blocks
    std::uint32_t reported_jitter = 0;  // timestamp units, largest of the latest ones
};

// Sends one source's packets when they are due, with a sender report for each SSRC every second
// (C21), writes down what it sent and counts what it is told. Thread: the run's.
class Publisher {
  public:
    Publisher(PublisherConfig config, std::unique_ptr<MediaSource> source, PublisherOutput& output);

    // The run begins now; `ntp` is the wall clock of `now_us`.
    void begin(std::int64_t now_us, std::uint64_t ntp);
    // Sends what is due, at most a bounded number; true when more is due at once.
    bool send_due(std::int64_t now_us);
    // Monotonic time of the next packet; INT64_MAX: none.
    std::int64_t next_due_us() const { return finished_ ? INT64_MAX : begin_us_ + pending_.at_us; }
    bool finished() const { return finished_; }
    // Sender reports when they are due: 100 ms after the begin, then every second.
    void send_reports(std::int64_t now_us);
    std::int64_t next_report_us() const { return finished_ ? INT64_MAX : next_report_us_; }
    bool set_rate(double multiplier) { return source_->set_rate(multiplier); }
    void on_rtcp(const RtcpContents& rtcp);

    const PublisherConfig& config() const { return config_; }
    const TrackDescription& track() const { return source_->track(); }
    const Journal& journal() const { return journal_; }
    const PublisherTotals& totals() const { return totals_; }

  private:
    void send_pending(std::int64_t now_us);
    void stamp_hop_extensions(std::int64_t now_us);
    int encoding_of(std::uint32_t ssrc) const;
    bool fetch();

    PublisherConfig config_;
    std::unique_ptr<MediaSource> source_;
    PublisherOutput& output_;
    relay::ExtensionMap extensions_;
    Journal journal_;
    PublisherTotals totals_;
    OutgoingPacket pending_;
    bool finished_ = false;
    std::int64_t begin_us_ = 0;  // monotonic time of the source's begin
    std::uint64_t begin_ntp_ = 0;
    std::int64_t next_report_us_ = 0;
    struct Sent {
        std::uint32_t packets = 0, octets = 0;
    };
    std::vector<Sent> sent_;  // per encoding
};

}  // namespace strata::gen
