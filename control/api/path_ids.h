#pragma once

#include <string>

#include "control/room/error.h"
#include "control/room/records.h"

// Identifiers in a path; not_found, with the form they have, for what is none.
namespace strata::control {

Result<ParticipantId> path_participant(const std::string& text);
Result<TrackId> path_track(const std::string& text);
Result<SubscriptionId> path_subscription(const std::string& text);

}  // namespace strata::control
