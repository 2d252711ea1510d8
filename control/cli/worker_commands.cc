#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>

#include "control/cli/command.h"
#include "control/cli/names.h"
#include "control/cli/session.h"

namespace strata::control::cli {
namespace {

std::string rounded(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number()) return {};
    return grouped(static_cast<std::uint64_t>(found->get<double>() + 0.5));
}

std::string percent(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number()) return {};
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", found->get<double>() * 100);
    return text;
}

std::string addresses_text(const Json& worker) {
    std::string text;
    for (const Json& address : part(worker, "addresses")) {
        text += (text.empty() ? "" : ", ") + field_text(address, "address");
    }
    return text;
}

Result<void> list_workers(Session& session, const Values&) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto workers = (*api)->list("/v1/workers");
    if (!workers) return std::unexpected(workers.error());
    if (session.as_json()) {
        session.print(*workers);
        return {};
    }
    Table table({{"WORKER", true},
                 {"CPU", true},
                 {"NUMA", true},
                 {"ADDRESS"},
                 {"ROOMS", true},
                 {"PARTICIPANTS", true},
                 {"RECEIVED", true},
                 {"SENT", true},
                 {"LOAD", true}});
    for (const Json& worker : *workers) {
        const Json& counters = part(worker, "counters");
        table.add({field_text(worker, "id"), field_text(worker, "cpu"),
                   field_text(worker, "numa_node"), addresses_text(worker),
                   field_text(worker, "rooms"), field_text(worker, "participants"),
                   number_text(counters, "rx_packets"), number_text(counters, "sent"),
                   percent(worker, "load")});
    }
    session.print(table);
    return {};
}

void show_loop(Session& session, const Json& loop) {
    Table table({{"LOOP"}, {"SINCE START", true}});
    table.add({"busy turns", number_text(loop, "busy_turns")});
    table.add({"idle turns", number_text(loop, "idle_turns")});
    table.add({"sleeps", number_text(loop, "sleeps")});
    table.add({"busy share of the time", percent(loop, "busy_share")});
    table.add({"asleep share of the time", percent(loop, "sleep_share")});
    table.add({"cycles per packet", rounded(loop, "cycles_per_packet")});
    table.add({"cycles per busy turn", rounded(loop, "cycles_per_busy_turn")});
    table.add({"cycles per idle turn", rounded(loop, "cycles_per_idle_turn")});
    table.add({"preemptions (> 50 us)", number_text(loop, "preemptions")});
    table.add({"preempted us", number_text(loop, "preempted_us")});
    table.add({"turns over 1 ms", number_text(loop, "turn_overruns")});
    session.print(table);
}

void show_histograms(Session& session, const Json& loop) {
    Table table({{"HISTOGRAM"},
                 {"COUNT", true},
                 {"P50", true},
                 {"P90", true},
                 {"P99", true},
                 {"P99.9", true},
                 {"MAX", true}});
    const auto add = [&](const char* title, const char* name, const std::string& max) {
        const Json& h = part(loop, name);
        table.add({title, number_text(h, "count"), number_text(h, "p50"), number_text(h, "p90"),
                   number_text(h, "p99"), number_text(h, "p999"), max});
    };
    const Json& bursts = part(part(loop, "packets_per_burst"), "buckets");
    add("packets per burst", "packets_per_burst",
        bursts.empty() ? "" : number_text(bursts.back(), "to"));
    add("busy turn, ns", "turn_ns", number_text(loop, "turn_ns_max"));
    add("rx to tx, ns", "rx_tx_ns", number_text(loop, "rx_tx_ns_max"));
    session.print(table);
}

Result<void> show_worker(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto worker = (*api)->get(object_target("workers", values.get("WORKER")));
    if (!worker) return std::unexpected(worker.error());
    if (session.as_json()) {
        session.print(*worker);
        return {};
    }
    const Json& counters = part(*worker, "counters");
    session.print_object({{"worker", field_text(*worker, "id")},
                          {"cpu", field_text(*worker, "cpu")},
                          {"numa_node", field_text(*worker, "numa_node")},
                          {"address", addresses_text(*worker)},
                          {"rooms", field_text(*worker, "rooms")},
                          {"participants", field_text(*worker, "participants")},
                          {"load", percent(*worker, "load")},
                          {"received", number_text(counters, "rx_packets")},
                          {"handed in", number_text(counters, "handed_in")},
                          {"handed out", number_text(counters, "handed_out")},
                          {"ring full", number_text(counters, "handoff_full")}});
    const Json& loop = part(*worker, "loop");
    if (loop.empty()) return {};  // no data plane
    session.out() << "\n";
    show_loop(session, loop);
    session.out() << "\n";
    show_histograms(session, loop);
    return {};
}

Result<void> list_turns(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto turns = (*api)->list(object_target("workers", values.get("WORKER")) + "/turns");
    if (!turns) return std::unexpected(turns.error());
    if (session.as_json()) {
        session.print(*turns);
        return {};
    }
    Table table({{"NUMBER", true},
                 {"AT"},
                 {"TOOK US", true},
                 {"LATE BY US", true},
                 {"RECEIVED", true},
                 {"SENT", true},
                 {"TIMERS", true},
                 {"COMMANDS", true},
                 {"TSC", true}});
    for (const Json& turn : *turns) {
        table.add({number_text(turn, "number"), field_text(turn, "at"),
                   rounded(turn, "duration_us"), rounded(turn, "gap_us"),
                   number_text(turn, "received"), number_text(turn, "sent"),
                   number_text(turn, "timers"), number_text(turn, "commands"),
                   field_text(turn, "begin_tsc")});
    }
    session.print(table);
    return {};
}

}  // namespace

std::vector<Command> worker_commands() {
    const Argument worker{"WORKER", "number of the worker, see `worker list`"};
    return {
        {"worker",
         "list",
         "List the workers of the data plane",
         {},
         {},
         {"worker list"},
         list_workers},
        {"worker",
         "show",
         "Show one worker: what its turns cost, how long they are, how long packets are in it",
         {worker},
         {},
         {"worker show 0", "worker show 0 -o json"},
         show_worker},
        {"worker",
         "turns",
         "List the last turns of a worker that took, or began late by, more than a millisecond",
         {worker},
         {},
         {"worker turns 0", "worker turns 0 -o json"},
         list_turns},
    };
}

}  // namespace strata::control::cli
