#include "relay/rewrite/empty_packet.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "relay/rewrite/extension_block.h"

namespace strata::relay {

namespace {

constexpr std::size_t kFixedHeaderBytes = 12;   // RFC 3550 section 5.1
constexpr std::uint8_t kVersion2Padded = 0xa0;  // V=2, P=1

}  // namespace

void build_empty_packet(const HeaderProfile& profile, std::uint16_t sequence,
                        RtpTimestamp timestamp, HeaderTemplate& out) {
    out.sequence = sequence;
    out.timestamp = timestamp.value;
    out.patch = HeaderPatch::none;
    std::fill_n(out.bytes.begin(), kFixedHeaderBytes, std::uint8_t{0});
    out.bytes[0] = kVersion2Padded;
    const auto block = *write_extension_block({}, PacketInfo{}, profile, nullptr,
                                              std::span(out.bytes).subspan(kFixedHeaderBytes));
    if (block.size != 0) out.bytes[0] |= kExtensionBit;
    note_stamps(block, profile, kFixedHeaderBytes, out);
    const std::size_t header = kFixedHeaderBytes + block.size;
    out.size = static_cast<std::uint16_t>(header + kEmptyPadding);
    std::fill_n(out.bytes.begin() + static_cast<std::ptrdiff_t>(header), kEmptyPadding,
                std::uint8_t{0});
    out.bytes[1] = profile.payload_type;
    out.bytes[out.size - 1u] = kEmptyPadding;
}

}  // namespace strata::relay
