#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/names.h"
#include "control/cli/number.h"
#include "control/cli/session.h"

namespace strata::control::cli {
namespace {

void show_rooms(Session& session, const Json& rooms) {
    Table table({{"NAME"},
                 {"PROFILE"},
                 {"WORKER", true},
                 {"MEMBERS", true},
                 {"PARTICIPANTS", true},
                 {"TRACKS", true},
                 {"SUBSCRIPTIONS", true},
                 {"CREATED"}});
    for (const Json& room : rooms) {
        table.add({field_text(room, "name"), field_text(room, "profile"),
                   field_text(room, "worker"), field_text(room, "members"),
                   field_text(room, "participants"), field_text(room, "tracks"),
                   field_text(room, "subscriptions"), field_text(room, "created_at")});
    }
    session.print(table);
}

Result<void> create_room(Session& session, const Values& values) {
    Json body = {{"name", values.get("ROOM")}};
    if (values.has("--worker")) {
        const auto worker = parse_u32(values.get("--worker"), "--worker");
        if (!worker) return std::unexpected(worker.error());
        body["worker"] = *worker;
    }
    if (values.has("--profile")) body["profile"] = values.get("--profile");
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto room = (*api)->post("/v1/rooms", body);
    if (!room) return std::unexpected(room.error());
    if (session.as_json()) {
        session.print(*room);
    } else {
        show_rooms(session, Json::array({*room}));
    }
    return {};
}

Result<void> list_rooms(Session& session, const Values&) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto rooms = (*api)->list("/v1/rooms");
    if (!rooms) return std::unexpected(rooms.error());
    if (session.as_json()) {
        session.print(*rooms);
    } else {
        show_rooms(session, *rooms);
    }
    return {};
}

Result<void> show_room(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto room = (*api)->get(room_target(values.get("ROOM")));
    if (!room) return std::unexpected(room.error());
    session.print_object(*room);
    return {};
}

Result<void> remove_room(Session& session, const Values& values) {
    const std::string name = values.get("ROOM");
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    if (auto done = (*api)->remove(room_target(name)); !done) return done;
    session.print_done("room " + name + " deleted", "deleted", name);
    return {};
}

}  // namespace

std::vector<Command> room_commands() {
    const Argument room = {"ROOM", "name of the room", Names::kRoom};
    return {
        {"room",
         "create",
         "Create a room",
         {{"ROOM", "name: letters, digits, '.', '_' and '-'"}},
         {{"--profile", "PROFILE", "what the room is for (default: meeting)", Names::kProfile},
          {"--worker", "N", "home worker of the room (default: the one that is the least busy)"}},
         {"room create demo", "room create lesson --profile classroom",
          "room create lesson-7 --worker 1 -o json"},
         create_room},
        {"room", "list", "List rooms", {}, {}, {"room list", "room list -o json"}, list_rooms},
        {"room", "show", "Show a room", {room}, {}, {"room show demo"}, show_room},
        {"room",
         "delete",
         "End a room for everybody in it: participants, tracks and subscriptions go with it",
         {{"ROOM", "exact name of the room", Names::kRoom}},
         {},
         {"room delete demo"},
         remove_room},
    };
}

}  // namespace strata::control::cli
