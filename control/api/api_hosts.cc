#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/api/api.h"
#include "control/api/json_answer.h"
#include "control/api/page_size.h"
#include "control/api/whole_number.h"
#include "control/observe/words.h"

// What Ethernet ports know of their networks: neighbours, paths, routes.
namespace strata::control {
namespace {

using nlohmann::ordered_json;

std::string mac_text(const std::array<std::uint8_t, 6>& mac) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : mac) {
        if (!text.empty()) text += ':';
        text += {kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return text;
}

ordered_json text_or_null(const api::AddressBytes& address) {
    if (address == api::AddressBytes{}) return nullptr;
    return address_text(address);
}

void fill_in(const api::NeighbourEntry& entry, ordered_json& item) {
    const bool known = entry.state != api::NeighbourState::incomplete;
    item["address"] = address_text(entry.address);
    item["mac"] = known ? ordered_json(mac_text(entry.mac)) : ordered_json(nullptr);
    item["state"] = name(entry.state);
    item["links"] = entry.links;
    item["heard_s"] = entry.heard_s == api::NeighbourEntry::kNever ? ordered_json(nullptr)
                                                                   : ordered_json(entry.heard_s);
}

void fill_in(const api::PathEntry& entry, ordered_json& item) {
    item["to"] = address_text(entry.to);
    item["next_hop"] = address_text(entry.hop);
    item["mtu_bytes"] = entry.mtu_bytes;
}

void fill_in(const api::RouteEntry& entry, ordered_json& item) {
    item["to"] = address_text(entry.to) + "/" + std::to_string(entry.bits);
    item["next_hop"] = text_or_null(entry.hop);
    item["weight"] = entry.weight;
    item["unreachable"] = entry.unreachable != 0;
    item["origin"] = name(entry.origin);
}

Result<std::size_t> first_of_page(const Target& target) {
    if (!target.query.contains("after")) return 0;
    if (const auto first = whole_number<std::size_t>(target.parameter("after"))) return *first;
    return refuse(ErrorCode::invalid_query, "after", "not the `next` of a page",
                  "give it as it came");
}

// One page of all ports' entries. They change while pages are read: `after` counts them.
template <typename Entry>
Result<HttpResponse> page(std::vector<Entry> api::HostTables::* table, const Target& target,
                          StatisticsView& statistics) {
    if (auto ok = check_query(target, {"limit", "after"}); !ok) return std::unexpected(ok.error());
    const auto limit = page_size(target);
    if (!limit) return std::unexpected(limit.error());
    const auto first = first_of_page(target);
    if (!first) return std::unexpected(first.error());
    const std::vector<api::PortSnapshot> ports = statistics.ports();
    const std::vector<api::HostTables> tables = statistics.host_tables();
    ordered_json items = ordered_json::array();
    std::size_t seen = 0;
    for (std::size_t port = 0; port < std::min(ports.size(), tables.size()); ++port)
        for (const Entry& entry : tables[port].*table) {
            if (seen++ < *first || items.size() > *limit) continue;
            ordered_json item{{"port", ports[port].spec}};
            fill_in(entry, item);
            items.push_back(std::move(item));
        }
    ordered_json next = nullptr;
    if (items.size() > *limit) {
        items.erase(items.size() - 1);
        next = std::to_string(*first + *limit);
    }
    return json_answer(200, {{"items", std::move(items)}, {"next", std::move(next)}});
}

}  // namespace

Result<HttpResponse> Api::list_neighbours(const Call& call) {
    return page(&api::HostTables::neighbours, call.target, statistics_);
}
Result<HttpResponse> Api::list_paths(const Call& call) {
    return page(&api::HostTables::paths, call.target, statistics_);
}
Result<HttpResponse> Api::list_routes(const Call& call) {
    return page(&api::HostTables::routes, call.target, statistics_);
}

}  // namespace strata::control
