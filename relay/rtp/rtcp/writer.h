#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "relay/rtp/rtcp/extended_report.h"
#include "relay/rtp/rtcp/feedback.h"
#include "relay/rtp/rtcp/report.h"
#include "relay/rtp/rtcp/source_description.h"
#include "relay/rtp/rtcp/transport_feedback.h"

namespace strata::relay {

// Writes RTCP packets one behind the other into a caller's buffer: a compound, or one reduced-size
// message. Each call writes a whole packet and returns true, or nothing at all and false: no room,
// or more entries than the format has.
class RtcpWriter {
  public:
    explicit RtcpWriter(std::span<std::uint8_t> buffer) : buffer_(buffer) {}

    bool sender_report(const SenderReport& report);
    bool receiver_report(Ssrc sender, std::span<const ReportBlock> blocks);
    // One chunk with one CNAME, at most 255 bytes.
    bool cname(Ssrc source, std::string_view cname);
    // `reason` is cut at 255 bytes.
    bool bye(std::span<const Ssrc> sources, std::string_view reason = {});
    // `name` has 4 bytes; `data` is whole words.
    bool app(std::uint8_t subtype, Ssrc sender, std::string_view name,
             std::span<const std::uint8_t> data);
    // Sequence numbers ascending (modulo wrap); neighbours share an item.
    bool generic_nack(FeedbackParties parties, std::span<const SequenceNumber> missing);
    bool picture_loss(FeedbackParties parties);
    // `sequence`: command number of this requester and source, one more for each new request (C32).
    bool full_intra_request(Ssrc sender, Ssrc media, std::uint8_t sequence);
    // The picture that lost macroblocks first to first + number - 1 (13 bits each); 6 bits of its
    // id.
    bool slice_loss(FeedbackParties parties, std::uint16_t first, std::uint16_t number,
                    std::uint8_t picture_id);
    // Whole bytes of the codec's own bits.
    bool reference_selection(FeedbackParties parties, std::uint8_t payload_type,
                             std::span<const std::uint8_t> native_bits);
    // TMMBR, or TMMBN with `notification`: one entry. Bit rates above 17 bits are rounded down.
    bool bitrate_limit(Ssrc sender, Ssrc media, bool notification, std::uint64_t bitrate_bps,
                       std::uint16_t overhead_bytes);
    // `index` 0 (sharpest picture) .. 31 (highest frame rate); `sequence` as of full_intra_request.
    bool trade_off(Ssrc sender, Ssrc media, bool notification, std::uint8_t sequence,
                   std::uint8_t index);
    bool receiver_estimate(Ssrc sender, std::uint64_t bitrate_bps, std::span<const Ssrc> sources);
    bool transport_feedback(FeedbackParties parties, TransportFeedbackBuilder& feedback);
    // RRTR, RFC 3611 section 4.4.
    bool receiver_reference_time(Ssrc sender, std::uint64_t ntp);
    // DLRR with one sub-block, RFC 3611 section 4.5.
    bool delay_since_last_report(Ssrc sender, Ssrc receiver, std::uint32_t last_rr,
                                 std::uint32_t delay);

    std::size_t size() const { return size_; }
    std::span<const std::uint8_t> written() const { return buffer_.first(size_); }

  private:
    // Room for a packet of `bytes` with its header written; null: no room.
    std::uint8_t* begin(RtcpType type, std::size_t count, std::size_t bytes);
    std::uint8_t* begin_feedback(RtcpType type, std::uint8_t format, FeedbackParties parties,
                                 std::size_t fci_bytes);

    std::span<std::uint8_t> buffer_;
    std::size_t size_ = 0;
};

}  // namespace strata::relay
