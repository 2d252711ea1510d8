#pragma once

#include <cstdint>

namespace strata::gen {

// Of the calling thread since it began, in microseconds.
struct ThreadTime {
    std::int64_t ran_us = 0;
    // Ready to run while others had the processor (proc(5), schedstat); 0 where the kernel doesn't
    // count it.
    std::int64_t waited_us = 0;
};
ThreadTime thread_time();

}  // namespace strata::gen
