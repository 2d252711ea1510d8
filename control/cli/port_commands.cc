#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

#include "control/cli/command.h"
#include "control/cli/session.h"

namespace strata::control::cli {
namespace {

Result<Json> read_ports(Session& session) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    return (*api)->list("/v1/ports");
}

Result<void> list_ports(Session& session, const Values&) {
    const auto ports = read_ports(session);
    if (!ports) return std::unexpected(ports.error());
    if (session.as_json()) {
        session.print(*ports);
        return {};
    }
    Table table({{"LINK"},
                 {"FRAMES IN", true},
                 {"TO WORKERS", true},
                 {"PACKETS OUT", true},
                 {"STEERING"},
                 {"PAYLOADS"},
                 {"PORT"},
                 {"WHY NOT STEERED BETTER"},
                 {"WHY PAYLOADS SO"}});
    for (const Json& port : *ports) {
        const Json& counters = part(port, "counters");
        table.add({field_text(port, "link_up") == "true" ? "up" : "down",
                   number_text(counters, "rx_frames"), number_text(counters, "rx_delivered"),
                   number_text(counters, "tx_packets"),
                   field_text(part(port, "steering"), "method"),
                   field_text(part(port, "payload"), "method"), field_text(port, "port"),
                   field_text(part(port, "steering"), "reason"),
                   field_text(part(port, "payload"), "reason")});
    }
    session.print(table);
    return {};
}

Result<void> show_port_counters(Session& session, const Values& values) {
    const auto ports = read_ports(session);
    if (!ports) return std::unexpected(ports.error());
    if (session.as_json()) {
        session.print(*ports);
        return {};
    }
    Table table({{"COUNTER"}, {"VALUE", true}, {"PORT"}});
    for (const Json& port : *ports)
        for (const auto& [name, value] : part(port, "counters").items())
            if (values.has("--all") || value != 0)
                table.add({name, number_text(part(port, "counters"), name.c_str()),
                           field_text(port, "port")});
    session.print(table);
    return {};
}

// A column of a list, and which field of an item stands in it.
struct Field {
    const char* title;
    const char* name;
    bool number = false;
    std::string (*text)(const Json& item) = nullptr;  // instead
};

// What ports know of their networks: `path` of the API as a table.
Result<void> show_host_table(Session& session, const char* path, std::span<const Field> fields) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto items = (*api)->list(path);
    if (!items) return std::unexpected(items.error());
    if (session.as_json()) {
        session.print(*items);
        return {};
    }
    std::vector<Column> columns;
    for (const Field& field : fields) columns.push_back({field.title, field.number});
    Table table(std::move(columns));
    for (const Json& item : *items) {
        std::vector<std::string> cells;
        for (const Field& field : fields)
            cells.push_back(field.text     ? field.text(item)
                            : field.number ? number_text(item, field.name)
                                           : field_text(item, field.name));
        table.add(std::move(cells));
    }
    session.print(table);
    return {};
}

Result<void> show_neighbours(Session& session, const Values&) {
    constexpr std::array<Field, 6> kFields{{{"ADDRESS", "address"},
                                            {"MAC", "mac"},
                                            {"STATE", "state"},
                                            {"HEARD S AGO", "heard_s", true},
                                            {"LINKS", "links", true},
                                            {"PORT", "port"}}};
    return show_host_table(session, "/v1/ports/neighbours", kFields);
}

Result<void> show_paths(Session& session, const Values&) {
    constexpr std::array<Field, 4> kFields{
        {{"TO", "to"}, {"MTU", "mtu_bytes", true}, {"NEXT HOP", "next_hop"}, {"PORT", "port"}}};
    return show_host_table(session, "/v1/ports/paths", kFields);
}

std::string way_of(const Json& route) {
    if (field_text(route, "unreachable") == "true") return "nowhere";
    const std::string hop = field_text(route, "next_hop");
    return hop.empty() ? "the link" : hop;
}

Result<void> show_routes(Session& session, const Values&) {
    constexpr std::array<Field, 5> kFields{{{"TO", "to"},
                                            {"BY", "next_hop", false, way_of},
                                            {"WEIGHT", "weight", true},
                                            {"FROM", "origin"},
                                            {"PORT", "port"}}};
    return show_host_table(session, "/v1/ports/routes", kFields);
}

}  // namespace

std::vector<Command> port_commands() {
    return {
        {"port",
         "list",
         "List the ports of the data plane: is the link up, what came and went",
         {},
         {},
         {"port list", "port list -o json"},
         list_ports},
        {"port",
         "counters",
         "What each port counts: frames by what became of them, neighbours, ICMP",
         {},
         {{"--all", "", "counters that are 0 too"}},
         {"port counters", "port counters --all"},
         show_port_counters},
        {"port",
         "neighbours",
         "Next hops of DPDK ports and their MAC addresses, by ARP and neighbour discovery",
         {},
         {},
         {"port neighbours", "port neighbours -o json"},
         show_neighbours},
        {"port",
         "routes",
         "Routes of DPDK ports: links, configuration, and what the kernel's mirror has learned",
         {},
         {},
         {"port routes"},
         show_routes},
        {"port",
         "paths",
         "Peers whose path takes less than their port, as routers have said",
         {},
         {},
         {"port paths"},
         show_paths},
    };
}

}  // namespace strata::control::cli
