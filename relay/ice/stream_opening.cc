#include "relay/ice/stream_opening.h"

#include "relay/ice/framing.h"
#include "relay/ice/stun_message.h"

namespace strata::relay {
namespace {

StreamOpening more(std::size_t needed, std::size_t most) {
    if (needed > most) return {.kind = StreamOpening::Kind::unknown};
    return {.kind = StreamOpening::Kind::undecided, .needed = needed};
}

// The whole frame is needed.
StreamOpening read_check(std::span<const std::uint8_t> bytes, std::size_t most) {
    const std::size_t size = kFrameHeadBytes + static_cast<std::size_t>(bytes[0] << 8 | bytes[1]);
    if (bytes.size() < size || size > most) return more(size, most);
    StunMessage message;
    const auto datagram = bytes.first(size).subspan(kFrameHeadBytes);
    if (!parse_stun(datagram, message) || !message.username)
        return {.kind = StreamOpening::Kind::unknown};
    return {.kind = StreamOpening::Kind::check, .username = *message.username};
}

}  // namespace

StreamOpening read_opening(std::span<const std::uint8_t> bytes, std::size_t most) {
    switch (classify_stream(bytes)) {
        case StreamKind::tls: return {.kind = StreamOpening::Kind::tls};
        case StreamKind::stun: return read_check(bytes, most);
        case StreamKind::undecided: return more(bytes.size() + 1, most);
        case StreamKind::unknown: break;
    }
    return {.kind = StreamOpening::Kind::unknown};
}

}  // namespace strata::relay
