#pragma once

#include <array>
#include <cstdint>

#include "relay/rtp/rtcp/compound.h"

namespace strata::relay {

constexpr std::size_t kMaxReportBlocks = 31;  // RC has 5 bits

// Reception report block, RFC 3550 section 6.4.1.
struct ReportBlock {
    static constexpr std::size_t kSize = 24;  // bytes
    Ssrc ssrc;                                // of the source reported on
    std::uint8_t fraction_lost = 0;           // 1/256, since the previous report
    std::int32_t cumulative_lost = 0;         // signed 24 bits; negative with duplicates
    std::uint32_t extended_highest_sequence = 0;
    std::uint32_t jitter = 0;               // timestamp units
    std::uint32_t last_sr = 0;              // middle 32 bits of its NTP timestamp; 0: none yet
    std::uint32_t delay_since_last_sr = 0;  // 1/65536 s
};

// SR, section 6.4.1. Profile-specific extensions are skipped.
struct SenderReport {
    Ssrc sender;
    std::uint64_t ntp = 0;  // 32.32 seconds since 1900
    std::uint32_t rtp_timestamp = 0;
    std::uint32_t packets = 0, octets = 0;
    std::uint8_t block_count = 0;
    std::array<ReportBlock, kMaxReportBlocks> blocks;  // only the first block_count are set
};

// RR, section 6.4.2.
struct ReceiverReport {
    Ssrc sender;
    std::uint8_t block_count = 0;
    std::array<ReportBlock, kMaxReportBlocks> blocks;  // only the first block_count are set
};

// False: another type, or truncated.
bool read_sender_report(const RtcpPacket& packet, SenderReport& out);
bool read_receiver_report(const RtcpPacket& packet, ReceiverReport& out);

// Round-trip time in 1/65536 s from a block that answers a report of ours, `now_ntp_middle` being
// the middle 32 bits of the time now on the clock of our reports (section 6.4.1). Nullopt: the peer
// has had no report, or the numbers make no sense.
std::optional<std::uint32_t> round_trip_time(const ReportBlock& block,
                                             std::uint32_t now_ntp_middle);

// Writes `block`'s 24 bytes to `out`.
void write_report_block(const ReportBlock& block, std::uint8_t* out);

}  // namespace strata::relay
