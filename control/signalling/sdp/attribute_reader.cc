#include "control/signalling/sdp/attribute_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "control/room/media_rules.h"
#include "control/signalling/sdp/field_reader.h"

namespace strata::control::sdp {
namespace {

using Read = Result<void> (*)(std::string_view value, Media& media);

constexpr std::size_t kMaxRids = 16;
constexpr std::size_t kMaxSources = 64;
constexpr std::size_t kMaxFeedback = 32;  // lines of one payload type
constexpr std::uint32_t kMaxSsrc = std::numeric_limits<std::uint32_t>::max();

std::unexpected<Error> wrong(std::string_view key, std::string_view value) {
    return refuse(ErrorCode::invalid_sdp, "a=" + std::string(key),
                  "'" + std::string(value.substr(0, 80)) + "' can't be read");
}

// RFC 4566 token
bool is_token(std::string_view text) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`{|}~";
    return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
        return std::isalnum(c) != 0 || kOthers.find(static_cast<char>(c)) != kOthers.npos;
    });
}

bool is_rid(std::string_view text) {
    return !text.empty() && text.size() <= 15 && std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
    });
}

Format* format_of(Media& media, std::string_view payload_type) {
    const auto pt = number<int>(payload_type, 0, 127);
    if (!pt) return nullptr;
    const auto it = std::ranges::find(media.formats, *pt, &Format::payload_type);
    return it == media.formats.end() ? nullptr : &*it;
}

Result<void> read_mid(std::string_view value, Media& media) {
    if (!is_token(value) || value.size() > kMaxMidBytes || !media.mid.empty())
        return wrong("mid", value);
    media.mid = value;
    return {};
}

Result<void> read_rtpmap(std::string_view value, Media& media) {
    std::string_view rest = value;
    Format* format = format_of(media, take(rest));
    if (format == nullptr) return {};  // of a payload type that isn't listed
    const std::string_view name = take(rest, '/');
    const auto rate = number<std::uint32_t>(take(rest, '/'), 1, 1'000'000);
    const auto channels = rest.empty() ? 1 : number<int>(rest, 1, 255);
    if (!is_token(name) || name.size() > 32 || !rate || !channels || !format->codec.empty())
        return wrong("rtpmap", value);
    format->codec = name;
    format->clock_rate_hz = *rate;
    format->channels = static_cast<std::uint8_t>(*channels);
    return {};
}

Result<void> read_fmtp(std::string_view value, Media& media) {
    std::string_view rest = value;
    Format* format = format_of(media, take(rest));
    if (format == nullptr) return {};
    if (!format->parameters.empty()) format->parameters += ';';
    format->parameters += rest;
    return {};
}

Result<void> read_feedback(std::string_view value, Media& media) {
    std::string_view rest = value;
    const std::string_view payload_type = take(rest);
    const auto add = [&](Format& format) {
        const bool known = std::ranges::find(format.feedback, rest) != format.feedback.end();
        if (!known && format.feedback.size() < kMaxFeedback) format.feedback.emplace_back(rest);
    };
    if (payload_type == "*") {
        for (Format& format : media.formats) add(format);
    } else if (Format* format = format_of(media, payload_type)) {
        add(*format);
    }
    return {};
}

Result<void> read_extmap(std::string_view value, Media& media) {
    std::string_view rest = value;
    std::string_view id_text = take(rest);
    const auto id = number<int>(take(id_text, '/'), 1, 65535);  // behind '/': a direction
    const std::string_view uri = take(rest);
    // 15 is reserved; from 4096 on the answerer would choose an id (RFC 8285 section 7).
    if (!id || *id == 15 || uri.empty() || uri.size() > 255) return wrong("extmap", value);
    if (*id > 255) return {};
    for (const ExtensionMapping& other : media.extensions)
        if (other.id == *id || other.uri == uri) return wrong("extmap", value);
    media.extensions.push_back({static_cast<std::uint8_t>(*id), std::string(uri)});
    return {};
}

Result<void> read_rid(std::string_view value, Media& media) {
    std::string_view rest = value;
    const std::string_view id = take(rest), direction = take(rest);
    const bool twice = std::ranges::find(media.rids, id, &Rid::id) != media.rids.end();
    if (!is_rid(id) || (direction != "send" && direction != "recv") || twice ||
        media.rids.size() == kMaxRids)
        return wrong("rid", value);
    media.rids.push_back({std::string(id), direction == "send", std::string(rest)});
    return {};
}

// "send q;h;f recv a,~b": streams by ';', alternatives by ',', '~': paused at the start.
Result<void> read_simulcast(std::string_view value, Media& media) {
    std::string_view rest = value;
    while (!rest.empty()) {
        const std::string_view direction = take(rest);
        std::string_view streams = take(rest);
        auto& list = direction == "send" ? media.simulcast_send : media.simulcast_recv;
        if ((direction != "send" && direction != "recv") || streams.empty() || !list.empty())
            return wrong("simulcast", value);
        while (!streams.empty()) {
            std::string_view alternatives = take(streams, ';');
            std::string_view first = take(alternatives, ',');
            if (first.starts_with('~')) first.remove_prefix(1);
            if (!is_rid(first) || list.size() == kMaxRids) return wrong("simulcast", value);
            list.emplace_back(first);
        }
    }
    return {};
}

Result<void> read_ssrc(std::string_view value, Media& media) {
    std::string_view rest = value;
    const auto ssrc = number<std::uint32_t>(take(rest), 1, kMaxSsrc);
    if (!ssrc) return wrong("ssrc", value);
    auto it = std::ranges::find(media.sources, *ssrc, &Source::ssrc);
    if (it == media.sources.end()) {
        if (media.sources.size() == kMaxSources) return wrong("ssrc", value);
        media.sources.push_back({*ssrc, {}});
        it = media.sources.end() - 1;
    }
    if (rest.starts_with("cname:")) it->cname = rest.substr(6);
    if (!rest.starts_with("msid:") || media.msid) return {};
    rest.remove_prefix(5);
    const std::string_view stream = take(rest);
    media.msid = Msid{std::string(stream), std::string(rest)};
    return {};
}

Result<void> read_ssrc_group(std::string_view value, Media& media) {
    std::string_view rest = value;
    SourceGroup group{std::string(take(rest)), {}};
    while (!rest.empty()) {
        const auto ssrc = number<std::uint32_t>(take(rest), 1, kMaxSsrc);
        if (!ssrc || group.ssrcs.size() == kMaxRids) return wrong("ssrc-group", value);
        group.ssrcs.push_back(*ssrc);
    }
    if (media.source_groups.size() == kMaxSources) return wrong("ssrc-group", value);
    media.source_groups.push_back(std::move(group));
    return {};
}

Result<void> read_msid(std::string_view value, Media& media) {
    std::string_view rest = value;
    const std::string_view stream = take(rest);
    if (stream.empty()) return wrong("msid", value);
    media.msid = Msid{std::string(stream), std::string(take(rest))};
    return {};
}

Result<void> read_flag(std::string_view key, Media& media) {
    if (key == "rtcp-mux") media.rtcp_mux = true;
    if (key == "rtcp-rsize") media.rtcp_rsize = true;
    if (key == "bundle-only") media.bundle_only = true;
    if (key == "end-of-candidates") media.end_of_candidates = true;
    if (key == "sendrecv") media.direction = Direction::sendrecv;
    if (key == "sendonly") media.direction = Direction::sendonly;
    if (key == "recvonly") media.direction = Direction::recvonly;
    if (key == "inactive") media.direction = Direction::inactive;
    return {};
}

struct Reader {
    std::string_view key;
    Read read;
};
constexpr std::array kReaders = {
    Reader{"mid", read_mid},
    Reader{"rtpmap", read_rtpmap},
    Reader{"fmtp", read_fmtp},
    Reader{"rtcp-fb", read_feedback},
    Reader{"extmap", read_extmap},
    Reader{"rid", read_rid},
    Reader{"simulcast", read_simulcast},
    Reader{"ssrc", read_ssrc},
    Reader{"ssrc-group", read_ssrc_group},
    Reader{"msid", read_msid},
};

Result<void> read_transport(std::string_view key, std::string_view value,
                            TransportAttributes& transport) {
    if (key == "ice-ufrag") {
        if (!is_ice_text(value, 4)) return wrong(key, value);
        transport.ice_ufrag = value;
    } else if (key == "ice-pwd") {
        if (!is_ice_text(value, 22)) return wrong(key, "…");
        transport.ice_pwd = value;
    } else if (key == "fingerprint") {
        std::string_view rest = value;
        std::string hash(take(rest));
        std::ranges::transform(hash, hash.begin(), [](unsigned char c) { return std::tolower(c); });
        if (hash != "sha-256") return {};  // others may stand beside it (RFC 8122 section 5)
        const auto digest = parse_fingerprint(rest);
        if (!digest || (transport.fingerprint && transport.fingerprint != digest))
            return wrong(key, value);
        transport.fingerprint = digest;
    } else if (key == "setup") {
        if (value == "actpass")
            transport.setup = Setup::actpass;
        else if (value == "active")
            transport.setup = Setup::active;
        else if (value == "passive")
            transport.setup = Setup::passive;
        else
            return wrong(key, value);
    }
    return {};
}

}  // namespace

Result<void> read_session_attribute(std::string_view key, std::string_view value,
                                    Description& description) {
    if (key == "ice-lite") description.ice_lite = true;
    if (key == "extmap-allow-mixed") description.extmap_allow_mixed = true;
    if (key == "group" && description.bundle.empty()) {
        std::string_view rest = value;
        if (take(rest) != "BUNDLE") return {};
        while (!rest.empty()) description.bundle.emplace_back(take(rest));
    }
    return read_transport(key, value, description.transport);
}

Result<void> read_media_attribute(std::string_view key, std::string_view value, Media& media) {
    for (const Reader& reader : kReaders)
        if (reader.key == key) return reader.read(value, media);
    if (value.empty()) return read_flag(key, media);
    return read_transport(key, value, media.transport);
}

}  // namespace strata::control::sdp
