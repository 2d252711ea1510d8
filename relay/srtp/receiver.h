#pragma once

#include <cstdint>
#include <span>

#include "relay/srtp/framing.h"
#include "relay/srtp/inbound_streams.h"

namespace strata::relay {

enum class SrtpVerdict : std::uint8_t {
    ok,
    malformed,      // too short, or no RTP
    replayed,       // this index was accepted before, or is behind the window
    not_authentic,  // wrong key, damaged, forged, or with an MKI
    no_room,        // authentic, of an SSRC too many (C38)
};

// What one peer sends. Takes packets in two steps, so that an engine gets many at once:
// begin() for each, the engine's open() for all, finish() for each in the same order.
class SrtpReceiver {
  public:
    // `keys` must outlive it. Allocates.
    SrtpReceiver(const SrtpKeys& keys, const InboundStreams::Limits& limits);

    struct Packet {
        CipherJob job;
        std::uint64_t index = 0;
        std::uint32_t ssrc = 0;
        std::uint16_t plain_size = 0;  // what is left of the packet, which shrinks at its end
        bool rtcp = false;
    };
    // `ok`: out.job is to be opened. Anything else: the packet ends here.
    SrtpVerdict begin_rtp(std::span<std::uint8_t> packet, Packet& out) const;
    SrtpVerdict begin_rtcp(std::span<std::uint8_t> packet, Packet& out) const;
    // After the job was opened. A packet and its copy in one batch: the second is found here.
    SrtpVerdict finish(const Packet& packet);

    // RTP's, for what survives a restart and for tracks that go.
    InboundStreams& rtp() { return rtp_; }
    const InboundStreams& rtp() const { return rtp_; }
    InboundStreams& rtcp() { return rtcp_; }

    // New keys for the same peer: roll-over counters go on (RFC 3711 section 3.3.1).
    void continue_from(const SrtpReceiver& before);

  private:
    const SrtpKeys& keys_;
    InboundStreams rtp_, rtcp_;
};

}  // namespace strata::relay
