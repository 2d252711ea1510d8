#include "control/cli/plan_drawing.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "control/cli/table.h"

namespace strata::control::cli {
namespace {

const Json& list_of(const Json& object, const char* name) {
    static const Json kNone = Json::array();
    const auto found = object.find(name);
    return found == object.end() || !found->is_array() ? kNone : *found;
}

std::int64_t number_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || !found->is_number_integer() ? -1 : found->get<std::int64_t>();
}

// What runs on each CPU: "main", "worker 0 (UDP port 20000)", or both.
std::map<std::int64_t, std::string> users_of(const Json& plan) {
    std::map<std::int64_t, std::string> users;
    const auto add = [&](std::int64_t cpu, const std::string& text) {
        std::string& user = users[cpu];
        user += (user.empty() ? "" : ", ") + text;
    };
    for (const Json& cpu : list_of(plan, "main_cpus")) {
        if (cpu.is_number_integer()) add(cpu.get<std::int64_t>(), "main");
    }
    for (const Json& worker : list_of(plan, "workers")) {
        add(number_of(worker, "cpu"), "worker " + field_text(worker, "worker") + " (UDP port " +
                                          field_text(worker, "udp_port") + ")");
    }
    return users;
}

struct Core {
    std::int64_t number = 0;
    std::vector<std::int64_t> cpus;
};

// Cores by (socket, NUMA node).
std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Core>> cores_of(const Json& plan) {
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Core>> places;
    for (const Json& cpu : list_of(plan, "cpus")) {
        auto& cores = places[{number_of(cpu, "socket"), number_of(cpu, "numa_node")}];
        const std::int64_t number = number_of(cpu, "core");
        auto core = std::find_if(cores.begin(), cores.end(),
                                 [&](const Core& known) { return known.number == number; });
        if (core == cores.end()) core = cores.insert(cores.end(), Core{number, {}});
        core->cpus.push_back(number_of(cpu, "cpu"));
    }
    return places;
}

}  // namespace

std::string draw_plan(const Json& plan) {
    if (!plan.is_object()) return {};
    auto users = users_of(plan);
    std::string out;
    for (const auto& [place, cores] : cores_of(plan)) {
        out += "socket " + std::to_string(place.first) + ", NUMA node " +
               std::to_string(place.second) + "\n";
        for (std::size_t i = 0; i < cores.size(); ++i) {
            const bool last_core = i + 1 == cores.size();
            out += (last_core ? "└─ core " : "├─ core ") + std::to_string(cores[i].number) + "\n";
            for (std::size_t j = 0; j < cores[i].cpus.size(); ++j) {
                const std::int64_t cpu = cores[i].cpus[j];
                const std::string& user = users[cpu];
                out += std::string(last_core ? "   " : "│  ") +
                       (j + 1 == cores[i].cpus.size() ? "└─ CPU " : "├─ CPU ") +
                       std::to_string(cpu) + "  " + (user.empty() ? "-" : user) + "\n";
            }
        }
    }
    for (const Json& port : list_of(plan, "ports")) {
        if (port.is_string()) out += "port  " + printable(port.get<std::string>()) + "\n";
    }
    out += "idle  " + printable(field_text(plan, "idle")) + "\n";
    for (const Json& note : list_of(plan, "notes")) {
        if (note.is_string()) out += "note  " + printable(note.get<std::string>()) + "\n";
    }
    return out;
}

}  // namespace strata::control::cli
