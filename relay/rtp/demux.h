#pragma once

#include <cstdint>
#include <span>

namespace strata::relay {

// What a datagram is, by its first byte (RFC 7983 section 7), RTP and RTCP told apart by the second
// (RFC 5761 section 4). C41.
enum class PacketClass : std::uint8_t { unknown, stun, zrtp, dtls, turn_channel, rtp, rtcp };

//                +----------------+
//                |        [0..3] -+--> STUN
//                |      [16..19] -+--> ZRTP
//    packet -->  |      [20..63] -+--> DTLS
//                |      [64..79] -+--> TURN channel
//                |    [128..191] -+--> RTP; RTCP when the second byte is 192..223
//                +----------------+
constexpr PacketClass classify(std::span<const std::uint8_t> packet) {
    if (packet.size() < 2) return PacketClass::unknown;
    const std::uint8_t first = packet[0];
    if (first >= 128 && first <= 191)
        return (packet[1] >= 192 && packet[1] <= 223) ? PacketClass::rtcp : PacketClass::rtp;
    if (first <= 3) return PacketClass::stun;
    if (first >= 20 && first <= 63) return PacketClass::dtls;
    if (first >= 16 && first <= 19) return PacketClass::zrtp;
    if (first >= 64 && first <= 79) return PacketClass::turn_channel;
    return PacketClass::unknown;
}

}  // namespace strata::relay
