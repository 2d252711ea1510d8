#pragma once

#include "dataplane/port/pools.h"

namespace strata::bench {

// For callgrind: takes fixed shapes through the product, each one's turns collected and dumped
// under its name, and prints as JSON what was taken through and what the counts depend on. `only`:
// one shape's name; empty: all.
int count_instructions(const dataplane::Pools& pools, const char* only);

}  // namespace strata::bench
