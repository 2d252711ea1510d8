#include <algorithm>

#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/appliance.h"
#include "dataplane/eal.h"
#include "dataplane/log.h"
#include "dataplane/plan/memory_plan.h"

// What packets come through and live in: EAL, ports, pools.
namespace strata::dataplane {
namespace {

StartError from(const PortError& error) {
    return {error.object + ": " + error.message + (error.hint.empty() ? "" : ": " + error.hint)};
}

}  // namespace

Appliance::Started Appliance::start_environment() {
    const api::PoolSizes sizes = api::pool_sizes(config_);
    log_info("memory: buffers need " + std::to_string(sizes.memory_mb()) +
             " MB of dataplane.memory_mb = " + std::to_string(config_.dataplane.memory_mb));
    tell_memory();
    if (auto fits = check_memory(sizes); !fits) return fits;
    std::vector<std::string> specs;
    for (const api::PortSpec& port : config_.dataplane.ports) specs.push_back(port.text);
    const std::vector<std::string> devices = eal_device_arguments(specs);
    const EalOptions options{.hugepages = config_.dataplane.hugepages,
                             .memory_mb = config_.dataplane.memory_mb,
                             .file_prefix = config_.dataplane.file_prefix,
                             .lcores = eal_lcores(plan_),
                             .devices = devices};
    if (auto started = start_eal(options); !started)
        return std::unexpected(StartError{started.error()});
    environment_ = true;
    note_time("eal");
    return {};
}

Appliance::Started Appliance::check_memory(const api::PoolSizes& sizes) const {
    if (const std::string problem = api::memory_problem(config_, sizes); !problem.empty())
        return std::unexpected(StartError{"dataplane.memory_mb: " + problem});
    return {};
}

void Appliance::tell_memory() const {
    for (const MemoryPart& part : memory_at_start(config_, worker_config(0)))
        log_info("memory: " + text_of(part));
    for (const MemoryPart& part : memory_in_use(config_))
        log_info("memory, with use up to: " + text_of(part));
}

Appliance::Started Appliance::open_ports() {
    const api::DataplaneConfig& from_file = config_.dataplane;
    if (from_file.ports.size() >= kMaxPorts)
        return std::unexpected(StartError{"dataplane.ports: found " +
                                          std::to_string(from_file.ports.size()) + ", at most " +
                                          std::to_string(kMaxPorts - 1)});
    for (const api::PortSpec& spec : from_file.ports) {
        auto opened = open_port(spec.text, port_config());
        if (!opened) return std::unexpected(from(opened.error()));
        ports_.push_back(std::move(*opened));
    }
    if (!from_file.tcp_listen.empty()) open_tcp_port();
    note_time("open_ports");
    return {};
}

// Of the next one.
PortConfig Appliance::port_config() const {
    const api::DataplaneConfig& from_file = config_.dataplane;
    PortConfig port;
    port.index = static_cast<std::uint16_t>(ports_.size());
    port.workers = static_cast<std::uint16_t>(from_file.workers);
    port.base_udp_port = static_cast<std::uint16_t>(from_file.base_udp_port);
    port.rx_ring = static_cast<std::uint16_t>(from_file.rx_ring_packets);
    port.tx_ring = static_cast<std::uint16_t>(from_file.tx_ring_packets);
    port.udp_checksum = from_file.udp_checksum;
    port.gso = from_file.udp_gso;
    port.socket_buffer_bytes = from_file.socket_buffer_bytes;
    port.neighbours = config_.limits.neighbours_per_port;
    port.held_packets = config_.limits.held_packets_per_queue;
    port.hold_us = relay::TimeUs{config_.limits.hold_ms} * 1000;
    port.icmp_per_s = config_.limits.icmp_per_s;
    port.kernel_frames = config_.limits.kernel_ring_frames;
    port.kernel_routes = config_.limits.kernel_routes;
    port.kernel_rates = {.tcp = config_.limits.kernel_tcp_per_s,
                         .udp = config_.limits.kernel_udp_per_s,
                         .icmp = config_.limits.kernel_icmp_per_s,
                         .neighbour = config_.limits.kernel_neighbour_per_s,
                         .other = config_.limits.kernel_other_per_s};
    port.handoff_ring = from_file.handoff_ring_packets;
    return port;
}

Appliance::Started Appliance::make_pools() {
    // What the devices turned out to take, where the configuration didn't tell.
    const auto unchained =
        std::ranges::find_if(ports_, [](const auto& port) { return !port->capabilities().chains; });
    const bool linear = unchained != ports_.end();
    const api::PoolSizes sizes = api::pool_sizes(config_, linear);
    if (linear && api::pool_sizes(config_).linear_packets == 0)
        log_info("memory: " + text_of({std::to_string(sizes.linear_packets) + " linear buffers",
                                       sizes.linear_mb() << 20,
                                       "since " + (*unchained)->spec() + " sends no chains"}));
    if (auto fits = check_memory(sizes); !fits) return fits;
    PoolConfig pools;
    pools.name = "strata";
    pools.rx_mbufs = sizes.payload_packets;
    pools.header_mbufs = sizes.header_packets;
    pools.indirect_mbufs = sizes.indirect_packets;
    pools.compact_mbufs = sizes.small_packets;
    pools.cache_mbufs = config_.dataplane.pool_cache_packets;
    pools.linear_mbufs = sizes.linear_packets;
    auto made = Pools::create(pools);
    if (!made) return std::unexpected(from(made.error()));
    pools_ = std::move(*made);
    note_time("pools");
    for (const auto& port : ports_)
        if (auto started = port->start(pools_); !started)
            return std::unexpected(from(started.error()));
    note_time("start_ports");
    return {};
}

}  // namespace strata::dataplane
