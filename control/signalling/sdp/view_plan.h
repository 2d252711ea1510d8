#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "control/room/records.h"
#include "control/room/specs.h"
#include "control/signalling/sdp/codec_choice.h"
#include "control/signalling/sdp/description.h"

namespace strata::control::sdp {

// A track as one of a viewer's media sections can take it.
struct ViewedSection {
    std::size_t index = 0;          // of the offer's media
    SubscriptionSpec subscription;  // of the track; SSRCs are still to be drawn
    Media answer;                   // without SSRCs and transport
};

// Section `index` of `offer` as a leg of `track`; nullopt where the viewer doesn't receive there,
// or can't decode it.
std::optional<ViewedSection> plan_view(const Description& offer, std::size_t index,
                                       const Track& track, const Capabilities& capabilities,
                                       BundleExtensions& bundle);

// The highest layers that the viewer can put together: browsers take the layers of an AV1 picture
// for pictures of their own without the dependency descriptor, so that such a viewer gets the
// lowest spatial layer.
std::string best_layers(const Track& track, const ViewedSection& section);

// A section that the viewer could receive on but that has nothing to carry now: accepted, inactive.
// Nullopt: none of its codecs is relayed.
std::optional<Media> idle_section(const Description& offer, std::size_t index,
                                  const Capabilities& capabilities, BundleExtensions& bundle);

// Names the leg's SSRCs in the answer: cname, RTX group, and the publisher's stream, which pairs
// its audio with its video.
void name_sources(const Subscription& leg, const Track& track, Media& answer);

}  // namespace strata::control::sdp
