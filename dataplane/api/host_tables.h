#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// What an Ethernet port knows of its network: the data plane writes it into the statistics segment
// about once a second, for people who ask why somebody isn't reached.
namespace strata::api {

// 16 bytes in network order, IPv4 as v4-mapped (RFC 4291 section 2.5.5.2).
using AddressBytes = std::array<std::uint8_t, 16>;

enum class NeighbourState : std::uint8_t {
    incomplete,  // it hasn't answered yet (RFC 4861 section 7.3.2)
    reachable,   // its MAC is known and in use
    probe,       // likewise, and is being asked whether it is still there: somebody claims it isn't
};
// What another process wrote may be none of them.
std::string_view name(NeighbourState state);

// A next hop.
struct NeighbourEntry {
    static constexpr std::uint32_t kNever = 0xffffffff;

    AddressBytes address{};
    std::array<std::uint8_t, 6> mac{};  // unless incomplete
    NeighbourState state = NeighbourState::incomplete;
    std::uint8_t reserved = 0;
    std::uint32_t links = 0;         // peers, paths and answers that go by it
    std::uint32_t heard_s = kNever;  // seconds since it said where it is
    friend bool operator==(const NeighbourEntry&, const NeighbourEntry&) = default;
};

// What a router said of the way to somebody (RFC 1191, RFC 8201).
struct PathEntry {
    AddressBytes to{};
    AddressBytes hop{};
    std::uint16_t mtu_bytes = 0;  // of IP packets
    std::uint16_t reserved = 0;
    friend bool operator==(const PathEntry&, const PathEntry&) = default;
};

enum class RouteOrigin : std::uint8_t {
    configured,
    kernel,  // learned by the mirror (RFC 3549)
};
std::string_view name(RouteOrigin origin);

// A way out. Of a route with several next hops there is an entry for each.
struct RouteEntry {
    AddressBytes to{};
    AddressBytes hop{};     // all 0: the destination is on the link
    std::uint8_t bits = 0;  // of `to`, as its family counts them
    RouteOrigin origin = RouteOrigin::configured;
    std::uint8_t unreachable = 0;  // 1: there is no way
    std::uint8_t reserved = 0;
    std::uint16_t weight = 1;  // of this next hop among the route's
    friend bool operator==(const RouteEntry&, const RouteEntry&) = default;
};

struct HostTables {
    std::vector<NeighbourEntry> neighbours;
    std::vector<PathEntry> paths;
    std::vector<RouteEntry> routes;
    friend bool operator==(const HostTables&, const HostTables&) = default;
};

// How many entries of each there is room for.
struct HostTableCapacity {
    std::uint32_t neighbours = 0;  // and as many paths
    std::uint32_t routes = 0;
    std::size_t bytes() const;  // in the segment, of one port
};

// One port's, in the segment: this, then NeighbourEntry[] | PathEntry[] | RouteEntry[]. Writer: the
// main thread.
struct alignas(64) HostTableBlock {
    std::atomic<std::uint32_t> sequence;  // odd while it changes
    std::uint32_t neighbours, paths, routes;
};

// What there is no room for is left out.
void write_host_tables(HostTableBlock& block, const HostTableCapacity& capacity,
                       const HostTables& tables);
// Empty where the writer is always in the middle of it.
HostTables read_host_tables(const HostTableBlock& block, const HostTableCapacity& capacity);

}  // namespace strata::api
