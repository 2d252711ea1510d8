#pragma once

#include <cstdint>

namespace strata::relay {

// Why a packet went to nobody. Counted by the worker, one reason per packet (design.md, equations).
enum class MediaDrop : std::uint8_t {
    none,              // forwarded to somebody
    no_receiver,       // nobody subscribes to the track
    layer_not_wanted,  // every group's policy said no
    waiting_for_key,   // receivers wait for a point where they may start
    duplicate,
    too_old,       // beyond what is remembered
    no_structure,  // C9
    padding_only,  // C18
    malformed_descriptor,
    kCount
};

}  // namespace strata::relay
