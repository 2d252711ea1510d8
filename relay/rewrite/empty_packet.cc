#include "relay/rewrite/empty_packet.h"

#include <algorithm>

namespace strata::relay {

namespace {

constexpr std::size_t kFixedHeaderBytes = 12;   // RFC 3550 section 5.1
constexpr std::uint8_t kVersion2Padded = 0xa0;  // V=2, P=1

}  // namespace

void build_empty_packet(const HeaderProfile& profile, std::uint16_t sequence,
                        RtpTimestamp timestamp, HeaderTemplate& out) {
    out.sequence = sequence;
    out.timestamp = timestamp.value;
    out.patched = false;
    out.size = kFixedHeaderBytes + kEmptyPadding;
    std::fill_n(out.bytes.begin(), out.size, std::uint8_t{0});
    out.bytes[0] = kVersion2Padded;
    out.bytes[1] = profile.payload_type;
    out.bytes[out.size - 1u] = kEmptyPadding;
}

}  // namespace strata::relay
