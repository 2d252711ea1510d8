#pragma once

#include "relay/rtp/packet.h"
#include "tests/unit/relay/rewrite/packet_builder.h"

// Packets of frames, for tests of what is known of one by its first bytes.
namespace strata::relay::frame_packets {

constexpr std::uint8_t kDescriptor = 1, kNumbers = 2, kSendTime = 3, kOrientation = 4,
                       kStranger = 9;
constexpr std::uint8_t kOpaque = 96, kVp8 = 97, kVp9 = 98, kAv1 = 99, kH264 = 100;

inline PacketParser parser() {
    PacketParser parser;
    parser.payload_types[kOpaque] = {PayloadRole::media, Codec::opaque};
    parser.payload_types[kVp8] = {PayloadRole::media, Codec::vp8};
    parser.payload_types[kVp9] = {PayloadRole::media, Codec::vp9};
    parser.payload_types[kAv1] = {PayloadRole::media, Codec::av1};
    parser.payload_types[kH264] = {PayloadRole::media, Codec::h264};
    parser.extensions.set(kDescriptor, ExtensionKind::dependency_descriptor);
    parser.extensions.set(kNumbers, ExtensionKind::transport_cc);
    parser.extensions.set(kSendTime, ExtensionKind::abs_send_time);
    parser.extensions.set(kOrientation, ExtensionKind::video_orientation);
    return parser;
}

// The first packet of a frame.
inline PacketBuilder described(std::uint8_t payload_type = kOpaque) {
    PacketBuilder packet;
    packet.payload_type = payload_type;
    packet.sequence = 65'534;
    packet.timestamp = 90'000;
    packet.extensions = {{kDescriptor, {0x85, 0x12, 0x34}},  // S, template 5
                         {kNumbers, {0x01, 0x00}},
                         {kSendTime, {1, 2, 3}}};
    packet.payload.assign(60, 0x11);
    packet.payload[0] = 0x50;
    return packet;
}

inline PacketBuilder vp8() {
    PacketBuilder packet = described(kVp8);
    packet.extensions.clear();
    packet.payload[0] = 0x90;  // X, S
    packet.payload[1] = 0xe0;  // I, L, T
    packet.payload[2] = 0x81;  // 15 bits
    packet.payload[6] = 0x01;  // no key frame
    return packet;
}

inline PacketBuilder vp9() {
    PacketBuilder packet = described(kVp9);
    packet.extensions.clear();
    packet.payload[0] = 0xe8;  // I, P, L, B
    packet.payload[1] = 0x81;
    return packet;
}

// One behind `first`.
inline PacketBuilder next_of(PacketBuilder first) {
    ++first.sequence;
    if (!first.extensions.empty()) {
        first.extensions[0].second[0] &= 0x7f;
        first.extensions[1].second[1] = 7;
        first.extensions[2].second = {9, 9, 9};
    }
    if (first.payload_type == kVp8) first.payload[0] = 0x80;
    if (first.payload_type == kVp9) first.payload[0] = 0xe0;
    first.payload.back() = 0x77;
    return first;
}

}  // namespace strata::relay::frame_packets
