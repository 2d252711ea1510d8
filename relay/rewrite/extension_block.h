#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "relay/codec/packet_info.h"
#include "relay/rewrite/dependency_descriptor_rewriter.h"
#include "relay/rewrite/header_profile.h"

namespace strata::relay {

// A header extension block as it was written; offsets count from its first byte.
struct ExtensionBlock {
    std::size_t size = 0;           // with its 4-byte header and padding; 0: no extension is left
    std::size_t descriptor_at = 0;  // the dependency descriptor's data, 0: not there
    std::size_t descriptor_size = 0;
};

// Writes the extensions of `packet` (parsed as `info`) as a leg with `profile` takes them: only
// end-to-end kinds, under the leg's ids (C37); one-byte form, or two-byte where an element needs it
// (C12; RFC 8285 section 4). A leg without mixed forms gets one form for good: two-byte if it takes
// the dependency descriptor or has an id above 14, else one-byte, and what that can't hold is left
// out. `mask`, if not null, is put into the dependency descriptor (C11). Nullopt: `out` is too
// small, or the mask doesn't fit the descriptor.
std::optional<ExtensionBlock> write_extension_block(std::span<const std::uint8_t> packet,
                                                    const PacketInfo& info,
                                                    const HeaderProfile& profile,
                                                    const DescriptorMask* mask,
                                                    std::span<std::uint8_t> out);

}  // namespace strata::relay
