#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "control/room/ids.h"
#include "relay/svc/layers.h"

namespace strata::control {

class Node;
class StatisticsView;

namespace meeting {

// What the data plane does just now, as its statistics say. Nullopt: nothing is known of it.
struct Live {
    std::function<std::optional<std::uint64_t>(TrackId)> voiced_packets;
    // Of what a subscription is given of this track; paused: nothing.
    std::function<std::optional<relay::LayerTarget>(SubscriptionId, TrackId)> layers;
};

// Both outlive it.
Live live_from(const Node& node, StatisticsView& statistics);

}  // namespace meeting
}  // namespace strata::control
