#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/generator/run.h"

namespace strata::gen {

// One thing that is wrong, in words and by name.
struct Wrong {
    std::string object;  // receiver or publisher id, or "run"
    std::string reason;  // fault_name
    std::uint64_t count = 0, allowed = 0;
    std::string first;  // the first occurrence
};

// Everything beyond the plan's limits, once a run has ended. Empty: all right.
std::vector<Wrong> verdict(const Run& run);

// The final report: docs/strata-gen.md says every field.
nlohmann::json report_json(const Run& run);
// One line per second: receivers and publishers as they are now.
nlohmann::json live_json(const Run& run);
// Tables for people. `live`: the last second instead of totals.
std::string receiver_table(const Run& run, bool live);
std::string publisher_table(const Run& run);
std::string verdict_text(const std::vector<Wrong>& wrong);

// "S2T2", "q:T1": the highest layers that came in the last second.
std::string layer_text(const Receiver& receiver);

}  // namespace strata::gen
