#include "control/api/observation_reader.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/api/json_body.h"
#include "control/api/path_ids.h"
#include "dataplane/api/statistics.h"

namespace strata::control {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostPackets = 1'000'000'000'000;
constexpr std::size_t kMostDrops = 64;
constexpr std::uint64_t kDefaultTracePackets = 10;

template <typename Enum>
bool is_reason(const std::string& text) {
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(Enum::kCount); ++i)
        if (text == name(static_cast<Enum>(i))) return true;
    return false;
}

// In which direction packets are dropped for it.
struct Sides {
    bool in = false, out = false;
};

// Of these packets it isn't known which they were, where they end.
struct NeverShown {
    std::string_view reason, why;
};
constexpr std::array<NeverShown, 2> kNeverShown{{
    {"branch_gone",
     "it ends at the worker that it was handed to, which doesn't see it as received"},
    {"port_error", "the port says how many packets it refused, not which"},
}};

const NeverShown* never_shown(std::string_view reason) {
    const auto found = std::ranges::find(kNeverShown, reason, &NeverShown::reason);
    return found == kNeverShown.end() ? nullptr : &*found;
}

template <typename Enum>
std::string shown_reasons() {
    std::string all;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(Enum::kCount); ++i) {
        const std::string_view reason = name(static_cast<Enum>(i));
        if (!never_shown(reason)) all += (all.empty() ? "" : ", ") + std::string(reason);
    }
    return all;
}

Sides sides_of(const std::string& reason) {
    if (reason == "*") return {true, true};
    return {is_reason<api::RxDrop>(reason), is_reason<api::TxDrop>(reason)};
}

void read_selection(JsonFields& fields, const Directory& directory, ObservationSpec& spec) {
    if (const auto room = fields.text("room")) {
        if (const auto found = directory.room(*room); !found) fields.fail(found.error());
        spec.room = *room;
    }
    if (const auto text = fields.text("participant")) {
        const auto id = path_participant(*text);
        if (!id) return fields.fail(id.error());
        if (const auto found = directory.participant(*id); !found) fields.fail(found.error());
        spec.participant = *id;
    }
    if (const auto text = fields.text("track")) {
        const auto id = path_track(*text);
        if (!id) return fields.fail(id.error());
        if (const auto found = directory.track(*id); !found) fields.fail(found.error());
        spec.track = *id;
    }
    spec.sample =
        static_cast<std::uint32_t>(fields.integer("sample", 1, 1'000'000'000).value_or(1));
    spec.packets = fields.integer("packets", 1, kMostPackets).value_or(0);
    spec.seconds = static_cast<std::uint32_t>(fields.integer("seconds", 1, 1'000'000).value_or(0));
}

void read_drops(JsonFields& fields, ObservationSpec& spec, Sides& sides) {
    const json* drops = fields.array("drops", kMostDrops);
    if (drops == nullptr) return;
    for (const json& drop : *drops) {
        const std::string text = drop.is_string() ? drop.get<std::string>() : "";
        const Sides of = sides_of(text);
        if (!of.in && !of.out)
            return fields.fail(ErrorCode::invalid_field, "drops",
                               "'" + text.substr(0, 64) + "' is no drop reason",
                               "`strata drops --all` lists them; \"*\" is all of them");
        if (const NeverShown* never = never_shown(text))
            return fields.fail(
                ErrorCode::invalid_field, "drops",
                "packets dropped as '" + text + "' can't be shown: " + std::string(never->why),
                "these can: " +
                    (of.in ? shown_reasons<api::RxDrop>() : shown_reasons<api::TxDrop>()));
        sides.in = sides.in || of.in;
        sides.out = sides.out || of.out;
        spec.drops.push_back(text);
    }
}

void read_direction(JsonFields& fields, const Sides& sides, ObservationSpec& spec) {
    spec.in = sides.in;
    spec.out = sides.out;
    const auto text = fields.text("direction");
    if (!text) return;
    if (*text != "in" && *text != "out" && *text != "both")
        return fields.fail(ErrorCode::invalid_field, "direction",
                           "found '" + text->substr(0, 64) + "'", "in, out or both");
    spec.in = *text != "out";
    spec.out = *text != "in";
    if ((spec.in && sides.in) || (spec.out && sides.out)) return;
    fields.fail(ErrorCode::invalid_field, "direction",
                "nothing is dropped for such a reason in this direction",
                sides.in ? "direction: in" : "direction: out");
}

Result<ObservationSpec> finish(const JsonFields& fields, ObservationSpec spec) {
    if (fields.error()) return std::unexpected(*fields.error());
    return spec;
}

}  // namespace

Result<ObservationSpec> read_capture(std::string_view body, const Directory& directory) {
    const auto object = parse_json_object(body);
    if (!object) return std::unexpected(object.error());
    JsonFields fields(*object, "",
                      {"room", "participant", "track", "direction", "drops", "sample", "packets",
                       "bytes", "seconds", "payload", "snap_bytes"});
    ObservationSpec spec;
    read_selection(fields, directory, spec);
    Sides sides;
    read_drops(fields, spec, sides);
    if (spec.drops.empty()) sides = {true, true};
    read_direction(fields, sides, spec);
    spec.bytes = fields.integer("bytes", 1, kMostPackets).value_or(0);
    if (fields.boolean("payload").value_or(false)) spec.snap_bytes = api::kMaxCapturedBytes;
    if (const auto snap = fields.integer("snap_bytes", 1, api::kMaxCapturedBytes))
        spec.snap_bytes = static_cast<std::uint32_t>(*snap);
    return finish(fields, std::move(spec));
}

Result<ObservationSpec> read_trace(std::string_view body, const Directory& directory) {
    const auto object = parse_json_object(body);
    if (!object) return std::unexpected(object.error());
    JsonFields fields(*object, "",
                      {"room", "participant", "track", "drops", "sample", "packets", "seconds"});
    ObservationSpec spec;
    spec.trace = true;
    spec.out = false;
    read_selection(fields, directory, spec);
    if (spec.packets == 0) spec.packets = kDefaultTracePackets;
    Sides sides;
    read_drops(fields, spec, sides);
    if (!spec.drops.empty() && !sides.in)
        fields.fail(ErrorCode::invalid_field, "drops",
                    "a trace follows what is received, and nothing received is dropped for these",
                    "strata capture --drop shows what is dropped on its way out");
    return finish(fields, std::move(spec));
}

}  // namespace strata::control
