#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/room/error.h"
#include "control/room/records.h"
#include "control/room/specs.h"

// Rules for one track or leg that need to know nothing else.
namespace strata::control {

// RFC 8852 section 4.1; the extension by which SSRCs of rids are learned (B8).
constexpr std::string_view kRidUri = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
// RFC 8843 section 15.1; by this one those of a media section's only stream.
constexpr std::string_view kMidUri = "urn:ietf:params:rtp-hdrext:sdes:mid";

constexpr std::size_t kMaxHeaderExtensions = 16;  // relay::kMaxExtensions
constexpr std::size_t kMaxUriBytes = 255;
constexpr std::size_t kMaxCodecBytes = 32;
constexpr std::size_t kMaxMidBytes = 16;  // what a one-byte header extension holds, RFC 8285

// 0..127 without those that RTCP on the same port is told apart by (RFC 5761 section 4).
Result<void> check_payload_type(std::string_view field, std::uint32_t payload_type);

// Media, RTX and RED are told apart by payload type: none may be used for two of them. 0 stands for
// "none" with the latter two.
Result<void> check_payload_types(std::uint8_t media, std::uint8_t rtx, std::uint8_t red);

Result<void> check_extensions(const Extensions& extensions);

// The track that `spec` describes, without id, participant, name and time.
Result<Track> make_track(const TrackSpec& spec);

}  // namespace strata::control
