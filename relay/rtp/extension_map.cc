#include "relay/rtp/extension_map.h"

namespace strata::relay {
namespace {

struct Row {
    std::string_view name;
    std::string_view uri;
};

// In the order of ExtensionKind.
constexpr std::array<Row, static_cast<std::size_t>(ExtensionKind::kCount)> kRows = {{
    {"none", ""},
    {"dependency-descriptor",
     "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"},
    {"video-orientation", "urn:3gpp:video-orientation"},
    {"abs-capture-time", "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"},
    {"playout-delay", "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"},
    {"color-space", "http://www.webrtc.org/experiments/rtp-hdrext/color-space"},
    {"video-content-type", "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type"},
    {"audio-level", "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
    {"transport-cc", "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"},
    {"abs-send-time", "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"},
    {"mid", "urn:ietf:params:rtp-hdrext:sdes:mid"},
    {"rid", "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
    {"repaired-rid", "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"},
    {"video-layers-allocation",
     "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00"},
    {"transmission-offset", "urn:ietf:params:rtp-hdrext:toffset"},
    {"video-timing", "http://www.webrtc.org/experiments/rtp-hdrext/video-timing"},
}};

}  // namespace

ExtensionKind extension_kind(std::string_view uri) {
    for (std::size_t i = 1; i < kRows.size(); ++i)
        if (kRows[i].uri == uri) return static_cast<ExtensionKind>(i);
    return ExtensionKind::none;
}

std::string_view extension_uri(ExtensionKind kind) {
    const auto index = static_cast<std::size_t>(kind);
    return index < kRows.size() ? kRows[index].uri : std::string_view{};
}

std::string_view extension_name(ExtensionKind kind) {
    const auto index = static_cast<std::size_t>(kind);
    return index < kRows.size() ? kRows[index].name : std::string_view{};
}

}  // namespace strata::relay
