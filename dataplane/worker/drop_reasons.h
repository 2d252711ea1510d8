#pragma once

#include <cstdint>

#include "dataplane/api/statistics.h"
#include "relay/rtp/packet.h"
#include "relay/svc/media_drop.h"

// What is counted where the relay's logic refuses a packet.
namespace strata::dataplane {

// Which drop a packet is that parse_packet refused.
constexpr api::RxDrop parse_drop(relay::ParseError error) {
    switch (error) {
        case relay::ParseError::unknown_payload_type: return api::RxDrop::unknown_payload_type;
        case relay::ParseError::bad_descriptor: return api::RxDrop::malformed_descriptor;
        default: return api::RxDrop::malformed_rtp;
    }
}

// MediaDrop and the tail of RxDrop are the same list.
constexpr api::RxDrop media_drop(relay::MediaDrop reason) {
    return static_cast<api::RxDrop>(static_cast<std::uint32_t>(api::RxDrop::no_receiver) +
                                    static_cast<std::uint32_t>(reason) -
                                    static_cast<std::uint32_t>(relay::MediaDrop::no_receiver));
}
static_assert(media_drop(relay::MediaDrop::waiting_for_key) == api::RxDrop::waiting_for_key);
static_assert(media_drop(relay::MediaDrop::malformed_descriptor) ==
              api::RxDrop::malformed_descriptor);
static_assert(static_cast<std::uint32_t>(relay::MediaDrop::kCount) -
                  static_cast<std::uint32_t>(relay::MediaDrop::no_receiver) ==
              static_cast<std::uint32_t>(api::RxDrop::kCount) -
                  static_cast<std::uint32_t>(api::RxDrop::no_receiver));

}  // namespace strata::dataplane
