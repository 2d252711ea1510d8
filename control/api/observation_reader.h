#pragma once

#include <string_view>

#include "control/observe/observations.h"
#include "control/room/directory.h"

// Request bodies of captures and traces as specs; what they name must exist in `directory`.
namespace strata::control {

Result<ObservationSpec> read_capture(std::string_view body, const Directory& directory);
Result<ObservationSpec> read_trace(std::string_view body, const Directory& directory);

}  // namespace strata::control
