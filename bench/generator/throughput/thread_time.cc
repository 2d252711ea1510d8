#include "bench/generator/throughput/thread_time.h"

#include <time.h>

#include <fstream>

namespace strata::gen {

ThreadTime thread_time() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    ThreadTime time{.ran_us = t.tv_sec * 1'000'000 + t.tv_nsec / 1'000};
    std::ifstream file("/proc/thread-self/schedstat");
    std::int64_t ran_ns = 0, waited_ns = 0;
    if (file >> ran_ns >> waited_ns) time.waited_us = waited_ns / 1'000;
    return time;
}

}  // namespace strata::gen
