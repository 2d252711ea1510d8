#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "control/room/error.h"
#include "dataplane/api/config/config.h"

namespace strata::control {

// The limits that control enforces itself: keys of [limits], each with a counter (C52).
enum class Limit : std::uint8_t {
    rooms,
    participants,
    participants_per_room,
    tracks,
    tracks_per_participant,
    subscriptions,
    subscriptions_per_participant,
    name_bytes,
    http_connections,
    http_header_bytes,
    http_body_bytes,
    http_idle_s,
    meeting_connections,
    meeting_message_bytes,
    meeting_queue_bytes,
    meeting_ping_s,
    meeting_join_s,
    meeting_messages_per_s,
    meeting_resume_s,
    meeting_publications,
    dtls_handshakes,
    dtls_handshakes_per_s,
    dtls_handshake_s,
    dtls_datagrams,
    sdp_bytes,
    sdp_lines,
    sdp_line_bytes,
    sdp_media_sections,
    session_setup_s,
    session_silence_s,
    captures,
    capture_packets,
    capture_mb,
    capture_s,
    kCount
};
constexpr std::size_t kLimitCount = static_cast<std::size_t>(Limit::kCount);

// Main thread only.
class Limits {
  public:
    explicit Limits(const api::LimitsConfig& config);

    static std::string_view name(Limit limit);  // the key
    std::uint64_t value(Limit limit) const { return values_[static_cast<std::size_t>(limit)]; }
    std::uint64_t hits(Limit limit) const { return hits_[static_cast<std::size_t>(limit)]; }

    void count_hit(Limit limit) { ++hits_[static_cast<std::size_t>(limit)]; }

    // Refuses, and counts, when `count` things exist already and one more is wanted.
    Result<void> check_one_more(Limit limit, std::uint64_t count);

  private:
    std::array<std::uint64_t, kLimitCount> values_{};
    std::array<std::uint64_t, kLimitCount> hits_{};
};

}  // namespace strata::control
