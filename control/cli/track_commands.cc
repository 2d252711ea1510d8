#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/names.h"
#include "control/cli/session.h"
#include "control/cli/track_fields.h"

namespace strata::control::cli {
namespace {

// "1023003358", or "q:1, h:2, f:?" where an SSRC isn't known yet.
std::string encodings_text(const Json& track) {
    std::string text;
    const auto encodings = track.find("encodings");
    if (encodings == track.end()) return text;
    for (const Json& encoding : *encodings) {
        const std::string rid = field_text(encoding, "rid");
        const std::string ssrc = field_text(encoding, "ssrc");
        text += (text.empty() ? "" : ", ") + (rid.empty() ? "" : rid + ":") +
                (ssrc.empty() ? "?" : ssrc);
    }
    return text;
}

Result<void> show_tracks(Session& session, const ApiClient& api, const Json& tracks) {
    if (session.as_json()) {
        session.print(tracks);
        return {};
    }
    NameBook names;
    if (auto read = names.read_participants(api, tracks); !read) return read;
    Table table({{"ID"},
                 {"ROOM"},
                 {"PUBLISHER"},
                 {"NAME"},
                 {"CODEC"},
                 {"PT", true},
                 {"ENCODINGS"},
                 {"SUBSCRIPTIONS", true},
                 {"STATE"}});
    for (const Json& track : tracks) {
        table.add({field_text(track, "id"), field_text(track, "room"),
                   names(field_text(track, "participant")), field_text(track, "name"),
                   field_text(track, "codec"), field_text(track, "payload_type"),
                   encodings_text(track), field_text(track, "subscriptions"),
                   field_text(track, "state")});
    }
    session.print(table);
    return {};
}

Result<void> publish(Session& session, const Values& values) {
    Json body = Json::object();
    if (auto set = set_track_fields(body, values); !set) return set;
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto publisher = participant_id(**api, values.get("PARTICIPANT"), room_of(values));
    if (!publisher) return std::unexpected(publisher.error());
    const auto track = (*api)->post(object_target("participants", *publisher) + "/tracks", body);
    if (!track) return std::unexpected(track.error());
    if (!session.as_json()) return show_tracks(session, **api, Json::array({*track}));
    session.print(*track);
    return {};
}

Result<void> list_tracks(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const std::string room = room_of(values);
    std::string target = "/v1/tracks";
    if (!room.empty()) target += "?room=" + encoded(room);
    if (values.has("--participant")) {
        const auto id = participant_id(**api, values.get("--participant"), room_of(values));
        if (!id) return std::unexpected(id.error());
        target += (!room.empty() ? "&participant=" : "?participant=") + encoded(*id);
    }
    const auto tracks = (*api)->list(target);
    if (!tracks) return std::unexpected(tracks.error());
    return show_tracks(session, **api, *tracks);
}

Result<void> show_track(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto id = track_id(**api, values.get("TRACK"), room_of(values));
    if (!id) return std::unexpected(id.error());
    const auto track = (*api)->get(object_target("tracks", *id));
    if (!track) return std::unexpected(track.error());
    session.print_object(*track);
    return {};
}

Result<void> remove_track(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto id = track_id(**api, values.get("TRACK"), room_of(values));
    if (!id) return std::unexpected(id.error());
    if (auto done = (*api)->remove(object_target("tracks", *id)); !done) return done;
    session.print_done("track " + *id + " removed", "removed", *id);
    return {};
}

}  // namespace

std::vector<Command> track_commands() {
    const Argument track = {"TRACK", "id (t7), PARTICIPANT/NAME, or NAME where the node has one",
                            Names::kTrack};
    std::vector<Option> options(track_options().begin(), track_options().end());
    options.push_back(room_option());
    return {
        {"track",
         "publish",
         "Announce a track that a participant sends",
         {{"PARTICIPANT", "the publisher: id (p12), ROOM/NAME, or NAME where the node has one",
           Names::kParticipant}},
         std::move(options),
         {"track publish demo/alice --name cam --codec VP9 --payload-type 98 --ssrc 1023003358 "
          "--dependency-descriptor 14",
          "track publish alice --codec VP8 --payload-type 96 --encoding q --encoding h --encoding "
          "f",
          "track publish alice --file track.json"},
         publish},
        {"track",
         "list",
         "List tracks",
         {{"ROOM", "name of the room (default: all)", Names::kRoom, false}},
         {{"--participant", "PARTICIPANT", "only those of this publisher", Names::kParticipant},
          room_option()},
         {"track list", "track list demo --participant alice"},
         list_tracks},
        {"track",
         "show",
         "Show a track, with its counters",
         {track},
         {room_option()},
         {"track show alice/cam"},
         show_track},
        {"track",
         "remove",
         "Remove a track, with the subscriptions to it",
         {track},
         {room_option()},
         {"track remove t7", "track remove cam --room demo"},
         remove_track},
    };
}

}  // namespace strata::control::cli
