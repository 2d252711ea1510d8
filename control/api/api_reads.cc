#include <nlohmann/json.hpp>
#include <utility>

#include "control/api/api.h"
#include "control/api/json_answer.h"
#include "control/api/page_size.h"
#include "control/api/path_ids.h"

// The reads: one object, lists page by page, the node.
namespace strata::control {
namespace {

using nlohmann::ordered_json;

std::string name_of(const Room& room) { return room.name; }
std::string name_of(const RoomProfile& profile) { return profile.name; }
std::string name_of(const auto& object) { return id_text(object.id); }

std::optional<std::string> parse_name(std::string_view name) { return std::string(name); }

// One page of those in `map` that `wanted` says yes to. `parse` reads the key that `after` gives.
template <typename Map, typename Parse, typename Wanted>
Result<HttpResponse> page(const Map& map, const Target& target, Parse parse, const Wanted& wanted,
                          const Representation& representation) {
    const auto limit = page_size(target);
    if (!limit) return std::unexpected(limit.error());
    auto it = map.begin();
    if (target.query.contains("after")) {
        const auto after = parse(target.parameter("after"));
        if (!after)
            return refuse(ErrorCode::invalid_query, "after", "not the `next` of a page",
                          "give it as it came");
        it = map.upper_bound(*after);
    }
    ordered_json items = ordered_json::array();
    ordered_json next = nullptr;
    std::string last;
    for (; it != map.end(); ++it) {
        if (!wanted(it->second)) continue;
        if (items.size() == *limit) {
            next = last;
            break;
        }
        items.push_back(representation.of(it->second));
        last = name_of(it->second);
    }
    return json_answer(200, {{"items", std::move(items)}, {"next", std::move(next)}});
}

}  // namespace

Result<HttpResponse> Api::show(const RecordKey& key, int status) const {
    const auto shown = [&](const auto& found) -> Answer {
        if (!found) return std::unexpected(found.error());
        return json_answer(status, representation_.of(**found));
    };
    const Directory& d = node_.directory();
    if (const auto* id = std::get_if<ParticipantId>(&key)) return shown(d.participant(*id));
    if (const auto* id = std::get_if<TrackId>(&key)) return shown(d.track(*id));
    if (const auto* id = std::get_if<SubscriptionId>(&key)) return shown(d.subscription(*id));
    if (const auto* name = std::get_if<ProfileName>(&key)) return shown(d.profile(name->text));
    return shown(d.room(std::get<std::string>(key)));
}

Result<HttpResponse> Api::get_room(const Call& call) { return show(call.path(2), 200); }

Result<HttpResponse> Api::get_profile(const Call& call) {
    return show(ProfileName{call.path(2)}, 200);
}

Result<HttpResponse> Api::get_participant(const Call& call) {
    const auto id = path_participant(call.path(2));
    if (!id) return std::unexpected(id.error());
    return show(*id, 200);
}

Result<HttpResponse> Api::get_track(const Call& call) {
    const auto id = path_track(call.path(2));
    if (!id) return std::unexpected(id.error());
    return show(*id, 200);
}

Result<HttpResponse> Api::get_subscription(const Call& call) {
    const auto id = path_subscription(call.path(2));
    if (!id) return std::unexpected(id.error());
    return show(*id, 200);
}

Result<HttpResponse> Api::list_rooms(const Call& call) {
    if (auto ok = check_query(call.target, {"limit", "after"}); !ok)
        return std::unexpected(ok.error());
    const auto all = [](const Room&) { return true; };
    return page(node_.directory().rooms(), call.target, parse_name, all, representation_);
}

Result<HttpResponse> Api::list_profiles(const Call& call) {
    if (auto ok = check_query(call.target, {"limit", "after"}); !ok)
        return std::unexpected(ok.error());
    const auto all = [](const RoomProfile&) { return true; };
    return page(node_.directory().profiles(), call.target, parse_name, all, representation_);
}

Result<HttpResponse> Api::list_participants(const Call& call) {
    const Directory& d = node_.directory();
    if (auto ok = check_query(call.target, {"limit", "after"}); !ok)
        return std::unexpected(ok.error());
    const auto room = d.room(call.path(2));
    if (!room) return std::unexpected(room.error());
    const auto wanted = [&](const Participant& p) { return p.room == (*room)->name; };
    return page(d.participants(), call.target, parse_participant_id, wanted, representation_);
}

Result<HttpResponse> Api::list_tracks(const Call& call) {
    const Directory& d = node_.directory();
    if (auto ok = check_query(call.target, {"room", "participant", "limit", "after"}); !ok)
        return std::unexpected(ok.error());
    const std::string room = call.target.parameter("room");
    const std::string participant = call.target.parameter("participant");
    if (call.target.query.contains("room"))
        if (const auto found = d.room(room); !found) return std::unexpected(found.error());
    const auto wanted = [&](const Track& t) {
        return (room.empty() || d.participants().at(t.participant).room == room) &&
               (participant.empty() || id_text(t.participant) == participant);
    };
    return page(d.tracks(), call.target, parse_track_id, wanted, representation_);
}

Result<HttpResponse> Api::list_subscriptions(const Call& call) {
    const Directory& d = node_.directory();
    if (auto ok = check_query(call.target, {"room", "participant", "track", "limit", "after"}); !ok)
        return std::unexpected(ok.error());
    const std::string room = call.target.parameter("room");
    const std::string participant = call.target.parameter("participant");
    const std::string track = call.target.parameter("track");
    if (call.target.query.contains("room"))
        if (const auto found = d.room(room); !found) return std::unexpected(found.error());
    const auto wanted = [&](const Subscription& s) {
        return (room.empty() || d.participants().at(s.participant).room == room) &&
               (participant.empty() || id_text(s.participant) == participant) &&
               (track.empty() || id_text(s.track) == track);
    };
    return page(d.subscriptions(), call.target, parse_subscription_id, wanted, representation_);
}

Result<HttpResponse> Api::list_drops(const Call& call) {
    if (auto ok = check_query(call.target, {"all"}); !ok) return std::unexpected(ok.error());
    const std::string all = call.target.parameter("all");
    if (!all.empty() && all != "true" && all != "false")
        return refuse(ErrorCode::invalid_query, "all",
                      "'" + all.substr(0, 32) + "' is neither true nor false");
    return json_answer(200, representation_.drops(all == "true"));
}

Result<HttpResponse> Api::list_workers(const Call&) {
    return json_answer(200, representation_.workers());
}
Result<HttpResponse> Api::list_ports(const Call&) {
    return json_answer(200, representation_.ports());
}
Result<HttpResponse> Api::get_worker(const Call& call) {
    const auto id = path_worker(call.path(2), node_.directory().workers());
    if (!id) return std::unexpected(id.error());
    return json_answer(200, representation_.worker(*id));
}
Result<HttpResponse> Api::list_turns(const Call& call) {
    const auto id = path_worker(call.path(2), node_.directory().workers());
    if (!id) return std::unexpected(id.error());
    return json_answer(200, representation_.worker_turns(*id));
}
Result<HttpResponse> Api::get_stats(const Call&) {
    return json_answer(200, representation_.stats());
}
Result<HttpResponse> Api::get_node(const Call&) { return json_answer(200, representation_.node()); }
Result<HttpResponse> Api::get_health(const Call&) {
    return json_answer(representation_.healthy() ? 200 : 503, representation_.health());
}
Result<HttpResponse> Api::get_document(const Call&) {
    return HttpResponse{.status = 200,
                        .content_type = "application/yaml",
                        .body = std::string(document()),
                        .headers = {}};
}

}  // namespace strata::control
