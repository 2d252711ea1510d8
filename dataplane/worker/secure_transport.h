#pragma once

#include <cstdint>

#include "relay/srtp/keys.h"
#include "relay/srtp/outbound_stream.h"
#include "relay/srtp/receiver.h"
#include "relay/svc/receiver_slot.h"

namespace strata::dataplane {

// Keys of one peer, both directions, and what came in under them. Made and destroyed on the main
// thread, whose engine must outlive it; otherwise the worker's.
struct SecureTransport {
    SecureTransport(const relay::SrtpMasterKey& in, const relay::SrtpMasterKey& out,
                    relay::SrtpCipher& engine, const relay::InboundStreams::Limits& limits)
        : inbound(in, engine), outbound(out, engine), receiver(inbound, limits) {}

    relay::SrtpKeys inbound, outbound;
    relay::SrtpReceiver receiver;
    // The peer can't read anything before a datagram of control that is still to come: nothing is
    // sent (C45).
    bool held = false;
};

// What the packets of one outgoing SSRC are encrypted with; ReceiverSlot::seal points at it.
struct alignas(64) SecureLeg {
    const relay::SrtpKeys* keys = nullptr;  // of its transport; null: nothing may be sent
    relay::OutboundStream stream;
};
// Part of HeaderProfile::leg: receivers of one output are all secure, or none is.
constexpr std::uint8_t kSecureLeg = 0x80;

}  // namespace strata::dataplane
