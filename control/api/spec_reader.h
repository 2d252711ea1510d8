#pragma once

#include <string>
#include <string_view>

#include "control/room/error.h"
#include "control/room/specs.h"

// Request bodies of openapi.yaml as specs: names, types and ranges are checked here.
namespace strata::control {

Result<RoomSpec> read_room(std::string_view body);
Result<ProfileSpec> read_profile(std::string_view body);
Result<ParticipantSpec> read_participant(std::string_view body);
Result<TrackSpec> read_track(std::string_view body);
Result<SubscriptionSpec> read_subscription(std::string_view body);
// The body of a subscription's PATCH: the layers' text.
Result<std::string> read_layers(std::string_view body);

}  // namespace strata::control
