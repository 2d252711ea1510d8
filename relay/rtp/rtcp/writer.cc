#include "relay/rtp/rtcp/writer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

constexpr std::size_t kMaxCount = 31;
constexpr std::size_t kMaxText = 255;

std::size_t whole_words(std::size_t bytes) { return (bytes + 3) / 4 * 4; }

// Length byte, text, and zeros up to the next word.
void write_text(std::uint8_t* out, std::string_view text) {
    out[0] = static_cast<std::uint8_t>(text.size());
    if (!text.empty()) std::memcpy(out + 1, text.data(), text.size());
}

// Calls visit(PID, BLP) for each item that a NACK for `missing` takes. Returns their number.
template <typename Visit>
std::size_t for_each_nack_item(std::span<const SequenceNumber> missing, Visit visit) {
    std::size_t items = 0;
    for (std::size_t i = 0; i < missing.size(); ++items) {
        const SequenceNumber pid = missing[i++];
        unsigned blp = 0;
        for (; i < missing.size(); ++i) {
            const std::uint16_t ahead = missing[i] - pid;
            if (ahead < 1 || ahead > 16) break;
            blp |= 1u << (ahead - 1);
        }
        visit(pid, static_cast<std::uint16_t>(blp));
    }
    return items;
}

}  // namespace

std::uint8_t* RtcpWriter::begin(RtcpType type, std::size_t count, std::size_t bytes) {
    constexpr std::size_t kMaxPacket = 65'536 * 4;
    if (count > kMaxCount || bytes > kMaxPacket || bytes > buffer_.size() - size_) return nullptr;
    std::uint8_t* out = buffer_.data() + size_;
    std::memset(out, 0, bytes);
    out[0] = static_cast<std::uint8_t>(0x80 | count);
    out[1] = static_cast<std::uint8_t>(type);
    store_be16(out + 2, static_cast<std::uint16_t>(bytes / 4 - 1));
    size_ += bytes;
    return out;
}

std::uint8_t* RtcpWriter::begin_feedback(RtcpType type, std::uint8_t format,
                                         FeedbackParties parties, std::size_t fci_bytes) {
    std::uint8_t* out = begin(type, format, 12 + fci_bytes);
    if (!out) return nullptr;
    store_be32(out + 4, parties.sender.value);
    store_be32(out + 8, parties.media.value);
    return out + 12;
}

bool RtcpWriter::sender_report(const SenderReport& report) {
    const std::size_t blocks = report.block_count;
    std::uint8_t* out = begin(RtcpType::sender_report, blocks, 28 + blocks * ReportBlock::kSize);
    if (!out) return false;
    store_be32(out + 4, report.sender.value);
    store_be64(out + 8, report.ntp);
    store_be32(out + 16, report.rtp_timestamp);
    store_be32(out + 20, report.packets);
    store_be32(out + 24, report.octets);
    for (std::size_t i = 0; i < blocks; ++i)
        write_report_block(report.blocks[i], out + 28 + i * ReportBlock::kSize);
    return true;
}

bool RtcpWriter::receiver_report(Ssrc sender, std::span<const ReportBlock> blocks) {
    std::uint8_t* out =
        begin(RtcpType::receiver_report, blocks.size(), 8 + blocks.size() * ReportBlock::kSize);
    if (!out) return false;
    store_be32(out + 4, sender.value);
    for (std::size_t i = 0; i < blocks.size(); ++i)
        write_report_block(blocks[i], out + 8 + i * ReportBlock::kSize);
    return true;
}

bool RtcpWriter::cname(Ssrc source, std::string_view cname) {
    if (cname.size() > kMaxText) return false;
    // Type, length and text, then at least one zero byte that ends the chunk.
    std::uint8_t* out =
        begin(RtcpType::source_description, 1, 8 + whole_words(2 + cname.size() + 1));
    if (!out) return false;
    store_be32(out + 4, source.value);
    out[8] = kSdesCname;
    write_text(out + 9, cname);
    return true;
}

bool RtcpWriter::bye(std::span<const Ssrc> sources, std::string_view reason) {
    reason = reason.substr(0, kMaxText);
    const std::size_t text = reason.empty() ? 0 : whole_words(1 + reason.size());
    std::uint8_t* out = begin(RtcpType::bye, sources.size(), 4 + sources.size() * 4 + text);
    if (!out) return false;
    for (std::size_t i = 0; i < sources.size(); ++i) store_be32(out + 4 + i * 4, sources[i].value);
    if (text > 0) write_text(out + 4 + sources.size() * 4, reason);
    return true;
}

bool RtcpWriter::app(std::uint8_t subtype, Ssrc sender, std::string_view name,
                     std::span<const std::uint8_t> data) {
    if (name.size() != 4 || data.size() % 4 != 0) return false;
    std::uint8_t* out = begin(RtcpType::app, subtype, 12 + data.size());
    if (!out) return false;
    store_be32(out + 4, sender.value);
    std::memcpy(out + 8, name.data(), 4);
    if (!data.empty()) std::memcpy(out + 12, data.data(), data.size());
    return true;
}

bool RtcpWriter::generic_nack(FeedbackParties parties, std::span<const SequenceNumber> missing) {
    const std::size_t items = for_each_nack_item(missing, [](SequenceNumber, std::uint16_t) {});
    if (items == 0) return false;
    std::uint8_t* out =
        begin_feedback(RtcpType::transport_feedback, kFmtGenericNack, parties, items * 4);
    if (!out) return false;
    for_each_nack_item(missing, [&out](SequenceNumber pid, std::uint16_t blp) {
        store_be16(out, pid.value);
        store_be16(out + 2, blp);
        out += 4;
    });
    return true;
}

bool RtcpWriter::picture_loss(FeedbackParties parties) {
    return begin_feedback(RtcpType::payload_feedback, kFmtPictureLoss, parties, 0) != nullptr;
}

bool RtcpWriter::full_intra_request(Ssrc sender, Ssrc media, std::uint8_t sequence) {
    std::uint8_t* out =
        begin_feedback(RtcpType::payload_feedback, kFmtFullIntra, {sender, Ssrc{0}}, 8);
    if (!out) return false;
    store_be32(out, media.value);
    out[4] = sequence;
    return true;
}

//  |         First           |        Number           | PictureID |   RFC 4585 section 6.3.2
bool RtcpWriter::slice_loss(FeedbackParties parties, std::uint16_t first, std::uint16_t number,
                            std::uint8_t picture_id) {
    std::uint8_t* out = begin_feedback(RtcpType::payload_feedback, kFmtSliceLoss, parties, 4);
    if (!out) return false;
    store_be32(out, (first & 0x1FFFu) << 19 | (number & 0x1FFFu) << 6 | (picture_id & 0x3Fu));
    return true;
}

bool RtcpWriter::reference_selection(FeedbackParties parties, std::uint8_t payload_type,
                                     std::span<const std::uint8_t> native_bits) {
    const std::size_t bytes = whole_words(2 + native_bits.size());
    if (native_bits.empty() || native_bits.size() > kMaxText) return false;
    std::uint8_t* out =
        begin_feedback(RtcpType::payload_feedback, kFmtReferenceSelection, parties, bytes);
    if (!out) return false;
    out[0] = static_cast<std::uint8_t>((bytes - 2 - native_bits.size()) * 8);
    out[1] = payload_type & 0x7F;
    std::memcpy(out + 2, native_bits.data(), native_bits.size());
    return true;
}

bool RtcpWriter::bitrate_limit(Ssrc sender, Ssrc media, bool notification,
                               std::uint64_t bitrate_bps, std::uint16_t overhead_bytes) {
    std::uint8_t* out = begin_feedback(RtcpType::transport_feedback,
                                       notification ? kFmtTmmbn : kFmtTmmbr, {sender, Ssrc{0}}, 8);
    if (!out) return false;
    const auto width = static_cast<unsigned>(std::bit_width(bitrate_bps));
    const unsigned exponent = width > 17 ? width - 17 : 0;
    const auto mantissa = static_cast<std::uint32_t>(bitrate_bps >> exponent);
    store_be32(out, media.value);
    store_be32(out + 4, exponent << 26 | mantissa << 9 | (overhead_bytes & 0x1FFu));
    return true;
}

bool RtcpWriter::trade_off(Ssrc sender, Ssrc media, bool notification, std::uint8_t sequence,
                           std::uint8_t index) {
    std::uint8_t* out = begin_feedback(
        RtcpType::payload_feedback, notification ? kFmtTradeOffNotification : kFmtTradeOffRequest,
        {sender, Ssrc{0}}, 8);
    if (!out) return false;
    store_be32(out, media.value);
    out[4] = sequence;
    out[7] = index & 31;
    return true;
}

bool RtcpWriter::receiver_estimate(Ssrc sender, std::uint64_t bitrate_bps,
                                   std::span<const Ssrc> sources) {
    if (sources.size() > 255) return false;
    std::uint8_t* out = begin_feedback(RtcpType::payload_feedback, kFmtApplicationLayer,
                                       {sender, Ssrc{0}}, 8 + sources.size() * 4);
    if (!out) return false;
    const auto width = static_cast<unsigned>(std::bit_width(bitrate_bps));
    const unsigned exponent = width > 18 ? width - 18 : 0;
    std::memcpy(out, "REMB", 4);
    out[4] = static_cast<std::uint8_t>(sources.size());
    store_be24(out + 5, exponent << 18 | static_cast<std::uint32_t>(bitrate_bps >> exponent));
    for (std::size_t i = 0; i < sources.size(); ++i) store_be32(out + 8 + i * 4, sources[i].value);
    return true;
}

bool RtcpWriter::transport_feedback(FeedbackParties parties, TransportFeedbackBuilder& feedback) {
    const std::size_t bytes = feedback.write(parties, buffer_.subspan(size_));
    size_ += bytes;
    return bytes > 0;
}

bool RtcpWriter::receiver_reference_time(Ssrc sender, std::uint64_t ntp) {
    std::uint8_t* out = begin(RtcpType::extended_report, 0, 20);
    if (!out) return false;
    store_be32(out + 4, sender.value);
    out[8] = 4;  // BT
    store_be16(out + 10, 2);
    store_be64(out + 12, ntp);
    return true;
}

bool RtcpWriter::delay_since_last_report(Ssrc sender, Ssrc receiver, std::uint32_t last_rr,
                                         std::uint32_t delay) {
    std::uint8_t* out = begin(RtcpType::extended_report, 0, 24);
    if (!out) return false;
    store_be32(out + 4, sender.value);
    out[8] = 5;  // BT
    store_be16(out + 10, 3);
    store_be32(out + 12, receiver.value);
    store_be32(out + 16, last_rr);
    store_be32(out + 20, delay);
    return true;
}

}  // namespace strata::relay
