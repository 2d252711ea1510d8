#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/observe/observations.h"
#include "control/room/directory.h"

namespace strata::control {

// One stage of a packet's way through the worker, and what was decided there.
struct TraceStep {
    std::string_view stage;  // received, transport, stream, parsed, fate, group, output
    std::string text;
};

// A traced packet's way in words; names are looked up in `directory`. A record that doesn't hold
// what it announces is told as far as it goes.
std::vector<TraceStep> trace_steps(const ObservedPacket& packet, const Directory& directory);

}  // namespace strata::control
