#include "dataplane/plan/topology.h"

#include <hwloc.h>
#include <sched.h>

#include <algorithm>
#include <fstream>

namespace strata::dataplane {
namespace {

std::uint32_t ancestor_index(hwloc_topology_t topology, hwloc_obj_type_t type, hwloc_obj_t cpu) {
    const hwloc_obj_t found = hwloc_get_ancestor_obj_by_type(topology, type, cpu);
    return found ? found->logical_index : 0;
}

std::uint32_t numa_index(hwloc_obj_t cpu) {
    const int node = cpu->nodeset ? hwloc_bitmap_first(cpu->nodeset) : 0;
    return node < 0 ? 0 : static_cast<std::uint32_t>(node);
}

}  // namespace

std::expected<Topology, std::string> read_topology() {
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0) return std::unexpected("hwloc can't be initialised");
    if (hwloc_topology_load(topology) != 0) {
        hwloc_topology_destroy(topology);
        return std::unexpected("hwloc can't read this machine's topology");
    }
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    const bool restricted = ::sched_getaffinity(0, sizeof(allowed), &allowed) == 0;
    Topology out;
    for (hwloc_obj_t cpu = nullptr;
         (cpu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, cpu)) != nullptr;) {
        if (restricted && !(cpu->os_index < CPU_SETSIZE && CPU_ISSET(cpu->os_index, &allowed)))
            continue;
        out.cpus.push_back({.id = cpu->os_index,
                            .core = ancestor_index(topology, HWLOC_OBJ_CORE, cpu),
                            .socket = ancestor_index(topology, HWLOC_OBJ_PACKAGE, cpu),
                            .numa_node = numa_index(cpu)});
    }
    hwloc_topology_destroy(topology);
    std::sort(out.cpus.begin(), out.cpus.end(),
              [](const Cpu& a, const Cpu& b) { return a.id < b.id; });
    if (out.cpus.empty()) return std::unexpected("this process may run on no CPU that hwloc knows");
    return out;
}

int numa_node_of_pci(const std::string& address) {
    std::ifstream file("/sys/bus/pci/devices/" + address + "/numa_node");
    int node = -1;
    file >> node;
    return file ? node : -1;
}

}  // namespace strata::dataplane
