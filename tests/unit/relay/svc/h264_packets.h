#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tests/unit/relay/rewrite/packet_builder.h"

namespace strata::relay {

constexpr std::uint8_t kH264Type = 102, kH264SvcType = 103;

// One-packet layer frames of H.264 SVC, RFC 6190: a STAP-A of PACSI, prefix NAL unit and slice, or
// of PACSI and an SVC slice.
struct SvcPacket {
    std::uint16_t sequence = 0;
    std::uint16_t picture = 0;
    std::uint8_t dependency = 0, quality = 0, temporal = 0;
    bool idr = false, reference = true, pacsi = true;
    bool starts = true, ends = true, marker = false;
    std::uint8_t slice = 0;  // first_mb_in_slice, 0..2

    PacketBuilder build() const {
        PacketBuilder packet;
        packet.payload_type = kH264SvcType;
        packet.sequence = sequence;
        packet.timestamp = picture * 3000u;
        packet.marker = marker;
        packet.payload = {0x78};
        const auto flag = [](bool set, int bit) {
            return static_cast<std::uint8_t>(set ? 1 << bit : 0);
        };
        if (pacsi)
            add(packet.payload, 30, {static_cast<std::uint8_t>(flag(starts, 1) | flag(ends, 0))});
        const bool base = dependency == 0 && quality == 0;
        if (base) add(packet.payload, 14, {});
        // first_mb_in_slice as ue(v): 1, 010, 011; H.264 section 9.1.
        constexpr std::array<std::uint8_t, 3> kSliceBegin{0x9a, 0x5a, 0x7a};
        add(packet.payload, base ? (idr ? 5 : 1) : 20, {kSliceBegin[slice], 0xbc});
        return packet;
    }

  private:
    // RFC 6184 section 5.7.1; the three bytes of RFC 6190 section 1.1.3 where the type has them.
    void add(std::vector<std::uint8_t>& out, int type, std::vector<std::uint8_t> body) const {
        const bool svc = type == 14 || type == 20 || type == 30;
        std::vector<std::uint8_t> nal{static_cast<std::uint8_t>((reference ? 0x60 : 0) | type)};
        if (svc)
            nal.insert(nal.end(), {static_cast<std::uint8_t>(0x80 | (idr ? 0x40 : 0)),
                                   static_cast<std::uint8_t>(dependency << 4 | quality),
                                   static_cast<std::uint8_t>(temporal << 5 | 7)});
        nal.insert(nal.end(), body.begin(), body.end());
        out.insert(out.end(), {0, static_cast<std::uint8_t>(nal.size())});
        out.insert(out.end(), nal.begin(), nal.end());
    }
};

}  // namespace strata::relay
