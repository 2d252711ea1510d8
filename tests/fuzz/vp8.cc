#include "relay/codec/vp8.h"

#include "tests/fuzz/invariant.h"

using namespace strata::relay;

// The first byte's lowest bit: the payload is end-to-end encrypted.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    PacketInfo info;
    const std::span<const std::uint8_t> payload(data + 1, size - 1);
    if (!parse_vp8(payload, (data[0] & 1) != 0, info)) return 0;
    INVARIANT(info.descriptor_size <= payload.size());
    const Vp8Info& vp8 = info.vp8;
    INVARIANT(info.temporal_id <= 3);
    INVARIANT(vp8.picture_id < (1 << vp8.picture_id_bits));
    INVARIANT((vp8.picture_id >= 0) == (vp8.picture_id_bits > 0));
    INVARIANT(vp8.picture_id_offset < info.descriptor_size);
    INVARIANT(vp8.tl0_pic_idx_offset < info.descriptor_size);
    INVARIANT(vp8.tid_key_idx_offset < info.descriptor_size);
    INVARIANT(!vp8.has_tl0_pic_idx || data[1 + vp8.tl0_pic_idx_offset] == vp8.tl0_pic_idx);
    INVARIANT(!info.key_frame || info.starts_frame);
    return 0;
}
