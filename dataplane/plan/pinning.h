#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "dataplane/api/config/config.h"
#include "dataplane/plan/topology.h"

namespace strata::dataplane {

struct WorkerPin {
    std::uint32_t worker = 0;
    Cpu cpu;
    bool shares_core = false;  // with another worker, by SMT
    bool shares_cpu = false;   // with the main thread: there is no other CPU
};

// Who runs where. The main thread floats over `main_cpus` and never polls.
struct PinningPlan {
    std::vector<Cpu> cpus;  // all that may be used
    std::vector<WorkerPin> workers;
    std::vector<std::uint32_t> main_cpus;
    std::vector<std::string> notes;  // what an operator should know of it
};

// Workers get a physical core each, on the NUMA node of the ports' cards (`preferred_node`, -1:
// any) first; SMT siblings and the main thread's core are used only when nothing else is left. The
// error names the key, what was found and what is possible.
std::expected<PinningPlan, std::string> make_plan(const Topology& topology,
                                                  const api::DataplaneConfig& config,
                                                  int preferred_node);

// EAL's --lcores: lcore 0 is the main thread, lcore i + 1 worker i.
std::string eal_lcores(const PinningPlan& plan);

std::string plan_text(const PinningPlan& plan, const api::DataplaneConfig& config);
std::string plan_json(const PinningPlan& plan, const api::DataplaneConfig& config);

}  // namespace strata::dataplane
