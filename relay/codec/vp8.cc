#include "relay/codec/vp8.h"

#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

using Bytes = std::span<const std::uint8_t>;

//       0 1 2 3 4 5 6 7
//      +-+-+-+-+-+-+-+-+
//  I:  |M| PictureID   |
//      +-+-+-+-+-+-+-+-+
//  M:  |   PictureID   |
//      +-+-+-+-+-+-+-+-+
//  L:  |   TL0PICIDX   |
//      +-+-+-+-+-+-+-+-+
//  T/K:|TID|Y| KEYIDX  |
//      +-+-+-+-+-+-+-+-+
// `flags` is the byte |I|L|T|K| RSV |. Returns the offset behind, 0 when truncated.
std::size_t read_extended(Bytes payload, std::uint8_t flags, std::size_t at, PacketInfo& info) {
    Vp8Info& vp8 = info.vp8;
    if (flags & 0x80) {
        if (at == payload.size()) return 0;
        vp8.picture_id_offset = static_cast<std::uint8_t>(at);
        vp8.picture_id = payload[at] & 0x7F;
        vp8.picture_id_bits = 7;
        if (payload[at] & 0x80) {
            if (payload.size() - at < 2) return 0;
            vp8.picture_id = load_be16(&payload[at]) & 0x7FFF;
            vp8.picture_id_bits = 15;
            ++at;
        }
        ++at;
    }
    if (flags & 0x40) {
        if (at == payload.size()) return 0;
        vp8.has_tl0_pic_idx = true;
        vp8.tl0_pic_idx_offset = static_cast<std::uint8_t>(at);
        vp8.tl0_pic_idx = payload[at++];
    }
    if (flags & 0x30) {
        if (at == payload.size()) return 0;
        vp8.tid_key_idx_offset = static_cast<std::uint8_t>(at);
        vp8.has_tid = (flags & 0x20) != 0;
        vp8.has_key_idx = (flags & 0x10) != 0;
        if (vp8.has_tid) {
            info.temporal_id = payload[at] >> 6;
            vp8.layer_sync = (payload[at] & 0x20) != 0;
        }
        if (vp8.has_key_idx) vp8.key_idx = payload[at] & 0x1F;
        ++at;
    }
    return at;
}

//   0 1 2 3 4 5 6 7
//  +-+-+-+-+-+-+-+-+
//  |Size0|H| VER |P|   RFC 7741 section 4.3; P=0: key frame, then two bytes of size, the start
//  +-+-+-+-+-+-+-+-+   code 9d 01 2a, width and height (14 bits each, little endian, 2 of scale)
void read_payload_header(Bytes data, Vp8Info& vp8) {
    if (data.empty() || (data[0] & 1)) return;
    vp8.key_frame = true;
    if (data.size() < 10 || data[3] != 0x9D || data[4] != 0x01 || data[5] != 0x2A) return;
    vp8.width = static_cast<std::uint16_t>((data[7] << 8 | data[6]) & 0x3FFF);
    vp8.height = static_cast<std::uint16_t>((data[9] << 8 | data[8]) & 0x3FFF);
}

}  // namespace

//   0 1 2 3 4 5 6 7
//  +-+-+-+-+-+-+-+-+
//  |X|R|N|S|R| PID |
//  +-+-+-+-+-+-+-+-+
//  |I|L|T|K| RSV   |   when X
//  +-+-+-+-+-+-+-+-+
bool parse_vp8(Bytes payload, bool encrypted, PacketInfo& info) {
    if (payload.empty()) return false;
    info.vp8 = kNoVp8;
    info.vp8.non_reference = (payload[0] & 0x20) != 0;
    info.vp8.start_of_partition0 = (payload[0] & 0x17) == 0x10;
    std::size_t at = 1;
    if (payload[0] & 0x80) {
        if (payload.size() < 2) return false;
        at = read_extended(payload, payload[1], 2, info);
        if (at == 0) return false;
    }
    info.descriptor_size = static_cast<std::uint16_t>(at);
    info.starts_frame = info.vp8.start_of_partition0;
    info.ends_frame = info.marker;
    if (info.starts_frame && !encrypted) read_payload_header(payload.subspan(at), info.vp8);
    info.key_frame = info.vp8.key_frame;
    return true;
}

}  // namespace strata::relay
