#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

#include "relay/codec/packet_info.h"
#include "relay/rtp/extension_map.h"

namespace strata::relay {

constexpr std::size_t kRtpHeaderSize = 12;         // fixed part, RFC 3550 section 5.1
constexpr std::size_t kMaxRtpPacketSize = 65'535;  // offsets have 16 bits
constexpr std::size_t kMaxCsrcs = 15;              // CC has 4 bits

// What a payload type stands for on one transport.
enum class PayloadRole : std::uint8_t { unknown, media, red, rtx };

struct PayloadFormat {
    PayloadRole role = PayloadRole::unknown;
    Codec codec = Codec::opaque;  // of the media; for rtx: of the original's. red: not used
    friend auto operator<=>(const PayloadFormat&, const PayloadFormat&) = default;
};

// How one peer's packets are read, as negotiated. Made once per peer or track, shared by its
// packets.
struct PacketParser {
    // Payload bytes behind the codec's RTP descriptor are ciphertext and never read (C48). H.264
    // and AV1 have no descriptor of their own: all that is known comes from header extensions.
    bool end_to_end_encrypted = false;
    ExtensionMap extensions;
    std::array<PayloadFormat, 128> payload_types{};
    friend auto operator<=>(const PacketParser&, const PacketParser&) = default;  // any order
};

// Why a packet is no good. Counted; `none` is success.
enum class ParseError : std::uint8_t {
    none,
    too_short,    // not even a fixed header
    too_long,     // more than kMaxRtpPacketSize
    bad_version,  // V isn't 2
    truncated_csrcs,
    truncated_extension,   // the extension block overruns the packet
    bad_padding,           // P with a count of 0 or more than there is
    unknown_payload_type,  // the header was read, the payload was not
    bad_red,
    bad_descriptor,  // the codec's payload descriptor is malformed or truncated
    kCount
};

std::string_view parse_error_name(ParseError error);

// Reads one RTP packet. `info` is overwritten whole; after an error only what was read before it is
// meaningful, after unknown_payload_type the whole header (SSRC, extensions, sizes) is. Malformed
// extension elements cost only themselves and those behind them in the block (extensions_ignored).
// budget: 50 ns/packet, bench/micro/parse_bench
ParseError parse_packet(std::span<const std::uint8_t> packet, const PacketParser& parser,
                        PacketInfo& info);

// The header alone, whatever its payload type: everything up to and including payload_offset,
// payload_size, padding_size and the audio level.
ParseError parse_header(std::span<const std::uint8_t> packet, const ExtensionMap& extensions,
                        PacketInfo& info);

}  // namespace strata::relay
