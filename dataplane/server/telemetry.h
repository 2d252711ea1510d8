#pragma once

#include "dataplane/api/statistics_segment.h"

namespace strata::dataplane {

// DPDK telemetry endpoints (dpdk-telemetry.py -f PREFIX), beside DPDK's own:
//   /strata/workers          counters of all workers, and which CPU each runs on
//   /strata/worker,N         every counter of worker N
//   /strata/drops            inputs and outputs dropped, by reason, summed up
//   /strata/transports       transports with packets and bytes; so for
//   /strata/tracks  /strata/subscriptions
// They read the statistics segment and never touch a worker. `statistics` must outlive EAL's
// telemetry thread, or stop_telemetry must have been called. Main thread, after EAL's start.
void start_telemetry(api::StatisticsSegment& statistics);
void stop_telemetry();

}  // namespace strata::dataplane
