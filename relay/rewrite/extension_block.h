#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "relay/codec/packet_info.h"
#include "relay/rewrite/dependency_descriptor_rewriter.h"
#include "relay/rewrite/header_profile.h"
#include "relay/rewrite/header_template.h"

namespace strata::relay {

constexpr std::uint8_t kExtensionBit = 0x10;  // X of the first byte, RFC 3550 section 5.1

// A header extension block as it was written; offsets count from its first byte.
struct ExtensionBlock {
    std::size_t size = 0;           // with its 4-byte header and padding; 0: no extension is left
    std::size_t descriptor_at = 0;  // the dependency descriptor's data, 0: not there
    std::size_t descriptor_size = 0;
    std::size_t mid_at = 0;                 // 0: not there
    std::size_t transport_sequence_at = 0;  // the same
};

// Writes the extensions of `packet` (parsed as `info`) as a leg with `profile` takes them: of what
// came in only end-to-end kinds, under the leg's ids (C37), and places for what is stamped on this
// hop, zero until then; one-byte form, or two-byte where an element needs it
// (C12; RFC 8285 section 4). A leg without mixed forms gets one form for good: two-byte if it takes
// the dependency descriptor or has an id above 14, else one-byte, and what that can't hold is left
// out. `mask`, if not null, is put into the dependency descriptor (C11). Nullopt: `out` is too
// small, or the mask doesn't fit the descriptor.
std::optional<ExtensionBlock> write_extension_block(std::span<const std::uint8_t> packet,
                                                    const PacketInfo& info,
                                                    const HeaderProfile& profile,
                                                    const DescriptorMask* mask,
                                                    std::span<std::uint8_t> out);

// Notes in `out`, whose extension block stands at `at`, what stamp_header fills in.
inline void note_stamps(const ExtensionBlock& block, const HeaderProfile& profile, std::size_t at,
                        HeaderTemplate& out) {
    const auto place = [at](std::size_t offset) {
        return static_cast<std::uint16_t>(offset == 0 ? 0 : at + offset);
    };
    out.mid_at = place(block.mid_at);
    out.mid_size = profile.mid_size;
    out.transport_sequence_at = place(block.transport_sequence_at);
    out.stamped = out.mid_at != 0 || out.transport_sequence_at != 0;
}

}  // namespace strata::relay
