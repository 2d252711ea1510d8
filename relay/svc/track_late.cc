#include <algorithm>

#include "relay/svc/track_output.h"

// Packets from before somebody's last move, and holes that are given up.
namespace strata::relay {

// C7: the offsets under which the receiver was in `group` when n was due. Null: it wasn't.
const ReceiverOffsets* TrackState::offsets_at(ReceiverIndex index, GroupIndex group,
                                              const PacketInWork& work) const {
    const Receiver& receiver = table.receiver(index);
    if (receiver.group == group && work.n >= receiver.since) return &table.slot(index).offsets;
    for (const Stay& stay : receiver.stays) {
        if (stay.group != group || stay.encoding != work.encoding) continue;
        if (work.n < stay.begin || work.n >= stay.end) continue;
        if (groups.holds(group, stay.generation)) return &stay.offsets;
    }
    return nullptr;
}

// Receivers were in other groups then: copies of their slots, with the offsets of that time, make
// up the outputs. Slow, and rare: only late packets just after a switch come here.
bool TrackState::deliver_by_stays(const PacketInWork& work, OutputList& out) {
    bool went = false;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const GroupDecision& decision = groups.decision(g);
        if (decision.action == GroupDecision::Action::none) continue;
        for (std::size_t profile = 0; profile < table.profiles(); ++profile) {
            const std::size_t first = out.late_used;
            for (std::size_t slot = 0; slot < table.size(); ++slot) {
                const ReceiverIndex index = table.at_slot(slot);
                if (table.receiver(index).profile != profile) continue;
                const ReceiverOffsets* offsets =
                    offsets_at(index, static_cast<GroupIndex>(g), work);
                if (offsets == nullptr || out.late_used == late_slots.size()) continue;
                ReceiverSlot& copy = late_slots[out.late_used++];
                copy = table.slot(index);
                copy.offsets = *offsets;
            }
            const std::span<ReceiverSlot> receivers(late_slots.data() + first,
                                                    out.late_used - first);
            const auto place = static_cast<ProfileIndex>(profile);
            if (!emit(work, decision, table.profile(place), receivers, out)) continue;
            went = went || decision.action == GroupDecision::Action::forward;
            const SentCount sent = count_of(out.outputs[out.count - 1], work);
            for (const ReceiverSlot& copy : receivers)
                table.count_sent(table.find(copy.handle), sent);
        }
    }
    return went;
}

bool TrackState::may_have_holes(std::uint8_t index) const {
    bool any = false;
    groups.for_each_with_members(
        index, [&](GroupIndex group) { any = any || groups.body(group).numbers.may_have_holes(); });
    return any;
}

void TrackState::give_up_holes(std::uint8_t index, TimeUs now, OutputList& out) {
    EncodingState& encoding = encodings[index];
    if (!encoding.input.started() || !may_have_holes(index)) return;
    HolePatience& patience = encoding.patience;
    const TimeUs step = config.hole_patience_us / static_cast<TimeUs>(HolePatience::kMarks - 1);
    const std::size_t newest = (patience.next + HolePatience::kMarks - 1) % HolePatience::kMarks;
    if (now - patience.at[newest] >= step) {
        patience.highest[patience.next] = encoding.input.highest();
        patience.at[patience.next] = now;
        patience.next = (patience.next + 1) % HolePatience::kMarks;
    }
    std::int64_t before = 0;
    for (std::size_t i = 0; i < HolePatience::kMarks; ++i)
        if (now - patience.at[i] >= config.hole_patience_us)
            before = std::max(before, patience.highest[i]);
    if (before == 0) return;

    PacketInWork work;
    work.encoding = index;
    work.now = now;
    for (std::size_t g = 0; g < groups.size(); ++g)
        groups.decision(g).action = GroupDecision::Action::none;
    std::size_t packets = 0;
    for (std::size_t i = 0; i < groups.size() && packets < out.close_limit; ++i) {
        const auto g = static_cast<GroupIndex>((patience.first_group + i) % groups.size());
        const GroupPool::Head& head = groups.head(g);
        if (head.members == 0 || head.layer.encoding != index) continue;
        LayerGroup& group = groups.body(g);
        // The outputs of this call share late_slots.
        while (packets < out.close_limit && out.count + table.profiles() <= out.limit &&
               out.late_used + table.size() <= late_slots.size()) {
            const auto hole = group.numbers.close_next_hole(before);
            if (!hole) break;
            packets += head.members;
            groups.decision(g).action = GroupDecision::Action::close;
            groups.decision(g).number = hole->number;
            work.n = hole->n;
            work.timestamp = group.last.timestamp;
            deliver(work, out);
            groups.decision(g).action = GroupDecision::Action::none;
        }
        if (packets >= out.close_limit)
            patience.first_group = static_cast<GroupIndex>((g + 1u) % groups.size());
    }
}

}  // namespace strata::relay
