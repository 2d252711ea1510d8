#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/room/directory.h"

namespace strata::api {
class Object;
class ObjectRef;
}  // namespace strata::api

namespace strata::control {

// An object of the data plane: the transport of a participant, a track or a subscription.
// Transports come before tracks before subscriptions, which is the order to create them in.
struct ObjectKey {
    enum class Kind : std::uint8_t { transport = 1, track = 2, subscription = 3 };
    Kind kind = Kind::transport;
    std::uint64_t id = 0;
    friend constexpr auto operator<=>(ObjectKey, ObjectKey) = default;
};

// The data plane's object behind a record; nullopt for rooms and profiles, which it
// doesn't know.
std::optional<ObjectKey> object_key(const RecordKey& key);

// What the data plane of `epoch` shall have at `key`; nullopt: nothing, it was removed. What that
// very data plane learned by itself is left out (see Learned).
std::optional<api::Object> desired_object(const Directory& directory, ObjectKey key,
                                          std::uint64_t epoch);
bool object_exists(const Directory& directory, ObjectKey key);
api::ObjectRef object_ref(ObjectKey key);
std::optional<ObjectKey> object_key(const api::ObjectRef& ref);

// Every object that shall exist, in the order to create them in.
std::vector<ObjectKey> all_objects(const Directory& directory);

}  // namespace strata::control
