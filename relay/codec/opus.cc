#include "relay/codec/opus.h"

namespace strata::relay {

bool parse_opus(std::span<const std::uint8_t> payload, PacketInfo& info) {
    info.starts_frame = info.ends_frame = info.key_frame = !payload.empty();
    return true;
}

}  // namespace strata::relay
