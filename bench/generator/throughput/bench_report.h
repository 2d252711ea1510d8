#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/generator/throughput/bench.h"

namespace strata::gen {

// docs/strata-gen-bench.schema.json.
nlohmann::json bench_json(const BenchReport& report);
std::string bench_table(const BenchReport& report);
// One line for one trial, while the search goes on.
std::string trial_line(const std::string& dimension, const LoadTrial& trial);

// At least one load was carried for each goal, and no figure was refused.
bool bench_ok(const BenchReport& report);

}  // namespace strata::gen
