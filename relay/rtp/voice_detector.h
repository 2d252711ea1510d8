#pragma once

#include <cstdint>

#include "relay/codec/packet_info.h"

namespace strata::relay {

// Counts the packets of an audio stream in which somebody speaks, by what their sender says of them
// (RFC 6464). Streams without levels have none.
class VoiceDetector {
  public:
    // Speech is at -20 to -40 dBov, a room in which nobody speaks at -50 and below.
    static constexpr std::uint8_t kQuietestVoiceDbov = 45;

    void on_packet(const PacketInfo& info) {
        if (!info.audio_level_known) return;
        detects_ |= info.voice_activity;
        const bool loud = info.audio_level_dbov <= kQuietestVoiceDbov;
        packets_ += loud && (info.voice_activity || !detects_) ? 1 : 0;
    }

    std::uint64_t packets() const { return packets_; }

  private:
    std::uint64_t packets_ = 0;
    bool detects_ = false;  // the sender tells voices from noise: senders that can't leave V at 0
};

}  // namespace strata::relay
