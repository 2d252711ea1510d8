#include "control/signalling/sdp/view_plan.h"

#include <algorithm>

#include "control/signalling/sdp/terms.h"

namespace strata::control::sdp {
namespace {

Media answer_of(const Media& offered, const Choice& choice, bool red) {
    Media answer{.kind = offered.kind, .protocol = offered.protocol, .mid = offered.mid};
    answer.direction = Direction::sendonly;
    answer.rtcp_mux = true;
    answer.rtcp_rsize = offered.rtcp_rsize;
    answer.formats.push_back(choice.media);
    if (choice.rtx) answer.formats.push_back(*choice.rtx);
    if (red) answer.formats.push_back(*choice.red);
    answer.extensions = choice.extensions;
    return answer;
}

}  // namespace

std::optional<ViewedSection> plan_view(const Description& offer, std::size_t index,
                                       const Track& track, const Capabilities& capabilities,
                                       BundleExtensions& bundle) {
    const Media& offered = offer.media.at(index);
    if (!usable(offer, index) || !receives(offered.direction)) return std::nullopt;
    const auto choice =
        choose_to_send(offered, track.codec, track.format_parameters, capabilities, bundle);
    if (!choice) return std::nullopt;
    // RED goes only where it comes from RED.
    const bool red = choice->red && track.red_payload_type != 0;
    ViewedSection section{.index = index, .answer = answer_of(offered, *choice, red)};
    SubscriptionSpec& leg = section.subscription;
    leg.track = id_text(track.id);
    leg.payload_type = choice->media.payload_type;
    leg.rtx_payload_type = choice->rtx ? choice->rtx->payload_type : std::uint8_t{0};
    leg.red_payload_type = red ? choice->red->payload_type : std::uint8_t{0};
    leg.extensions.emplace();
    for (const ExtensionMapping& e : choice->extensions) (*leg.extensions)[e.id] = e.uri;
    leg.extmap_allow_mixed = offer.extmap_allow_mixed;
    leg.mid = offered.mid;
    return section;
}

std::string best_layers(const Track& track, const ViewedSection& section) {
    const auto has_descriptor = [](const Extensions& extensions) {
        return std::ranges::any_of(
            extensions, [](const auto& e) { return e.second == uri::kDependencyDescriptor; });
    };
    const bool scalable = track.codec == "AV1" && has_descriptor(track.extensions);
    return scalable && !has_descriptor(*section.subscription.extensions) ? "S0" : "max";
}

std::optional<Media> idle_section(const Description& offer, std::size_t index,
                                  const Capabilities& capabilities, BundleExtensions& bundle) {
    const Media& offered = offer.media.at(index);
    if (!usable(offer, index) || !receives(offered.direction)) return std::nullopt;
    const auto choice = choose_to_receive(offered, capabilities, bundle);
    if (!choice) return std::nullopt;
    Media answer = answer_of(offered, *choice, false);
    answer.direction = Direction::inactive;
    return answer;
}

void name_sources(const Subscription& leg, const Track& track, Media& answer) {
    const std::string publisher = "strata-" + std::to_string(track.participant.value);
    answer.msid = Msid{publisher, id_text(track.id)};
    answer.sources.push_back({leg.ssrc, publisher});
    if (leg.rtx_ssrc == 0) return;
    answer.sources.push_back({leg.rtx_ssrc, publisher});
    answer.source_groups.push_back({"FID", {leg.ssrc, leg.rtx_ssrc}});
}

}  // namespace strata::control::sdp
