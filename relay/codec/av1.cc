#include "relay/codec/av1.h"

namespace strata::relay {

//   0 1 2 3 4 5 6 7
//  +-+-+-+-+-+-+-+-+
//  |Z|Y| W |N|-|-|-|
//  +-+-+-+-+-+-+-+-+
bool parse_av1(std::span<const std::uint8_t> payload, bool encrypted, PacketInfo& info) {
    info.ends_frame = info.marker;
    info.av1 = {};
    if (encrypted) return true;
    if (payload.empty()) return false;
    info.descriptor_size = 1;
    info.av1.continues_obu = (payload[0] & 0x80) != 0;
    info.av1.obu_continues = (payload[0] & 0x40) != 0;
    info.av1.obu_count = payload[0] >> 4 & 3;
    info.av1.new_coded_sequence = (payload[0] & 0x08) != 0;
    // A packet can't both begin a sequence and continue what was before it.
    if (info.av1.new_coded_sequence && info.av1.continues_obu) return false;
    info.starts_frame = info.key_frame = info.av1.new_coded_sequence;
    return true;
}

}  // namespace strata::relay
