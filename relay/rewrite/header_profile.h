#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "relay/codec/packet_info.h"

namespace strata::relay {

constexpr std::size_t kMaxMidSize = 8;  // bytes of a MID that is stamped; browsers' have one or two

// A receiver's leg of one track, as it was negotiated. Receivers with equal profiles share header
// templates: every id here is 0 where the leg doesn't take that extension (C37). Those of the hop
// that are stamped per receiver have ids too: the transport-wide number, and the MID.
struct HeaderProfile {
    std::array<std::uint8_t, static_cast<std::size_t>(ExtensionKind::kCount)> extension_id{};
    std::uint8_t payload_type = 0;      // of media, 0..127
    std::uint8_t red_payload_type = 0;  // 0: RED is unwrapped for this leg (B7)
    bool mixed_extension_forms = true;  // extmap-allow-mixed (C12)
    std::uint8_t leg = 0;               // opaque: receivers of one output have the same one
    std::uint8_t mid_size = 0;          // of what stands in the MID extension, where it has an id
    friend bool operator==(const HeaderProfile&, const HeaderProfile&) = default;

    std::uint8_t id_of(ExtensionKind kind) const {
        return extension_id[static_cast<std::size_t>(kind)];
    }
    // Whether something of the hop stands in its packets.
    bool stamps() const {
        return id_of(ExtensionKind::transport_cc) != 0 ||
               (id_of(ExtensionKind::mid) != 0 && mid_size != 0);
    }
};

}  // namespace strata::relay
