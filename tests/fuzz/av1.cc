#include "relay/codec/av1.h"

#include "tests/fuzz/invariant.h"

using namespace strata::relay;

// The first byte's lowest bit: the payload is end-to-end encrypted.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    PacketInfo info;
    const std::span<const std::uint8_t> payload(data + 1, size - 1);
    if (!parse_av1(payload, (data[0] & 1) != 0, info)) return 0;
    INVARIANT(info.descriptor_size <= payload.size());
    INVARIANT(info.key_frame == info.starts_frame);
    return 0;
}
