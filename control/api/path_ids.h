#pragma once

#include <string>

#include "control/room/error.h"
#include "control/room/records.h"

// Identifiers in a path; not_found, with the form they have, for what is none.
namespace strata::control {

Result<ParticipantId> path_participant(const std::string& text);
Result<TrackId> path_track(const std::string& text);
Result<SubscriptionId> path_subscription(const std::string& text);

// The number of one of `workers` workers; not_found for what is none.
Result<std::uint32_t> path_worker(const std::string& text, std::uint32_t workers);

}  // namespace strata::control
