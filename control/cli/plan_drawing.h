#pragma once

#include <string>

#include "control/cli/api_client.h"

namespace strata::control::cli {

// The pinning plan (strata-dataplane --print-plan -o json) as people read it: sockets and NUMA
// nodes, below them the cores with what runs on each of their CPUs, then ports and notes.
std::string draw_plan(const Json& plan);

}  // namespace strata::control::cli
