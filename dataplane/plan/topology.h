#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace strata::dataplane {

// One logical CPU that this process may use.
struct Cpu {
    std::uint32_t id = 0;    // as the system numbers it
    std::uint32_t core = 0;  // physical core; SMT siblings share it
    std::uint32_t socket = 0;
    std::uint32_t numa_node = 0;
    friend bool operator==(const Cpu&, const Cpu&) = default;
};

struct Topology {
    std::vector<Cpu> cpus;  // ascending by id
};

// What hwloc says of this machine, cut to the CPUs that the process is allowed to run on.
std::expected<Topology, std::string> read_topology();

// NUMA node of a PCI device ("0000:3b:00.0"); -1: unknown.
int numa_node_of_pci(const std::string& address);

}  // namespace strata::dataplane
