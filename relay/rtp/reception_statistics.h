#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "relay/rtp/rtcp/report.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// What a receiver report says of one source: loss (RFC 3550 appendix A.3), jitter (A.8), highest
// sequence (A.1), times of its sender report. One per received SSRC; the owning worker only.
class ReceptionStatistics {
  public:
    // From its beginning: what a packet that follows the one before touches.
    static constexpr std::size_t kHotBytes = 40;

    explicit ReceptionStatistics(std::uint32_t clock_rate_hz) : clock_rate_hz_(clock_rate_hz) {}

    // Before the first packet: highest sequence number, extended, that another process was sent of
    // this source. The next number is taken as the closest to it, so that the cycles go on (C53).
    void resume(std::int64_t extended_highest) { base_ = extended_highest; }

    // For each packet of the SSRC, padding and duplicates included.
    void on_packet(SequenceNumber sequence, RtpTimestamp timestamp, TimeUs arrival) {
        if (!started_ || sequence != highest_ + 1 || sequence.value == 0) {
            if (!place(sequence)) {
                ++received_otherwise_;
                return;
            }
        } else {
            highest_ = sequence;
            jumped_ = false;
        }
        ++received_;
        // What comes in one burst has one time of arrival.
        if (arrival != arrival_) set_arrival(arrival);
        update_jitter(arrival_units_ - timestamp.value);
    }
    // For `count` packets of one picture in order, from `first` on, that came together; 1 to 2^15.
    void on_run(SequenceNumber first, std::size_t count, RtpTimestamp timestamp, TimeUs arrival) {
        on_packet(first, timestamp, arrival);
        const auto more = static_cast<std::uint16_t>(count - 1);
        const SequenceNumber last = first + more;
        if (first != highest_ || last.value < first.value) {
            for (std::size_t i = 1; i < count; ++i)
                on_packet(first + static_cast<std::uint16_t>(i), timestamp, arrival);
            return;
        }
        highest_ = last;
        received_ += more;
        for (std::uint16_t i = 0; i < more; ++i) update_jitter(transit_);
    }
    void on_sender_report(std::uint64_t ntp, TimeUs arrival);

    // The block for a report sent at `now`; begins a new interval for fraction_lost. Nullopt before
    // the first packet, or when none came since the last call (section 6.4: such sources aren't
    // reported).
    std::optional<ReportBlock> report(Ssrc source, TimeUs now);

    // Over restarts, and what was no good as well.
    std::uint64_t received() const {
        return static_cast<std::uint64_t>(received_) + received_otherwise_;
    }
    // Expected minus received since the source began (or restarted); negative with duplicates.
    std::int64_t lost() const { return expected() - received_; }
    // Interarrival jitter in timestamp units.
    std::uint32_t jitter() const { return jitter_q4_ >> 4; }
    std::uint32_t extended_highest_sequence() const {
        return static_cast<std::uint32_t>(cycles_ | highest_.value);
    }
    // Times that the source began its numbers anew (C24).
    std::uint32_t restarts() const { return restarts_; }

  private:
    // A jump of transit time by more than this is a new clock, not jitter.
    static constexpr std::uint32_t kMaxTransitJumpS = 5;

    void start(SequenceNumber sequence);
    // Of a packet that doesn't simply follow the newest one. False: a jump that isn't believed yet.
    bool place(SequenceNumber sequence);
    bool update_sequence(SequenceNumber sequence);
    void set_arrival(TimeUs arrival);
    void update_jitter(std::uint32_t transit) {
        const auto change = static_cast<std::int32_t>(transit - transit_);
        const std::uint32_t size = change < 0 ? transit_ - transit : transit - transit_;
        const bool first = !has_transit_;
        has_transit_ = true;
        transit_ = transit;
        if (first || size > kMaxTransitJumpS * clock_rate_hz_) return;
        jitter_q4_ += size - ((jitter_q4_ + 8) >> 4);
    }
    std::int64_t expected() const { return started_ ? (cycles_ | highest_.value) - base_ + 1 : 0; }

    std::uint32_t clock_rate_hz_;
    SequenceNumber highest_;
    bool started_ = false, has_transit_ = false;
    bool jumped_ = false;  // the newest packet, and isn't believed yet
    std::uint32_t transit_ = 0;
    std::uint32_t jitter_q4_ = 0;      // timestamp units times 16
    std::uint32_t arrival_units_ = 0;  // arrival_ in timestamp units
    TimeUs arrival_ = -1;              // of the newest packet
    std::int64_t received_ = 0;        // since the source began, or began anew

    std::int64_t cycles_ = 0;  // 65,536 for each wrap
    // The first number, extended; before it came the highest of another process, or -1.
    std::int64_t base_ = -1;
    std::uint64_t received_otherwise_ = 0;
    SequenceNumber after_jump_;
    std::uint32_t restarts_ = 0;
    std::int64_t expected_prior_ = 0, received_prior_ = 0;
    std::uint64_t reported_ = 0;  // received() at the last report
    std::uint32_t last_sr_ = 0;
    TimeUs last_sr_arrival_ = 0;
};

}  // namespace strata::relay
