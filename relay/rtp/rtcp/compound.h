#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "relay/rtp/types.h"

// RTCP, RFC 3550 section 6, RFC 4585, RFC 5104, RFC 3611 and transport-wide congestion control.
// Readers return views into the packet; nothing is copied.
namespace strata::relay {

enum class RtcpType : std::uint8_t {
    sender_report = 200,
    receiver_report = 201,
    source_description = 202,
    bye = 203,
    app = 204,
    transport_feedback = 205,  // RTPFB, RFC 4585 section 6.2
    payload_feedback = 206,    // PSFB, RFC 4585 section 6.3
    extended_report = 207,     // RFC 3611
};

// FMT values of the feedback types.
constexpr std::uint8_t kFmtGenericNack = 1;           // RTPFB
constexpr std::uint8_t kFmtTmmbr = 3;                 // RTPFB, RFC 5104 section 4.2.1
constexpr std::uint8_t kFmtTmmbn = 4;                 // RTPFB, RFC 5104 section 4.2.2
constexpr std::uint8_t kFmtTransportWide = 15;        // RTPFB, draft-holmer-rmcat-transport-wide-cc
constexpr std::uint8_t kFmtPictureLoss = 1;           // PSFB
constexpr std::uint8_t kFmtSliceLoss = 2;             // PSFB
constexpr std::uint8_t kFmtReferenceSelection = 3;    // PSFB
constexpr std::uint8_t kFmtFullIntra = 4;             // PSFB, RFC 5104 section 4.3.1
constexpr std::uint8_t kFmtTradeOffRequest = 5;       // PSFB, RFC 5104 section 4.3.2
constexpr std::uint8_t kFmtTradeOffNotification = 6;  // PSFB, RFC 5104 section 4.3.3
constexpr std::uint8_t kFmtVideoBackChannel = 7;      // PSFB, RFC 5104 section 4.3.4
constexpr std::uint8_t kFmtApplicationLayer = 15;     // PSFB; REMB is one

constexpr std::size_t kRtcpHeaderSize = 4;

// One packet of a compound.
struct RtcpPacket {
    RtcpType type{};                     // may be none of the named values
    std::uint8_t count = 0;              // RC, SC, subtype or FMT: 0..31
    std::span<const std::uint8_t> body;  // behind the first word, without padding
};

// Walks the packets of a datagram, compound or reduced-size (RFC 5506). A damaged packet costs only
// itself where its length still tells where the next one begins (C34). Padding needn't be whole
// words, as RFC 3550 section 6.4.1 has it: transport-wide feedback of browsers ends in 1 to 3 bytes
// of it.
class RtcpCompound {
  public:
    explicit RtcpCompound(std::span<const std::uint8_t> datagram) : rest_(datagram) {}

    // The next packet, nullopt at the end.
    std::optional<RtcpPacket> next();

    // Damaged parts so far: wrong version, bad padding, or cut off.
    std::size_t damaged() const { return damaged_; }

  private:
    std::span<const std::uint8_t> rest_;
    std::size_t damaged_ = 0;
};

// The SSRC that the first word of `packet`'s body names: the sender's for all types but SDES (first
// chunk). Nullopt: an empty body.
std::optional<Ssrc> rtcp_sender(const RtcpPacket& packet);

}  // namespace strata::relay
