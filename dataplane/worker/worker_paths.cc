#include <algorithm>

#include "dataplane/worker/worker.h"

// What routers and routing tables say of the paths to peers.
namespace strata::dataplane {

using api::WorkerCounter;

namespace {

// The link to `flow`, and by which port; null: the transport isn't there.
struct Place {
    Link* link = nullptr;
    std::uint8_t port = 0;
    bool made = false;
    bool in_use = false;  // media leaves by it
};

Place place_of(Transport& transport, const FlowKey& flow) {
    IceTransport* ice = transport.ice.get();
    if (!ice) return {&transport.link, transport.port, transport.has_link, true};
    const std::uint8_t tuple = tuple_at(*ice, flow);
    if (tuple == relay::kNoIceTuple) return {};
    IceTransport::Tuple& at = ice->tuples[tuple];
    return {&at.link, at.port, true, tuple == ice->selected};
}

}  // namespace

// Only a report about a flow of ours counts: both addresses and ports are what a forger would have
// to know. From then on what doesn't fit ends at the port instead of at the router.
void Worker::follow_paths(Port& port, relay::TimeUs now) {
    PathMtu path;
    while (port.next_path_mtu(config_.queue, path)) {
        Transport* transport = find_transport(path.flow);
        const bool followed =
            transport && port.limit_path(path, now) && renew_link(*transport, path.flow, now);
        count(followed ? WorkerCounter::path_mtus_followed : WorkerCounter::path_mtus_refused);
    }
}

// The way to peers may have changed: some of their links are made anew each turn, so that a table
// full of them takes no turn long.
void Worker::follow_routes(std::size_t port, relay::TimeUs now) {
    // budget: 100 µs, of which the routes are most (LearnedRoutes::next_hop)
    constexpr std::size_t kCellsPerTurn = 2'048, kLinksPerTurn = 16;
    RoutesFollowed& followed = routes_[port];
    const std::uint32_t generation = ports_[port]->routes_generation();
    if (generation != followed.generation) followed = {generation, 0};
    if (followed.next_cell >= transports_.cells()) [[likely]]
        return;
    const std::size_t end = std::min(followed.next_cell + kCellsPerTurn, transports_.cells());
    for (std::size_t links = 0; followed.next_cell < end && links < kLinksPerTurn;) {
        const auto [flow, transport] = transports_.at(followed.next_cell++);
        if (flow == nullptr || place_of(*transport, *flow).port != port) continue;
        renew_link(*transport, *flow, now);
        ++links;
    }
}

// The port knows more about the way to `flow` than when the link was made.
bool Worker::renew_link(Transport& transport, const FlowKey& flow, relay::TimeUs now) {
    const Place place = place_of(transport, flow);
    Link made;
    if (!place.link || !make_link(transport, place.port, flow, made)) return false;
    if (place.made) ports_[place.port]->release_link(*place.link);
    *place.link = made;
    if (!place.in_use) return true;
    transport.link = made;
    transport.has_link = true;
    note_route(transport);
    attach_all(transport, now);
    return true;
}

// After each change of the link that media leaves by.
void Worker::note_route(Transport& transport) {
    const bool none = transport.has_link && !ports_[transport.port]->has_route(transport.link);
    if (none == transport.no_route) return;
    transport.no_route = none;
    none ? ++without_route_ : --without_route_;
    statistics_[WorkerCounter::peers_without_route].set(without_route_);
    transport.statistics.set(api::ObjectValue::no_route, none ? 1 : 0);
}

}  // namespace strata::dataplane
