#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace strata::gen {

// One report block, RFC 3550 section 6.4.1.
struct ReportBlock {
    std::uint32_t ssrc = 0;
    std::uint8_t fraction_lost = 0;                      // of 256
    std::int32_t cumulative_lost = 0;                    // 24 bits, signed
    std::uint32_t highest_sequence = 0;                  // extended
    std::uint32_t jitter = 0;                            // timestamp units
    std::uint32_t last_sr = 0, delay_since_last_sr = 0;  // 16.16 seconds
};

struct SenderReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp = 0;  // 32.32
    std::uint32_t rtp_timestamp = 0, packets = 0, octets = 0;
};

struct KeyFrameRequest {
    std::uint32_t media_ssrc = 0;
    bool fir = false;
};

// What a compound packet says, as far as the generator cares.
struct RtcpContents {
    bool malformed = false;  // what came before is still here
    std::vector<SenderReport> sender_reports;
    std::vector<ReportBlock> report_blocks;  // of SR and RR
    std::vector<KeyFrameRequest> key_frame_requests;
    std::uint32_t receiver_reports = 0, nacks = 0, transport_feedback = 0, remb = 0, byes = 0;
    std::uint32_t other = 0;
};

RtcpContents read_rtcp(std::span<const std::uint8_t> compound);

// Append one packet each; a compound starts with a report.
void append_sender_report(const SenderReport& report, std::vector<std::uint8_t>& out);
void append_receiver_report(std::uint32_t sender, std::span<const ReportBlock> blocks,
                            std::vector<std::uint8_t>& out);
void append_sdes(std::uint32_t ssrc, const std::string& cname, std::vector<std::uint8_t>& out);
// Picture loss indication, RFC 4585 section 6.3.1.
void append_pli(std::uint32_t sender, std::uint32_t media, std::vector<std::uint8_t>& out);

}  // namespace strata::gen
