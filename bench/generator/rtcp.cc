#include "bench/generator/rtcp.h"

#include "bench/generator/bytes.h"
#include "relay/rtp/byte_order.h"

namespace strata::gen {
namespace {

using relay::load_be16;
using relay::load_be24;
using relay::load_be32;

// RFC 3550 section 12.1, RFC 4585 section 6.1.
constexpr std::uint8_t kSenderReport = 200, kReceiverReport = 201, kSdes = 202, kBye = 203;
constexpr std::uint8_t kTransportFeedback = 205, kPayloadFeedback = 206;
constexpr std::uint8_t kNack = 1, kTwcc = 15, kPli = 1, kFir = 4, kApplication = 15;
constexpr std::size_t kBlockSize = 24;

//  |V=2|P|  count  |      PT       |             length            |
void put_header(std::uint8_t count, std::uint8_t type, std::size_t size_bytes,
                std::vector<std::uint8_t>& out) {
    out.push_back(static_cast<std::uint8_t>(0x80 | count));
    out.push_back(type);
    put16(static_cast<std::uint16_t>(size_bytes / 4 - 1), out);
}

void read_blocks(ByteView blocks, std::size_t count, RtcpContents& out) {
    for (; count > 0 && blocks.size() >= kBlockSize; --count, blocks = blocks.subspan(kBlockSize)) {
        ReportBlock b;
        b.ssrc = load_be32(&blocks[0]);
        b.fraction_lost = blocks[4];
        b.cumulative_lost = static_cast<std::int32_t>(load_be24(&blocks[5]) << 8) >> 8;
        b.highest_sequence = load_be32(&blocks[8]);
        b.jitter = load_be32(&blocks[12]);
        b.last_sr = load_be32(&blocks[16]);
        b.delay_since_last_sr = load_be32(&blocks[20]);
        out.report_blocks.push_back(b);
    }
}

void read_payload_feedback(ByteView packet, RtcpContents& out) {
    const int format = packet[0] & 31;
    if (format == kPli && packet.size() >= 12) {
        out.key_frame_requests.push_back({load_be32(&packet[8]), false});
    } else if (format == kFir) {
        // RFC 5104 section 4.3.1: entries of SSRC, command number, reserved.
        for (std::size_t at = 12; at + 8 <= packet.size(); at += 8)
            out.key_frame_requests.push_back({load_be32(&packet[at]), true});
    } else if (format == kApplication) {
        ++out.remb;
    } else {
        ++out.other;
    }
}

void read_one(ByteView packet, RtcpContents& out) {
    const std::size_t count = packet[0] & 31u;
    switch (packet[1]) {
        case kSenderReport:
            if (packet.size() < 28) break;
            out.sender_reports.push_back({load_be32(&packet[4]), relay::load_be64(&packet[8]),
                                          load_be32(&packet[16]), load_be32(&packet[20]),
                                          load_be32(&packet[24])});
            read_blocks(packet.subspan(28), count, out);
            return;
        case kReceiverReport:
            if (packet.size() < 8) break;
            ++out.receiver_reports;
            read_blocks(packet.subspan(8), count, out);
            return;
        case kTransportFeedback:
            if (count == kNack)
                ++out.nacks;
            else if (count == kTwcc)
                ++out.transport_feedback;
            else
                ++out.other;
            return;
        case kPayloadFeedback: read_payload_feedback(packet, out); return;
        case kBye: ++out.byes; return;
        case kSdes: return;
        default: ++out.other; return;
    }
    out.malformed = true;
}

}  // namespace

RtcpContents read_rtcp(ByteView compound) {
    RtcpContents out;
    while (!compound.empty()) {
        if (compound.size() < 4 || compound[0] >> 6 != 2) {
            out.malformed = true;
            return out;
        }
        const std::size_t size = (std::size_t{load_be16(&compound[2])} + 1) * 4;
        if (size > compound.size()) {
            out.malformed = true;
            return out;
        }
        read_one(compound.first(size), out);
        compound = compound.subspan(size);
    }
    return out;
}

void append_sender_report(const SenderReport& report, std::vector<std::uint8_t>& out) {
    put_header(0, kSenderReport, 28, out);
    put32(report.ssrc, out);
    put32(static_cast<std::uint32_t>(report.ntp >> 32), out);
    put32(static_cast<std::uint32_t>(report.ntp), out);
    put32(report.rtp_timestamp, out);
    put32(report.packets, out);
    put32(report.octets, out);
}

void append_receiver_report(std::uint32_t sender, std::span<const ReportBlock> blocks,
                            std::vector<std::uint8_t>& out) {
    put_header(static_cast<std::uint8_t>(blocks.size()), kReceiverReport,
               8 + blocks.size() * kBlockSize, out);
    put32(sender, out);
    for (const ReportBlock& b : blocks) {
        put32(b.ssrc, out);
        put32(std::uint32_t{b.fraction_lost} << 24 |
                  (static_cast<std::uint32_t>(b.cumulative_lost) & 0xffffff),
              out);
        put32(b.highest_sequence, out);
        put32(b.jitter, out);
        put32(b.last_sr, out);
        put32(b.delay_since_last_sr, out);
    }
}

void append_sdes(std::uint32_t ssrc, const std::string& cname, std::vector<std::uint8_t>& out) {
    // Header, SSRC, CNAME item, at least one zero, padded to 32 bits: RFC 3550 section 6.5.
    const std::size_t size = (4 + 4 + 2 + cname.size() + 1 + 3) / 4 * 4;
    const std::size_t end = out.size() + size;
    put_header(1, kSdes, size, out);
    put32(ssrc, out);
    out.push_back(1);
    out.push_back(static_cast<std::uint8_t>(cname.size()));
    out.insert(out.end(), cname.begin(), cname.end());
    out.resize(end, 0);
}

void append_pli(std::uint32_t sender, std::uint32_t media, std::vector<std::uint8_t>& out) {
    put_header(kPli, kPayloadFeedback, 12, out);
    put32(sender, out);
    put32(media, out);
}

}  // namespace strata::gen
