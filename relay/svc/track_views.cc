#include "relay/svc/track_state.h"

// What others may see of a track's decisions.
namespace strata::relay {

std::size_t Track::describe_groups(std::uint8_t encoding, std::span<GroupView> out) const {
    using Action = GroupView::Action;
    const TrackState& state = *state_;
    std::size_t count = 0;
    for (std::size_t i = 0; i < state.groups.size(); ++i) {
        const GroupPool::Head& head = state.groups.head(static_cast<GroupIndex>(i));
        if (head.members == 0) continue;
        if (count < out.size()) {
            GroupView& view = out[count];
            const GroupDecision& decision = state.groups.decision(i);
            view = {.layer = head.layer, .members = head.members};
            if (head.layer.encoding != encoding) {
                view.action = Action::elsewhere;
            } else if (decision.action != GroupDecision::Action::none) {
                const bool forward = decision.action == GroupDecision::Action::forward;
                view.action = forward ? Action::forward : Action::close;
                view.ends_picture = forward && decision.end_of_picture;
                view.number = static_cast<std::uint16_t>(decision.number);
            }
        }
        ++count;
    }
    return count;
}

const ReceiverSlot* Track::find_slot(ReceiverHandle handle) const {
    const TrackState& state = *state_;
    const ReceiverIndex index = state.table.find(handle);
    return index == kNoReceiver ? nullptr : &state.table.slot(index);
}

}  // namespace strata::relay
