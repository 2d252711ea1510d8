#include "control/meeting/live.h"

#include "control/api/statistics_view.h"
#include "control/node/node.h"

namespace strata::control::meeting {

using api::ObjectValue;
using api::StatisticsKind;

Live live_from(const Node& node, StatisticsView& statistics) {
    const auto object = [&node, &statistics](StatisticsKind kind, std::uint64_t id) {
        statistics.use_segment(node.session().statistics_segment());
        return statistics.object(kind, id);
    };
    return {
        .voiced_packets = [object](TrackId track) -> std::optional<std::uint64_t> {
            const auto* found = object(StatisticsKind::track, track.value);
            if (found == nullptr) return std::nullopt;
            return (*found)[ObjectValue::voiced_packets];
        },
        .layers = [object](SubscriptionId id, TrackId track) -> std::optional<relay::LayerTarget> {
            const auto* found = object(StatisticsKind::subscription, id.value);
            // Of another track: the data plane hasn't heard of the change yet.
            if (found == nullptr || found->parent != track.value) return std::nullopt;
            const auto now = api::unpack_layers((*found)[ObjectValue::current]);
            const bool given = (*found)[ObjectValue::forwarding] != 0;
            return relay::LayerTarget{now.encoding, now.spatial, now.temporal, !given};
        }};
}

}  // namespace strata::control::meeting
