#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "relay/srtp/packet_index.h"
#include "relay/srtp/replay_window.h"

namespace strata::relay {

// Packet indexes of one outgoing SSRC under one key (C25). Says no rather than give an index out
// twice: with AES-GCM that would give away the authentication key.
class OutboundStream {
  public:
    static constexpr std::size_t kWindowPackets = 1'024;  // how far back a late packet may lie

    // The index of a packet with this sequence number, nearest to the highest one so far. Nullopt:
    // it was given out, or is too old to know.
    [[gnu::always_inline]] std::optional<std::uint64_t> claim(std::uint16_t sequence) {
        if (used_.started() && static_cast<std::uint16_t>(used_.highest() + 1) == sequence)
            [[likely]]
            return used_.use_next();
        const std::uint64_t index = claim_other(sequence);
        if (index == kNone) return std::nullopt;
        return index;
    }

    // After a restart (C53): the next index lies behind `highest`, all before it count as used.
    void start_behind(std::uint64_t highest) { used_.start_behind(highest); }
    // Under another key the roll-over counter goes on (RFC 3711 section 3.3.1).
    void rekey() {
        if (used_.started()) used_.resume_at(used_.highest());
    }

    bool started() const { return used_.started(); }
    std::uint64_t highest() const { return used_.highest(); }

  private:
    static constexpr std::uint64_t kNone = ~std::uint64_t{0};

    // Anything but the next one; kNone: no. A plain number, which stays in a register.
    [[gnu::noinline]] std::uint64_t claim_other(std::uint16_t sequence) {
        const std::uint64_t index =
            used_.started() ? nearest_index(used_.highest(), sequence) : sequence;
        if (used_.state(index) != IndexState::fresh) return kNone;
        used_.use(index);
        return index;
    }

    ReplayWindow<std::array<std::uint64_t, kWindowPackets / 64>> used_;
};

}  // namespace strata::relay
