#include <unistd.h>

#include <array>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

#include "dataplane/api/statistics_segment.h"

namespace strata::api {
namespace {

constexpr std::size_t kPage = 4096;

constexpr std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

struct Offsets {
    std::size_t names, workers, slots, ports, host_tables, total;
};

Offsets offsets_of(const StatisticsLayout& layout) {
    const std::size_t names =
        static_cast<std::size_t>(WorkerCounter::kCount) + static_cast<std::size_t>(RxDrop::kCount) +
        static_cast<std::size_t>(TxDrop::kCount) + static_cast<std::size_t>(ObjectValue::kCount) +
        kTcpCounters + layout.port_counters.size();
    Offsets at{};
    at.names = round_up(sizeof(SegmentHeader), 64);
    at.workers = round_up(at.names + names * kStatisticsNameBytes, kPage);
    at.slots = round_up(at.workers + layout.workers * sizeof(WorkerBlock), kPage);
    at.ports = round_up(
        at.slots + std::size_t{layout.workers} * layout.slots_per_worker * sizeof(ObjectSlot),
        kPage);
    at.host_tables = round_up(at.ports + layout.ports.size() * sizeof(PortBlock), kPage);
    at.total = round_up(at.host_tables + layout.ports.size() * layout.host_tables.bytes(), kPage);
    return at;
}

template <typename Enum>
char* write_names(char* at) {
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(Enum::kCount); ++i) {
        std::strncpy(at, name(static_cast<Enum>(i)), kStatisticsNameBytes - 1);
        at += kStatisticsNameBytes;
    }
    return at;
}

void write_reason(std::string_view reason, std::array<char, kPortReasonBytes>& to) {
    // The last byte stays 0, whatever a reader sees of a reason that changes.
    const std::string_view cut = reason.substr(0, kPortReasonBytes - 1);
    to.fill(0);
    cut.copy(to.data(), cut.size());
}

std::uint64_t unix_time_us() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

std::size_t StatisticsSegment::size_of(const StatisticsLayout& layout) {
    return offsets_of(layout).total;
}

std::expected<StatisticsSegment, std::string> StatisticsSegment::create(
    const std::string& name, const StatisticsLayout& layout) {
    const Offsets at = offsets_of(layout);
    auto memory = OwnedSegment::create("statistics segment", name, at.total);
    if (!memory) return std::unexpected(memory.error());

    std::byte* const base = memory->base();
    auto* header = new (base) SegmentHeader{};
    header->version = kStatisticsVersion;
    header->header_size = sizeof(SegmentHeader);
    header->total_size = at.total;
    header->epoch = layout.epoch;
    header->pid = ::getpid();
    header->start_unix_us = unix_time_us();
    header->tsc_hz = layout.tsc_hz;
    header->worker_count = layout.workers;
    header->worker_stride = sizeof(WorkerBlock);
    header->workers_at = at.workers;
    header->slots_per_worker = layout.slots_per_worker;
    header->slot_stride = sizeof(ObjectSlot);
    header->slots_at = at.slots;
    header->names_at = at.names;
    header->counter_count = static_cast<std::uint32_t>(WorkerCounter::kCount);
    header->rx_drop_count = static_cast<std::uint32_t>(RxDrop::kCount);
    header->tx_drop_count = static_cast<std::uint32_t>(TxDrop::kCount);
    header->object_value_count = static_cast<std::uint32_t>(ObjectValue::kCount);
    header->ports_at = at.ports;
    header->port_count = static_cast<std::uint32_t>(layout.ports.size());
    header->port_stride = sizeof(PortBlock);
    header->port_counter_count = static_cast<std::uint32_t>(layout.port_counters.size());
    header->neighbours_per_port = layout.host_tables.neighbours;
    header->routes_per_port = layout.host_tables.routes;
    header->host_tables_at = at.host_tables;
    char* names = reinterpret_cast<char*>(base + at.names);
    names = write_names<WorkerCounter>(names);
    names = write_names<RxDrop>(names);
    names = write_names<TxDrop>(names);
    names = write_names<ObjectValue>(names);
    names = write_names<TcpCounter>(names);
    for (const std::string_view counter : layout.port_counters) {
        counter.copy(names, kStatisticsNameBytes - 1);
        names += kStatisticsNameBytes;
    }
    for (std::size_t i = 0; i < layout.ports.size(); ++i) {
        auto* port = new (base + at.ports + i * sizeof(PortBlock)) PortBlock{};
        layout.ports[i].copy(port->spec.data(), kPortSpecBytes - 1);
        new (base + at.host_tables + i * layout.host_tables.bytes()) HostTableBlock{};
    }
    for (std::uint32_t i = 0; i < layout.workers; ++i) {
        auto* worker = new (base + at.workers + i * sizeof(WorkerBlock)) WorkerBlock{};
        worker->id = i;
        worker->cpu = -1;
    }
    std::atomic_ref(header->magic).store(kStatisticsMagic, std::memory_order_release);
    return StatisticsSegment(std::move(*memory));
}

WorkerBlock& StatisticsSegment::worker(std::uint32_t index) {
    return *reinterpret_cast<WorkerBlock*>(memory_.base() + header().workers_at +
                                           std::size_t{index} * sizeof(WorkerBlock));
}

PortBlock& StatisticsSegment::port(std::uint32_t index) {
    return *reinterpret_cast<PortBlock*>(memory_.base() + header().ports_at +
                                         std::size_t{index} * sizeof(PortBlock));
}

void StatisticsSegment::set_host_tables(std::uint32_t index, const HostTables& tables) {
    const HostTableCapacity capacity{header().neighbours_per_port, header().routes_per_port};
    write_host_tables(*reinterpret_cast<HostTableBlock*>(memory_.base() + header().host_tables_at +
                                                         index * capacity.bytes()),
                      capacity, tables);
}

void set_steering(PortBlock& port, Steering method, std::string_view reason) {
    write_reason(reason, port.steering_reason);
    port.steering.set(static_cast<std::uint64_t>(method));
}

void set_payload(PortBlock& port, PayloadPath path, std::string_view reason) {
    write_reason(reason, port.payload_reason);
    port.payload.set(static_cast<std::uint64_t>(path));
}

std::span<ObjectSlot> StatisticsSegment::slots(std::uint32_t worker) {
    const std::size_t count = header().slots_per_worker;
    auto* first = reinterpret_cast<ObjectSlot*>(memory_.base() + header().slots_at);
    return {first + worker * count, count};
}

void assign_slot(ObjectSlot& slot, StatisticsKind kind, std::uint64_t id, std::uint64_t parent,
                 std::uint64_t peer) {
    const std::uint32_t sequence = slot.sequence.load(std::memory_order_relaxed);
    slot.sequence.store(sequence | 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    slot.kind = kind;
    slot.id = id;
    slot.parent = parent;
    slot.peer = peer;
    for (Counter& value : slot.values) value.set(0);
    slot.sequence.store((sequence | 1) + 1, std::memory_order_release);
}

void free_slot(ObjectSlot& slot) { assign_slot(slot, StatisticsKind::none, 0, 0, 0); }

}  // namespace strata::api
