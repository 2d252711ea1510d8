#pragma once

#include <array>
#include <cstdint>

#include "relay/rtp/types.h"
#include "tests/unit/relay/rewrite/packet_builder.h"

namespace strata::relay {

// One-packet VP9 layer frames in non-flexible mode, RFC 9628 section 4.2: a group of four pictures,
// temporal ids 0 2 1 2, whose references the first picture's scalability structure names. Every
// 4 * kKeyEach pictures there is a key picture.
struct GofPacket {
    static constexpr std::array<std::uint8_t, 4> kTemporal{0, 2, 1, 2}, kBack{4, 1, 2, 1};
    static constexpr int kKeyEach = 5;

    std::uint16_t sequence = 0;
    std::uint16_t picture = 0;
    SpatialId spatial = 0;
    std::uint8_t layers = 1;
    bool layer_indices = true;
    bool up = true;  // U, of the layer indices and of the group of frames
    std::uint8_t tl0_first = 0;
    std::array<std::uint8_t, 4> back = kBack;  // P_DIFF of each picture of the group

    bool key() const { return picture % (4 * kKeyEach) == 0; }
    std::uint8_t temporal() const { return kTemporal[picture % 4u]; }

    PacketBuilder build() const {
        PacketBuilder packet;
        packet.payload_type = 98;
        packet.sequence = sequence;
        packet.timestamp = picture * 3000u;
        packet.marker = spatial + 1 == layers;
        const bool structure = key() && spatial == 0;
        packet.payload = {
            static_cast<std::uint8_t>(0x80 | (key() ? 0 : 0x40) | (layer_indices ? 0x20 : 0) |
                                      0x0C | (structure ? 2 : 0)),
            static_cast<std::uint8_t>(0x80 | picture >> 8), static_cast<std::uint8_t>(picture)};
        if (layer_indices) {
            packet.payload.push_back(static_cast<std::uint8_t>(
                temporal() << 5 | (up ? 0x10 : 0) | spatial << 1 | (spatial > 0 ? 1 : 0)));
            packet.payload.push_back(static_cast<std::uint8_t>(tl0_first + picture / 4));
        }
        if (structure) {
            packet.payload.push_back(static_cast<std::uint8_t>((layers - 1) << 5 | 0x08));
            packet.payload.push_back(4);
            for (std::size_t i = 0; i < 4; ++i) {
                packet.payload.push_back(
                    static_cast<std::uint8_t>(kTemporal[i] << 5 | (up ? 0x10 : 0) | 1 << 2));
                packet.payload.push_back(back[i]);
            }
        }
        packet.payload.insert(packet.payload.end(), {0xaa, 0xbb});
        return packet;
    }
};

}  // namespace strata::relay
