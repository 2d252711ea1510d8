#include <nlohmann/json.hpp>
#include <ostream>

#include "control/cli/command.h"
#include "control/cli/session.h"

namespace strata::control::cli {
namespace {

Result<void> drops(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto drops = (*api)->list(values.has("--all") ? "/v1/drops?all=true" : "/v1/drops");
    if (!drops) return std::unexpected(drops.error());
    if (session.as_json()) {
        session.print(*drops);
        return {};
    }
    Table table({{"WORKER", true}, {"DIRECTION"}, {"REASON"}, {"PACKETS", true}});
    for (const Json& drop : *drops) {
        table.add({field_text(drop, "worker"), field_text(drop, "direction"),
                   field_text(drop, "reason"), number_text(drop, "packets")});
    }
    session.print(table);
    return {};
}

Result<void> health(Session& session, const Values&) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto health = (*api)->get_any_status("/v1/health");
    if (!health) return std::unexpected(health.error());
    session.print_object(*health);
    if (field_text(*health, "status") == "ok") return {};
    return std::unexpected(CliError{ExitCode::kRefused, "not-healthy", {}, {}});
}

void show_limits(Session& session, const Json& limits) {
    Table table({{"LIMIT"}, {"VALUE", true}, {"HITS", true}});
    for (const Json& limit : limits) {
        table.add(
            {field_text(limit, "name"), number_text(limit, "limit"), number_text(limit, "hits")});
    }
    session.print(table);
}

Result<void> show_node(Session& session, const Values&) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    auto node = (*api)->get("/v1/node");
    if (!node) return std::unexpected(node.error());
    if (session.as_json()) {
        session.print(*node);
        return {};
    }
    // Objects inside come as tables of their own.
    const Json dataplane = part(*node, "dataplane");
    const Json limits = part(*node, "limits");
    node->erase("dataplane");
    node->erase("limits");
    session.print_object(*node);
    session.out() << "\nDATA PLANE\n";
    session.print_object(dataplane);
    session.out() << "\n";
    show_limits(session, limits);
    return {};
}

}  // namespace

std::vector<Command> node_commands() {
    return {
        {"drops",
         "",
         "Packets that went nowhere since the data plane's start, by worker, direction and reason",
         {},
         {{"--all", "", "reasons that never occurred too"}},
         {"drops", "drops --all -o json"},
         drops},
        {"health",
         "",
         "Whether the node can serve media; exits with 1 where it can't",
         {},
         {},
         {"health", "health -o json"},
         health},
        {"node",
         "show",
         "Show this node: state of the data plane, limits and how often each was hit",
         {},
         {},
         {"node show", "node show -o json"},
         show_node},
    };
}

}  // namespace strata::control::cli
