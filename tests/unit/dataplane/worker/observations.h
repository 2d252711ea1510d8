#pragma once

#include <cstdint>

#include "dataplane/api/strata.pb.h"
#include "tests/unit/dataplane/worker/wire_objects.h"

namespace strata::dataplane {

// One more observation, of both directions and of everything, by the next slot and id.
inline api::Observation& add_observation(api::Observations& to) {
    api::Observation& o = *to.add_items();
    o.set_slot(static_cast<std::uint32_t>(to.items_size() - 1));
    o.set_id(static_cast<std::uint64_t>(to.items_size()));
    o.set_in(true);
    o.set_out(true);
    return o;
}

// As transport_object, in this room.
inline api::Object transport_in_room(std::uint64_t id, std::uint8_t last_byte, const char* room,
                                     std::uint32_t worker = 0) {
    api::Object object = transport_object(id, last_byte, worker);
    object.mutable_transport()->set_room(room);
    return object;
}

}  // namespace strata::dataplane
