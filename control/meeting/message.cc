#include "control/meeting/message.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "control/api/json_body.h"
#include "control/room/layers_text.h"
#include "control/room/media_rules.h"
#include "control/room/profile.h"

namespace strata::control::meeting {
namespace {

using nlohmann::json;
using Known = std::initializer_list<std::string_view>;

constexpr std::uint64_t kMaxId = std::uint64_t{1} << 53;  // a number of JavaScript is exact so far
constexpr std::array<std::string_view, 4> kVideoCodecs = {"VP9", "AV1", "VP8", "H264"};
constexpr std::size_t kMaxTracks = 16, kMaxSlots = 64;
constexpr std::size_t kMaxScalabilityBytes = 16, kMaxWishBytes = 32;
constexpr std::size_t kMaxSecretBytes = 64, kMaxTokenChars = 4096;

// A text that has to be there.
std::string needed(JsonFields& fields, std::string_view name) {
    fields.require(name);
    return fields.text(name).value_or("");
}

// The same, of at most `most` bytes and not empty.
std::string word(JsonFields& fields, std::string_view name, std::size_t most) {
    std::string text = needed(fields, name);
    if (!fields.error() && (text.empty() || text.size() > most))
        fields.fail(ErrorCode::invalid_field, name, std::to_string(text.size()) + " bytes long",
                    "1 to " + std::to_string(most));
    return text;
}

std::optional<std::uint32_t> number(JsonFields& fields, std::string_view name, std::uint32_t lowest,
                                    std::uint32_t highest) {
    const auto value = fields.integer(name, lowest, highest);
    if (!value) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

// Each element of an array of texts.
std::vector<std::string> texts(JsonFields& fields, std::string_view name, std::size_t most,
                               std::size_t most_bytes) {
    std::vector<std::string> found;
    const json* array = fields.array(name, most);
    if (array == nullptr) return found;
    for (const json& element : *array) {
        if (!element.is_string() || element.get_ref<const std::string&>().size() > most_bytes) {
            fields.fail(ErrorCode::invalid_field, name, "an element is no text, or too long");
            break;
        }
        found.push_back(element.get<std::string>());
    }
    return found;
}

Request read_join(const json& message, JsonFields& fields) {
    Join join{.name = needed(fields, "name")};
    join.token = fields.text("token").value_or("");
    join.resume = fields.text("resume").value_or("");
    if (join.token.size() > kMaxTokenChars)
        fields.fail(ErrorCode::invalid_field, "token", "longer than tokens are");
    if (join.resume.size() > kMaxSecretBytes || (message.contains("resume") && join.resume.empty()))
        fields.fail(ErrorCode::invalid_field, "resume", "not what `joined` said");
    if (!join.resume.empty() && message.contains("receive"))
        fields.fail(ErrorCode::invalid_field, "receive", "the slots stay as they are with resume");
    if (const json* receive = fields.object("receive")) {
        JsonFields counts(*receive, "receive", {"video", "audio"});
        join.video_slots = number(counts, "video", 0, kMaxVideoSlots);
        join.audio_slots = number(counts, "audio", 0, kMaxAudioSlots);
        if (counts.error()) fields.fail(*counts.error());
    }
    join.codecs = texts(fields, "codecs", kVideoCodecs.size(), kMaxWishBytes);
    for (const std::string& codec : join.codecs)
        if (std::ranges::find(kVideoCodecs, codec) == kVideoCodecs.end())
            fields.fail(ErrorCode::invalid_field, "codecs", "'" + codec + "' isn't relayed",
                        "VP9, AV1, VP8 and H264 are");
    if (message.contains("codecs") && join.codecs.empty())
        fields.fail(ErrorCode::invalid_field, "codecs", "none is named",
                    "who can't decode video asks for no video slots");
    return join;
}

TrackNote read_note(const json& element, std::size_t index, JsonFields& message) {
    JsonFields fields(element, "tracks[" + std::to_string(index) + "]",
                      {"mid", "source", "muted", "height", "scalability"});
    TrackNote note{.mid = word(fields, "mid", kMaxMidBytes)};
    const auto source = parse_source(needed(fields, "source"));
    if (!fields.error() && !source)
        fields.fail(ErrorCode::invalid_field, "source", "not where media come from",
                    "camera, microphone, screen or screen-audio");
    note.source = source.value_or(MediaSource::camera);
    note.muted = fields.boolean("muted").value_or(false);
    note.height_px = number(fields, "height", 1, kMaxHeightPx).value_or(0);
    note.scalability = fields.text("scalability").value_or("");
    if (note.scalability.size() > kMaxScalabilityBytes)
        fields.fail(ErrorCode::invalid_field, "scalability", "not a scalability mode",
                    "such as L3T3_KEY");
    if (fields.error()) message.fail(*fields.error());
    return note;
}

std::string publication_name(JsonFields& fields, std::string_view name) {
    std::string text = word(fields, name, kMaxPublicationBytes);
    if (!fields.error() && text == kReceiveLeg)
        fields.fail(ErrorCode::invalid_field, name, "'receive' is the leg that receives");
    return text;
}

Request read_publish(const json&, JsonFields& fields) {
    Publish publish{.publication = publication_name(fields, "publication"),
                    .sdp = needed(fields, "sdp"),
                    .tracks = {}};
    fields.require("tracks");
    if (const json* tracks = fields.array("tracks", kMaxTracks))
        for (const json& element : *tracks) {
            publish.tracks.push_back(read_note(element, publish.tracks.size(), fields));
            if (fields.error()) break;
        }
    return publish;
}

Request read_mute(const json&, JsonFields& fields) {
    const auto track = parse_track_id(needed(fields, "track"));
    if (!fields.error() && !track)
        fields.fail(ErrorCode::invalid_field, "track", "not the id of a track", "such as t7");
    fields.require("muted");
    return Mute{track.value_or(TrackId{}), fields.boolean("muted").value_or(false)};
}

// "auto", or what some track could be asked for: "S1T2", "h:T2", "max".
void check_wish(JsonFields& fields, const std::string& layers) {
    const std::size_t colon = layers.find(':');
    const std::string rest = colon == layers.npos ? layers : layers.substr(colon + 1);
    const std::array<Encoding, 1> any{};
    if (layers.size() <= kMaxWishBytes && (layers == "auto" || parse_layers(rest, any))) return;
    fields.fail(ErrorCode::invalid_layers, "layers",
                "'" + layers.substr(0, kMaxWishBytes) + "' names no layers",
                "S0T0 to S3T3, S2, T1, max, h:T2 of a track with rids, or auto");
}

WishChange read_wish(const std::string& mid, const json& value, JsonFields& message) {
    JsonFields fields(value, "slots." + mid, {"layers", "height", "paused"});
    WishChange change;
    change.layers = fields.text("layers");
    if (change.layers) check_wish(fields, *change.layers);
    if (change.layers == "auto") change.layers = "";
    change.height_px = number(fields, "height", 1, kMaxHeightPx);
    change.paused = fields.boolean("paused");
    if (fields.error()) message.fail(*fields.error());
    return change;
}

Request read_view(const json& message, JsonFields& fields) {
    View view;
    if (message.contains("pins")) view.pins = texts(fields, "pins", kMaxPins, kMaxWishBytes);
    for (const std::string& pin : view.pins.value_or(std::vector<std::string>()))
        if (!parse_member_id(pin) && !parse_participant_id(pin) && !parse_track_id(pin))
            fields.fail(ErrorCode::invalid_field, "pins", "'" + pin + "' is no member or track",
                        "such as m4 or t7");
    const json* slots = fields.object("slots");
    if (slots == nullptr) return view;
    if (slots->size() > kMaxSlots)
        fields.fail(ErrorCode::invalid_field, "slots", "more than there can be");
    for (const auto& [mid, value] : slots->items()) {
        if (fields.error()) break;
        view.slots.emplace(mid, read_wish(mid.substr(0, kMaxMidBytes), value, fields));
    }
    return view;
}

Request read_restart(const json& message, JsonFields& fields) {
    Restart restart{.leg = word(fields, "leg", kMaxPublicationBytes), .sdp = {}};
    if (restart.leg != kReceiveLeg)
        restart.sdp = needed(fields, "sdp");
    else if (message.contains("sdp"))
        fields.fail(ErrorCode::invalid_field, "sdp", "the relay offers this leg");
    return restart;
}

using Read = Request (*)(const json& message, JsonFields& fields);

Result<Request> read_as(const json& message, Known known, Read read) {
    JsonFields fields(message, "", known);
    fields.require("id");
    static_cast<void>(fields.integer("id", 0, kMaxId));
    Request request = read(message, fields);
    if (fields.error()) return std::unexpected(*fields.error());
    return request;
}

Request read_answer(const json&, JsonFields& fields) { return Answer{needed(fields, "sdp")}; }
Request read_unpublish(const json&, JsonFields& fields) {
    return Unpublish{word(fields, "publication", kMaxPublicationBytes)};
}
Request read_remove(const json&, JsonFields& fields) {
    return Remove{word(fields, "member", kMaxWishBytes)};
}
Request read_leave(const json&, JsonFields&) { return Leave{}; }

Request read_members(const json&, JsonFields& fields) {
    const std::string after = word(fields, "after", kMaxWishBytes);
    const auto member = parse_member_id(after);
    const auto participant = parse_participant_id(after);
    if (!fields.error() && !member && !participant)
        fields.fail(ErrorCode::invalid_field, "after", "not the id of a member", "such as m4");
    return ListMembers{member ? member->value : participant ? participant->value : 0};
}

std::optional<std::uint64_t> id_of(const json& message) {
    const auto it = message.find("id");
    if (it == message.end() || !it->is_number_unsigned()) return std::nullopt;
    const auto id = it->get<std::uint64_t>();
    return id <= kMaxId ? std::optional(id) : std::nullopt;
}

Result<Request> request_of(const json& m) {
    const auto found = m.find("type");
    const std::string type =
        found != m.end() && found->is_string() ? found->get<std::string>() : std::string();
    if (type == "join")
        return read_as(m, {"type", "id", "name", "token", "resume", "receive", "codecs"},
                       read_join);
    if (type == "answer") return read_as(m, {"type", "id", "sdp"}, read_answer);
    if (type == "publish")
        return read_as(m, {"type", "id", "publication", "sdp", "tracks"}, read_publish);
    if (type == "unpublish") return read_as(m, {"type", "id", "publication"}, read_unpublish);
    if (type == "mute") return read_as(m, {"type", "id", "track", "muted"}, read_mute);
    if (type == "view") return read_as(m, {"type", "id", "pins", "slots"}, read_view);
    if (type == "restart") return read_as(m, {"type", "id", "leg", "sdp"}, read_restart);
    if (type == "remove") return read_as(m, {"type", "id", "member"}, read_remove);
    if (type == "leave") return read_as(m, {"type", "id"}, read_leave);
    if (type == "members") return read_as(m, {"type", "id", "after"}, read_members);
    return refuse(
        ErrorCode::invalid_field, "type",
        "'" + type.substr(0, kMaxWishBytes) + "' is no type of message",
        "join, answer, publish, unpublish, mute, view, restart, remove, leave or members");
}

}  // namespace

Incoming read_message(std::string_view text) {
    const auto message = parse_json_object(text);
    if (!message) return {std::nullopt, std::unexpected(message.error())};
    return {id_of(*message), request_of(*message)};
}

}  // namespace strata::control::meeting
