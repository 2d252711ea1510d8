#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/names.h"
#include "control/cli/number.h"
#include "control/cli/session.h"

namespace strata::control::cli {
namespace {

std::string remote_text(const Json& participant) {
    const std::string remote = field_text(participant, "remote");
    if (remote.empty()) return "(" + field_text(participant, "remote_source") + ")";
    return field_text(participant, "no_route") == "true" ? remote + " (no route)" : remote;
}

std::string member_text(const Json& participant) {
    const auto member = participant.find("member");
    return member == participant.end() || member->is_null() ? "" : field_text(*member, "name");
}

void show_participants(Session& session, const Json& participants) {
    Table table({{"ID"},
                 {"ROOM"},
                 {"NAME"},
                 {"MEMBER"},
                 {"WORKER", true},
                 {"REMOTE"},
                 {"SENDS TO"},
                 {"TRACKS", true},
                 {"SUBSCRIPTIONS", true},
                 {"STATE"}});
    for (const Json& participant : participants) {
        table.add({field_text(participant, "id"), field_text(participant, "room"),
                   field_text(participant, "name"), member_text(participant),
                   field_text(participant, "worker"), remote_text(participant),
                   field_text(participant, "relay"), field_text(participant, "tracks"),
                   field_text(participant, "subscriptions"), field_text(participant, "state")});
    }
    session.print(table);
}

Result<void> add_participant(Session& session, const Values& values) {
    Json body = Json::object();
    if (values.has("NAME")) body["name"] = values.get("NAME");
    if (values.has("--remote")) body["remote"] = values.get("--remote");
    for (const auto& [option, field] :
         {std::pair{"--worker", "worker"}, std::pair{"--mtu", "mtu_bytes"}}) {
        if (!values.has(option)) continue;
        const auto number = parse_u32(values.get(option), option);
        if (!number) return std::unexpected(number.error());
        body[field] = *number;
    }
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto participant = (*api)->post(room_target(values.get("ROOM")) + "/participants", body);
    if (!participant) return std::unexpected(participant.error());
    if (session.as_json()) {
        session.print(*participant);
    } else {
        show_participants(session, Json::array({*participant}));
    }
    return {};
}

Result<void> list_participants(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const std::string only_room = room_of(values);
    Json rooms = Json::array({{{"name", only_room}}});
    if (only_room.empty()) {
        auto all = (*api)->list("/v1/rooms");
        if (!all) return std::unexpected(all.error());
        rooms = *std::move(all);
    }
    Json participants = Json::array();
    for (const Json& room : rooms) {
        auto some = (*api)->list(room_target(field_text(room, "name")) + "/participants");
        if (!some && only_room.empty() && some.error().exit_code == ExitCode::kNotFound) continue;
        if (!some) return std::unexpected(some.error());
        for (Json& participant : *some) participants.push_back(std::move(participant));
    }
    if (session.as_json()) {
        session.print(participants);
    } else {
        show_participants(session, participants);
    }
    return {};
}

Result<void> show_participant(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto id = participant_id(**api, values.get("PARTICIPANT"), room_of(values));
    if (!id) return std::unexpected(id.error());
    const auto participant = (*api)->get(object_target("participants", *id));
    if (!participant) return std::unexpected(participant.error());
    session.print_object(*participant);
    return {};
}

Result<void> remove_participant(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto id = participant_id(**api, values.get("PARTICIPANT"), room_of(values));
    if (!id) return std::unexpected(id.error());
    if (auto done = (*api)->remove(object_target("participants", *id)); !done) return done;
    session.print_done("participant " + *id + " removed", "removed", *id);
    return {};
}

}  // namespace

std::vector<Command> participant_commands() {
    const Argument participant = {
        "PARTICIPANT", "id (p12), ROOM/NAME, or NAME where the node has one", Names::kParticipant};
    return {
        {"participant",
         "add",
         "Add a participant to a room",
         {{"ROOM", "name of the room", Names::kRoom},
          {"NAME", "unique within the room (default: the id)", Names::kNothing, false}},
         {{"--remote", "IP:PORT",
           "where it sends from and receives at (default: learned once from its first valid "
           "packet)"},
          {"--mtu", "BYTES",
           "what the path to him takes: larger IP datagrams aren't sent (default: 1500)"},
          {"--worker", "N",
           "worker that serves him (default: the room's home, as long as it has room)"}},
         {"participant add demo alice", "participant add demo bob --remote 192.0.2.7:40000"},
         add_participant},
        {"participant",
         "list",
         "List participants, of one room or of all",
         {{"ROOM", "name of the room (default: all)", Names::kRoom, false}},
         {room_option()},
         {"participant list demo", "participant list -o json"},
         list_participants},
        {"participant",
         "show",
         "Show a participant",
         {participant},
         {room_option()},
         {"participant show demo/alice", "participant show p12 -o json"},
         show_participant},
        {"participant",
         "remove",
         "Remove a participant, with its tracks and subscriptions",
         {participant},
         {room_option()},
         {"participant remove demo/alice", "participant remove p12"},
         remove_participant},
    };
}

}  // namespace strata::control::cli
