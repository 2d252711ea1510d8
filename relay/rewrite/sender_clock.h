#pragma once

#include <cstdint>
#include <optional>

#include "relay/rewrite/timestamp_map.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// 32.32 NTP fixed point of a span of microseconds, and back.
std::uint64_t ntp_from_us(TimeUs us);
TimeUs us_from_ntp(std::uint64_t ntp);

// One publisher's wall clock moved into the relay's by one slowly filtered constant, the same for
// all its streams, so that lips stay in sync (C31). The relay's clock is the monotonic clock of
// `now`, written as NTP time: receivers compare it with itself only.
class SenderClock {
  public:
    // Each sender report of any stream of this publisher. Follows a faster arrival quickly, a
    // slower one slowly (queueing is never negative); a step of over half a second, seen twice, is
    // adopted.
    void on_sender_report(std::uint64_t publisher_ntp, TimeUs now);

    bool known() const { return known_; }
    // Publisher's time at relay time `now`.
    std::uint64_t publisher_ntp(TimeUs now) const;

  private:
    bool known_ = false, stepped_ = false;
    TimeUs shift_us_ = 0;  // relay time less publisher's time
};

// NTP and RTP halves of an outgoing sender report.
struct SenderReportTimes {
    std::uint64_t ntp = 0;
    std::uint32_t rtp_timestamp = 0;
};

// Report at `now` for a receiver with timestamp `offset` on `encoding`: the publisher's mapping in
// the relay's clock, RTP moved like the media (C31). Before the publisher's first report: the
// arrival estimate (C22). Nullopt before any packet.
std::optional<SenderReportTimes> sender_report_times(const SenderClock& clock,
                                                     const EncodingClock& encoding,
                                                     std::uint32_t offset, TimeUs now);

}  // namespace strata::relay
