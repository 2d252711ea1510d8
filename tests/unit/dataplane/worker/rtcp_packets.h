#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "relay/rtp/rtcp/writer.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {

// What `write` puts into a compound.
template <typename Write>
Packet rtcp(Write write) {
    std::array<std::uint8_t, 1'400> buffer;
    relay::RtcpWriter writer(buffer);
    write(writer);
    const auto bytes = writer.written();
    return Packet(bytes.begin(), bytes.end());
}

inline Packet picture_loss_of(std::uint32_t ssrc) {
    return rtcp([&](auto& w) { w.picture_loss({.sender = {5}, .media = {ssrc}}); });
}

inline Packet nack_of(std::uint32_t ssrc, std::span<const relay::SequenceNumber> missing) {
    return rtcp([&](auto& w) { w.generic_nack({.sender = {5}, .media = {ssrc}}, missing); });
}

// Media SSRCs that picture loss was sent for, in order.
inline std::vector<std::uint32_t> picture_losses(std::span<const Packet> packets) {
    std::vector<std::uint32_t> out;
    for (const Packet& packet : packets) {
        relay::RtcpCompound compound(packet);
        while (const auto part = compound.next()) {
            relay::FeedbackParties parties;
            if (relay::read_picture_loss(*part, parties)) out.push_back(parties.media.value);
        }
    }
    return out;
}
inline std::vector<std::uint32_t> picture_losses(std::span<const Relay::Sent> sent) {
    std::vector<Packet> packets;
    for (const Relay::Sent& one : sent) packets.push_back(one.packet);
    return picture_losses(packets);
}

}  // namespace strata::dataplane
