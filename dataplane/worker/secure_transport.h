#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "relay/srtp/keys.h"
#include "relay/srtp/outbound_stream.h"
#include "relay/srtp/receiver.h"

namespace strata::dataplane {

// Keys of one peer, both directions, and what must not be forgotten as long as they are used. Made
// and destroyed on the main thread, whose engine must outlive it; otherwise the worker's.
struct SecureTransport {
    SecureTransport(const relay::SrtpMasterKey& in, const relay::SrtpMasterKey& out,
                    relay::SrtpCipher& engine, const relay::InboundStreams::Limits& limits)
        : inbound(in, engine), outbound(out, engine), receiver(inbound, limits) {
        sent.reserve(kMaxSentSsrcs);
    }

    // SSRCs that were sent under these keys, and the highest index that each may have used: one
    // that comes back goes on behind it (C25).
    struct Sent {
        std::uint32_t ssrc = 0;
        std::uint64_t highest = 0;
    };
    static constexpr std::size_t kMaxSentSsrcs = 1'280;  // two for each subscription, and spares

    // Null: never sent.
    Sent* find_sent(std::uint32_t ssrc) {
        for (Sent& one : sent)
            if (one.ssrc == ssrc) return &one;
        return nullptr;
    }

    relay::SrtpKeys inbound, outbound;
    relay::SrtpReceiver receiver;
    std::vector<Sent> sent;  // never grows beyond what was reserved
};

// What the packets of one outgoing SSRC are encrypted with; ReceiverSlot::seal points at it.
struct alignas(64) SecureLeg {
    const relay::SrtpKeys* keys = nullptr;  // of its transport; null: nothing may be sent
    relay::OutboundStream stream;
};
// Part of HeaderProfile::leg: receivers of one output are all secure, or none is.
constexpr std::uint8_t kSecureLeg = 0x80;

// A subscription's media and its retransmissions.
struct SecureLegs {
    SecureLeg media, rtx;
};

}  // namespace strata::dataplane
