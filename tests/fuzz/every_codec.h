#pragma once

#include "relay/rtp/packet.h"

namespace strata::relay {

// A parser that knows every codec and extension; the seeds are made for its numbers.
inline PacketParser every_codec(bool encrypted) {
    PacketParser parser;
    parser.end_to_end_encrypted = encrypted;
    parser.payload_types[45] = {PayloadRole::media, Codec::av1};
    parser.payload_types[63] = {PayloadRole::red, Codec::opaque};
    parser.payload_types[96] = {PayloadRole::media, Codec::vp8};
    parser.payload_types[97] = {PayloadRole::rtx, Codec::vp8};
    parser.payload_types[98] = {PayloadRole::media, Codec::vp9};
    parser.payload_types[99] = {PayloadRole::media, Codec::h264_svc};
    parser.payload_types[108] = {PayloadRole::media, Codec::h264};
    parser.payload_types[111] = {PayloadRole::media, Codec::opus};
    parser.payload_types[127] = {PayloadRole::media, Codec::opaque};
    // Ids are the kinds' own numbers; 15 is reserved.
    for (std::uint8_t i = 1; i < static_cast<std::uint8_t>(ExtensionKind::kCount); ++i)
        parser.extensions.set(i == 15 ? 16 : i, static_cast<ExtensionKind>(i));
    return parser;
}

}  // namespace strata::relay
