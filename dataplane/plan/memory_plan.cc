#include "dataplane/plan/memory_plan.h"

#include <algorithm>

#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/api/statistics_segment.h"
#include "dataplane/net/neighbour_table.h"
#include "dataplane/port/frame_ring.h"
#include "dataplane/port/held_packets.h"
#include "dataplane/port/pools.h"
#include "dataplane/port/socket_queue.h"
#include "dataplane/worker/checkpoint.h"
#include "dataplane/worker/hot_state.h"
#include "dataplane/worker/object_memory.h"
#include "dataplane/worker/worker_memory.h"

namespace strata::dataplane {
namespace {

std::string each_of(std::uint64_t bytes) { return std::to_string(bytes) + " bytes each"; }

// The socket buffers' is the kernel's.
std::size_t ports_of(const api::DataplaneConfig& dataplane) {
    return dataplane.ports.size() + (dataplane.tcp_listen.empty() ? 0 : 1);
}

void add_buffers(const api::Config& config, std::vector<MemoryPart>& parts) {
    const api::PoolSizes all = api::pool_sizes(config);
    const auto add = [&](const char* name, std::uint32_t api::PoolSizes::* packets) {
        api::PoolSizes one{.scattered = all.scattered};
        one.*packets = all.*packets;
        parts.push_back(
            {std::to_string(all.*packets) + " " + name + " buffers", one.memory_bytes(), {}});
    };
    add("payload", &api::PoolSizes::payload_packets);
    add("header", &api::PoolSizes::header_packets);
    add("indirect", &api::PoolSizes::indirect_packets);
    add("small", &api::PoolSizes::small_packets);
    if (all.linear_packets != 0) {
        add("linear", &api::PoolSizes::linear_packets);
        parts.back().note = "since a port may send no chains";
    }
    if (all.device_bytes != 0)
        parts.push_back({"drivers", all.device_bytes, "at most, and rings between workers"});
}

// Of devices, which are hosts on a wire. The rooms of rings for the kernel are those of a buffer.
void add_ports(const api::Config& config, std::vector<MemoryPart>& parts) {
    const std::size_t frame_bytes = PoolConfig{}.rx_room_bytes - RTE_PKTMBUF_HEADROOM;
    std::uint64_t devices = 0, mirrors = 0;
    for (const api::PortSpec& port : config.dataplane.ports) {
        if (port.kind != api::PortSpec::Kind::kEthdev) continue;
        ++devices;
        mirrors += port.kernel.empty() ? 0 : 1;
    }
    const auto of = [](std::uint64_t n) {
        return " of " + std::to_string(n) + (n == 1 ? " port" : " ports");
    };
    const api::LimitsConfig& limits = config.limits;
    if (devices != 0) {
        parts.push_back({"neighbours" + of(devices),
                         devices * net::NeighbourTable::bytes_for(limits.neighbours_per_port),
                         {}});
        parts.push_back(
            {"held packets" + of(devices),
             devices * config.dataplane.workers *
                 HeldPackets::bytes_for(limits.held_packets_per_queue, limits.neighbours_per_port),
             "where they wait, without their buffers"});
    }
    if (mirrors != 0)
        parts.push_back({"frames to and from the kernel" + of(mirrors),
                         mirrors * 2 * FrameRing::bytes_for(limits.kernel_ring_frames, frame_bytes),
                         {}});
    if (const std::uint64_t sockets = config.dataplane.ports.size() - devices; sockets != 0)
        parts.push_back({"sockets" + of(sockets),
                         sockets * config.dataplane.workers * SocketQueue::bytes(),
                         "without the kernel's buffers"});
}

}  // namespace

api::HostTableCapacity host_table_capacity(const api::Config& config) {
    const bool any = std::ranges::any_of(config.dataplane.ports, [](const api::PortSpec& port) {
        return port.kind == api::PortSpec::Kind::kEthdev;
    });
    if (!any) return {};
    constexpr std::uint32_t kFamilies = 2, kConfigured = 64;
    return {.neighbours = config.limits.neighbours_per_port,
            .routes = kFamilies * config.limits.kernel_routes + kConfigured};
}

std::vector<MemoryPart> memory_at_start(const api::Config& config, const WorkerConfig& worker) {
    std::vector<MemoryPart> parts;
    add_buffers(config, parts);
    const std::uint64_t workers = config.dataplane.workers;
    const std::string of_workers =
        " of " + std::to_string(workers) + (workers == 1 ? " worker" : " workers");
    const WorkerMemory one = worker_memory(worker, ports_of(config.dataplane), workers);
    parts.push_back({"tables" + of_workers, workers * one.tables, {}});
    parts.push_back({"history" + of_workers, workers * one.history, {}});
    parts.push_back({"queues" + of_workers, workers * one.queues, {}});
    parts.push_back({"rest" + of_workers, workers * one.own, {}});
    add_ports(config, parts);
    api::StatisticsLayout statistics{.workers = config.dataplane.workers,
                                     .slots_per_worker = config.limits.statistics_slots_per_worker};
    statistics.ports.resize(ports_of(config.dataplane));
    statistics.host_tables = host_table_capacity(config);
    parts.push_back({"statistics", api::StatisticsSegment::size_of(statistics), "shared"});
    return parts;
}

std::vector<MemoryPart> memory_in_use(const api::Config& config) {
    const api::LimitsConfig& limits = config.limits;
    const std::uint64_t workers = config.dataplane.workers;
    constexpr ObjectMemory object{};
    std::vector<MemoryPart> parts = {
        {"peers", workers * limits.transports_per_worker * object.peer, each_of(object.peer)},
        {"tracks", workers * limits.tracks_per_worker * object.video_track,
         each_of(object.video_track) + " of simulcast, " + std::to_string(object.audio_track) +
             " of audio"},
        {"receivers", workers * limits.subscriptions_per_worker * object.receiver,
         each_of(object.receiver) + ", a packet touches " + std::to_string(kHotBytes) +
             " of them at most"},
        {"checkpoints", limits.checkpoint_streams * sizeof(CheckpointRecord), "shared"},
        {"captures", workers * limits.capture_ring_bytes, "shared, while somebody looks on"},
    };
    if (!config.dataplane.tcp_listen.empty())
        parts.push_back({"TCP connections",
                         std::uint64_t{limits.tcp_connections} * limits.tcp_queue_bytes,
                         each_of(limits.tcp_queue_bytes)});
    return parts;
}

std::string text_of(const MemoryPart& part) {
    constexpr std::uint64_t kMib = 1 << 20;
    const std::uint64_t tenths = (part.bytes * 10 + kMib - 1) / kMib;
    std::string text =
        part.name + ": " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
    if (!part.note.empty()) text += ", " + part.note;
    return text;
}

}  // namespace strata::dataplane
