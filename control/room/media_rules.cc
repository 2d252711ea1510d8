#include "control/room/media_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace strata::control {
namespace {

constexpr std::array<std::string_view, 6> kCodecs = {"VP8",  "VP9",      "AV1",
                                                     "H264", "H264-SVC", "opus"};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool printable(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool alphanumeric(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0; });
}

Result<std::string> codec_name(std::string_view codec) {
    for (const std::string_view known : kCodecs)
        if (equal_ignoring_case(known, codec)) return std::string(known);
    if (codec.empty() || codec.size() > kMaxCodecBytes || !printable(codec))
        return refuse(ErrorCode::invalid_field, "codec", "not the name of a codec",
                      "VP8, VP9, AV1, H264, H264-SVC or opus; any other name is forwarded by its "
                      "dependency descriptor");
    return std::string(codec);
}

Result<void> check_encoding(const TrackSpec& spec, std::size_t index) {
    const Encoding& encoding = spec.encodings[index];
    const std::string field = "encodings[" + std::to_string(index) + "]";
    if (encoding.rid.size() > 15 || !alphanumeric(encoding.rid))
        return refuse(ErrorCode::invalid_field, field + ".rid", "not a rid",
                      "1 to 15 letters and digits (RFC 8852 section 3)");
    const auto negotiated = [&](std::string_view uri) {
        return std::ranges::any_of(spec.extensions, [&](const auto& e) { return e.second == uri; });
    };
    // RFC 8843 section 9.2: a single stream may be known by its media section alone.
    const bool by_mid = spec.encodings.size() == 1 && !spec.mid.empty() && negotiated(kMidUri);
    if (encoding.ssrc == 0 && encoding.rid.empty() && !by_mid)
        return refuse(ErrorCode::missing_field, field, "neither rid nor ssrc",
                      "give the SSRC that this encoding is sent with, or its rid, or of the only "
                      "one the mid and the id of " +
                          std::string(kMidUri));
    if (encoding.rtx_ssrc != 0 && spec.rtx_payload_type == 0)
        return refuse(ErrorCode::missing_field, "rtx_payload_type",
                      field + ".rtx_ssrc is given without an rtx_payload_type");
    if (encoding.ssrc == 0 && !encoding.rid.empty() && !negotiated(kRidUri))
        return refuse(ErrorCode::missing_field, "extensions",
                      field + " has no ssrc, and no rid extension tells it",
                      "give the ssrc, or the id of " + std::string(kRidUri));
    return {};
}

Result<void> check_encodings(const TrackSpec& spec) {
    if (spec.encodings.empty() || spec.encodings.size() > relay::kMaxEncodings)
        return refuse(ErrorCode::invalid_field, "encodings",
                      std::to_string(spec.encodings.size()) + " encodings",
                      "1 to " + std::to_string(relay::kMaxEncodings));
    std::set<std::string_view> rids;
    std::set<std::uint32_t> ssrcs;
    for (std::size_t i = 0; i < spec.encodings.size(); ++i) {
        const Encoding& encoding = spec.encodings[i];
        if (auto ok = check_encoding(spec, i); !ok) return ok;
        if (!encoding.rid.empty() && !rids.insert(encoding.rid).second)
            return refuse(ErrorCode::invalid_field, "encodings[" + std::to_string(i) + "].rid",
                          "rid '" + encoding.rid + "' is used twice");
        for (const std::uint32_t ssrc : {encoding.ssrc, encoding.rtx_ssrc})
            if (ssrc != 0 && !ssrcs.insert(ssrc).second)
                return refuse(ErrorCode::ssrc_collision, "encodings[" + std::to_string(i) + "]",
                              "SSRC " + std::to_string(ssrc) + " is used twice");
    }
    return {};
}

}  // namespace

Result<void> check_payload_type(std::string_view field, std::uint32_t payload_type) {
    if (payload_type <= 127 && (payload_type < 64 || payload_type > 95)) return {};
    return refuse(ErrorCode::invalid_field, std::string(field),
                  std::to_string(payload_type) + " is no payload type of media",
                  "0 to 63 or 96 to 127 (64 to 95 look like RTCP, RFC 5761 section 4)");
}

Result<void> check_payload_types(std::uint8_t media, std::uint8_t rtx, std::uint8_t red) {
    if (auto ok = check_payload_type("payload_type", media); !ok) return ok;
    if (auto ok = check_payload_type("rtx_payload_type", rtx); !ok) return ok;
    if (auto ok = check_payload_type("red_payload_type", red); !ok) return ok;
    if (rtx != 0 && rtx == media)
        return refuse(ErrorCode::invalid_field, "rtx_payload_type", "the same as payload_type");
    if (red != 0 && (red == media || red == rtx))
        return refuse(ErrorCode::invalid_field, "red_payload_type",
                      "the same as payload_type or rtx_payload_type");
    return {};
}

Result<void> check_extensions(const Extensions& extensions) {
    if (extensions.size() > kMaxHeaderExtensions)
        return refuse(ErrorCode::invalid_field, "extensions",
                      std::to_string(extensions.size()) + " header extensions",
                      "at most " + std::to_string(kMaxHeaderExtensions));
    std::set<std::string_view> uris;
    for (const auto& [id, uri] : extensions) {
        const std::string field = "extensions." + std::to_string(id);
        if (id == 0 || id == 15)
            return refuse(ErrorCode::invalid_field, field, "not an extension id",
                          "1 to 14 or 16 to 255 (RFC 8285 section 4.2)");
        if (uri.empty() || uri.size() > kMaxUriBytes || !printable(uri))
            return refuse(ErrorCode::invalid_field, field, "not a URI",
                          "1 to " + std::to_string(kMaxUriBytes) + " printable characters");
        if (!uris.insert(uri).second)
            return refuse(ErrorCode::invalid_field, field, "'" + uri + "' has two ids");
    }
    return {};
}

Result<Track> make_track(const TrackSpec& spec) {
    auto codec = codec_name(spec.codec);
    if (!codec) return std::unexpected(codec.error());
    if (auto ok =
            check_payload_types(spec.payload_type, spec.rtx_payload_type, spec.red_payload_type);
        !ok)
        return std::unexpected(ok.error());
    if (auto ok = check_extensions(spec.extensions); !ok) return std::unexpected(ok.error());
    if (auto ok = check_encodings(spec); !ok) return std::unexpected(ok.error());
    if (spec.mid.size() > kMaxMidBytes || !printable(spec.mid))
        return refuse(ErrorCode::invalid_field, "mid", "not a MID",
                      "1 to " + std::to_string(kMaxMidBytes) + " printable characters");
    Track track;
    track.codec = *codec;
    track.clock_rate_hz = spec.clock_rate_hz != 0 ? spec.clock_rate_hz
                          : *codec == "opus"      ? 48'000
                                                  : 90'000;
    track.payload_type = spec.payload_type;
    track.rtx_payload_type = spec.rtx_payload_type;
    track.red_payload_type = spec.red_payload_type;
    track.extensions = spec.extensions;
    track.encodings = spec.encodings;
    track.mid = spec.mid;
    track.format_parameters = spec.format_parameters;
    track.end_to_end_encrypted = spec.end_to_end_encrypted;
    // Other audio than Opus has another clock than video's.
    const bool video = *codec != "opus" && track.clock_rate_hz == 90'000;
    track.source = spec.source.value_or(video ? MediaSource::camera : MediaSource::microphone);
    track.muted = spec.muted;
    track.height_px = spec.height_px;
    track.scalability = spec.scalability;
    return track;
}

}  // namespace strata::control
