#include "control/signalling/sdp/parser.h"

#include <gst/sdp/gstsdpmessage.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "control/signalling/sdp/attribute_reader.h"
#include "control/signalling/sdp/field_reader.h"

namespace strata::control::sdp {
namespace {

using MessagePtr = std::unique_ptr<GstSDPMessage, decltype(&gst_sdp_message_free)>;

std::unexpected<Error> invalid(std::string object, std::string detail) {
    return refuse(ErrorCode::invalid_sdp, std::move(object), std::move(detail));
}

std::unexpected<Error> over(const char* limit, std::size_t highest) {
    return refuse(ErrorCode::invalid_sdp, limit,
                  "the description exceeds the limit of " + std::to_string(highest),
                  "see " + std::string(limit));
}

std::string_view text_of(const gchar* text) {
    return text == nullptr ? std::string_view() : std::string_view(text);
}

// "x=…" with printable text (RFC 8866 section 5).
bool is_line(std::string_view line) {
    return line.size() >= 2 && line[0] >= 'a' && line[0] <= 'z' && line[1] == '=' &&
           std::ranges::all_of(line, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

// What gstsdp wouldn't mind.
Result<void> check_form(std::string_view text, const ParserLimits& limits) {
    if (text.size() > limits.bytes) return over("limits.sdp_bytes", limits.bytes);
    std::size_t lines = 0, media = 0;
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (++lines > limits.lines) return over("limits.sdp_lines", limits.lines);
        if (line.size() > limits.line_bytes)
            return over("limits.sdp_line_bytes", limits.line_bytes);
        if (line.empty() && text.empty()) break;
        if (!is_line(line))
            return invalid("line " + std::to_string(lines), "not a line of a description");
        if (lines == 1 && line != "v=0") return invalid("line 1", "not 'v=0'");
        if (line[0] == 'm' && ++media > limits.media_sections)
            return over("limits.sdp_media_sections", limits.media_sections);
    }
    if (lines == 0) return invalid("", "the description is empty");
    if (media == 0) return invalid("", "the description has no media section");
    return {};
}

bool is_rtp(std::string_view protocol) { return protocol.find("RTP/") != protocol.npos; }

Result<void> read_formats(const GstSDPMedia* from, Media& media) {
    for (guint i = 0; i < gst_sdp_media_formats_len(from); ++i) {
        const std::string_view name = text_of(gst_sdp_media_get_format(from, i));
        media.format_names.emplace_back(name);
        if (!is_rtp(media.protocol)) continue;
        const auto pt = number<int>(name, 0, 127);
        const auto same = [&](const Format& f) { return pt && f.payload_type == *pt; };
        if (!pt || std::ranges::any_of(media.formats, same))
            return invalid("m=", "'" + std::string(name.substr(0, 40)) + "' is no payload type");
        media.formats.push_back({.payload_type = static_cast<std::uint8_t>(*pt)});
    }
    if (media.format_names.empty()) return invalid("m=", "a media section without a format");
    return {};
}

Result<Media> read_media(const GstSDPMedia* from) {
    Media media;
    media.kind = text_of(gst_sdp_media_get_media(from));
    media.protocol = text_of(gst_sdp_media_get_proto(from));
    const guint port = gst_sdp_media_get_port(from);
    if (port > 65535) return invalid("m=", "the port is out of range");
    media.port = static_cast<std::uint16_t>(port);
    if (auto ok = read_formats(from, media); !ok) return std::unexpected(ok.error());
    for (guint i = 0; i < gst_sdp_media_attributes_len(from); ++i) {
        const GstSDPAttribute* a = gst_sdp_media_get_attribute(from, i);
        if (auto ok = read_media_attribute(text_of(a->key), text_of(a->value), media); !ok)
            return std::unexpected(ok.error());
    }
    return media;
}

Result<void> check_whole(const Description& description) {
    std::set<std::string_view> mids;
    for (const Media& media : description.media)
        if (!media.mid.empty() && !mids.insert(media.mid).second)
            return invalid("a=mid", "two media sections have mid '" + media.mid + "'");
    std::set<std::string_view> bundled;
    for (const std::string& mid : description.bundle) {
        if (!mids.contains(mid))
            return invalid("a=group", "'" + mid.substr(0, 40) + "' is no media section's mid");
        if (!bundled.insert(mid).second)
            return invalid("a=group", "'" + mid + "' is bundled twice");
    }
    return {};
}

}  // namespace

Result<Description> parse(std::string_view text, const ParserLimits& limits) {
    if (auto ok = check_form(text, limits); !ok) return std::unexpected(ok.error());
    GstSDPMessage* made = nullptr;
    if (gst_sdp_message_new(&made) != GST_SDP_OK) return invalid("", "out of memory");
    const MessagePtr message(made, &gst_sdp_message_free);
    if (gst_sdp_message_parse_buffer(reinterpret_cast<const guint8*>(text.data()),
                                     static_cast<guint>(text.size()), made) != GST_SDP_OK)
        return invalid("", "not a session description");
    Description description;
    if (const GstSDPOrigin* origin = gst_sdp_message_get_origin(made)) {
        const auto id = number<std::uint64_t>(text_of(origin->sess_id), 0, UINT64_MAX);
        const auto version = number<std::uint64_t>(text_of(origin->sess_version), 0, UINT64_MAX);
        description.session_id = id.value_or(0);
        description.session_version = version.value_or(0);
    }
    for (guint i = 0; i < gst_sdp_message_attributes_len(made); ++i) {
        const GstSDPAttribute* a = gst_sdp_message_get_attribute(made, i);
        auto ok = read_session_attribute(text_of(a->key), text_of(a->value), description);
        if (!ok) return std::unexpected(ok.error());
    }
    for (guint i = 0; i < gst_sdp_message_medias_len(made); ++i) {
        auto media = read_media(gst_sdp_message_get_media(made, i));
        if (!media) return std::unexpected(media.error());
        description.media.push_back(*std::move(media));
    }
    if (auto ok = check_whole(description); !ok) return std::unexpected(ok.error());
    return description;
}

}  // namespace strata::control::sdp
