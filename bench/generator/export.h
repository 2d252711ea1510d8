#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/generator/pcap_writer.h"
#include "bench/generator/plan.h"

namespace strata::gen {

struct ExportOptions {
    std::string file;
    double seconds = 30;
    double multiplier = 1;  // of the profiles' rate
    MacAddress source{2, 0, 0, 0, 0, 1}, destination{2, 0, 0, 0, 0, 2};
};

// What a plan's publishers would send in that time, as a pcap file for other generators. Returns,
// for each publisher, its track, how many packets there are, and how many of them each fixed set of
// layers is owed ("S2T2": n). Throws FileError, PlanError.
nlohmann::json export_plan(const Plan& plan, const ExportOptions& options);

}  // namespace strata::gen
