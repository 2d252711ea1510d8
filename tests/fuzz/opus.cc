#include "relay/codec/opus.h"

#include "tests/fuzz/invariant.h"

using namespace strata::relay;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    PacketInfo info;
    INVARIANT(parse_opus({data, size}, info));
    INVARIANT(info.starts_frame == (size > 0));
    return 0;
}
