#include "dataplane/plan/pinning.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <tuple>

namespace strata::dataplane {
namespace {

std::string join(const std::vector<std::uint32_t>& numbers) {
    std::string text;
    for (const std::uint32_t number : numbers)
        text += (text.empty() ? "" : ",") + std::to_string(number);
    return text;
}

std::vector<std::uint32_t> ids_of(const std::vector<Cpu>& cpus) {
    std::vector<std::uint32_t> ids;
    for (const Cpu& cpu : cpus) ids.push_back(cpu.id);
    return ids;
}

// CPUs in the order in which workers take them: first siblings of each core before second ones, the
// preferred node before others, and the first core of all last, since that is the main thread's.
std::vector<Cpu> order_of_choice(const std::vector<Cpu>& cpus, int preferred_node) {
    struct Choice {
        int sibling, foreign_node, first_core;
        Cpu cpu;
    };
    std::vector<Choice> choices;
    std::set<std::uint32_t> cores;
    for (const Cpu& cpu : cpus) {
        const bool second = !cores.insert(cpu.core).second;
        const bool foreign =
            preferred_node >= 0 && cpu.numa_node != static_cast<std::uint32_t>(preferred_node);
        choices.push_back({second, foreign, cpu.core == cpus.front().core, cpu});
    }
    std::stable_sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) {
        return std::tie(a.first_core, a.sibling, a.foreign_node) <
               std::tie(b.first_core, b.sibling, b.foreign_node);
    });
    std::vector<Cpu> ordered;
    for (const Choice& choice : choices) ordered.push_back(choice.cpu);
    return ordered;
}

std::expected<std::vector<Cpu>, std::string> named_cpus(const Topology& topology,
                                                        const api::DataplaneConfig& config) {
    std::vector<Cpu> cpus;
    for (const std::uint32_t id : config.cpus) {
        const auto at = std::find_if(topology.cpus.begin(), topology.cpus.end(),
                                     [&](const Cpu& cpu) { return cpu.id == id; });
        if (at == topology.cpus.end())
            return std::unexpected("dataplane.cpus: found " + std::to_string(id) +
                                   ", this process may use " + join(ids_of(topology.cpus)));
        cpus.push_back(*at);
    }
    return cpus;
}

}  // namespace

std::expected<PinningPlan, std::string> make_plan(const Topology& topology,
                                                  const api::DataplaneConfig& config,
                                                  int preferred_node) {
    auto candidates = named_cpus(topology, config);
    if (!candidates) return std::unexpected(candidates.error());
    if (candidates->empty()) *candidates = order_of_choice(topology.cpus, preferred_node);
    if (config.workers == 0 || config.workers > candidates->size())
        return std::unexpected("dataplane.workers: found " + std::to_string(config.workers) +
                               ", possible are 1 to " + std::to_string(candidates->size()) +
                               " on the CPUs " + join(ids_of(*candidates)));
    PinningPlan plan;
    plan.cpus = topology.cpus;
    std::set<std::uint32_t> taken, cores;
    for (std::uint32_t i = 0; i < config.workers; ++i) {
        const Cpu& cpu = (*candidates)[i];
        plan.workers.push_back({.worker = i, .cpu = cpu, .shares_core = cores.contains(cpu.core)});
        taken.insert(cpu.id);
        cores.insert(cpu.core);
        if (preferred_node >= 0 && cpu.numa_node != static_cast<std::uint32_t>(preferred_node))
            plan.notes.push_back("worker " + std::to_string(i) + " is on NUMA node " +
                                 std::to_string(cpu.numa_node) + ", the card on node " +
                                 std::to_string(preferred_node));
    }
    for (const Cpu& cpu : topology.cpus)
        if (!taken.contains(cpu.id)) plan.main_cpus.push_back(cpu.id);
    if (plan.main_cpus.empty()) {
        plan.main_cpus = ids_of(topology.cpus);
        for (WorkerPin& pin : plan.workers) pin.shares_cpu = true;
        plan.notes.push_back("every CPU has a worker: the main thread runs beside them");
    }
    for (const WorkerPin& pin : plan.workers)
        if (pin.shares_core)
            plan.notes.push_back("worker " + std::to_string(pin.worker) +
                                 " shares its core with another one (SMT)");
    if (config.idle == api::IdlePolicy::kBusy && topology.cpus.size() <= 2)
        plan.notes.push_back("idle = \"busy\" on so few CPUs starves everything else");
    return plan;
}

std::string eal_lcores(const PinningPlan& plan) {
    std::string text = "0@(" + join(plan.main_cpus) + ")";
    for (const WorkerPin& pin : plan.workers)
        text += "," + std::to_string(pin.worker + 1) + "@" + std::to_string(pin.cpu.id);
    return text;
}

std::string plan_text(const PinningPlan& plan, const api::DataplaneConfig& config) {
    std::string text = "CPUs       " + join(ids_of(plan.cpus)) + "\n";
    text += "main       floats over " + join(plan.main_cpus) + "\n";
    for (const WorkerPin& pin : plan.workers) {
        char line[160];
        std::snprintf(line, sizeof(line),
                      "worker %-3u CPU %u (core %u, socket %u, NUMA node %u), UDP port %u\n",
                      pin.worker, pin.cpu.id, pin.cpu.core, pin.cpu.socket, pin.cpu.numa_node,
                      config.base_udp_port + pin.worker);
        text += line;
    }
    for (const api::PortSpec& port : config.ports) text += "port       " + port.text + "\n";
    text += std::string("idle       ") +
            (config.idle == api::IdlePolicy::kBusy ? "busy\n" : "adaptive\n");
    text += "lcores     " + eal_lcores(plan) + "\n";
    for (const std::string& note : plan.notes) text += "note       " + note + "\n";
    return text;
}

namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + "\"";
}

std::string cpu_json(const Cpu& cpu) {
    return "{\"cpu\":" + std::to_string(cpu.id) + ",\"core\":" + std::to_string(cpu.core) +
           ",\"socket\":" + std::to_string(cpu.socket) +
           ",\"numa_node\":" + std::to_string(cpu.numa_node);
}

}  // namespace

std::string plan_json(const PinningPlan& plan, const api::DataplaneConfig& config) {
    std::string text = "{\"cpus\":[";
    for (const Cpu& cpu : plan.cpus) text += (text.back() == '[' ? "" : ",") + cpu_json(cpu) + "}";
    text += "],\"main_cpus\":[" + join(plan.main_cpus) + "],\"workers\":[";
    for (const WorkerPin& pin : plan.workers)
        text += (text.back() == '[' ? "" : ",") + cpu_json(pin.cpu) +
                ",\"worker\":" + std::to_string(pin.worker) +
                ",\"udp_port\":" + std::to_string(config.base_udp_port + pin.worker) +
                ",\"shares_core\":" + (pin.shares_core ? "true" : "false") +
                ",\"shares_cpu\":" + (pin.shares_cpu ? "true}" : "false}");
    text += "],\"ports\":[";
    for (const api::PortSpec& port : config.ports)
        text += (text.back() == '[' ? "" : ",") + quoted(port.text);
    text += "],\"idle\":";
    text += config.idle == api::IdlePolicy::kBusy ? "\"busy\"" : "\"adaptive\"";
    text += ",\"lcores\":" + quoted(eal_lcores(plan)) + ",\"notes\":[";
    for (const std::string& note : plan.notes)
        text += (text.back() == '[' ? "" : ",") + quoted(note);
    return text + "]}\n";
}

}  // namespace strata::dataplane
