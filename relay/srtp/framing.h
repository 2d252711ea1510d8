#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "relay/rtp/byte_order.h"
#include "relay/srtp/keys.h"
#include "relay/srtp/packet_index.h"
#include "relay/srtp/packet_iv.h"

// Where things stand in a protected packet, and what an engine has to do with them. No master key
// index (MKI): DTLS-SRTP offers none, and a packet that has one fails its authentication.
namespace strata::relay {

// Fixed header, CSRCs and header extension (RFC 3550 section 5.1): what SRTP leaves readable.
// Nullopt: `packet` isn't RTP or ends within them.
std::optional<std::size_t> rtp_clear_size(std::span<const std::uint8_t> packet);

// RFC 3711 section 3.1. `packet` is as it came from the network:
//   | RTP header, CSRCs, extension | payload, encrypted | tag (10 or 16) |
// Returns the packet's size without its tag; nullopt: malformed. Overwrites the tag's first bytes.
std::optional<std::size_t> frame_received_rtp(const SrtpKeys& keys, std::span<std::uint8_t> packet,
                                              std::uint64_t index, CipherJob& job);

// RFC 3711 section 3.4 and RFC 7714 section 9.4.
//   AES-CM:   | header, SSRC (8) | encrypted | E, index (4) | tag (10) |
//   AES-GCM:  | header, SSRC (8) | encrypted | tag (16) | E, index (4) |
struct ReceivedRtcp {
    std::uint32_t index = 0;     // 31 bits
    std::size_t plain_size = 0;  // without what SRTCP added
};
std::optional<ReceivedRtcp> read_rtcp_trailer(SrtpProfile profile,
                                              std::span<const std::uint8_t> packet);
void frame_received_rtcp(const SrtpKeys& keys, std::span<std::uint8_t> packet,
                         const ReceivedRtcp& read, CipherJob& job);

// An RTP packet to send: at `packet` stand `clear_size` bytes of header, behind them `head_size`
// bytes of payload; the rest of the payload is `body`, which goes behind those. Needs room for the
// tag behind it all.
struct OutgoingRtp {
    std::uint8_t* packet = nullptr;
    std::uint16_t clear_size = 0;
    std::uint16_t head_size = 0;
    const std::uint8_t* body = nullptr;
    std::uint16_t body_size = 0;

    std::size_t size() const { return std::size_t{clear_size} + head_size + body_size; }
};
// Leaves job.tag and job.authentic, which are of packets that come in, as they are.
inline void frame_sent_rtp(const SrtpKeys& keys, const OutgoingRtp& packet, std::uint64_t index,
                           CipherJob& job) {
    std::uint8_t* const end = packet.packet + packet.size();
    job.key = &keys.rtp;
    job.text = packet.packet + packet.clear_size;
    job.head_size = packet.head_size;
    job.body = packet.body;
    job.body_size = packet.body_size;
    job.covered = packet.packet;
    job.covered_size = packet.clear_size;
    job.tag_out = end;
    if (!is_gcm(keys.profile())) {  // the tag comes to lie over the counter that it covers
        store_be32(end, roc_of(index));
        job.covered_size = static_cast<std::uint16_t>(packet.size() + 4);
    }
    set_iv(keys.rtp, load_be32(packet.packet + 8), index, job.iv);
}

// An RTCP compound of `size` bytes (8 at least) at `packet`, encrypted in place; behind it there is
// room for rtcp_overhead. Returns the protected packet's size.
constexpr std::size_t rtcp_overhead(SrtpProfile profile) {
    return tag_size(profile) + kSrtcpIndexSize;
}
std::size_t frame_sent_rtcp(const SrtpKeys& keys, std::span<std::uint8_t> packet, std::size_t size,
                            std::uint32_t index, CipherJob& job);

}  // namespace strata::relay
