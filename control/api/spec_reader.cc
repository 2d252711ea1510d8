#include "control/api/spec_reader.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <span>

#include "control/api/json_body.h"

namespace strata::control {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxSsrc = 0xffffffff;
constexpr std::uint64_t kMaxWorker = 1023;
constexpr std::size_t kMaxExtensionFields = 64;  // the rule proper is check_extensions

template <typename T>
std::optional<T> narrow(std::optional<std::uint64_t> value) {
    if (!value) return std::nullopt;
    return static_cast<T>(*value);
}

std::optional<std::uint32_t> ssrc(JsonFields& fields, std::string_view name) {
    return narrow<std::uint32_t>(fields.integer(name, 1, kMaxSsrc));
}

std::optional<std::uint8_t> payload_type(JsonFields& fields, std::string_view name) {
    return narrow<std::uint8_t>(fields.integer(name, 0, 127));
}

std::optional<Extensions> read_extensions(JsonFields& fields) {
    const json* object = fields.object("extensions");
    if (object == nullptr) return std::nullopt;
    if (object->size() > kMaxExtensionFields) {
        fields.fail(ErrorCode::invalid_field, "extensions",
                    std::to_string(object->size()) + " header extensions");
        return std::nullopt;
    }
    Extensions extensions;
    for (const auto& [key, uri] : object->items()) {
        std::uint8_t id = 0;
        const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
        if (error != std::errc{} || end != key.data() + key.size() || key != std::to_string(id) ||
            !uri.is_string()) {
            fields.fail(ErrorCode::invalid_field, "extensions",
                        "'" + key.substr(0, 64) + "' and its value are no extension",
                        "an id from 1 to 255 and a URI, such as \"3\": \"urn:…\"");
            return std::nullopt;
        }
        extensions[id] = uri.get<std::string>();
    }
    return extensions;
}

// A text of which there are only a few.
template <typename Value>
std::optional<Value> word(JsonFields& fields, std::string_view name,
                          std::span<const std::string_view> texts,
                          std::optional<Value> (*parse)(std::string_view)) {
    const auto text = fields.text(name);
    if (!text) return std::nullopt;
    const auto value = parse(*text);
    if (value) return value;
    std::string known;
    for (const std::string_view one : texts)
        known.append(known.empty() ? "" : one == texts.back() ? " or " : ", ").append(one);
    fields.fail(ErrorCode::invalid_field, name, "found '" + text->substr(0, 64) + "'", known);
    return std::nullopt;
}

void read_ssrcs(JsonFields& fields, const json& ssrcs, TrackSpec& spec) {
    for (const json& value : ssrcs) {
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() == 0 ||
            value.get<std::uint64_t>() > kMaxSsrc)
            return fields.fail(ErrorCode::invalid_field,
                               "ssrcs[" + std::to_string(spec.encodings.size()) + "]",
                               "not an SSRC", "1 to 4294967295");
        spec.encodings.push_back({.ssrc = value.get<std::uint32_t>()});
    }
}

void read_encodings(JsonFields& fields, const json& encodings, TrackSpec& spec) {
    for (const json& element : encodings) {
        JsonFields e(element, "encodings[" + std::to_string(spec.encodings.size()) + "]",
                     {"rid", "ssrc", "rtx_ssrc"});
        Encoding encoding;
        encoding.rid = e.text("rid").value_or("");
        encoding.ssrc = ssrc(e, "ssrc").value_or(0);
        encoding.rtx_ssrc = ssrc(e, "rtx_ssrc").value_or(0);
        if (e.error()) return fields.fail(*e.error());
        spec.encodings.push_back(std::move(encoding));
    }
}

template <typename Spec>
Result<Spec> finish(const JsonFields& fields, Spec spec) {
    if (fields.error()) return std::unexpected(*fields.error());
    return spec;
}

}  // namespace

Result<RoomSpec> read_room(std::string_view body) {
    const auto object = parse_json_object(body);
    if (!object) return std::unexpected(object.error());
    JsonFields fields(*object, "", {"name", "worker", "profile"});
    fields.require("name");
    RoomSpec spec;
    spec.name = fields.text("name").value_or("");
    spec.worker = narrow<std::uint32_t>(fields.integer("worker", 0, kMaxWorker));
    spec.profile = fields.text("profile").value_or(spec.profile);
    return finish(fields, std::move(spec));
}

Result<ProfileSpec> read_profile(std::string_view body) {
    const auto object = parse_json_object(body);
    if (!object) return std::unexpected(object.error());
    JsonFields fields(*object, "", {"publish", "video_slots", "audio_slots", "pinned", "layers"});
    ProfileSpec spec;
    spec.publish = word(fields, "publish", kPublishTexts, parse_publish);
    spec.video_slots = narrow<std::uint32_t>(fields.integer("video_slots", 0, kMaxVideoSlots));
    spec.audio_slots = narrow<std::uint32_t>(fields.integer("audio_slots", 0, kMaxAudioSlots));
    spec.pinned = word(fields, "pinned", kPinnedTexts, parse_pinned);
    if (const auto layers = fields.text("layers")) {
        spec.layers = parse_slot_layers(*layers);
        if (!spec.layers)
            fields.fail(ErrorCode::invalid_layers, "layers",
                        "'" + layers->substr(0, 64) + "' names no layers that every track has",
                        "size, max, S0T0 to S3T3, S2 or T1");
    }
    return finish(fields, std::move(spec));
}

Result<ParticipantSpec> read_participant(std::string_view body) {
    const auto object = parse_json_object(body);
    if (!object) return std::unexpected(object.error());
    JsonFields fields(*object, "", {"name", "worker", "remote", "mtu_bytes"});
    ParticipantSpec spec;
    spec.name = fields.text("name").value_or("");
    spec.worker = narrow<std::uint32_t>(fields.integer("worker", 0, kMaxWorker));
    if (const auto remote = fields.text("remote")) {
        spec.remote = parse_endpoint(*remote);
        if (!spec.remote)
            fields.fail(ErrorCode::invalid_field, "remote",
                        "'" + remote->substr(0, 64) + "' is no address to send to",
                        "\"192.0.2.1:40000\" or \"[2001:db8::1]:40000\"; leave it out to latch it");
    }
    spec.mtu_bytes =
        narrow<std::uint32_t>(fields.integer("mtu_bytes", 576, 9000)).value_or(spec.mtu_bytes);
    return finish(fields, std::move(spec));
}

Result<TrackSpec> read_track(std::string_view body) {
    const auto object = parse_json_object(body);
    if (!object) return std::unexpected(object.error());
    JsonFields fields(
        *object, "",
        {"name", "codec", "clock_rate_hz", "payload_type", "rtx_payload_type", "red_payload_type",
         "extensions", "ssrcs", "encodings", "mid", "end_to_end_encrypted"});
    fields.require("codec");
    fields.require("payload_type");
    TrackSpec spec;
    spec.name = fields.text("name").value_or("");
    spec.codec = fields.text("codec").value_or("");
    spec.clock_rate_hz =
        narrow<std::uint32_t>(fields.integer("clock_rate_hz", 8000, 192'000)).value_or(0);
    spec.payload_type = payload_type(fields, "payload_type").value_or(0);
    spec.rtx_payload_type = payload_type(fields, "rtx_payload_type").value_or(0);
    spec.red_payload_type = payload_type(fields, "red_payload_type").value_or(0);
    spec.extensions = read_extensions(fields).value_or(Extensions{});
    spec.mid = fields.text("mid").value_or("");
    spec.end_to_end_encrypted = fields.boolean("end_to_end_encrypted").value_or(false);
    const json* ssrcs = fields.array("ssrcs", relay::kMaxEncodings);
    const json* encodings = fields.array("encodings", relay::kMaxEncodings);
    if (!fields.error() && (ssrcs == nullptr) == (encodings == nullptr))
        fields.fail(ErrorCode::missing_field, "ssrcs",
                    ssrcs == nullptr ? "neither ssrcs nor encodings" : "both ssrcs and encodings",
                    "give exactly one of them");
    if (!fields.error() && ssrcs != nullptr) read_ssrcs(fields, *ssrcs, spec);
    if (!fields.error() && encodings != nullptr) read_encodings(fields, *encodings, spec);
    return finish(fields, std::move(spec));
}

Result<SubscriptionSpec> read_subscription(std::string_view body) {
    const auto object = parse_json_object(body);
    if (!object) return std::unexpected(object.error());
    JsonFields fields(*object, "",
                      {"track", "layers", "ssrc", "payload_type", "rtx_ssrc", "rtx_payload_type",
                       "red_payload_type", "extensions", "extmap_allow_mixed"});
    fields.require("track");
    SubscriptionSpec spec;
    spec.track = fields.text("track").value_or("");
    spec.layers = fields.text("layers").value_or(spec.layers);
    spec.ssrc = ssrc(fields, "ssrc");
    spec.rtx_ssrc = ssrc(fields, "rtx_ssrc");
    spec.payload_type = payload_type(fields, "payload_type");
    spec.rtx_payload_type = payload_type(fields, "rtx_payload_type");
    spec.red_payload_type = payload_type(fields, "red_payload_type");
    spec.extensions = read_extensions(fields);
    spec.extmap_allow_mixed = fields.boolean("extmap_allow_mixed").value_or(true);
    return finish(fields, std::move(spec));
}

Result<std::string> read_layers(std::string_view body) {
    const auto object = parse_json_object(body);
    if (!object) return std::unexpected(object.error());
    JsonFields fields(*object, "", {"layers"});
    fields.require("layers");
    std::string layers = fields.text("layers").value_or("");
    return finish(fields, std::move(layers));
}

}  // namespace strata::control
