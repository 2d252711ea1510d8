#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "relay/rtp/sequence.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// Which packets of one encoding are missing, and when to ask its publisher for them (generic NACK,
// RFC 4585 section 6.2.1; C28). Each is asked for after a short wait, since reordering is not loss,
// then once in each round trip, more and more seldom, and given up in the end. The owning worker
// only.
class MissingPackets {
  public:
    struct Settings {
        TimeUs give_up_us = 1'000'000;   // after the gap was seen
        std::uint8_t max_requests = 10;  // for one packet
    };
    static constexpr std::size_t kCapacity = 256;  // more missing at once: the oldest are given up
    static constexpr std::int64_t kMaxGap = 256;   // a wider one is a jump, which nobody can mend
    // A run of packets this far behind the newest is a source that restarted its numbers (C24).
    static constexpr std::int64_t kFarBehind = 1'024;
    static constexpr int kRestartRun = 4;

    // Main thread.
    explicit MissingPackets(const Settings& settings);

    struct Packet {
        SequenceNumber sequence;
        bool starts_key_frame = false;
        bool ends_picture = false;  // marker
    };
    // Each packet as it arrives, in any order, retransmitted ones included.
    void on_packet(const Packet& packet, TimeUs now) {
        const auto next = static_cast<std::uint16_t>(highest_ + 1);
        const bool plain = !packet.starts_key_frame && key_first_ < 0;
        if (highest_ < 0 || packet.sequence.value != next || !plain) return on_any(packet, now);
        numbers_.advance();
        ++highest_;
        far_behind_ = 0;
    }

    // What to ask for now, ascending, at most out.size(); counts as asked. Call every 5 to 20 ms.
    std::size_t due(TimeUs now, std::span<SequenceNumber> out);

    std::size_t size() const { return missing_.size(); }
    // Estimated from requests and the retransmissions that they brought; microseconds.
    TimeUs round_trip_us() const { return round_trip_us_; }
    std::uint64_t recovered() const { return recovered_; }
    std::uint64_t given_up() const { return given_up_; }

  private:
    struct Missing {
        std::int64_t n = 0;  // extended
        TimeUs seen_at = 0, asked_at = 0;
        std::uint8_t requests = 0;
    };
    void on_any(const Packet& packet, TimeUs now);
    bool restarted(std::int64_t n);
    void found(std::int64_t n, TimeUs now);
    void open_gap(std::int64_t before, TimeUs now);
    void forget_before_key_frame(std::int64_t n, const Packet& packet);
    bool is_due(const Missing& missing, TimeUs now) const;

    Settings settings_;
    SequenceUnwrapper numbers_;
    std::int64_t highest_ = -1;
    int far_behind_ = 0;
    std::int64_t key_first_ = -1, key_last_ = -1;  // of the newest key picture, -1: not known
    TimeUs round_trip_us_ = 100'000;
    std::uint64_t recovered_ = 0, given_up_ = 0;
    std::vector<Missing> missing_;  // ascending
};

}  // namespace strata::relay
