#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>

#include "bench/pipeline/pairs.h"
#include "bench/pipeline/rows.h"
#include "bench/pipeline/shape.h"

namespace strata::bench {

constexpr int kRounds = 11;

// What is measured with, and where the rows go.
struct Bench {
    Options options;
    const dataplane::Pools& pools;
    std::FILE* out;
    bool first_row = true;

    std::uint64_t inputs(std::uint32_t receivers_of_a_room) const {
        const std::uint64_t outputs = options.quick ? 100'000 : 400'000;
        return std::max<std::uint64_t>(outputs / receivers_of_a_room, 256);
    }
    // `text`: the fields of one row. Nothing without --json.
    void row(const std::string& text);
    // Whether lines for people don't disturb the rows.
    bool prints() const { return options.json != "-"; }
};

std::string field(const char* name, double value);
std::string fields(const char* name, const Spread& spread);
// Which bench and which shape a row is of.
std::string shape_fields(const Bench& bench, const char* name, const Shape& shape);

const char* srtp_name(relay::SrtpProfile profile);
const char* media_name(Media media);

// observed.cc: what looking on costs.
void measure_all_observed(Bench& bench);
// transit.cc: how long packets are in the worker.
void measure_all_transit(Bench& bench);

}  // namespace strata::bench
