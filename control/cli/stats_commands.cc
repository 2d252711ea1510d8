#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>
#include <vector>

#include "control/cli/command.h"
#include "control/cli/number.h"
#include "control/cli/rates.h"
#include "control/cli/session.h"

namespace strata::control::cli {
namespace {

constexpr const char* kHomeAndClear = "\033[H\033[2J";

Result<Json> read_stats(Session& session) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    return (*api)->get("/v1/stats");
}

// Totals, and per worker where there are several.
void show_totals(Session& session, const CounterSample& sample) {
    std::vector<Column> columns = {{"COUNTER"}, {"TOTAL", true}};
    const bool several = sample.workers.size() > 1;
    if (several) {
        for (const auto& worker : sample.workers)
            columns.push_back({"WORKER " + worker.first, true});
    }
    Table table(std::move(columns));
    for (const std::string& name : sample.names) {
        std::vector<std::string> cells = {name, grouped(sample.total.at(name))};
        if (several) {
            for (const auto& worker : sample.workers) {
                const auto found = worker.second.find(name);
                cells.push_back(found == worker.second.end() ? "" : grouped(found->second));
            }
        }
        table.add(std::move(cells));
    }
    session.print(table);
}

void show_rates(Session& session, const CounterSample& before, const CounterSample& now) {
    std::vector<Column> columns = {{"COUNTER"}, {"TOTAL", true}, {"PER SECOND", true}};
    const bool several = now.workers.size() > 1;
    if (several) {
        for (const auto& worker : now.workers) columns.push_back({"WORKER " + worker.first, true});
    }
    Table table(std::move(columns));
    const double seconds = seconds_between(before, now);
    for (const std::string& name : now.names) {
        std::vector<std::string> cells = {name, grouped(now.total.at(name)),
                                          rate_text(name, before.total, now.total, seconds)};
        if (several) {
            for (const auto& [worker, counters] : now.workers) {
                const auto earlier = before.workers.find(worker);
                cells.push_back(earlier == before.workers.end()
                                    ? ""
                                    : rate_text(name, earlier->second, counters, seconds));
            }
        }
        table.add(std::move(cells));
    }
    session.print(table);
}

// One picture of the live table. In place on a terminal, else one after the other.
void draw(Session& session, const Json& json, const CounterSample& before,
          const CounterSample& now) {
    if (session.as_json()) {
        session.out() << json.dump() << "\n" << std::flush;
        return;
    }
    session.out() << (session.options().redraw ? kHomeAndClear : "\n") << "strata stats  "
                  << printable(field_text(json, "sampled_at")) << "  (Ctrl-C ends)\n\n";
    show_rates(session, before, now);
    session.out() << std::flush;
}

// Keeps on through a restart of the control plane, which leaves the packets alone.
Result<void> watch(Session& session, std::uint32_t interval_ms, std::uint32_t count) {
    auto first = read_stats(session);
    if (!first) return std::unexpected(first.error());
    CounterSample before = read_sample(*first);
    CliError last_error;
    for (std::uint32_t shown = 0; count == 0 || shown < count; ++shown) {
        std::this_thread::sleep_for(std::chrono::milliseconds(interval_ms));
        const auto json = read_stats(session);
        last_error = json ? CliError{ExitCode::kOk, {}, {}, {}} : json.error();
        if (!json) {
            if (!session.as_json()) session.out() << error_text(last_error) << std::flush;
            continue;
        }
        CounterSample now = read_sample(*json);
        draw(session, *json, before, now);
        before = std::move(now);
        if (!session.out()) break;
    }
    if (last_error.exit_code != ExitCode::kOk) return std::unexpected(last_error);
    return {};
}

Result<void> stats(Session& session, const Values& values) {
    std::uint32_t interval_ms = 1000;
    std::uint32_t count = 0;
    if (values.has("--interval")) {
        const auto given = parse_seconds_ms(values.get("--interval"), "--interval");
        if (!given) return std::unexpected(given.error());
        interval_ms = *given;
    }
    if (values.has("--count")) {
        const auto given = parse_u32(values.get("--count"), "--count");
        if (!given) return std::unexpected(given.error());
        count = *given;
    }
    if (values.has("--watch")) return watch(session, interval_ms, count);
    const auto json = read_stats(session);
    if (!json) return std::unexpected(json.error());
    if (session.as_json()) {
        session.print(*json);
    } else {
        show_totals(session, read_sample(*json));
    }
    return {};
}

}  // namespace

std::vector<Command> stats_commands() {
    return {{"stats",
             "",
             "All counters of the data plane since its start, in sum and per worker",
             {},
             {{"--watch", "", "a live table with rates, until Ctrl-C"},
              {"--interval", "SECONDS", "with --watch: time between two samples (default: 1)"},
              {"--count", "N", "with --watch: end after N pictures (default: 0, never)"}},
             {"stats", "stats --watch --interval 2", "stats --watch --count 10 -o json"},
             stats}};
}

}  // namespace strata::control::cli
