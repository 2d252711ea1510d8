#include "relay/codec/red.h"

#include "tests/fuzz/invariant.h"

using namespace strata::relay;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 65'535) return 0;  // no RTP packet has more
    RedPrimary primary;
    if (!find_red_primary({data, size}, primary)) return 0;
    INVARIANT(primary.offset > 0 && primary.offset <= size);
    INVARIANT(primary.payload_type <= 127);
    INVARIANT(primary.offset > std::size_t{primary.redundant_blocks} * 4);
    return 0;
}
