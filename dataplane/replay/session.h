#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::dataplane {

// What strata-replay is to do: docs/replay.md and docs/replay-session.schema.json describe the
// file.
struct SessionEncoding {
    std::string rid;
    std::uint32_t ssrc = 0, rtx_ssrc = 0;  // 0: learned
};

using SessionExtensions = std::map<std::uint32_t, std::string>;  // id → URI

struct SessionTrack {
    std::string id, codec, mid;
    std::uint32_t clock_rate_hz = 90'000;
    std::uint32_t payload_type = 0, rtx_payload_type = 0, red_payload_type = 0;
    SessionExtensions extensions;
    std::vector<SessionEncoding> encodings;  // smallest picture first
    bool end_to_end_encrypted = false;
};

struct SessionTarget {
    std::int64_t at_us = 0;  // since the first packet
    std::uint32_t encoding = 0, spatial = 0, temporal = 0;
    bool paused = false;
};

struct SessionReceiver {
    std::string id, track;
    std::uint32_t ssrc = 0;  // 0: drawn from the seed
    std::uint32_t payload_type = 0, red_payload_type = 0;
    SessionExtensions extensions;
    bool extmap_allow_mixed = true;
    std::vector<SessionTarget> layers;  // ascending times
};

struct Session {
    std::vector<SessionTrack> tracks;
    std::vector<SessionReceiver> receivers;
};

// The error names the place ("receivers[1].layers[0].target"), what was found and what is possible.
std::expected<Session, std::string> parse_session(std::string_view json);

}  // namespace strata::dataplane
