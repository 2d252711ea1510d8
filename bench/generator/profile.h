#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/generator/scalability.h"
#include "bench/generator/track_description.h"

namespace strata::gen {

// One spatial layer, or one encoding of a simulcast.
struct LayerProfile {
    std::string rid;  // simulcast only
    std::uint16_t width = 0, height = 0;
    double kbps = 0;  // payload, all temporal layers together, key frames on top
};

// A synthetic stream.
struct Profile {
    std::string name;
    relay::Codec codec = relay::Codec::opaque;
    ScalabilityMode mode;
    bool simulcast = false;             // `layers` are encodings, each in `mode`
    bool descriptor = false;            // send the dependency descriptor
    bool flexible = true;               // VP9: P_DIFFs; else TL0PICIDX and a group of frames (B1)
    bool pacsi = true;                  // H264-SVC: say where layers begin and end, RFC 6190
    double fps = 30;                    // Opus: packets per second
    std::uint16_t packet_bytes = 1200;  // RTP packet, header and extensions included, at most
    double key_frame_interval_s = 0;    // 0: only when asked for
    double key_frame_scale = 4;         // a key frame has that many times a frame's bytes
    std::vector<LayerProfile> layers;   // smallest first
    TrackDescription track;             // SSRCs are drawn later
};

// Reads a profile; throws FileError with the name of what is wrong.
Profile parse_profile(const nlohmann::json& json, const std::string& name);
// `name` is a file, or one of the profiles that come with strata-gen.
Profile load_profile(const std::string& name);
// Names of those that come with strata-gen, from the profile folders that exist.
std::vector<std::string> profile_names();

}  // namespace strata::gen
