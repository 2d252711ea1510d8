#include "relay/rewrite/timestamp_map.h"
#include "relay/svc/track_state.h"

// Receivers start, move between groups and stop; their own streams go on without a seam.
namespace strata::relay {
namespace {

std::uint16_t descriptor_frame_number(const TrackedPacket& tracked) {
    return tracked.descriptor->frame_number;
}

}  // namespace

void TrackState::on_frame(PacketInWork& work, bool late) {
    EncodingState& encoding = encodings[work.encoding];
    const FrameRecord& record = *work.tracked->frame;
    if (!work.tracked->newest) return selector.after_late_frame(work.encoding, record);
    // One packet of audio is like the other.
    if (settled && codec == Codec::opus) return;
    FrameInfo& frame = encoding.tracker.frame();
    frame.begun = frame.begun && !late;
    const FrameRing& ring = encoding.tracker.ring();
    selector.availability().on_frame(work.encoding, frame, work.now);
    if (frame.key_picture && frame.independent) {
        requests.on_key_frame(work.encoding);
        encoding.key_frame_at = work.timestamp;
        encoding.key_frame_known = true;
    }
    // Nobody wants to move, but at a key picture, where everything may be chosen anew.
    if (!(frame.key_picture && frame.independent) && calm())
        return selector.after_frame(work.encoding, frame, record, ring);
    // Moves may merge cohorts and free their places, never add new ones behind the end.
    for (std::size_t i = 0; i < selector.cohort_count(); ++i) {
        const auto cohort = static_cast<CohortIndex>(i);
        const auto move = selector.decide(cohort, work.encoding, frame, record, ring);
        if (move) move_cohort(cohort, *move, work);
    }
    selector.after_frame(work.encoding, frame, record, ring);
    update_waiting();
}

void TrackState::update_waiting() {
    const auto [waiting, everybody_settled] = selector.wishes();
    if (waiting != waited_for) look_again();
    waited_for = waiting;
    const Availability& availability = selector.availability();
    settled = everybody_settled &&
              (codec != Codec::opus || (encoding_count == 1 && availability.alive(0)));
    if (settled) selector.note_settled();
    for (std::size_t e = 0; e < encoding_count; ++e)
        requests.set_waiting(e, (waiting >> e & 1) != 0);
}

void TrackState::move_cohort(CohortIndex cohort, const Selector::Move& move,
                             const PacketInWork& work) {
    const LayerId from = selector.cohort(cohort).current;
    const GroupIndex from_group = from.none() ? kNoGroup : groups.find(from);
    moving.clear();
    for (const Partition& partition : table.partitions()) {
        if (partition.group != from_group) continue;
        for (std::uint32_t s = 0; s < partition.count; ++s) {
            const ReceiverIndex index = table.at_slot(partition.begin + s);
            if (table.receiver(index).cohort == cohort) moving.push_back(index);
        }
    }
    const bool within = from.encoding == move.to.encoding;
    const GroupIndex to = groups.obtain(move.to, work.n);
    LayerGroup& group = groups.body(to);
    if (groups.head(to).members == 0) {
        if (work.tracked->picture_id >= 0) group.pictures.start(work.tracked->picture_id);
        if (within) group.last = groups.body(from_group).last;
    }
    // C11: who comes without a structure may know fewer decode targets than the group forwards.
    const DependencyDescriptor* descriptor = work.tracked->descriptor;
    if (descriptor != nullptr && !descriptor->has_structure) group.mask_due = true;

    const CohortIndex into = selector.move(cohort, move.to, work.tracked->frame->id);
    for (const ReceiverIndex index : moving) {
        if (within)
            shift(index, to, work, move.after_marker);
        else
            start(index, to, work);
        table.receiver(index).cohort = into;
    }
}

void TrackState::close_stay(ReceiverIndex index, std::int64_t end) {
    Receiver& receiver = table.receiver(index);
    const GroupPool::Head& head = groups.head(receiver.group);
    Stay& stay = receiver.stays[receiver.next_stay];
    receiver.next_stay = static_cast<std::uint8_t>((receiver.next_stay + 1) % kMaxStays);
    stay.group = receiver.group;
    stay.generation = head.generation;
    stay.encoding = head.layer.encoding;
    stay.begin = receiver.since;
    stay.end = end;
    stay.offsets = table.slot(index).offsets;
    stay.first_sequence = receiver.first_sequence;
    stay.next_sequence =
        low16(groups.body(receiver.group).numbers.expected(end) + stay.offsets.sequence);
    stay.start = receiver.starts;
    EncodingState& encoding = encodings[head.layer.encoding];
    if (end > encoding.moves_before) encoding.moves_before = end;
}

void TrackState::change_group(ReceiverIndex index, GroupIndex to) {
    const GroupIndex from = table.receiver(index).group;
    if (from == to) return;
    look_again();
    if (to != kNoGroup) groups.enter(to);
    if (from != kNoGroup) groups.leave(from);
    table.move(index, to);
}

// Within one encoding: numbers go on, timestamps and references stay (C10, C16).
void TrackState::shift(ReceiverIndex index, GroupIndex to, const PacketInWork& work,
                       bool after_marker) {
    Receiver& receiver = table.receiver(index);
    LayerGroup& before = groups.body(receiver.group);
    LayerGroup& after = groups.body(to);
    close_stay(index, work.n);
    ReceiverOffsets& offsets = table.slot(index).offsets;
    offsets.sequence =
        low16(offsets.sequence + before.numbers.expected(work.n) - after.numbers.expected(work.n));
    before.numbers.freeze_before(work.n);
    after.numbers.freeze_before(work.n);
    if (const std::int64_t picture = work.tracked->picture_id; picture >= 0) {
        if (before.pictures.started() && config.codec == Codec::vp8) {
            offsets.picture_id = low16(offsets.picture_id + before.pictures.expected(picture) -
                                       after.pictures.expected(picture));
            before.pictures.freeze_before(picture);
            after.pictures.freeze_before(picture);
        }
    }
    if (after_marker) ++offsets.timestamp;
    receiver.since = work.n;
    receiver.first_sequence = low16(after.numbers.expected(work.n) + offsets.sequence);
    ++receiver.switches;
    change_group(index, to);
}

Continuation TrackState::continuation(ReceiverIndex index) const {
    const Receiver& receiver = table.receiver(index);
    const ReceiverSlot& slot = table.slot(index);
    Continuation last = receiver.last;
    const SentCount sent = table.sent(index);
    last.packets = sent.packets;
    last.octets = sent.octets_low;
    last.bytes = sent.bytes;
    last.switches = receiver.switches;
    if (receiver.group == kNoGroup) return last;
    const LayerGroup& group = groups.body(receiver.group);
    const ReceiverOffsets& offsets = slot.offsets;
    last.ever = true;
    last.unfinished_frame = !group.last.frame_ended;
    last.encoding = groups.head(receiver.group).layer.encoding;
    last.next_sequence = low16(group.numbers.next_number() + offsets.sequence);
    last.timestamp = group.last.timestamp + offsets.timestamp;
    last.sent_at = group.last.at;
    if (group.last.has_descriptor)
        last.frame_number = low16(group.last.frame_number + offsets.frame_number);
    if (group.last.has_structure)
        last.next_template_id =
            static_cast<std::uint8_t>(group.last.next_template_id + offsets.template_id_shift);
    if (!group.last.has_picture) return last;
    const std::int64_t next_picture = config.codec == Codec::vp8 && group.pictures.started()
                                          ? group.pictures.next_id()
                                          : group.last.picture_id + 1;
    last.next_picture_id = low16(next_picture + offsets.picture_id);
    if (group.last.has_tl0_pic_idx)
        last.tl0_pic_idx = static_cast<std::uint8_t>(group.last.tl0_pic_idx + offsets.tl0_pic_idx);
    if (group.last.has_key_idx)
        last.key_idx = static_cast<std::uint8_t>(group.last.key_idx + offsets.key_idx);
    return last;
}

void TrackState::take_out(ReceiverIndex index) {
    Receiver& receiver = table.receiver(index);
    if (receiver.group == kNoGroup) return;
    LayerGroup& group = groups.body(receiver.group);
    const std::int64_t end = group.numbers.highest() + 1;
    close_stay(index, end);
    group.numbers.freeze_before(end);
    receiver.last = continuation(index);
    change_group(index, kNoGroup);
}

// C21, C22, C49.
std::uint32_t TrackState::start_timestamp(const Receiver& receiver, const PacketInWork& work,
                                          std::uint32_t old_offset, int left_encoding) const {
    if (!receiver.last.ever) return receiver.first_timestamp - work.timestamp.value;
    const LastTimestamp last{receiver.last.timestamp, receiver.last.sent_at};
    const EncodingClock& to = encodings[work.encoding].clock;
    if (left_encoding < 0)
        return resume_timestamp_offset(config.clock_rate_hz, work.timestamp, last, work.now);
    return switch_timestamp_offset(encodings[static_cast<std::size_t>(left_encoding)].clock, to,
                                   old_offset, work.timestamp, last, work.now);
}

// C10, C23: what identifies frames goes on right behind what the receiver was sent last.
void TrackState::rebase_media_fields(Receiver& receiver, ReceiverOffsets& offsets,
                                     const LayerGroup& group, const PacketInWork& work) const {
    const Continuation& last = receiver.last;
    const TrackedPacket& tracked = *work.tracked;
    if (tracked.descriptor != nullptr) {
        offsets.frame_number = low16(last.frame_number + 1 - descriptor_frame_number(tracked));
        if (last.encoding != work.encoding && tracked.descriptor->has_structure)
            offsets.template_id_shift = static_cast<std::uint8_t>(
                last.next_template_id - tracked.descriptor->attached_structure.template_id_offset);
    }
    if (tracked.picture_id < 0) return;
    const bool vp8 = config.codec == Codec::vp8;
    const std::int64_t picture =
        vp8 ? group.pictures.expected(tracked.picture_id) : tracked.picture_id;
    offsets.picture_id = low16(last.next_picture_id - picture);
    const std::uint8_t tl0 = vp8 ? work.info->vp8.tl0_pic_idx : work.info->vp9.tl0_pic_idx;
    offsets.tl0_pic_idx = static_cast<std::uint8_t>(last.tl0_pic_idx + 1 - tl0);
    offsets.key_idx = static_cast<std::uint8_t>(last.key_idx + 1 - work.info->vp8.key_idx);
}

void TrackState::start(ReceiverIndex index, GroupIndex to, const PacketInWork& work) {
    Receiver& receiver = table.receiver(index);
    const std::uint32_t old_offset = table.slot(index).offsets.timestamp;
    const int left_encoding =
        receiver.group == kNoGroup ? -1 : groups.head(receiver.group).layer.encoding;
    take_out(index);
    LayerGroup& group = groups.body(to);
    ReceiverOffsets& offsets = table.slot(index).offsets;
    const Continuation& last = receiver.last;
    // C20: an unfinished frame shows as a gap.
    const int skip = last.ever && last.unfinished_frame ? 1 : 0;
    offsets.sequence = low16(last.next_sequence + skip - group.numbers.expected(work.n));
    group.numbers.freeze_before(work.n);
    offsets.timestamp = start_timestamp(receiver, work, old_offset, left_encoding);
    if (last.ever) {
        rebase_media_fields(receiver, offsets, group, work);
        ++receiver.switches;
    }
    if (work.tracked->picture_id >= 0 && config.codec == Codec::vp8)
        group.pictures.freeze_before(work.tracked->picture_id);
    receiver.since = work.n;
    receiver.first_sequence = low16(last.next_sequence + skip);
    if (++receiver.starts == 1) receiver.began_with_skip = skip != 0;
    EncodingState& encoding = encodings[work.encoding];
    if (work.n > encoding.moves_before) encoding.moves_before = work.n;
    change_group(index, to);
}

// C24: the numbers of the source start again. Whatever is to come begins with a key frame.
void TrackState::restart_encoding(std::uint8_t encoding) {
    encodings[encoding].key_frame_known = false;
    look_again();
    moving.clear();
    for (const Partition& partition : table.partitions()) {
        if (partition.group == kNoGroup) continue;
        if (groups.head(partition.group).layer.encoding != encoding) continue;
        for (std::uint32_t s = 0; s < partition.count; ++s)
            moving.push_back(table.at_slot(partition.begin + s));
    }
    for (const ReceiverIndex index : moving) {
        take_out(index);
        Receiver& receiver = table.receiver(index);
        receiver.cohort = selector.stop(receiver.cohort);
    }
    update_waiting();
}

}  // namespace strata::relay
