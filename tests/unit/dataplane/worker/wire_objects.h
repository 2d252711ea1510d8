#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/api/strata.pb.h"

// Objects as control puts them.
namespace strata::dataplane {

// A peer at 10.0.0.`last_byte`, port 5000; 0: one that waits for latching.
api::Object transport_object(std::uint64_t id, std::uint8_t last_byte, std::uint32_t worker = 0);
// The same with these keys.
api::Object secure_transport_object(std::uint64_t id, std::uint8_t last_byte,
                                    const api::Security& security);
api::Object track_object(std::uint64_t id, std::uint64_t transport, const std::string& codec,
                         const std::vector<std::uint32_t>& ssrcs, std::uint32_t payload_type = 111);
// All layers.
api::Object subscription_object(std::uint64_t id, std::uint64_t track, std::uint64_t transport,
                                std::uint32_t ssrc, std::uint32_t payload_type = 111);
api::ObjectRef object_ref(api::ObjectKind kind, std::uint64_t id);

}  // namespace strata::dataplane
