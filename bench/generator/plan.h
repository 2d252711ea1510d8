#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/generator/address.h"
#include "bench/generator/capture.h"
#include "bench/generator/faults.h"
#include "bench/generator/layer_check.h"

namespace strata::gen {

// The plan is not what it should be; the text names the place in it and what is possible.
struct PlanError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct PublisherPlan {
    std::string id;
    std::string capture;  // path; or
    std::string profile;  // name or path
    TrackKind kind = TrackKind::any;
    Address local, remote;
    std::vector<std::uint32_t> ssrcs;  // empty: drawn
    std::uint32_t loops = 0;
    double speed = 1.0;
    std::int64_t start_us = 0, stop_us = INT64_MAX;
};

struct TargetPlan {
    std::int64_t at_us = 0;
    std::string target;
};

struct ReceiverPlan {
    std::string id;
    std::string track;      // PublisherPlan::id
    Address local, remote;  // remote unknown: where the first packet comes from
    std::uint32_t ssrc = 0;
    std::optional<std::uint8_t> payload_type, red_payload_type;
    std::optional<std::map<std::uint8_t, std::string>> extensions;
    std::vector<TargetPlan> targets;  // in order of time, the first one at 0
};

struct Limits {
    std::array<std::uint64_t, kFaults> allowed{};
    LayerCheckTimes times;
    std::int64_t latency_p99_us = 0;  // 0: not checked
};

struct Plan {
    std::string path;
    std::int64_t duration_us = 0;  // 0: until the last publisher ends
    std::uint32_t seed = 1;
    std::string port = "socket";
    std::vector<PublisherPlan> publishers;
    std::vector<ReceiverPlan> receivers;
    Limits limits;
};

// Reads and checks a plan. Unknown keys are errors. Throws PlanError.
Plan read_plan(const std::string& path);
Plan parse_plan(const nlohmann::json& json, const std::string& path);

}  // namespace strata::gen
