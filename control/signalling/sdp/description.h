#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/dtls/fingerprint.h"

// A session description (RFC 8866) as far as WebRTC uses it (RFC 8829): what the parser makes, what
// the writer writes, offers and answers alike. Plain values.
namespace strata::control::sdp {

enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };
// RFC 4145, RFC 8842. none: no a=setup line.
enum class Setup : std::uint8_t { none, actpass, active, passive };

constexpr bool sends(Direction d) { return d == Direction::sendrecv || d == Direction::sendonly; }
constexpr bool receives(Direction d) {
    return d == Direction::sendrecv || d == Direction::recvonly;
}
// What the other side says to it.
constexpr Direction mirrored(Direction d) {
    return d == Direction::sendonly   ? Direction::recvonly
           : d == Direction::recvonly ? Direction::sendonly
                                      : d;
}

// One payload type of a media section: a=rtpmap, a=fmtp, a=rtcp-fb.
struct Format {
    std::uint8_t payload_type = 0;
    std::string codec;  // as written, "VP8", "rtx"; empty: no a=rtpmap
    std::uint32_t clock_rate_hz = 0;
    std::uint8_t channels = 1;
    std::string parameters;             // a=fmtp, "apt=96"
    std::vector<std::string> feedback;  // a=rtcp-fb, "nack pli"
    friend bool operator==(const Format&, const Format&) = default;
};

// a=extmap (RFC 8285)
struct ExtensionMapping {
    std::uint8_t id = 0;
    std::string uri;
    friend bool operator==(const ExtensionMapping&, const ExtensionMapping&) = default;
};

// a=rid (RFC 8851)
struct Rid {
    std::string id;
    bool send = true;          // else recv
    std::string restrictions;  // "max-width=1280;max-height=720"
    friend bool operator==(const Rid&, const Rid&) = default;
};

// a=ssrc (RFC 5576); of one SSRC
struct Source {
    std::uint32_t ssrc = 0;
    std::string cname;
    friend bool operator==(const Source&, const Source&) = default;
};

// a=ssrc-group, "FID" (RTX) or "SIM"
struct SourceGroup {
    std::string semantics;
    std::vector<std::uint32_t> ssrcs;
    friend bool operator==(const SourceGroup&, const SourceGroup&) = default;
};

// a=msid (RFC 8830)
struct Msid {
    std::string stream, track;
    friend bool operator==(const Msid&, const Msid&) = default;
};

// a=candidate (RFC 8839), of component 1
struct Candidate {
    std::string foundation;
    bool tcp = false;  // passive (RFC 6544)
    std::uint32_t priority = 0;
    std::string address;
    std::uint16_t port = 0;
    friend bool operator==(const Candidate&, const Candidate&) = default;
};

// What belongs to a transport: of a bundle it is the same in all sections, or in the session part.
struct TransportAttributes {
    std::string ice_ufrag, ice_pwd;
    std::optional<Fingerprint> fingerprint;  // SHA-256
    Setup setup = Setup::none;
    friend bool operator==(const TransportAttributes&, const TransportAttributes&) = default;
};

struct Media {
    std::string kind;  // "audio", "video", "application"
    std::uint16_t port = 9;
    std::string protocol = "UDP/TLS/RTP/SAVPF";
    std::vector<std::string> format_names;  // of the m= line, in order
    std::string mid;
    Direction direction = Direction::sendrecv;
    bool rtcp_mux = false;
    bool rtcp_rsize = false;
    bool bundle_only = false;
    std::vector<Format> formats;  // in the order of the m= line; none for what isn't RTP
    std::vector<ExtensionMapping> extensions;
    std::vector<Rid> rids;
    std::vector<std::string> simulcast_send, simulcast_recv;  // rids, the first of alternatives
    std::vector<Source> sources;
    std::vector<SourceGroup> source_groups;
    std::optional<Msid> msid;
    TransportAttributes transport;
    std::vector<Candidate> candidates;
    bool end_of_candidates = false;

    bool rejected() const { return port == 0 && !bundle_only; }
    friend bool operator==(const Media&, const Media&) = default;
};

struct Description {
    std::uint64_t session_id = 0;
    std::uint64_t session_version = 1;
    bool ice_lite = false;
    bool extmap_allow_mixed = false;
    std::vector<std::string> bundle;  // mids of the first BUNDLE group
    TransportAttributes transport;    // session level; what a section says wins
    std::vector<Media> media;
    friend bool operator==(const Description&, const Description&) = default;
};

// Header extensions that are spoken of here. As in relay/rtp/extension_map.cc.
namespace uri {
constexpr std::string_view kDependencyDescriptor =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
constexpr std::string_view kMid = "urn:ietf:params:rtp-hdrext:sdes:mid";
constexpr std::string_view kRid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
constexpr std::string_view kRepairedRid = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
constexpr std::string_view kTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
constexpr std::string_view kAudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
constexpr std::string_view kVideoOrientation = "urn:3gpp:video-orientation";
constexpr std::string_view kAbsCaptureTime =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
constexpr std::string_view kPlayoutDelay =
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
constexpr std::string_view kColorSpace = "http://www.webrtc.org/experiments/rtp-hdrext/color-space";
constexpr std::string_view kContentType =
    "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type";
}  // namespace uri

// Of "a=b;c=d" the value of `name`; nullopt: not there.
std::optional<std::string> format_parameter(std::string_view parameters, std::string_view name);

// Letters, digits, '+', '/' (RFC 8839 section 5.4), `lowest` to 256 of them.
bool is_ice_text(std::string_view text, std::size_t lowest);

}  // namespace strata::control::sdp
