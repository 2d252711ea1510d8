#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "relay/codec/packet_info.h"
#include "relay/rtp/packet.h"

namespace strata::gen {

struct EncodingDescription {
    std::string rid;             // empty: known by its SSRC
    std::uint32_t ssrc = 0;      // 0: not known
    std::uint32_t rtx_ssrc = 0;  // 0: none
};

// A published track as strata-replay's session file and POST /v1/participants/{id}/tracks say it.
struct TrackDescription {
    std::string codec;  // VP8, VP9, AV1, H264, H264-SVC, opus
    std::uint32_t clock_rate_hz = 90'000;
    std::uint8_t payload_type = 0;
    std::uint8_t rtx_payload_type = 0;               // 0: none
    std::uint8_t red_payload_type = 0;               // 0: none
    std::map<std::uint8_t, std::string> extensions;  // id: URI
    std::vector<EncodingDescription> encodings;      // smallest picture first

    bool is_audio() const { return codec == "opus"; }
    relay::Codec relay_codec() const;
    // How relay's parser reads packets of this track.
    relay::PacketParser parser() const;
    // Index of the encoding that `rid` names; an empty rid is the largest. -1: none.
    int encoding_of_rid(const std::string& rid) const;
};

// The session file's form: `ssrcs` for a single encoding without rid, else `encodings`.
nlohmann::json to_json(const TrackDescription& track);

// The codec for an SDP encoding name ("VP9/90000", any case); opaque when unknown.
relay::Codec codec_of_name(const std::string& name);
// The name in the session file; empty for opaque.
std::string codec_name(relay::Codec codec);

}  // namespace strata::gen
