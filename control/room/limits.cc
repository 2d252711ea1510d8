#include "control/room/limits.h"

namespace strata::control {

Limits::Limits(const api::LimitsConfig& config)
    : values_{config.rooms,
              config.participants,
              config.participants_per_room,
              config.tracks,
              config.tracks_per_participant,
              config.subscriptions,
              config.subscriptions_per_participant,
              config.name_bytes,
              config.http_connections,
              config.http_header_bytes,
              config.http_body_bytes,
              config.http_idle_s,
              config.meeting_connections,
              config.meeting_message_bytes,
              config.meeting_queue_bytes,
              config.meeting_ping_s,
              config.meeting_join_s,
              config.meeting_messages_per_s,
              config.meeting_resume_s,
              config.meeting_publications,
              config.dtls_handshakes,
              config.dtls_handshakes_per_s,
              config.dtls_handshake_s,
              config.dtls_datagrams,
              config.sdp_bytes,
              config.sdp_lines,
              config.sdp_line_bytes,
              config.sdp_media_sections,
              config.session_setup_s,
              config.session_silence_s,
              config.captures,
              config.capture_packets,
              config.capture_mb,
              config.capture_s} {}

std::string_view Limits::name(Limit limit) {
    static constexpr std::array<std::string_view, kLimitCount> kNames = {
        "rooms",
        "participants",
        "participants_per_room",
        "tracks",
        "tracks_per_participant",
        "subscriptions",
        "subscriptions_per_participant",
        "name_bytes",
        "http_connections",
        "http_header_bytes",
        "http_body_bytes",
        "http_idle_s",
        "meeting_connections",
        "meeting_message_bytes",
        "meeting_queue_bytes",
        "meeting_ping_s",
        "meeting_join_s",
        "meeting_messages_per_s",
        "meeting_resume_s",
        "meeting_publications",
        "dtls_handshakes",
        "dtls_handshakes_per_s",
        "dtls_handshake_s",
        "dtls_datagrams",
        "sdp_bytes",
        "sdp_lines",
        "sdp_line_bytes",
        "sdp_media_sections",
        "session_setup_s",
        "session_silence_s",
        "captures",
        "capture_packets",
        "capture_mb",
        "capture_s"};
    return kNames.at(static_cast<std::size_t>(limit));
}

Result<void> Limits::check_one_more(Limit limit, std::uint64_t count) {
    if (count < value(limit)) return {};
    count_hit(limit);
    const std::string key(name(limit));
    return refuse(ErrorCode::limit_reached, key,
                  "the limit of " + std::to_string(value(limit)) + " is reached",
                  "delete something first, or raise limits." + key + " in the configuration");
}

}  // namespace strata::control
