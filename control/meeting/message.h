#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "control/room/error.h"
#include "control/room/ids.h"
#include "control/signalling/track_note.h"

// What a client of a meeting says (docs/meetings.md, "From the client"), read strictly: fields,
// types and ranges are checked here, what they refer to isn't.
namespace strata::control::meeting {

constexpr std::size_t kMaxPins = 64;
constexpr std::size_t kMaxPublicationBytes = 32;
constexpr std::uint32_t kMaxHeightPx = 16384;

struct Join {
    std::string name;
    std::string token;   // empty: none
    std::string resume;  // empty: a new member
    std::optional<std::uint32_t> video_slots, audio_slots;
    std::vector<std::string> codecs;  // empty: all
};
struct Answer {
    std::string sdp;
};
struct Publish {
    std::string publication, sdp;
    std::vector<TrackNote> tracks;
};
struct Unpublish {
    std::string publication;
};
struct Mute {
    TrackId track;
    bool muted = false;
};
// Nullopt: as it was. Layers: a text of layers, empty where a wish is taken back.
struct WishChange {
    std::optional<std::string> layers;
    std::optional<std::uint32_t> height_px;
    std::optional<bool> paused;
};
struct View {
    std::optional<std::vector<std::string>> pins;
    std::map<std::string, WishChange> slots;  // by mid
};
struct Restart {
    std::string leg;  // "receive", or a publication
    std::string sdp;  // of a publication
};
struct Remove {
    std::string member;
};
struct Leave {};
// More of a list that was too long for `joined`.
struct ListMembers {
    std::uint64_t after = 0;  // number of the last one's id
};

using Request =
    std::variant<Join, Answer, Publish, Unpublish, Mute, View, Restart, Remove, Leave, ListMembers>;

struct Incoming {
    std::optional<std::uint64_t> id;  // where it could be read
    Result<Request> request;
};

// Any bytes: text frames are only known to be UTF-8.
Incoming read_message(std::string_view text);

// The leg that receives, in `restart`; no publication may be called so.
constexpr std::string_view kReceiveLeg = "receive";

}  // namespace strata::control::meeting
