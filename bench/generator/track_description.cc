#include "bench/generator/track_description.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

namespace strata::gen {
namespace {

struct NamedCodec {
    const char* name;
    relay::Codec codec;
};
constexpr std::array kCodecs{
    NamedCodec{"VP8", relay::Codec::vp8},           NamedCodec{"VP9", relay::Codec::vp9},
    NamedCodec{"AV1", relay::Codec::av1},           NamedCodec{"H264", relay::Codec::h264},
    NamedCodec{"H264-SVC", relay::Codec::h264_svc}, NamedCodec{"opus", relay::Codec::opus},
};

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

}  // namespace

relay::Codec codec_of_name(const std::string& name) {
    const std::string wanted = lower(name.substr(0, name.find('/')));
    for (const NamedCodec& c : kCodecs)
        if (lower(c.name) == wanted) return c.codec;
    return relay::Codec::opaque;
}

std::string codec_name(relay::Codec codec) {
    for (const NamedCodec& c : kCodecs)
        if (c.codec == codec) return c.name;
    return {};
}

relay::Codec TrackDescription::relay_codec() const { return codec_of_name(codec); }

relay::PacketParser TrackDescription::parser() const {
    relay::PacketParser parser;
    const relay::Codec c = relay_codec();
    parser.payload_types[payload_type] = {relay::PayloadRole::media, c};
    if (rtx_payload_type != 0)
        parser.payload_types[rtx_payload_type] = {relay::PayloadRole::rtx, c};
    if (red_payload_type != 0)
        parser.payload_types[red_payload_type] = {relay::PayloadRole::red, c};
    for (const auto& [id, uri] : extensions) parser.extensions.set(id, relay::extension_kind(uri));
    return parser;
}

int TrackDescription::encoding_of_rid(const std::string& rid) const {
    if (rid.empty()) return static_cast<int>(encodings.size()) - 1;
    for (std::size_t i = 0; i < encodings.size(); ++i)
        if (encodings[i].rid == rid || (encodings[i].rid.empty() && std::to_string(i) == rid))
            return static_cast<int>(i);
    return -1;
}

nlohmann::json to_json(const TrackDescription& track) {
    nlohmann::json json{{"codec", track.codec},
                        {"payload_type", track.payload_type},
                        {"clock_rate_hz", track.clock_rate_hz}};
    if (track.rtx_payload_type != 0) json["rtx_payload_type"] = track.rtx_payload_type;
    if (track.red_payload_type != 0) json["red_payload_type"] = track.red_payload_type;
    json["extensions"] = nlohmann::json::object();
    for (const auto& [id, uri] : track.extensions) json["extensions"][std::to_string(id)] = uri;
    const bool plain = std::ranges::all_of(
        track.encodings, [](const EncodingDescription& e) { return e.rid.empty() && e.ssrc != 0; });
    if (plain) {
        for (const EncodingDescription& e : track.encodings) json["ssrcs"].push_back(e.ssrc);
        return json;
    }
    for (const EncodingDescription& e : track.encodings) {
        nlohmann::json one = nlohmann::json::object();
        if (!e.rid.empty()) one["rid"] = e.rid;
        if (e.ssrc != 0) one["ssrc"] = e.ssrc;
        if (e.rtx_ssrc != 0) one["rtx_ssrc"] = e.rtx_ssrc;
        json["encodings"].push_back(one);
    }
    return json;
}

}  // namespace strata::gen
