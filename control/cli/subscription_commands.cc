#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/names.h"
#include "control/cli/session.h"
#include "control/cli/track_fields.h"

namespace strata::control::cli {
namespace {

std::string counter_text(const Json& object, const char* counter) {
    const auto counters = object.find("counters");
    return counters == object.end() ? std::string{} : field_text(*counters, counter);
}

Result<void> show_subscriptions(Session& session, const ApiClient& api, const Json& subscriptions) {
    if (session.as_json()) {
        session.print(subscriptions);
        return {};
    }
    NameBook names;
    if (!subscriptions.empty()) {
        if (auto read = names.read_participants(api, subscriptions); !read) return read;
        if (auto read = names.read_tracks(api); !read) return read;
    }
    Table table({{"ID"},
                 {"ROOM"},
                 {"RECEIVER"},
                 {"TRACK"},
                 {"LAYERS"},
                 {"NOW"},
                 {"SSRC", true},
                 {"PACKETS", true},
                 {"LOST", true},
                 {"STATE"}});
    for (const Json& subscription : subscriptions) {
        table.add({field_text(subscription, "id"), field_text(subscription, "room"),
                   names(field_text(subscription, "participant")),
                   names(field_text(subscription, "track")), field_text(subscription, "layers"),
                   field_text(subscription, "layers_current"), field_text(subscription, "ssrc"),
                   counter_text(subscription, "packets"), counter_text(subscription, "lost"),
                   field_text(subscription, "state")});
    }
    session.print(table);
    return {};
}

Result<void> print_subscription(Session& session, const ApiClient& api, const Json& subscription) {
    if (!session.as_json()) return show_subscriptions(session, api, Json::array({subscription}));
    session.print(subscription);
    return {};
}

Result<void> add_subscription(Session& session, const Values& values) {
    Json body = Json::object();
    if (auto set = set_subscription_fields(body, values); !set) return set;
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto receiver = participant_id(**api, values.get("PARTICIPANT"), room_of(values));
    if (!receiver) return std::unexpected(receiver.error());
    const auto track = track_id(**api, values.get("TRACK"), room_of(values));
    if (!track) return std::unexpected(track.error());
    body["track"] = *track;
    const auto subscription =
        (*api)->post(object_target("participants", *receiver) + "/subscriptions", body);
    if (!subscription) return std::unexpected(subscription.error());
    return print_subscription(session, **api, *subscription);
}

Result<void> list_subscriptions(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    std::string target = "/v1/subscriptions";
    const auto narrow = [&](const char* field, const std::string& value) {
        target += (target.find('?') == std::string::npos ? "?" : "&") + std::string(field) + "=" +
                  encoded(value);
    };
    if (!room_of(values).empty()) narrow("room", room_of(values));
    if (values.has("--participant")) {
        const auto id = participant_id(**api, values.get("--participant"), room_of(values));
        if (!id) return std::unexpected(id.error());
        narrow("participant", *id);
    }
    if (values.has("--track")) {
        const auto id = track_id(**api, values.get("--track"), room_of(values));
        if (!id) return std::unexpected(id.error());
        narrow("track", *id);
    }
    const auto subscriptions = (*api)->list(target);
    if (!subscriptions) return std::unexpected(subscriptions.error());
    return show_subscriptions(session, **api, *subscriptions);
}

Result<void> show_subscription(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto subscription =
        (*api)->get(object_target("subscriptions", values.get("SUBSCRIPTION")));
    if (!subscription) return std::unexpected(subscription.error());
    session.print_object(*subscription);
    return {};
}

Result<void> set_subscription(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto subscription =
        (*api)->patch(object_target("subscriptions", values.get("SUBSCRIPTION")),
                      Json{{"layers", values.get("--layers")}});
    if (!subscription) return std::unexpected(subscription.error());
    return print_subscription(session, **api, *subscription);
}

Result<void> remove_subscription(Session& session, const Values& values) {
    const std::string id = values.get("SUBSCRIPTION");
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    if (auto done = (*api)->remove(object_target("subscriptions", id)); !done) return done;
    session.print_done("subscription " + id + " removed", "removed", id);
    return {};
}

constexpr std::string_view kLayersDoc =
    "highest layers wanted: S1T2, S1, T1, max, none; with simulcast q:T2, f:max";

}  // namespace

std::vector<Command> subscription_commands() {
    const Argument subscription = {"SUBSCRIPTION", "id (s31)", Names::kSubscription};
    std::vector<Option> add_options = {{"--layers", "LAYERS", kLayersDoc}};
    for (const Option& option : subscription_options()) add_options.push_back(option);
    add_options.push_back(room_option());
    return {
        {"subscription",
         "add",
         "Let a participant receive a track",
         {{"PARTICIPANT", "the receiver: id (p12), ROOM/NAME, or NAME where the node has one",
           Names::kParticipant},
          {"TRACK", "id (t7), PARTICIPANT/NAME, or NAME where the node has one", Names::kTrack}},
         std::move(add_options),
         {"subscription add demo/bob t7 --layers S1T2", "subscription add bob cam --layers q:max"},
         add_subscription},
        {"subscription",
         "list",
         "List subscriptions: what is asked for (LAYERS) and what is given (NOW)",
         {{"ROOM", "name of the room (default: all)", Names::kRoom, false}},
         {{"--participant", "PARTICIPANT", "only those of this receiver", Names::kParticipant},
          {"--track", "TRACK", "only those to this track", Names::kTrack},
          room_option()},
         {"subscription list demo", "subscription list --participant demo/bob -o json"},
         list_subscriptions},
        {"subscription",
         "show",
         "Show a subscription, with its counters",
         {subscription},
         {},
         {"subscription show s31", "subscription show s31 -o json"},
         show_subscription},
        {"subscription",
         "set",
         "Ask for other layers",
         {subscription},
         {{"--layers", "LAYERS", kLayersDoc, Names::kNothing, true}},
         {"subscription set s31 --layers S1T2", "subscription set s31 --layers none"},
         set_subscription},
        {"subscription",
         "remove",
         "End a subscription",
         {subscription},
         {},
         {"subscription remove s31"},
         remove_subscription},
    };
}

}  // namespace strata::control::cli
