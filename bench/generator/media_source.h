#pragma once

#include <cstdint>
#include <vector>

#include "bench/generator/journal.h"
#include "bench/generator/track_description.h"

namespace strata::gen {

// One RTP packet that is due, with the truth about it.
struct OutgoingPacket {
    std::int64_t at_us = 0;  // from the source's begin
    std::uint8_t encoding = 0;
    std::vector<std::uint8_t> bytes;
    std::uint64_t key = 0;      // content_key
    bool media = false;         // false: padding only, belongs to no frame
    bool begins_frame = false;  // `frame` is a new one; else the packet is of frame `frame.ordinal`
    SentFrame frame;            // sent_us and packets are not set here
    std::uint32_t payload_octets = 0;  // for sender reports, RFC 3550 section 6.4.1
};

// The first numbers of one encoding's stream.
struct FreshNumbers {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t picture_id = 0;
    std::uint8_t tl0_pic_idx = 0, key_idx = 0;
};

// What one publisher sends: packets in the order they are due. Endless unless it says otherwise.
// Thread: the run's.
class MediaSource {
  public:
    virtual ~MediaSource() = default;

    // Fills `out` with the next packet; false: there are no more.
    virtual bool next(OutgoingPacket& out) = 0;
    // The track with the SSRCs that are sent.
    virtual const TrackDescription& track() const = 0;
    // RTP timestamp that belongs to `at_us` (from the begin) on that encoding's clock.
    virtual std::uint32_t timestamp_at(std::uint8_t encoding, std::int64_t at_us) const = 0;
    // A receiver asked for a key frame. False: this source can't give one.
    virtual bool request_key_frame(std::uint8_t encoding) = 0;
    // From the next picture on, that many times the source's own rate. False: it can't change.
    virtual bool set_rate(double /*multiplier*/) { return false; }
    // Wall clock of the begin, 32.32: for extensions that carry it.
    virtual void set_begin_ntp(std::uint64_t ntp) = 0;
};

// `us` microseconds as a difference of 32.32 NTP timestamps.
constexpr std::uint64_t ntp_of_us(std::int64_t us) {
    const auto seconds = static_cast<std::uint64_t>(us / 1'000'000);
    const auto rest = static_cast<std::uint64_t>(us % 1'000'000);
    return (seconds << 32) + (rest << 32) / 1'000'000;
}

}  // namespace strata::gen
