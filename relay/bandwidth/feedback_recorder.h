#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "relay/rtp/rtcp/feedback.h"
#include "relay/rtp/rtcp/transport_feedback.h"
#include "relay/rtp/sequence.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// When each packet of one peer arrived, by its transport-wide sequence number, until the peer has
// been told (draft-holmer-rmcat-transport-wide-cc-extensions-01; C54). Audio, video, padding and
// retransmissions share the numbers (B6). The owning worker only.
class FeedbackRecorder {
  public:
    // Numbers remembered, a power of two. What is further behind the newest is never reported.
    static constexpr std::size_t kWindow = 1'024;

    // Main thread.
    FeedbackRecorder() : arrivals_(kWindow) {}

    // A packet that came late is reported although those behind it were; of a duplicate the first
    // arrival counts.
    void on_packet(std::uint16_t sequence, TimeUs arrival_time) {
        const std::int64_t next = newest_ + 1;
        if (newest_ < 0 || sequence != static_cast<std::uint16_t>(next))
            return on_any(sequence, arrival_time);
        numbers_.advance();
        arrival(next) = {next, arrival_time};
        newest_ = next;
        constexpr auto kSpan = static_cast<std::int64_t>(kWindow);
        if (begin_ <= next - kSpan) begin_ = next - kSpan + 1;
    }

    // Whether something is to be told.
    bool pending() const { return begin_ <= newest_; }

    // Writes one RTCP message about the oldest arrivals not told yet, as many as fit into `out`, at
    // least 64 bytes. Its size, a multiple of 4; 0: nothing to tell. Call until 0.
    std::size_t write(FeedbackParties parties, std::span<std::uint8_t> out);

    // Everything is forgotten, as for another peer.
    void reset();

  private:
    void on_any(std::uint16_t sequence, TimeUs arrival_time);
    struct Arrival {
        std::int64_t sequence = -1;
        TimeUs at = 0;
    };
    Arrival& arrival(std::int64_t sequence) {
        return arrivals_[static_cast<std::size_t>(sequence) & (kWindow - 1)];
    }

    SequenceUnwrapper numbers_;
    std::int64_t begin_ = 0;    // first number of the next message
    std::int64_t newest_ = -1;  // last number that arrived
    std::vector<Arrival> arrivals_;
    TransportFeedbackBuilder message_;
};

}  // namespace strata::relay
