#include <charconv>
#include <nlohmann/json.hpp>

#include "control/api/representation.h"
#include "control/api/timestamp.h"

// The node, its workers and what they count.
namespace strata::control {
namespace {

using nlohmann::ordered_json;

void add(ordered_json& counters, const std::string& name, std::uint64_t value) {
    const std::uint64_t before = counters.value(name, std::uint64_t{0});
    counters[name] = name.ends_with("_max") ? std::max(before, value) : before + value;
}

std::uint64_t sum(const std::vector<api::NamedValue>& values) {
    std::uint64_t total = 0;
    for (const api::NamedValue& v : values) total += v.value;
    return total;
}

// Counters, and the drops of both directions in sum: the terms of the two equations.
std::vector<api::NamedValue> counters_of(const api::WorkerSnapshot& worker) {
    std::vector<api::NamedValue> all = worker.counters;
    all.push_back({"rx_drops", sum(worker.rx_drops)});
    all.push_back({"tx_drops", sum(worker.tx_drops)});
    return all;
}

ordered_json counters_json(const api::WorkerSnapshot& worker) {
    ordered_json counters = ordered_json::object();
    for (const api::NamedValue& v : counters_of(worker)) counters[v.name] = v.value;
    return counters;
}

void list_drops(const api::WorkerSnapshot& worker, const char* direction,
                const std::vector<api::NamedValue>& reasons, bool all, ordered_json& items) {
    for (const api::NamedValue& reason : reasons)
        if (all || reason.value != 0)
            items.push_back({{"worker", worker.id},
                             {"direction", direction},
                             {"reason", reason.name},
                             {"packets", reason.value}});
}

std::string hexadecimal(std::uint64_t value) {
    char text[16];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value, 16);
    return std::string(text, end);
}

}  // namespace

// Workers' ids count port by port, the data plane's workers once.
std::uint32_t Representation::core_of(std::uint32_t worker) const {
    return worker % node_.config().dataplane.workers;
}

ordered_json Representation::worker_summary(
    std::uint32_t id, const std::vector<api::WorkerSnapshot>& snapshots) const {
    const Directory& directory = node_.directory();
    ordered_json worker = {{"id", id}, {"cpu", nullptr}, {"numa_node", nullptr}};
    ordered_json addresses = ordered_json::array();
    for (const WorkerAddress& w : node_.session().workers()) {
        if (w.worker != id) continue;
        if (w.cpu >= 0) worker["cpu"] = w.cpu;
        worker["numa_node"] = w.numa_node;
        for (const std::string& own : w.own)
            addresses.push_back({{"port", w.port}, {"address", endpoint_text(own, w.udp_port)}});
    }
    worker["addresses"] = std::move(addresses);
    std::size_t rooms = 0, participants = 0;
    for (const auto& [name, room] : directory.rooms()) {
        rooms += room.worker == id ? 1U : 0U;
        for (const auto& [of, count] : directory.spread_of(name))
            participants += of == id ? count : 0;
    }
    worker["rooms"] = rooms;
    worker["participants"] = participants;
    const auto& loads = directory.measured_load();
    worker["load"] = core_of(id) < loads.size() ? ordered_json(loads[core_of(id)].busy_share)
                                                : ordered_json(nullptr);
    worker["counters"] = nullptr;
    for (const api::WorkerSnapshot& snapshot : snapshots)
        if (snapshot.id == core_of(id)) worker["counters"] = counters_json(snapshot);
    return worker;
}

ordered_json Representation::workers() const {
    const auto snapshots = statistics_.workers();
    ordered_json items = ordered_json::array();
    for (std::uint32_t id = 0; id < node_.directory().workers(); ++id)
        items.push_back(worker_summary(id, snapshots));
    return {{"items", std::move(items)}, {"sampled_at", timestamp_text(unix_ms())}};
}

ordered_json Representation::ports() const {
    ordered_json items = ordered_json::array();
    for (const api::PortSnapshot& port : statistics_.ports()) {
        ordered_json counters = ordered_json::object();
        for (const api::NamedValue& v : port.counters) counters[v.name] = v.value;
        items.push_back(
            {{"port", port.spec},
             {"link_up", port.link_up},
             {"steering", {{"method", api::name(port.steering)}, {"reason", port.steering_reason}}},
             {"payload", {{"method", api::name(port.payload)}, {"reason", port.payload_reason}}},
             {"counters", std::move(counters)}});
    }
    return {{"items", std::move(items)}, {"sampled_at", timestamp_text(unix_ms())}};
}

ordered_json Representation::drops(bool all) const {
    ordered_json items = ordered_json::array();
    for (const api::WorkerSnapshot& worker : statistics_.workers()) {
        list_drops(worker, "rx", worker.rx_drops, all, items);
        list_drops(worker, "tx", worker.tx_drops, all, items);
    }
    return {{"items", std::move(items)}, {"sampled_at", timestamp_text(unix_ms())}};
}

ordered_json Representation::stats() const {
    const auto snapshots = statistics_.workers();
    ordered_json total = snapshots.empty() ? ordered_json(nullptr) : ordered_json::object();
    ordered_json workers = ordered_json::array();
    for (const api::WorkerSnapshot& worker : snapshots) {
        for (const api::NamedValue& v : counters_of(worker)) add(total, v.name, v.value);
        workers.push_back({{"worker", worker.id}, {"counters", counters_json(worker)}});
    }
    for (const api::NamedValue& v : statistics_.tcp()) total["tcp_" + v.name] = v.value;
    return {{"total", std::move(total)},
            {"workers", std::move(workers)},
            {"sampled_at", timestamp_text(unix_ms())},
            {"sampled_at_us", statistics_.now_us()}};
}

ordered_json Representation::node() const {
    const LinkSession& session = node_.session();
    const Node::LinkCounters link = node_.link_counters();
    const std::uint64_t epoch = session.dataplane_epoch();
    ordered_json limits = ordered_json::array();
    for (std::size_t i = 0; i < kLimitCount; ++i) {
        const auto limit = static_cast<Limit>(i);
        limits.push_back({{"name", Limits::name(limit)},
                          {"limit", node_.limits().value(limit)},
                          {"hits", node_.limits().hits(limit)}});
    }
    ordered_json signalling = ordered_json::object();
    for (const auto& [name, value] : node_.front_counters()) signalling[name] = value;
    for (const auto& [name, value] : node_.signalling_counters())
        signalling[std::string(name)] = value;
    const Directory& directory = node_.directory();
    return {{"name", node_.config().node.name},
            {"version", STRATA_VERSION},
            {"started_at", timestamp_text(node_.started_at_ms())},
            {"dataplane",
             {{"state", link_state_text(session.link_state())},
              {"epoch", epoch == 0 ? ordered_json(nullptr) : ordered_json(hexadecimal(epoch))},
              {"generation_wanted", session.generation_wanted()},
              {"generation_applied", session.generation_applied()},
              {"pending", session.pending_count()},
              {"refused", session.refused_count()},
              {"connects", link.connects},
              {"resyncs", session.resyncs()},
              {"last_resync_us", link.last_resync_us == 0 ? ordered_json(nullptr)
                                                          : ordered_json(link.last_resync_us)},
              {"last_error", session.last_error().empty() ? ordered_json(nullptr)
                                                          : ordered_json(session.last_error())}}},
            {"limits", std::move(limits)},
            {"signalling", std::move(signalling)},
            {"rooms", directory.rooms().size()},
            {"participants", directory.participants().size()},
            {"tracks", directory.tracks().size()},
            {"subscriptions", directory.subscriptions().size()}};
}

bool Representation::healthy() const {
    return node_.session().link_state() == LinkState::synchronised && !node_.store_failing() &&
           statistics_.alive(unix_ms() * 1000);
}

ordered_json Representation::health() const {
    return {{"status", healthy() ? "ok" : "degraded"},
            {"dataplane", link_state_text(node_.session().link_state())},
            {"store", node_.store_failing() ? "failing" : "ok"}};
}

}  // namespace strata::control
