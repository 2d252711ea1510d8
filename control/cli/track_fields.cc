#include "control/cli/track_fields.h"

#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "control/cli/number.h"

namespace strata::control::cli {
namespace {

constexpr std::array<Option, 14> kTrackOptions = {{
    {"--file", "FILE", "fields as JSON, as in the API; options go over it. \"-\": standard input",
     Names::kFile},
    {"--json", "TEXT", "the same, given here"},
    {"--name", "NAME", "name of the track (default: the id)"},
    {"--codec", "CODEC", "VP8, VP9, AV1, H264, H264-SVC, opus; others are opaque"},
    {"--payload-type", "N", "RTP payload type"},
    {"--rtx-payload-type", "N", "payload type of retransmissions"},
    {"--red-payload-type", "N", "payload type of RED"},
    {"--clock-rate", "HZ", "RTP clock (default: 48000 for opus, else 90000)"},
    {"--ssrc", "SSRC", "one encoding per SSRC, smallest picture first", Names::kNothing, false,
     true},
    {"--encoding", "RID[:SSRC[:RTX]]",
     "one encoding of a simulcast track, smallest picture first; instead of --ssrc",
     Names::kNothing, false, true},
    {"--extension", "ID=URI", "a header extension", Names::kNothing, false, true},
    {"--mid", "MID", "media identification"},
    {"--e2ee", "", "the payload is end-to-end encrypted"},
    {"--dependency-descriptor", "ID", "short for --extension with the descriptor's URI"},
}};

constexpr std::array<Option, 6> kSubscriptionOptions = {{
    {"--ssrc", "SSRC", "outgoing SSRC (default: random)"},
    {"--payload-type", "N", "outgoing payload type (default: the track's)"},
    {"--rtx-ssrc", "SSRC", "outgoing SSRC of retransmissions"},
    {"--rtx-payload-type", "N", "outgoing payload type of retransmissions"},
    {"--red-payload-type", "N", "outgoing payload type of RED"},
    {"--extension", "ID=URI", "a header extension of this receiver (default: the track's)",
     Names::kNothing, false, true},
}};

constexpr const char* kDependencyDescriptor =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

using OptionField = std::pair<const char*, const char*>;

Result<void> set_numbers(Json& body, const Values& values, std::span<const OptionField> fields) {
    for (const auto& [option, field] : fields) {
        if (!values.has(option)) continue;
        const auto number = parse_u32(values.get(option), option);
        if (!number) return std::unexpected(number.error());
        body[field] = *number;
    }
    return {};
}

void set_texts(Json& body, const Values& values, std::span<const OptionField> fields) {
    for (const auto& [option, field] : fields) {
        if (values.has(option)) body[field] = values.get(option);
    }
}

Result<void> set_extensions(Json& body, const Values& values) {
    for (const std::string& text : values.all("--extension")) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
            return usage_error("--extension: found \"" + text + "\", expected ID=URI",
                               "such as --extension 4=urn:ietf:params:rtp-hdrext:sdes:mid");
        }
        body["extensions"][text.substr(0, equals)] = text.substr(equals + 1);
    }
    return {};
}

// "q", "q:1234", "q:1234:1235".
Result<Json> parse_encoding(const std::string& text) {
    Json encoding = Json::object();
    std::istringstream parts(text);
    std::string part;
    for (const char* field : {"rid", "ssrc", "rtx_ssrc"}) {
        if (!std::getline(parts, part, ':')) break;
        if (std::string_view(field) == "rid") {
            if (!part.empty()) encoding[field] = part;
            continue;
        }
        const auto number = parse_u32(part, "--encoding " + text);
        if (!number) return std::unexpected(number.error());
        encoding[field] = *number;
    }
    if (!parts.eof() || encoding.empty()) {
        return usage_error("--encoding: found \"" + text +
                           "\", expected RID, RID:SSRC or RID:SSRC:RTX");
    }
    return encoding;
}

Result<void> set_encodings(Json& body, const Values& values) {
    if (values.has("--ssrc")) {
        Json ssrcs = Json::array();
        for (const std::string& text : values.all("--ssrc")) {
            const auto ssrc = parse_u32(text, "--ssrc");
            if (!ssrc) return std::unexpected(ssrc.error());
            ssrcs.push_back(*ssrc);
        }
        body["ssrcs"] = std::move(ssrcs);
    }
    if (values.has("--encoding")) {
        Json encodings = Json::array();
        for (const std::string& text : values.all("--encoding")) {
            auto encoding = parse_encoding(text);
            if (!encoding) return std::unexpected(encoding.error());
            encodings.push_back(*std::move(encoding));
        }
        body["encodings"] = std::move(encodings);
    }
    return {};
}

Result<Json> json_object(const std::string& text, const std::string& where) {
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return usage_error(where + " isn't a JSON object");
    return json;
}

Result<Json> read_json_file(const std::string& path) {
    std::string text;
    if (path == "-") {
        std::ostringstream all;
        std::string part(65536, '\0');
        while (const std::size_t size = std::fread(part.data(), 1, part.size(), stdin)) {
            all.write(part.data(), static_cast<std::streamsize>(size));
        }
        text = all.str();
    } else {
        std::ifstream in(path);
        if (!in.is_open()) return usage_error("--file: \"" + path + "\" can't be read");
        text.assign(std::istreambuf_iterator<char>(in), {});
    }
    return json_object(text, "--file: what \"" + path + "\" holds");
}

}  // namespace

std::span<const Option> track_options() { return kTrackOptions; }

std::span<const Option> subscription_options() { return kSubscriptionOptions; }

Result<void> set_track_fields(Json& body, const Values& values) {
    if (values.has("--file") || values.has("--json")) {
        auto json = values.has("--file") ? read_json_file(values.get("--file"))
                                         : json_object(values.get("--json"), "--json: the text");
        if (!json) return std::unexpected(json.error());
        body = *std::move(json);
    }
    static constexpr std::array<OptionField, 3> kTexts = {
        {{"--name", "name"}, {"--codec", "codec"}, {"--mid", "mid"}}};
    static constexpr std::array<OptionField, 4> kNumbers = {
        {{"--payload-type", "payload_type"},
         {"--rtx-payload-type", "rtx_payload_type"},
         {"--red-payload-type", "red_payload_type"},
         {"--clock-rate", "clock_rate_hz"}}};
    set_texts(body, values, kTexts);
    if (auto set = set_numbers(body, values, kNumbers); !set) return set;
    if (values.has("--dependency-descriptor")) {
        const auto id = parse_u32(values.get("--dependency-descriptor"), "--dependency-descriptor");
        if (!id) return std::unexpected(id.error());
        body["extensions"][std::to_string(*id)] = kDependencyDescriptor;
    }
    if (auto set = set_extensions(body, values); !set) return set;
    if (values.has("--e2ee")) body["end_to_end_encrypted"] = true;
    return set_encodings(body, values);
}

Result<void> set_subscription_fields(Json& body, const Values& values) {
    static constexpr std::array<OptionField, 5> kNumbers = {
        {{"--ssrc", "ssrc"},
         {"--payload-type", "payload_type"},
         {"--rtx-ssrc", "rtx_ssrc"},
         {"--rtx-payload-type", "rtx_payload_type"},
         {"--red-payload-type", "red_payload_type"}}};
    if (values.has("--layers")) body["layers"] = values.get("--layers");
    if (auto set = set_numbers(body, values, kNumbers); !set) return set;
    return set_extensions(body, values);
}

}  // namespace strata::control::cli
