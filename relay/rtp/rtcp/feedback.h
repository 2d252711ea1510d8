#pragma once

#include <cstdint>
#include <span>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/rtcp/compound.h"

namespace strata::relay {

// Who sends a feedback message, and about which source: RFC 4585 section 6.1.
struct FeedbackParties {
    Ssrc sender, media;
};
constexpr std::size_t kFeedbackPartiesSize = 8;  // of both, in front of what the message says

// Generic NACK, RFC 4585 section 6.2.1.
struct GenericNack {
    FeedbackParties parties;
    std::span<const std::uint8_t> items;  // 4 bytes each: PID, BLP

    // Calls visit(SequenceNumber) for each packet asked for, in the message's order; up to 17 for
    // each item.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::size_t at = 0; at + 4 <= items.size(); at += 4) {
            const SequenceNumber pid{load_be16(&items[at])};
            visit(pid);
            const std::uint16_t blp = load_be16(&items[at + 2]);
            for (std::uint16_t bit = 0; bit < 16; ++bit)
                if (blp >> bit & 1) visit(pid + static_cast<std::uint16_t>(bit + 1));
        }
    }
};
bool read_generic_nack(const RtcpPacket& packet, GenericNack& out);

// Picture loss indication, RFC 4585 section 6.3.1.
bool read_picture_loss(const RtcpPacket& packet, FeedbackParties& out);

// Slice loss indication, RFC 4585 section 6.3.2: understood as a wish for a repair, its macroblocks
// aren't looked at.
bool read_slice_loss(const RtcpPacket& packet, FeedbackParties& out);

// Full intra request, RFC 5104 section 4.3.1. Its media SSRC is 0: each entry names a source.
struct FullIntraRequest {
    Ssrc sender;
    std::span<const std::uint8_t> entries;  // 8 bytes each
    std::size_t size() const { return entries.size() / 8; }
    Ssrc ssrc(std::size_t i) const { return {load_be32(&entries[i * 8])}; }
    // Command number: a repeated request has the same one (C32).
    std::uint8_t sequence(std::size_t i) const { return entries[i * 8 + 4]; }
};
bool read_full_intra_request(const RtcpPacket& packet, FullIntraRequest& out);

// Receiver estimated maximum bit rate, draft-alvestrand-rmcat-remb.
struct ReceiverEstimate {
    Ssrc sender;
    std::uint64_t bitrate_bps = 0;  // saturates at 2^64 - 1
    std::span<const std::uint8_t> ssrc_bytes;
    std::size_t size() const { return ssrc_bytes.size() / 4; }
    Ssrc ssrc(std::size_t i) const { return {load_be32(&ssrc_bytes[i * 4])}; }
};
bool read_receiver_estimate(const RtcpPacket& packet, ReceiverEstimate& out);

// Temporary maximum media stream bit rate request or notification, RFC 5104 sections 4.2.1
// and 4.2.2.
struct BitrateLimit {
    FeedbackParties parties;
    bool notification = false;
    std::span<const std::uint8_t> entries;  // 8 bytes each
    std::size_t size() const { return entries.size() / 8; }
    Ssrc ssrc(std::size_t i) const { return {load_be32(&entries[i * 8])}; }
    std::uint64_t bitrate_bps(std::size_t i) const;
    std::uint16_t overhead_bytes(std::size_t i) const {
        return load_be16(&entries[i * 8 + 6]) & 0x1FF;
    }
};
bool read_bitrate_limit(const RtcpPacket& packet, BitrateLimit& out);

}  // namespace strata::relay
