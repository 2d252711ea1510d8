#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "relay/rtp/types.h"

namespace strata::relay {

// One encoding's RTP clock against its publisher's wall clock, and until a sender report is known,
// against the relay's (C22).
class EncodingClock {
  public:
    explicit EncodingClock(std::uint32_t clock_rate_hz = 90'000) : rate_hz_(clock_rate_hz) {}

    // A packet as it arrives, in order: the fastest one of the last seconds makes the estimate. Of
    // a picture that is the first.
    void on_packet(RtpTimestamp timestamp, TimeUs now) {
        const bool same_picture = has_packet_ && timestamp == newest_;
        if (!same_picture) on_picture(timestamp, now);
    }
    // NTP as in the report: 32.32 fixed point seconds.
    void on_sender_report(std::uint64_t ntp, RtpTimestamp timestamp);

    bool has_report() const { return has_report_; }
    bool has_packet() const { return has_packet_; }
    // RTP timestamp at publisher's time `ntp`; meaningful only with has_report().
    RtpTimestamp at_ntp(std::uint64_t ntp) const;
    // RTP timestamp that a packet arriving without queueing at `now` would have; has_packet().
    RtpTimestamp at_arrival(TimeUs now) const;
    std::uint64_t report_ntp() const { return report_ntp_; }
    RtpTimestamp report_timestamp() const { return report_timestamp_; }
    std::uint32_t rate_hz() const { return rate_hz_; }

  private:
    struct Arrival {
        RtpTimestamp timestamp;
        TimeUs at = 0;
    };
    void on_picture(RtpTimestamp timestamp, TimeUs now);
    RtpTimestamp predict(const Arrival& arrival, TimeUs now) const;

    std::uint32_t rate_hz_;
    bool has_report_ = false, has_packet_ = false;
    std::uint64_t report_ntp_ = 0;
    RtpTimestamp report_timestamp_;
    RtpTimestamp newest_;
    // Fastest of this period and of the one before.
    Arrival fastest_, fastest_before_;
    TimeUs period_began_ = 0;
};

// What a receiver was sent last, for the never-backwards rule.
struct LastTimestamp {
    RtpTimestamp out;    // on the wire
    TimeUs sent_at = 0;  // relay clock
};

// New value of ReceiverOffsets::timestamp for a receiver that leaves `from` (with `offset`) for
// `to`, both encodings of one publisher, at a frame of `to` stamped `first` (C21): frames of one
// instant keep one outgoing timestamp, by the sender reports. Without reports (C22) by arrival: the
// frames that came fastest on either side are taken to have travelled equally long; an error of
// that estimate stays in the offset, and sender reports put the receiver right, since they are made
// with the offset in use. Never backwards: the frame comes out at least one tick after `last`.
std::uint32_t switch_timestamp_offset(const EncodingClock& from, const EncodingClock& to,
                                      std::uint32_t offset, RtpTimestamp first,
                                      const LastTimestamp& last, TimeUs now);

// The same where no clock is shared (another publisher, or a resumed output): the timestamp goes on
// by the elapsed relay time, at least one frame of `frame_us` (C21, C49).
std::uint32_t resume_timestamp_offset(std::uint32_t clock_rate_hz, RtpTimestamp first,
                                      const LastTimestamp& last, TimeUs now,
                                      TimeUs frame_us = 33'333);

}  // namespace strata::relay
