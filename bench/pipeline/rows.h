#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "bench/pipeline/shape.h"
#include "dataplane/port/pools.h"

namespace strata::bench {

struct Options {
    bool quick = false;
    bool huge = false;
    std::string json;
    bool many_rooms = false;     // 1,000 rooms of ten beside one, nothing else
    bool instructions = false;   // under callgrind, see instructions.h
    bool lines = false;          // the same, see lines.h
    std::string row;             // … only this one; empty: all
    Shape only{.receivers = 0};  // 0: all rows; srtp and media count by themselves
};

// Measures what `options` ask for; rows go to `out` as elements of a JSON array, lines to standard
// output.
void measure_rows(const Options& options, const dataplane::Pools& pools, std::FILE* out);

}  // namespace strata::bench
