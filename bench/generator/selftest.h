#pragma once

#include "bench/generator/packet_io.h"
#include "bench/generator/plan.h"

namespace strata::gen {

// Profiles that may be looped back without a relay: those in which a receiver gets all there is.
// Publishers send straight to their receivers over loopback, for `duration_us`.
Plan make_selftest_plan(PacketIo& io, std::int64_t duration_us);

}  // namespace strata::gen
