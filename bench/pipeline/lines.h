#pragma once

#include "dataplane/port/pools.h"

namespace strata::bench {

// Small ones: all of their memory is read for each packet that is looked at.
dataplane::PoolConfig lines_pools();

// Takes packets to so many and to twice as many receivers, one in a turn, under callgrind with
// caches that hold all there is (scripts/bench --check): a turn misses each cache line that it
// touches once, and what it misses more of with more receivers is theirs. Packet buffers and keys
// are in the cache already. Writes to standard output which dumps there are of which shape and the
// most bytes a receiver may have. Returns the exit status: 1 where a receiver was
// sent nothing, 64 without valgrind.
int count_lines(const dataplane::Pools& pools);

}  // namespace strata::bench
