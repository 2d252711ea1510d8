#include "dataplane/replay/session.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "relay/svc/layers.h"

// Exception: built with exceptions, for the JSON library. None leaves parse_session.
namespace strata::dataplane {
namespace {

using Json = nlohmann::json;

// Thrown and caught in this file only.
struct Problem {
    std::string text;
};

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw Problem{where + ": " + what};
}

// One JSON object being read: says where it is, and that it has no keys nobody knows.
class Reader {
  public:
    Reader(const Json& json, std::string where, std::initializer_list<std::string_view> keys)
        : json_(json), where_(std::move(where)) {
        if (!json.is_object()) fail(where_, "expected an object, found " + json.dump());
        for (const auto& [key, value] : json.items())
            if (std::find(keys.begin(), keys.end(), key) == keys.end())
                fail(where_, "unknown key \"" + key + "\", possible are " + list(keys));
    }

    std::string at(std::string_view key) const { return where_ + "." + std::string(key); }
    const Json* find(std::string_view key) const {
        const auto found = json_.find(key);
        return found == json_.end() ? nullptr : &*found;
    }
    const Json& need(std::string_view key) const {
        if (const Json* value = find(key)) return *value;
        fail(where_, "\"" + std::string(key) + "\" is missing");
    }
    std::string text(std::string_view key, std::string otherwise = {}) const {
        const Json* value = find(key);
        if (!value) return otherwise;
        if (!value->is_string()) fail(at(key), "expected a string, found " + value->dump());
        return value->get<std::string>();
    }
    std::uint32_t number(std::string_view key, std::uint32_t otherwise, std::uint32_t max) const {
        const Json* value = find(key);
        return value ? to_number(*value, at(key), max) : otherwise;
    }
    bool flag(std::string_view key, bool otherwise) const {
        const Json* value = find(key);
        if (!value) return otherwise;
        if (!value->is_boolean()) fail(at(key), "expected true or false, found " + value->dump());
        return value->get<bool>();
    }
    const Json& list_of(std::string_view key) const {
        const Json& value = need(key);
        if (!value.is_array() || value.empty())
            fail(at(key), "expected a list with at least one entry, found " + value.dump());
        return value;
    }

    static std::uint32_t to_number(const Json& value, const std::string& where, std::uint32_t max) {
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max)
            fail(where,
                 "expected a number in 0.." + std::to_string(max) + ", found " + value.dump());
        return value.get<std::uint32_t>();
    }

  private:
    static std::string list(std::initializer_list<std::string_view> keys) {
        std::string text;
        for (const std::string_view key : keys)
            text += (text.empty() ? "" : ", ") + std::string(key);
        return text;
    }
    const Json& json_;
    std::string where_;
};

SessionExtensions read_extensions(const Json& json, const std::string& where) {
    if (!json.is_object()) fail(where, "expected an object of id and URI, found " + json.dump());
    SessionExtensions out;
    for (const auto& [key, value] : json.items()) {
        std::uint32_t id = 0;
        const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
        if (error != std::errc{} || end != key.data() + key.size() || id == 0 || id > 255)
            fail(where, "extension ids lie in 1..255, found \"" + key + "\"");
        if (!value.is_string()) fail(where + "." + key, "expected a URI, found " + value.dump());
        out[id] = value.get<std::string>();
    }
    return out;
}

std::vector<SessionEncoding> read_encodings(const Reader& track) {
    std::vector<SessionEncoding> out;
    if (const Json* ssrcs = track.find("ssrcs")) {
        if (track.find("encodings")) fail(track.at("ssrcs"), "either \"ssrcs\" or \"encodings\"");
        for (const Json& ssrc : track.list_of("ssrcs"))
            out.push_back({.ssrc = Reader::to_number(ssrc, track.at("ssrcs"), UINT32_MAX)});
        if (ssrcs->size() > relay::kMaxEncodings)
            fail(track.at("ssrcs"), "at most " + std::to_string(relay::kMaxEncodings));
        return out;
    }
    for (const Json& json : track.list_of("encodings")) {
        const std::string where = track.at("encodings[" + std::to_string(out.size()) + "]");
        const Reader encoding(json, where, {"rid", "ssrc", "rtx_ssrc"});
        out.push_back({.rid = encoding.text("rid"),
                       .ssrc = encoding.number("ssrc", 0, UINT32_MAX),
                       .rtx_ssrc = encoding.number("rtx_ssrc", 0, UINT32_MAX)});
        if (out.back().rid.size() > 15) fail(where, "a rid has at most 15 characters");
    }
    if (out.size() > relay::kMaxEncodings)
        fail(track.at("encodings"), "at most " + std::to_string(relay::kMaxEncodings));
    return out;
}

SessionTrack read_track(const Json& json, const std::string& where) {
    const Reader in(
        json, where,
        {"id", "codec", "payload_type", "rtx_payload_type", "red_payload_type", "clock_rate_hz",
         "extensions", "ssrcs", "encodings", "mid", "end_to_end_encrypted"});
    SessionTrack out;
    in.need("id");
    in.need("codec");
    in.need("payload_type");
    out.id = in.text("id");
    out.codec = in.text("codec");
    out.mid = in.text("mid");
    out.payload_type = in.number("payload_type", 0, 127);
    out.rtx_payload_type = in.number("rtx_payload_type", 0, 127);
    out.red_payload_type = in.number("red_payload_type", 0, 127);
    out.clock_rate_hz =
        in.number("clock_rate_hz", out.codec == "opus" ? 48'000 : 90'000, 1'000'000);
    if (out.clock_rate_hz == 0) fail(in.at("clock_rate_hz"), "expected 1..1000000, found 0");
    if (const Json* extensions = in.find("extensions"))
        out.extensions = read_extensions(*extensions, in.at("extensions"));
    out.encodings = read_encodings(in);
    out.end_to_end_encrypted = in.flag("end_to_end_encrypted", false);
    return out;
}

// "S1T2", "q:T2", "max", "none". Without a rid, "max" and "none" mean the largest encoding.
SessionTarget read_target(const std::string& text, const SessionTrack& track,
                          const std::string& where) {
    std::uint32_t encoding = static_cast<std::uint32_t>(track.encodings.size() - 1);
    std::string_view layers = text;
    if (const auto colon = layers.find(':'); colon != std::string_view::npos) {
        const std::string_view rid = layers.substr(0, colon);
        const auto named = std::find_if(track.encodings.begin(), track.encodings.end(),
                                        [&](const SessionEncoding& e) { return e.rid == rid; });
        if (named == track.encodings.end())
            fail(where,
                 "found \"" + text + "\", the track has no rid \"" + std::string(rid) + "\"");
        encoding = static_cast<std::uint32_t>(named - track.encodings.begin());
        layers.remove_prefix(colon + 1);
    } else if (track.encodings.size() > 1 && text != "max" && text != "none") {
        fail(where, "found \"" + text + "\", a track with several encodings wants \"rid:T1\"");
    }
    const auto target = relay::parse_layer_target(layers);
    if (!target) fail(where, "found \"" + text + "\", expected S1T2, q:T2, max or none");
    return {.encoding = encoding,
            .spatial = target->spatial,
            .temporal = target->temporal,
            .paused = target->paused};
}

std::vector<SessionTarget> read_layers(const Reader& receiver, const SessionTrack& track) {
    std::vector<SessionTarget> out;
    for (const Json& json : receiver.list_of("layers")) {
        const std::string where = receiver.at("layers[" + std::to_string(out.size()) + "]");
        const Reader in(json, where, {"at_s", "target"});
        const Json& at = in.need("at_s");
        if (!at.is_number() || at.get<double>() < 0 || at.get<double>() > 1e6)
            fail(in.at("at_s"), "expected seconds in 0..1000000, found " + at.dump());
        in.need("target");
        SessionTarget target = read_target(in.text("target"), track, in.at("target"));
        target.at_us = static_cast<std::int64_t>(at.get<double>() * 1e6);
        if (!out.empty() && target.at_us < out.back().at_us)
            fail(in.at("at_s"), "times must not go back");
        out.push_back(target);
    }
    return out;
}

bool usable_as_file_name(const std::string& id) {
    return !id.empty() && id.size() <= 64 && id.front() != '.' &&
           std::all_of(id.begin(), id.end(), [](unsigned char c) {
               return std::isalnum(c) || c == '-' || c == '_' || c == '.';
           });
}

SessionReceiver read_receiver(const Json& json, const std::string& where, const Session& session) {
    const Reader in(json, where,
                    {"id", "track", "layers", "ssrc", "payload_type", "red_payload_type",
                     "extensions", "extmap_allow_mixed"});
    SessionReceiver out;
    in.need("id");
    in.need("track");
    out.id = in.text("id");
    out.track = in.text("track");
    if (!usable_as_file_name(out.id))
        fail(in.at("id"), "expected 1 to 64 letters, digits, '-', '_' or '.', found \"" + out.id +
                              "\": it names the output file");
    for (const SessionReceiver& other : session.receivers)
        if (other.id == out.id) fail(in.at("id"), "\"" + out.id + "\" is there twice");
    const auto track = std::find_if(session.tracks.begin(), session.tracks.end(),
                                    [&](const SessionTrack& t) { return t.id == out.track; });
    if (track == session.tracks.end())
        fail(in.at("track"), "there is no track \"" + out.track + "\"");
    out.ssrc = in.number("ssrc", 0, UINT32_MAX);
    out.payload_type = in.number("payload_type", track->payload_type, 127);
    out.red_payload_type = in.number("red_payload_type", track->red_payload_type, 127);
    out.extmap_allow_mixed = in.flag("extmap_allow_mixed", true);
    const Json* extensions = in.find("extensions");
    out.extensions =
        extensions ? read_extensions(*extensions, in.at("extensions")) : track->extensions;
    out.layers = read_layers(in, *track);
    return out;
}

Session read_session(std::string_view text) {
    const Json json = Json::parse(text);
    const Reader in(json, "session", {"tracks", "receivers"});
    Session out;
    for (const Json& track : in.list_of("tracks")) {
        const std::string where = "tracks[" + std::to_string(out.tracks.size()) + "]";
        out.tracks.push_back(read_track(track, where));
        for (std::size_t i = 0; i + 1 < out.tracks.size(); ++i)
            if (out.tracks[i].id == out.tracks.back().id)
                fail(where + ".id", "\"" + out.tracks[i].id + "\" is there twice");
    }
    for (const Json& receiver : in.list_of("receivers"))
        out.receivers.push_back(read_receiver(
            receiver, "receivers[" + std::to_string(out.receivers.size()) + "]", out));
    return out;
}

}  // namespace

std::expected<Session, std::string> parse_session(std::string_view json) {
    try {
        return read_session(json);
    } catch (const Problem& problem) {
        return std::unexpected(problem.text);
    } catch (const std::exception& error) {
        return std::unexpected(std::string(error.what()));
    }
}

}  // namespace strata::dataplane
