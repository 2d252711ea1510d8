#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/generator/plan.h"
#include "bench/generator/throughput/generator_check.h"
#include "bench/generator/throughput/load.h"
#include "bench/generator/throughput/preset.h"
#include "bench/generator/throughput/stage.h"
#include "bench/generator/throughput/throughput_search.h"

namespace strata::gen {

struct BenchGoal {
    std::string name;  // "NDR", "PDR"
    double loss_ratio = 0;
};

struct BenchConfig {
    StageConfig stage;
    double trial_s = 2;
    int trials = 3;  // at a load that decides
    double width = 0.05;
    bool packets = true, receivers = true;  // what is searched over
    double min_multiplier = 1.0 / 64, max_multiplier = 256;
    std::uint32_t max_units = 100'000;
    bool latency = true;
};

// What was found over one dimension.
struct BenchSearch {
    struct Found {
        BenchGoal goal;
        SearchResult result;
        // Rates of the trials at the load found, lowest first.
        std::vector<double> sent_pps, received_pps;
        std::uint64_t receivers = 0;  // at that load
    };
    std::string dimension;  // "packets", "receivers"
    std::string unit;       // of loads: "multiple of the rate", "rooms", "student"
    std::vector<Found> found;
    std::vector<LoadTrial> trials;
};

struct BenchLatency {
    std::string at;  // "idle", "10 % of PDR" …
    LoadTrial trial;
};

struct BenchReport {
    std::string subject;  // preset or plan
    GeneratorCheck generator;
    std::vector<BenchSearch> searches;
    std::vector<BenchLatency> latencies;
    std::uint64_t joined = 0, left = 0, layer_changes = 0;
    std::string refused;  // why no figure is given; empty: they are
};

// Is told of each trial as it ends.
using BenchProgress = std::function<void(const std::string& dimension, const LoadTrial& trial)>;

// Searches what the appliance behind `api` carries of a preset. Throws ApiError, IoError.
BenchReport bench_preset(const BenchConfig& config, RelayApi& api, PacketIo& io,
                         const BenchProgress& progress);
// The same over offered packets, through whatever forwards a plan's packets.
BenchReport bench_plan(const BenchConfig& config, const Plan& plan, PacketIo& io,
                       const BenchProgress& progress);

}  // namespace strata::gen
