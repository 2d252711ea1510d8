#include "relay/rtp/rtcp/report.h"

#include <algorithm>

#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

constexpr std::size_t kSenderInfoEnd = 24;  // SSRC, NTP, RTP timestamp, packets, octets
constexpr std::size_t kReceiverInfoEnd = 4;
constexpr std::int32_t kMaxLost = 0x7F'FFFF, kMinLost = -0x80'0000;

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                             SSRC                              |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  | fraction lost |       cumulative number of packets lost       |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |           extended highest sequence number received           |
//  |                      interarrival jitter                      |
//  |                         last SR (LSR)                         |
//  |                   delay since last SR (DLSR)                  |
//  +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
ReportBlock read_block(const std::uint8_t* bytes) {
    const std::uint32_t lost = load_be24(bytes + 5);
    return {.ssrc = {load_be32(bytes)},
            .fraction_lost = bytes[4],
            .cumulative_lost = static_cast<std::int32_t>(lost << 8) >> 8,
            .extended_highest_sequence = load_be32(bytes + 8),
            .jitter = load_be32(bytes + 12),
            .last_sr = load_be32(bytes + 16),
            .delay_since_last_sr = load_be32(bytes + 20)};
}

bool read_blocks(const RtcpPacket& packet, std::size_t at, std::uint8_t& count,
                 std::array<ReportBlock, kMaxReportBlocks>& blocks) {
    if (packet.body.size() < at + packet.count * ReportBlock::kSize) return false;
    count = packet.count;
    for (std::size_t i = 0; i < packet.count; ++i)
        blocks[i] = read_block(&packet.body[at + i * ReportBlock::kSize]);
    return true;
}

}  // namespace

bool read_sender_report(const RtcpPacket& packet, SenderReport& out) {
    if (packet.type != RtcpType::sender_report || packet.body.size() < kSenderInfoEnd) return false;
    out.sender = {load_be32(&packet.body[0])};
    out.ntp = load_be64(&packet.body[4]);
    out.rtp_timestamp = load_be32(&packet.body[12]);
    out.packets = load_be32(&packet.body[16]);
    out.octets = load_be32(&packet.body[20]);
    return read_blocks(packet, kSenderInfoEnd, out.block_count, out.blocks);
}

bool read_receiver_report(const RtcpPacket& packet, ReceiverReport& out) {
    if (packet.type != RtcpType::receiver_report || packet.body.size() < kReceiverInfoEnd)
        return false;
    out.sender = {load_be32(&packet.body[0])};
    return read_blocks(packet, kReceiverInfoEnd, out.block_count, out.blocks);
}

std::optional<std::uint32_t> round_trip_time(const ReportBlock& block,
                                             std::uint32_t now_ntp_middle) {
    if (block.last_sr == 0) return std::nullopt;
    const std::uint32_t since_report = now_ntp_middle - block.last_sr;
    constexpr std::uint32_t kNonsense = 1u << 31;  // half the range: nine hours, or backwards
    if (since_report >= kNonsense || block.delay_since_last_sr > since_report) return std::nullopt;
    return since_report - block.delay_since_last_sr;
}

void write_report_block(const ReportBlock& block, std::uint8_t* out) {
    store_be32(out, block.ssrc.value);
    out[4] = block.fraction_lost;
    const std::int32_t lost = std::clamp(block.cumulative_lost, kMinLost, kMaxLost);
    store_be24(out + 5, static_cast<std::uint32_t>(lost) & 0xFF'FFFF);
    store_be32(out + 8, block.extended_highest_sequence);
    store_be32(out + 12, block.jitter);
    store_be32(out + 16, block.last_sr);
    store_be32(out + 20, block.delay_since_last_sr);
}

}  // namespace strata::relay
