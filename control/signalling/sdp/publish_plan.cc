#include "control/signalling/sdp/publish_plan.h"

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <map>

#include "control/signalling/sdp/field_reader.h"
#include "control/signalling/sdp/terms.h"
#include "relay/svc/layers.h"

namespace strata::control::sdp {
namespace {

bool has_extension(const Choice& choice, std::string_view name) {
    return std::ranges::find(choice.extensions, name, &ExtensionMapping::uri) !=
           choice.extensions.end();
}

// Size of a rid's picture where it says so, or by the names that everybody uses; 0: unknown.
std::uint32_t picture_rank(const Rid& rid) {
    for (const char* name : {"max-width", "max-height", "max-fs"})
        if (const auto value = format_parameter(rid.restrictions, name))
            return number<std::uint32_t>(*value, 1, 1'000'000).value_or(0);
    static const std::map<std::string_view, std::uint32_t> kNames = {
        {"q", 1},   {"l", 1},      {"low", 1}, {"lo", 1}, {"h", 2},   {"m", 2},
        {"mid", 2}, {"medium", 2}, {"f", 3},   {"hi", 3}, {"high", 3}};
    const auto it = kNames.find(rid.id);
    return it == kNames.end() ? 0 : it->second;
}

// Smallest picture first where that is known of all of them, else as they were offered.
std::vector<std::string> ordered_rids(const Media& offered) {
    struct Ranked {
        std::uint32_t rank;
        std::size_t position;
        std::string id;
        auto operator<=>(const Ranked&) const = default;
    };
    std::vector<Ranked> ranked;
    for (const std::string& id : offered.simulcast_send) {
        const auto rid = std::ranges::find(offered.rids, id, &Rid::id);
        if (rid == offered.rids.end() || !rid->send) continue;
        if (ranked.size() < relay::kMaxEncodings)
            ranked.push_back({picture_rank(*rid), ranked.size(), id});
    }
    const bool known = std::ranges::none_of(ranked, [](const auto& r) { return r.rank == 0; });
    if (known) std::ranges::sort(ranked);
    std::vector<std::string> ids;
    for (Ranked& one : ranked) ids.push_back(std::move(one.id));
    return ids;
}

std::uint32_t rtx_of(const Media& offered, std::uint32_t ssrc) {
    for (const SourceGroup& group : offered.source_groups)
        if (group.semantics == "FID" && group.ssrcs.size() == 2 && group.ssrcs[0] == ssrc)
            return group.ssrcs[1];
    return 0;
}

std::vector<Encoding> encodings_by_ssrc(const Media& offered, bool rtx) {
    std::vector<std::uint32_t> ssrcs;
    for (const SourceGroup& group : offered.source_groups)
        if (group.semantics == "SIM") ssrcs = group.ssrcs;
    if (ssrcs.empty())
        for (const SourceGroup& group : offered.source_groups)
            if (group.semantics == "FID" && !group.ssrcs.empty() && ssrcs.empty())
                ssrcs.push_back(group.ssrcs[0]);
    if (ssrcs.empty() && !offered.sources.empty()) ssrcs.push_back(offered.sources[0].ssrc);
    ssrcs.resize(std::min(ssrcs.size(), relay::kMaxEncodings));
    std::vector<Encoding> encodings;
    for (const std::uint32_t ssrc : ssrcs)
        encodings.push_back({.ssrc = ssrc, .rtx_ssrc = rtx ? rtx_of(offered, ssrc) : 0});
    return encodings;
}

void accept_rids(const std::vector<std::string>& rids, const Media& offered, Media& answer) {
    for (const std::string& id : offered.simulcast_send) {
        if (std::ranges::find(rids, id) == rids.end()) continue;
        answer.rids.push_back({.id = id, .send = false, .restrictions = {}});
        answer.simulcast_recv.push_back(id);
    }
}

TrackSpec track_of(const Media& offered, const Choice& choice) {
    TrackSpec track{.codec = choice.codec,
                    .clock_rate_hz = choice.media.clock_rate_hz,
                    .payload_type = choice.media.payload_type,
                    .rtx_payload_type = choice.rtx ? choice.rtx->payload_type : std::uint8_t{0},
                    .red_payload_type = choice.red ? choice.red->payload_type : std::uint8_t{0},
                    .mid = offered.mid,
                    .format_parameters = choice.media.parameters};
    for (const ExtensionMapping& e : choice.extensions) track.extensions[e.id] = e.uri;
    return track;
}

Media answer_of(const Media& offered, const Choice& choice) {
    Media answer{.kind = offered.kind, .protocol = offered.protocol, .mid = offered.mid};
    answer.direction = Direction::recvonly;
    answer.rtcp_mux = true;
    answer.rtcp_rsize = offered.rtcp_rsize;
    answer.formats.push_back(choice.media);
    if (choice.rtx) answer.formats.push_back(*choice.rtx);
    if (choice.red) answer.formats.push_back(*choice.red);
    answer.extensions = choice.extensions;
    return answer;
}

}  // namespace

Result<std::vector<PublishedSection>> plan_publish(const Description& offer,
                                                   const Capabilities& capabilities) {
    std::vector<PublishedSection> sections;
    std::map<std::string, int> names;
    BundleExtensions bundle;
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        const Media& offered = offer.media[i];
        if (!usable(offer, i) || !sends(offered.direction)) continue;
        const auto choice = choose_to_receive(offered, capabilities, bundle);
        if (!choice) continue;
        PublishedSection section{i, track_of(offered, *choice), answer_of(offered, *choice)};
        const auto rids =
            has_extension(*choice, uri::kRid) ? ordered_rids(offered) : std::vector<std::string>();
        for (const std::string& rid : rids) section.track.encodings.push_back({.rid = rid});
        if (rids.empty())
            section.track.encodings = encodings_by_ssrc(offered, choice->rtx.has_value());
        // Its MID tells its packets from others' (RFC 8843 section 9.2).
        if (section.track.encodings.empty() && !offered.mid.empty() &&
            has_extension(*choice, uri::kMid))
            section.track.encodings.emplace_back();
        if (section.track.encodings.empty()) continue;
        accept_rids(rids, offered, section.answer);
        const int count = ++names[offered.kind];
        section.track.name = offered.kind + (count > 1 ? "-" + std::to_string(count) : "");
        sections.push_back(std::move(section));
    }
    if (sections.empty())
        return refuse(ErrorCode::not_acceptable, "m=", "nothing that is offered can be published",
                      "VP8, VP9, AV1, H264 or opus to be sent, with a=ssrc, a=rid or the MID "
                      "header extension");
    return sections;
}

}  // namespace strata::control::sdp
