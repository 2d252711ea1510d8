#include "control/signalling/sdp/writer.h"

#include <algorithm>

namespace strata::control::sdp {
namespace {

class Lines {
  public:
    template <typename... Parts>
    void add(const Parts&... parts) {
        (append(parts), ...);
        text_ += "\r\n";
    }
    std::string take() { return std::move(text_); }

  private:
    void append(std::string_view part) { text_ += part; }
    void append(std::uint64_t part) { text_ += std::to_string(part); }
    std::string text_;
};

std::string_view text_of(Direction direction) {
    switch (direction) {
        case Direction::sendrecv: return "sendrecv";
        case Direction::sendonly: return "sendonly";
        case Direction::recvonly: return "recvonly";
        case Direction::inactive: break;
    }
    return "inactive";
}

std::string_view text_of(Setup setup) {
    switch (setup) {
        case Setup::actpass: return "actpass";
        case Setup::active: return "active";
        case Setup::passive: return "passive";
        case Setup::none: break;
    }
    return "";
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) text += separator;
        text += part;
    }
    return text;
}

void add_transport(const TransportAttributes& transport, Lines& lines) {
    if (!transport.ice_ufrag.empty()) lines.add("a=ice-ufrag:", transport.ice_ufrag);
    if (!transport.ice_pwd.empty()) lines.add("a=ice-pwd:", transport.ice_pwd);
    if (transport.fingerprint)
        lines.add("a=fingerprint:sha-256 ", fingerprint_text(*transport.fingerprint));
    if (transport.setup != Setup::none) lines.add("a=setup:", text_of(transport.setup));
}

void add_candidates(const Media& media, Lines& lines) {
    for (const Candidate& c : media.candidates)
        lines.add("a=candidate:", c.foundation, " 1 ", c.tcp ? "tcp " : "udp ", c.priority, " ",
                  c.address, " ", c.port, " typ host", c.tcp ? " tcptype passive" : "");
    if (media.end_of_candidates) lines.add("a=end-of-candidates");
}

void add_formats(const Media& media, Lines& lines) {
    for (const Format& f : media.formats) {
        const std::uint64_t pt = f.payload_type;
        const std::string channels = f.channels > 1 ? "/" + std::to_string(f.channels) : "";
        lines.add("a=rtpmap:", pt, " ", f.codec, "/", f.clock_rate_hz, channels);
        for (const std::string& feedback : f.feedback) lines.add("a=rtcp-fb:", pt, " ", feedback);
        if (!f.parameters.empty()) lines.add("a=fmtp:", pt, " ", f.parameters);
    }
}

void add_sources(const Media& media, Lines& lines) {
    for (const SourceGroup& group : media.source_groups) {
        std::string ssrcs;
        for (const std::uint32_t ssrc : group.ssrcs) ssrcs += " " + std::to_string(ssrc);
        lines.add("a=ssrc-group:", group.semantics, ssrcs);
    }
    for (const Source& source : media.sources) {
        lines.add("a=ssrc:", source.ssrc, " cname:", source.cname);
        if (media.msid)
            lines.add("a=ssrc:", source.ssrc, " msid:", media.msid->stream, " ", media.msid->track);
    }
}

void add_simulcast(const Media& media, Lines& lines) {
    for (const Rid& rid : media.rids)
        lines.add("a=rid:", rid.id, rid.send ? " send" : " recv",
                  rid.restrictions.empty() ? "" : " ", rid.restrictions);
    std::string streams;
    if (!media.simulcast_send.empty()) streams = "send " + joined(media.simulcast_send, ";");
    if (!media.simulcast_recv.empty())
        streams += (streams.empty() ? "recv " : " recv ") + joined(media.simulcast_recv, ";");
    if (!streams.empty()) lines.add("a=simulcast:", streams);
}

std::string formats_text(const Media& media) {
    if (media.formats.empty() || media.rejected()) return joined(media.format_names, " ");
    std::string text;
    for (const Format& f : media.formats)
        text += (text.empty() ? "" : " ") + std::to_string(f.payload_type);
    return text;
}

// "IN IP4 127.0.0.1" of the first candidate, which the m= line's port belongs to.
std::string connection(const Media& media) {
    if (media.candidates.empty()) return "IN IP4 0.0.0.0";
    const std::string& address = media.candidates.front().address;
    return (address.find(':') == address.npos ? "IN IP4 " : "IN IP6 ") + address;
}

void add_media(const Media& media, Lines& lines) {
    lines.add("m=", media.kind, " ", media.port, " ", media.protocol, " ", formats_text(media));
    lines.add("c=", connection(media));
    if (!media.mid.empty()) lines.add("a=mid:", media.mid);
    if (media.rejected()) return lines.add("a=inactive");
    if (media.bundle_only) lines.add("a=bundle-only");
    lines.add("a=", text_of(media.direction));
    if (media.rtcp_mux) lines.add("a=rtcp-mux");
    if (media.rtcp_rsize) lines.add("a=rtcp-rsize");
    add_transport(media.transport, lines);
    for (const ExtensionMapping& e : media.extensions)
        lines.add("a=extmap:", std::uint64_t{e.id}, " ", e.uri);
    add_formats(media, lines);
    if (media.msid) lines.add("a=msid:", media.msid->stream, " ", media.msid->track);
    add_simulcast(media, lines);
    add_sources(media, lines);
    add_candidates(media, lines);
}

}  // namespace

std::string write(const Description& d) {
    Lines lines;
    lines.add("v=0");
    lines.add("o=- ", d.session_id, " ", d.session_version, " IN IP4 127.0.0.1");
    lines.add("s=-");
    lines.add("t=0 0");
    if (d.ice_lite) lines.add("a=ice-lite");
    if (!d.bundle.empty()) lines.add("a=group:BUNDLE ", joined(d.bundle, " "));
    if (d.extmap_allow_mixed) lines.add("a=extmap-allow-mixed");
    lines.add("a=msid-semantic: WMS *");
    add_transport(d.transport, lines);
    for (const Media& media : d.media) add_media(media, lines);
    return lines.take();
}

std::string write_fragment(const Description& d) {
    Lines lines;
    const auto bundled =
        std::ranges::find_if(d.media, [](const Media& m) { return !m.rejected(); });
    if (d.ice_lite) lines.add("a=ice-lite");
    if (bundled == d.media.end()) return lines.take();
    if (!d.bundle.empty()) lines.add("a=group:BUNDLE ", joined(d.bundle, " "));
    lines.add("m=", bundled->kind, " ", bundled->port, " ", bundled->protocol, " ",
              formats_text(*bundled));
    lines.add("a=mid:", bundled->mid);
    lines.add("a=ice-ufrag:", bundled->transport.ice_ufrag);
    lines.add("a=ice-pwd:", bundled->transport.ice_pwd);
    add_candidates(*bundled, lines);
    return lines.take();
}

}  // namespace strata::control::sdp
