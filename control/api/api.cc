#include "control/api/api.h"

#include <array>
#include <utility>

#include "control/api/path_ids.h"
#include "control/api/problem.h"
#include "control/api/spec_reader.h"

// Routing, and the writes.
namespace strata::control {

// One of `read` and `plan` is set: what is answered at once, and what goes to the store.
struct Api::Route {
    std::string_view method;
    std::array<std::string_view, 3> pattern;  // below /v1; "*" takes any segment
    Answer (Api::*read)(const Call&) = nullptr;
    Result<Change> (Api::*plan)(const Call&) = nullptr;
    int status = 200;  // of a write that was carried out
};

const std::vector<Api::Route>& Api::routes() {
    static const std::vector<Route> kRoutes = {
        {"GET", {"openapi.yaml"}, &Api::get_document},
        {"GET", {"rooms"}, &Api::list_rooms},
        {"POST", {"rooms"}, nullptr, &Api::create_room, 201},
        {"GET", {"rooms", "*"}, &Api::get_room},
        {"DELETE", {"rooms", "*"}, nullptr, &Api::delete_room, 204},
        {"GET", {"rooms", "*", "participants"}, &Api::list_participants},
        {"POST", {"rooms", "*", "participants"}, nullptr, &Api::create_participant, 201},
        {"GET", {"profiles"}, &Api::list_profiles},
        {"GET", {"profiles", "*"}, &Api::get_profile},
        {"PATCH", {"profiles", "*"}, nullptr, &Api::edit_profile, 200},
        {"DELETE", {"profiles", "*"}, nullptr, &Api::reset_profile, 204},
        {"GET", {"participants", "*"}, &Api::get_participant},
        {"DELETE", {"participants", "*"}, nullptr, &Api::delete_participant, 204},
        {"POST", {"participants", "*", "tracks"}, nullptr, &Api::create_track, 201},
        {"POST", {"participants", "*", "subscriptions"}, nullptr, &Api::create_subscription, 201},
        {"GET", {"tracks"}, &Api::list_tracks},
        {"GET", {"tracks", "*"}, &Api::get_track},
        {"DELETE", {"tracks", "*"}, nullptr, &Api::delete_track, 204},
        {"GET", {"subscriptions"}, &Api::list_subscriptions},
        {"GET", {"subscriptions", "*"}, &Api::get_subscription},
        {"PATCH", {"subscriptions", "*"}, nullptr, &Api::set_layers, 200},
        {"DELETE", {"subscriptions", "*"}, nullptr, &Api::delete_subscription, 204},
        {"GET", {"workers"}, &Api::list_workers},
        {"GET", {"ports"}, &Api::list_ports},
        {"GET", {"ports", "neighbours"}, &Api::list_neighbours},
        {"GET", {"ports", "paths"}, &Api::list_paths},
        {"GET", {"ports", "routes"}, &Api::list_routes},
        {"GET", {"workers", "*"}, &Api::get_worker},
        {"GET", {"workers", "*", "turns"}, &Api::list_turns},
        {"GET", {"drops"}, &Api::list_drops},
        {"GET", {"captures"}, &Api::list_observations},
        {"POST", {"captures"}, &Api::create_capture},
        {"GET", {"captures", "*"}, &Api::get_observation},
        {"DELETE", {"captures", "*"}, &Api::end_observation},
        {"GET", {"captures", "*", "packets"}, &Api::read_capture_piece},
        {"GET", {"traces"}, &Api::list_observations},
        {"POST", {"traces"}, &Api::create_trace},
        {"GET", {"traces", "*"}, &Api::get_observation},
        {"DELETE", {"traces", "*"}, &Api::end_observation},
        {"GET", {"traces", "*", "packets"}, &Api::read_trace_piece},
        {"GET", {"stats"}, &Api::get_stats},
        {"GET", {"node"}, &Api::get_node},
        {"GET", {"health"}, &Api::get_health},
    };
    return kRoutes;
}

Api::Api(Node& node, StatisticsView& statistics)
    : node_(node), statistics_(statistics), representation_(node, statistics) {}

bool Api::matches(const Route& route, const std::vector<std::string>& path) {
    if (path.empty() || path[0] != "v1" || path.size() > route.pattern.size() + 1) return false;
    for (std::size_t i = 0; i < route.pattern.size(); ++i) {
        const bool there = i + 1 < path.size();
        if (there == route.pattern[i].empty()) return false;
        if (there && route.pattern[i] != "*" && route.pattern[i] != path[i + 1]) return false;
    }
    return true;
}

void Api::handle(const HttpRequest& request, const HttpRespond& respond) {
    auto target = parse_target(request.target);
    if (!target) return respond(problem(target.error()));
    statistics_.use_segment(node_.session().statistics_segment());
    const Call call{request.body, std::move(*target)};
    std::string allowed;
    for (const Route& route : routes()) {
        if (!matches(route, call.target.path)) continue;
        if (route.method != request.method) {
            allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
            continue;
        }
        if (route.plan != nullptr) return write(route, call, respond);
        auto answer = (this->*route.read)(call);
        return respond(answer ? std::move(*answer) : problem(answer.error()));
    }
    if (allowed.empty())
        return respond(problem({ErrorCode::not_found, "", "there is nothing at this path",
                                "GET /v1/openapi.yaml lists what there is"}));
    HttpResponse response =
        problem({ErrorCode::method_not_allowed, "",
                 request.method.substr(0, 16) + " is not allowed here", "allowed: " + allowed});
    response.headers.emplace_back("Allow", allowed);
    respond(std::move(response));
}

void Api::write(const Route& route, const Call& call, const HttpRespond& respond) {
    if (const auto query = check_query(call.target, {}); !query)
        return respond(problem(query.error()));
    const auto done = node_.carry_out((this->*route.plan)(call));
    if (!done) return respond(problem(done.error()));
    if (route.status == 204)
        return node_.when_settled(*done, [respond] {
            respond({.status = 204, .content_type = "", .body = "", .headers = {}});
        });
    const RecordKey key = key_of(done->puts.back());
    node_.when_settled(*done, [this, key, respond, status = route.status] {
        auto answer = show(key, status);
        respond(answer ? std::move(*answer) : problem(answer.error()));
    });
}

Result<Change> Api::create_room(const Call& call) {
    const auto spec = read_room(call.body);
    if (!spec) return std::unexpected(spec.error());
    return node_.directory().plan_room(*spec);
}

Result<Change> Api::delete_room(const Call& call) {
    return node_.directory().plan_remove_room(call.path(2));
}

Result<Change> Api::edit_profile(const Call& call) {
    const auto spec = read_profile(call.body);
    if (!spec) return std::unexpected(spec.error());
    return node_.directory().plan_profile(call.path(2), *spec);
}

Result<Change> Api::reset_profile(const Call& call) {
    return node_.directory().plan_reset_profile(call.path(2));
}

Result<Change> Api::create_participant(const Call& call) {
    const auto spec = read_participant(call.body);
    if (!spec) return std::unexpected(spec.error());
    return node_.directory().plan_participant(call.path(2), *spec);
}

Result<Change> Api::delete_participant(const Call& call) {
    const auto id = path_participant(call.path(2));
    if (!id) return std::unexpected(id.error());
    return node_.directory().plan_remove(*id);
}

Result<Change> Api::create_track(const Call& call) {
    const auto id = path_participant(call.path(2));
    if (!id) return std::unexpected(id.error());
    const auto spec = read_track(call.body);
    if (!spec) return std::unexpected(spec.error());
    return node_.directory().plan_track(*id, *spec);
}

Result<Change> Api::delete_track(const Call& call) {
    const auto id = path_track(call.path(2));
    if (!id) return std::unexpected(id.error());
    return node_.directory().plan_remove(*id);
}

Result<Change> Api::create_subscription(const Call& call) {
    const auto id = path_participant(call.path(2));
    if (!id) return std::unexpected(id.error());
    const auto spec = read_subscription(call.body);
    if (!spec) return std::unexpected(spec.error());
    return node_.directory().plan_subscription(*id, *spec);
}

Result<Change> Api::set_layers(const Call& call) {
    const auto id = path_subscription(call.path(2));
    if (!id) return std::unexpected(id.error());
    const auto layers = read_layers(call.body);
    if (!layers) return std::unexpected(layers.error());
    return node_.directory().plan_layers(*id, *layers);
}

Result<Change> Api::delete_subscription(const Call& call) {
    const auto id = path_subscription(call.path(2));
    if (!id) return std::unexpected(id.error());
    return node_.directory().plan_remove(*id);
}

}  // namespace strata::control
