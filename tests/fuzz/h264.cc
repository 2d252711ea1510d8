#include "relay/codec/h264.h"

#include "tests/fuzz/invariant.h"

using namespace strata::relay;

// The first byte's lowest bit: the payload is end-to-end encrypted.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    PacketInfo info;
    const std::span<const std::uint8_t> payload(data + 1, size - 1);
    if (!parse_h264(payload, (data[0] & 1) != 0, info)) return 0;
    INVARIANT(info.descriptor_size <= payload.size());
    INVARIANT(info.spatial_id <= 7 && info.temporal_id <= 7);
    // Without a layer in the header, all there is to know is that nothing refers to the picture.
    INVARIANT(info.h264.has_svc_header || info.spatial_id == 0);
    INVARIANT(info.h264.has_svc_header || info.temporal_id == 0 ||
              (info.temporal_id == 1 && !info.h264.reference));
    // Where there is a PACSI NAL unit, its word counts for where a layer begins (RFC 6190
    // section 4.9).
    INVARIANT(!info.h264.first_slice || (info.h264.vcl && (info.starts_frame || info.h264.pacsi)));
    const bool encrypted = (data[0] & 1) != 0;
    const auto begin = encrypted ? std::nullopt : last_slice_begin(payload);
    INVARIANT(!begin || info.h264.vcl);
    INVARIANT(begin != 0u || info.h264.first_slice);
    return 0;
}
