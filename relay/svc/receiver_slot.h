#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "relay/rewrite/header_template.h"

namespace strata::relay {

// Stable name of a receiver within its track.
using ReceiverHandle = std::uint32_t;

// A receiver's hot state: all that a fan-out touches, and nothing that it would write to. Slots of
// one group and profile lie next to one another and move when their receiver changes groups; `link`
// moves along.
struct alignas(64) ReceiverSlot {
    ReceiverOffsets offsets;
    ReceiverHandle handle = 0;
    void* seal = nullptr;  // what its packets are encrypted with; opaque, null: plain
    HopStamp stamp;
    // Layers 2 to 4 of its packets and whatever else the transport needs; opaque here. First cache
    // line: RTP, second: this.
    alignas(64) std::array<std::byte, 64> link{};
};
static_assert(sizeof(ReceiverSlot) == 128);

}  // namespace strata::relay
