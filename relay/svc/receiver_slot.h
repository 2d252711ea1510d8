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
// moves along. What an IPv4 receiver of plain RTP needs is in the first cache line.
struct alignas(64) ReceiverSlot {
    ReceiverOffsets offsets;
    ReceiverHandle handle = 0;
    // Layers 2 to 4 of its packets and whatever else the transport needs; opaque here.
    std::array<std::byte, 64> link{};
    void* seal = nullptr;  // what its packets are encrypted with; opaque, null: plain
    HopStamp stamp;
};
static_assert(sizeof(ReceiverSlot) == 128);
constexpr std::size_t kLinkBytesAtOnce = 40;  // of `link`, in the first line
static_assert(offsetof(ReceiverSlot, link) + kLinkBytesAtOnce <= 64);

}  // namespace strata::relay
