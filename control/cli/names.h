#pragma once

#include <map>
#include <string>
#include <string_view>

#include "control/cli/api_client.h"
#include "control/cli/cli_error.h"

// Names and identifiers: people say "alice", the API says "p12".
namespace strata::control::cli {

// True for a letter and a number: "p12" with kind 'p'.
bool is_id(std::string_view text, char kind);

// "/v1/rooms/demo" and the like, each part encoded.
std::string room_target(std::string_view room);
std::string object_target(std::string_view collection, std::string_view id);

// The identifier of a participant given as "p12", "demo/alice", or "alice" where the room, or the
// node if `room` is empty, has only one. Something may be called "p12" too: "demo/p12" is always a
// name, "p12" alone the identifier if there is such a one, else a name, and with `room` an error
// if it is both.
Result<std::string> participant_id(const ApiClient& api, const std::string& text,
                                   const std::string& room);

// The identifier of a track given as "t7", "PARTICIPANT/cam" (the participant in any of its forms),
// or "cam" where the room, or the node if `room` is empty, has only one. Names that look like
// identifiers as for participants.
Result<std::string> track_id(const ApiClient& api, const std::string& text,
                             const std::string& room);

// Names to show for identifiers, read once for a table.
class NameBook {
  public:
    // Reads the participants of all rooms that occur in `objects` (field "room").
    Result<void> read_participants(const ApiClient& api, const Json& objects);
    Result<void> read_tracks(const ApiClient& api);
    // The name, or the identifier where it isn't known.
    std::string operator()(const std::string& id) const;

  private:
    std::map<std::string, std::string> names_;
};

}  // namespace strata::control::cli
