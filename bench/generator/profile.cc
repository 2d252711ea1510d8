#include "bench/generator/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "bench/generator/data_files.h"
#include "bench/generator/pcap_reader.h"

namespace strata::gen {
namespace {

using nlohmann::json;

constexpr std::array kKeys{
    "codec",  "mode",         "simulcast",    "dependency_descriptor", "flexible",
    "pacsi",  "fps",          "packet_bytes", "key_frame_interval_s",  "key_frame_scale",
    "layers", "payload_type", "extensions"};

// Ids that browsers use; a profile may give its own.
const std::map<std::uint8_t, std::string> kVideoExtensions{
    {2, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"},
    {4, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"},
    {9, "urn:ietf:params:rtp-hdrext:sdes:mid"},
    {10, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"}};
constexpr std::uint8_t kDescriptorId = 14;
constexpr const char* kDescriptorUri =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
const std::map<std::uint8_t, std::string> kAudioExtensions{
    {1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
    {4, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"}};

std::uint8_t default_payload_type(relay::Codec codec) {
    switch (codec) {
        case relay::Codec::vp8: return 96;
        case relay::Codec::vp9: return 98;
        case relay::Codec::av1: return 45;
        case relay::Codec::h264: return 108;
        case relay::Codec::h264_svc: return 109;
        default: return 111;
    }
}

void read_track(const json& in, Profile& profile) {
    TrackDescription& track = profile.track;
    track.codec = codec_name(profile.codec);
    const bool audio = track.is_audio();
    track.clock_rate_hz = audio ? 48'000 : 90'000;
    track.payload_type = static_cast<std::uint8_t>(
        in.value("payload_type", int{default_payload_type(profile.codec)}));
    track.extensions = audio ? kAudioExtensions : kVideoExtensions;
    if (profile.descriptor) track.extensions[kDescriptorId] = kDescriptorUri;
    if (in.contains("extensions")) {
        track.extensions.clear();
        for (const auto& [id, uri] : in.at("extensions").items())
            track.extensions[static_cast<std::uint8_t>(std::stoi(id))] = uri.get<std::string>();
    }
    const std::size_t encodings = profile.simulcast ? profile.layers.size() : 1;
    for (std::size_t i = 0; i < encodings; ++i)
        track.encodings.push_back(
            {profile.simulcast ? profile.layers[i].rid : std::string(), 0, 0});
}

void read_layers(const json& in, Profile& profile) {
    for (const json& layer : in.at("layers"))
        profile.layers.push_back(
            {layer.value("rid", std::string()), layer.value("width", std::uint16_t{0}),
             layer.value("height", std::uint16_t{0}), layer.at("kbps").get<double>()});
    const std::size_t wanted =
        profile.simulcast ? profile.layers.size() : profile.mode.spatial_layers;
    if (profile.layers.empty() || profile.layers.size() != wanted)
        throw FileError(fmt::format("profile {}: mode has {} spatial layers, \"layers\" has {}",
                                    profile.name, wanted, profile.layers.size()));
}

void check(const Profile& p) {
    const auto fail = [&](const std::string& what) {
        throw FileError("profile " + p.name + ": " + what);
    };
    if (p.codec == relay::Codec::opaque)
        fail("codec must be VP8, VP9, AV1, H264, H264-SVC or opus");
    if (p.fps <= 0 || p.fps > 1'000'000) fail("fps must be above 0");
    if (p.packet_bytes < 200 || p.packet_bytes > 1500) fail("packet_bytes must be 200 to 1500");
    if (p.codec == relay::Codec::av1 && !p.descriptor) fail("AV1 needs dependency_descriptor");
    const bool layered = p.mode.spatial_layers > 1;
    if (layered && (p.codec == relay::Codec::vp8 || p.codec == relay::Codec::h264))
        fail("VP8 and H264 have no spatial layers");
    if (p.codec == relay::Codec::h264_svc && p.mode.prediction != LayerPrediction::full)
        fail("layers of H264-SVC predict from one another: mode is LxTy");
    if (p.codec == relay::Codec::h264 && p.mode.temporal_layers > 1 && !p.descriptor)
        fail("temporal layers of H264 need dependency_descriptor");
    if (!p.flexible && (layered || p.descriptor))
        fail("flexible:false is for one spatial layer without descriptor");
}

}  // namespace

Profile parse_profile(const json& in, const std::string& name) {
    Profile p;
    p.name = name;
    try {
        for (const auto& [key, value] : in.items())
            if (std::ranges::find(kKeys, key) == kKeys.end())
                throw FileError(fmt::format("profile {}: unknown key \"{}\"", name, key));
        p.codec = codec_of_name(in.at("codec").get<std::string>());
        const auto mode = parse_scalability_mode(in.value("mode", std::string("L1T1")));
        if (!mode) throw FileError(fmt::format("profile {}: mode is LxTy, LxTy_KEY or SxTy", name));
        p.mode = *mode;
        p.simulcast = in.value("simulcast", false);
        p.descriptor = in.value("dependency_descriptor", p.codec == relay::Codec::av1);
        p.flexible = in.value("flexible", true);
        p.pacsi = in.value("pacsi", true);
        p.fps = in.value("fps", p.codec == relay::Codec::opus ? 50.0 : 30.0);
        p.packet_bytes = in.value("packet_bytes", std::uint16_t{1200});
        p.key_frame_interval_s = in.value("key_frame_interval_s", 0.0);
        p.key_frame_scale = in.value("key_frame_scale", 4.0);
        read_layers(in, p);
        read_track(in, p);
    } catch (const json::exception& e) {
        throw FileError(fmt::format("profile {}: {}", name, e.what()));
    }
    check(p);
    return p;
}

Profile load_profile(const std::string& name) {
    return parse_profile(load_data_file("profiles", name), name);
}

std::vector<std::string> profile_names() { return data_file_names("profiles"); }

}  // namespace strata::gen
