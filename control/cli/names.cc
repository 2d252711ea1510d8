#include "control/cli/names.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "dataplane/api/config/nearest.h"

namespace strata::control::cli {
namespace {

struct Candidate {
    std::string id;
    std::string name;
    std::string place;  // the room, or "room of publisher p3"
};

std::unexpected<CliError> no_such(std::string_view kind, const std::string& text,
                                  const std::vector<Candidate>& known) {
    std::vector<std::string_view> names;
    for (const Candidate& candidate : known) names.push_back(candidate.name);
    const std::string_view meant = api::nearest(text, names);
    return std::unexpected(CliError{
        ExitCode::kNotFound, "not-found", "there is no " + std::string(kind) + " \"" + text + "\"",
        meant.empty() ? "`strata " + std::string(kind) + " list` shows what there is"
                      : "did you mean \"" + std::string(meant) + "\"?"});
}

// The one candidate with that name.
Result<std::string> only_one(std::string_view kind, const std::string& text,
                             const std::vector<Candidate>& known) {
    std::vector<const Candidate*> found;
    for (const Candidate& candidate : known) {
        if (candidate.name == text) found.push_back(&candidate);
    }
    if (found.empty()) return no_such(kind, text, known);
    if (found.size() == 1) return found[0]->id;
    std::string which;
    constexpr std::size_t kMostNamed = 5;
    for (std::size_t i = 0; i < std::min(found.size(), kMostNamed); ++i) {
        which += (i > 0 ? ", " : "") + found[i]->id + " (" + found[i]->place + ")";
    }
    if (found.size() > kMostNamed) which += ", …";
    return usage_error(std::to_string(found.size()) + " " + std::string(kind) + "s are called \"" +
                           text + "\": " + which,
                       "give the id, or " +
                           std::string(kind == "track" ? "PARTICIPANT/TRACK" : "ROOM/PARTICIPANT"));
}

Result<void> add_participants(const ApiClient& api, const std::string& room,
                              std::vector<Candidate>& known) {
    const auto participants = api.list(room_target(room) + "/participants");
    if (!participants) return std::unexpected(participants.error());
    for (const Json& participant : *participants) {
        known.push_back({field_text(participant, "id"), field_text(participant, "name"), room});
    }
    return {};
}

// The object itself, or nullopt if the API knows none by that identifier.
Result<std::optional<Json>> find_by_id(const ApiClient& api, const char* collection,
                                       const std::string& id) {
    auto found = api.get(object_target(collection, id));
    if (found) return std::optional(std::move(*found));
    if (found.error().exit_code == ExitCode::kNotFound) return std::optional<Json>();
    return std::unexpected(found.error());
}

// `text` is the identifier of one thing; fails if something else is called so.
Result<std::string> unless_named(std::string_view kind, const std::string& text, const Json& object,
                                 const std::vector<Candidate>& known) {
    for (const Candidate& other : known) {
        if (other.name != text || other.id == text) continue;
        return usage_error(
            "\"" + text + "\" is the id of " + std::string(kind) + " \"" +
                field_text(object, "name") + "\" in " + field_text(object, "room") +
                " and the name of " + other.id + " (" + other.place + ")",
            "say which: by name as " +
                std::string(kind == "track" ? "PARTICIPANT/TRACK" : "ROOM/PARTICIPANT"));
    }
    return text;
}

Result<std::string> participant_id_in(const ApiClient& api, const std::string& name,
                                      const std::string& room) {
    std::vector<Candidate> known;
    if (auto read = add_participants(api, room, known); !read) return std::unexpected(read.error());
    return only_one("participant", name, known);
}

}  // namespace

bool is_id(std::string_view text, char kind) {
    return text.size() >= 2 && text[0] == kind &&
           std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string room_target(std::string_view room) { return "/v1/rooms/" + encoded(room); }

std::string object_target(std::string_view collection, std::string_view id) {
    return "/v1/" + std::string(collection) + "/" + encoded(id);
}

Result<std::string> participant_id(const ApiClient& api, const std::string& text,
                                   const std::string& room) {
    const std::size_t slash = text.find('/');
    if (slash != std::string::npos) {
        return participant_id_in(api, text.substr(slash + 1), text.substr(0, slash));
    }
    std::optional<Json> by_id;
    if (is_id(text, 'p')) {
        auto found = find_by_id(api, "participants", text);
        if (!found) return std::unexpected(found.error());
        by_id = std::move(*found);
        if (by_id && room.empty()) return text;
    }
    std::vector<Candidate> known;
    if (!room.empty()) {
        auto read = add_participants(api, room, known);
        if (!read) return std::unexpected(read.error());
        return by_id ? unless_named("participant", text, *by_id, known)
                     : only_one("participant", text, known);
    }
    const auto rooms = api.list("/v1/rooms");
    if (!rooms) return std::unexpected(rooms.error());
    for (const Json& one : *rooms) {
        auto read = add_participants(api, field_text(one, "name"), known);
        // A room may have ended since the list was made.
        if (!read && read.error().exit_code != ExitCode::kNotFound) {
            return std::unexpected(read.error());
        }
    }
    return only_one("participant", text, known);
}

Result<std::string> track_id(const ApiClient& api, const std::string& text,
                             const std::string& room) {
    std::string target = "/v1/tracks";
    std::optional<Json> by_id;
    const std::size_t slash = text.rfind('/');
    if (slash != std::string::npos) {
        const auto publisher = participant_id(api, text.substr(0, slash), room);
        if (!publisher) return publisher;
        target += "?participant=" + encoded(*publisher);
    } else {
        if (is_id(text, 't')) {
            auto found = find_by_id(api, "tracks", text);
            if (!found) return std::unexpected(found.error());
            by_id = std::move(*found);
            if (by_id && room.empty()) return text;
        }
        if (!room.empty()) target += "?room=" + encoded(room);
    }
    const auto tracks = api.list(target);
    if (!tracks) return std::unexpected(tracks.error());
    std::vector<Candidate> known;
    for (const Json& track : *tracks) {
        known.push_back(
            {field_text(track, "id"), field_text(track, "name"),
             "of " + field_text(track, "participant") + " in " + field_text(track, "room")});
    }
    if (by_id) return unless_named("track", text, *by_id, known);
    return only_one("track", slash == std::string::npos ? text : text.substr(slash + 1), known);
}

Result<void> NameBook::read_participants(const ApiClient& api, const Json& objects) {
    std::set<std::string> rooms;
    for (const Json& object : objects) rooms.insert(field_text(object, "room"));
    for (const std::string& room : rooms) {
        std::vector<Candidate> known;
        auto read = add_participants(api, room, known);
        if (!read && read.error().exit_code != ExitCode::kNotFound) return read;
        for (Candidate& candidate : known) names_[candidate.id] = std::move(candidate.name);
    }
    return {};
}

Result<void> NameBook::read_tracks(const ApiClient& api) {
    const auto tracks = api.list("/v1/tracks");
    if (!tracks) return std::unexpected(tracks.error());
    for (const Json& track : *tracks) names_[field_text(track, "id")] = field_text(track, "name");
    return {};
}

std::string NameBook::operator()(const std::string& id) const {
    const auto found = names_.find(id);
    return found == names_.end() ? id : found->second;
}

}  // namespace strata::control::cli
