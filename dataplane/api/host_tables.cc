#include "dataplane/api/host_tables.h"

#include <algorithm>
#include <cstring>

namespace strata::api {
namespace {

constexpr int kTries = 100;

std::size_t paths_at(const HostTableCapacity& capacity) {
    return sizeof(HostTableBlock) + capacity.neighbours * sizeof(NeighbourEntry);
}

std::size_t routes_at(const HostTableCapacity& capacity) {
    return paths_at(capacity) + capacity.neighbours * sizeof(PathEntry);
}

template <typename Entry>
std::uint32_t write(const std::vector<Entry>& entries, std::uint32_t capacity, std::byte* at) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(entries.size(), capacity));
    if (count != 0) std::memcpy(at, entries.data(), count * sizeof(Entry));
    return count;
}

template <typename Entry>
std::vector<Entry> read(std::uint32_t count, std::uint32_t capacity, const std::byte* at) {
    std::vector<Entry> entries(std::min(count, capacity));
    if (!entries.empty()) std::memcpy(entries.data(), at, entries.size() * sizeof(Entry));
    return entries;
}

}  // namespace

std::string_view name(NeighbourState state) {
    switch (state) {
        case NeighbourState::incomplete: return "incomplete";
        case NeighbourState::reachable: return "reachable";
        case NeighbourState::probe: return "probe";
    }
    return "unknown";
}

std::string_view name(RouteOrigin origin) {
    switch (origin) {
        case RouteOrigin::configured: return "configured";
        case RouteOrigin::kernel: return "kernel";
    }
    return "unknown";
}

std::size_t HostTableCapacity::bytes() const {
    const std::size_t whole = routes_at(*this) + routes * sizeof(RouteEntry);
    constexpr std::size_t kLine = alignof(HostTableBlock);
    return (whole + kLine - 1) / kLine * kLine;
}

void write_host_tables(HostTableBlock& block, const HostTableCapacity& capacity,
                       const HostTables& tables) {
    auto* const base = reinterpret_cast<std::byte*>(&block);
    const std::uint32_t before = block.sequence.load(std::memory_order_relaxed);
    block.sequence.store(before + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    block.neighbours = write(tables.neighbours, capacity.neighbours, base + sizeof(HostTableBlock));
    block.paths = write(tables.paths, capacity.neighbours, base + paths_at(capacity));
    block.routes = write(tables.routes, capacity.routes, base + routes_at(capacity));
    block.sequence.store(before + 2, std::memory_order_release);
}

HostTables read_host_tables(const HostTableBlock& block, const HostTableCapacity& capacity) {
    const auto* const base = reinterpret_cast<const std::byte*>(&block);
    for (int i = 0; i < kTries; ++i) {
        const std::uint32_t before = block.sequence.load(std::memory_order_acquire);
        if (before % 2 != 0) continue;
        HostTables tables{
            .neighbours = read<NeighbourEntry>(block.neighbours, capacity.neighbours,
                                               base + sizeof(HostTableBlock)),
            .paths = read<PathEntry>(block.paths, capacity.neighbours, base + paths_at(capacity)),
            .routes = read<RouteEntry>(block.routes, capacity.routes, base + routes_at(capacity))};
        std::atomic_thread_fence(std::memory_order_acquire);
        if (block.sequence.load(std::memory_order_relaxed) == before) return tables;
    }
    return {};
}

}  // namespace strata::api
