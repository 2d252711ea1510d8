#pragma once

#include <span>

#include "control/cli/api_client.h"
#include "control/cli/command.h"

// Options that become fields of a request: what a track consists of, and a subscription's numbers.
namespace strata::control::cli {

std::span<const Option> track_options();
std::span<const Option> subscription_options();

// Fills the request body of `track publish` from --file and the options over it.
Result<void> set_track_fields(Json& body, const Values& values);
Result<void> set_subscription_fields(Json& body, const Values& values);

}  // namespace strata::control::cli
