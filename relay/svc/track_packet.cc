#include <algorithm>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"
#include "relay/svc/track_output.h"

// One packet's way through the track: decided once per group, made once per (group, profile). Its
// steps are one function to the compiler: calls of them would be a tenth of the way.
namespace strata::relay {
namespace {

MediaDrop drop_reason(TrackingError error) {
    switch (error) {
        case TrackingError::no_structure:
        case TrackingError::unknown_layer: return MediaDrop::no_structure;
        case TrackingError::malformed_descriptor: return MediaDrop::malformed_descriptor;
        case TrackingError::too_old: return MediaDrop::too_old;
        case TrackingError::none: break;
    }
    return MediaDrop::none;
}

}  // namespace

MediaDrop Track::on_packet(std::uint8_t encoding, std::span<const std::uint8_t> packet,
                           const PacketInfo& info, TimeUs now, OutputList& out) {
    out.count = out.late_used = 0;
    TrackState& state = settled();
    if (encoding >= state.encoding_count) return MediaDrop::no_receiver;
    const unsigned bit = 1u << encoding;
    if ((state.skipping & bit) != 0) {
        if (state.skip(encoding, packet, info, now)) {
            out.key_frame_due = state.requests.due();
            return state.encodings[encoding].skipped_as;
        }
        state.skipping &= static_cast<std::uint8_t>(~bit);
        state.encodings[encoding].rest->stop();
    }
    state.gapless = false;
    ++state.changes;
    PacketInWork work;
    work.encoding = encoding;
    work.timestamp = info.timestamp;
    work.now = now;
    work.packet = packet;
    work.info = &info;
    const MediaDrop reason = state.on_packet(work, out);
    out.key_frame_due = state.requests.due();
    return reason;
}

// One more packet of a frame whose packets go to nobody, in order: they are all alike. False: it
// has to be looked at.
bool TrackState::skip(std::uint8_t index, std::span<const std::uint8_t> packet,
                      const PacketInfo& info, TimeUs now) {
    EncodingState& encoding = encodings[index];
    if (!encoding.rest->goes_on(packet) || !encoding.input.comes_next(info.sequence) ||
        info.payload_size == 0 || !encoding.tracker.continues(packet, info))
        return false;
    drop_next(index, 1, info.ends_frame, now);
    // The packets behind it may look like this one; of what was expected before, it was the next.
    if (info.ends_frame)
        encoding.rest->stop();
    else
        encoding.rest->expect(packet, info, encoding.tracker.uses_descriptor(),
                              encoding.skipped_as);
    return true;
}

// The next `count` numbers of the encoding, up to the newest of its newest frame, the last of them
// just now.
void TrackState::drop_next(std::uint8_t index, std::uint32_t count, bool ended, TimeUs now) {
    EncodingState& encoding = encodings[index];
    const std::int64_t first = encoding.input.highest() + 1;
    last_n = encoding.input.arrive_next(count);
    encoding.tracker.take_next(last_n, ended);
    selector.availability().on_packet(index, now);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto group = static_cast<GroupIndex>(i);
        if (!takes_part(group, index, first)) continue;
        groups.body(group).numbers.drop_run(first, last_n);
    }
    delivered = false;
}

bool Track::pass_over(std::uint8_t encoding, std::span<const std::uint8_t> packet, TimeUs now) {
    return encoding < state_->encoding_count && state_->pass_over(encoding, packet, now);
}

// What on_packet makes of the first packet of a frame of a known kind. As long as nobody wants to
// be elsewhere such a frame moves nobody; its numbers, like those behind it, are told later.
bool TrackState::pass_over(std::uint8_t index, std::span<const std::uint8_t> packet, TimeUs now) {
    EncodingState& encoding = encodings[index];
    FrameRest& rest = *encoding.rest;
    if (!rest.may_begin(packet)) return false;
    const FrameKind* const kind = kinds[index].find(packet, rest.kind());
    if (kind == nullptr) return false;
    const RtpTimestamp timestamp{load_be32(&packet[4])};
    const bool in_order = rest.expects()
                              ? rest.follows(packet)
                              : encoding.input.comes_next(SequenceNumber{load_be16(&packet[2])});
    if (!in_order || packet.size() > kMaxRtpPacketSize || !calm() ||
        !selector.availability().stays(index, kind->frame, now))
        return false;
    // What other encodings' silence is counted by comes in order.
    if (encoding_count > 1) settle();
    const std::int64_t picture_before = encoding.tracker.picture_id();
    const FrameRecord* const record =
        encoding.tracker.begin(*kind, kinds[index].layout(), packet, timestamp, rest.ended());
    if (record == nullptr) return false;

    rest.begin(packet, now);
    skipping |= static_cast<std::uint8_t>(1u << index);
    encoding.clock.on_packet(timestamp, now);
    const FrameInfo& frame = encoding.tracker.frame();
    selector.availability().on_packet(index, now);
    selector.availability().on_frame(index, frame, now);
    selector.after_frame(index, frame, *record, encoding.tracker.ring());
    if (codec != Codec::vp8 || encoding.tracker.uses_descriptor()) return true;
    const bool goes_on = encoding.tracker.picture_id() == picture_before + 1 &&
                         encoding.passed_pictures < kPictureWindow;
    if (!goes_on) drop_pictures(index, picture_before);
    ++encoding.passed_pictures;
    return true;
}

// Frames that were passed over, up to picture id `last`.
void TrackState::drop_pictures(std::uint8_t index, std::int64_t last) {
    EncodingState& encoding = encodings[index];
    if (encoding.passed_pictures == 0) return;
    const std::int64_t first = last - encoding.passed_pictures + 1;
    groups.for_each_with_members(
        index, [&](GroupIndex group) { groups.body(group).pictures.drop_run(first, last); });
    encoding.passed_pictures = 0;
}

// As if what was taken by `rest` had come here one by one.
void TrackState::settle() {
    for (std::uint8_t i = 0; i < encoding_count; ++i) {
        if ((skipping >> i & 1) == 0) continue;
        const FrameRest::Taken taken = encodings[i].rest->taken();
        if (taken.count == 0) continue;
        drop_pictures(i, encodings[i].tracker.picture_id());
        drop_next(i, taken.count, taken.ended, taken.last_at);
    }
}

[[gnu::always_inline]] inline MediaDrop TrackState::on_packet(PacketInWork& work, OutputList& out) {
    EncodingState& encoding = encodings[work.encoding];
    const std::int64_t newest = encoding.input.highest();
    const ArrivedNumber arrived = encoding.input.arrive(work.info->sequence);
    if (arrived.arrival == Arrival::duplicate) return MediaDrop::duplicate;
    if (arrived.arrival == Arrival::too_old || arrived.arrival == Arrival::suspect)
        return MediaDrop::too_old;
    work.n = last_n = arrived.n;
    const bool late = arrived.arrival == Arrival::late;
    if (arrived.arrival == Arrival::restarted) {
        encoding.tracker.reset();
        restart_encoding(work.encoding);
    }
    if (work.n > newest + 1) note_absence(work);
    selector.availability().on_packet(work.encoding, work.now);
    if (work.info->payload_size == 0) {  // C18
        drop_everywhere(work, out);
        return MediaDrop::padding_only;
    }

    const TrackedPacket tracked = encoding.tracker.on_packet(work.n, work.packet, *work.info);
    if (tracked.restarted) restart_encoding(work.encoding);
    const bool may_begin = tracked.new_frame || tracked.error != TrackingError::none;
    if (may_begin && !late) encoding.clock.on_packet(work.timestamp, work.now);
    if (tracked.error != TrackingError::none) {
        // Of a frame whose structure or first packet is still on its way, nothing is known: it
        // stays a hole, like a packet that was lost, so that receivers see that something is
        // missing.
        const bool unknown = tracked.error == TrackingError::unknown_layer ||
                             (tracked.error == TrackingError::no_structure &&
                              work.info->find(ExtensionKind::dependency_descriptor) != nullptr);
        if (!unknown) drop_everywhere(work, out);
        return drop_reason(tracked.error);
    }
    work.tracked = &tracked;
    if (tracked.new_frame) {
        if (tracked.newest) encoding.rest->begin(work.timestamp);
        on_frame(work, late);
    }
    if (tracked.ends_frame) tracked.frame->ended = true;
    const bool any = decide(work);
    delivered = any && deliver_now(work, out);
    if (!delivered) {
        encoding.skipped_as = why_nobody(work.encoding);
        if (!any && !late) expect_rest(work);
    }
    work.tracked = nullptr;
    return delivered ? MediaDrop::none : encoding.skipped_as;
}

// What nobody wanted may be wanted from now on. All is settled.
void TrackState::look_again() {
    for (std::size_t e = 0; e < encoding_count; ++e) {
        encodings[e].rest->forget();
        kinds[e].forget();
    }
    skipping = 0;
    gapless = false;
    ++changes;
}

// The newest packet began a frame that nobody wants: others may be like it.
void TrackState::learn_kind(const PacketInWork& work) {
    EncodingState& encoding = encodings[work.encoding];
    FrameKinds& known = kinds[work.encoding];
    if (!encoding.rest->knows_kinds()) known.forget();  // they looked different
    const std::uint8_t place = known.place_for(work.packet);
    if (place == FrameKinds::kNone) return;
    FrameKind kind;
    FrameKindLayout layout;
    if (encoding.rest->describe(layout.mask, kind.head, work.packet, place) &&
        encoding.tracker.describe(kind, layout, *work.tracked->frame, *work.info))
        known.keep(place, kind, layout);
}

// The newest packet went to nobody: those of its frame that follow are no different. All may be
// followed by frames like it.
void TrackState::expect_rest(const PacketInWork& work) {
    EncodingState& encoding = encodings[work.encoding];
    if (!encoding.tracker.may_continue()) return;
    skipping |= static_cast<std::uint8_t>(1u << work.encoding);
    encoding.rest->expect(work.packet, *work.info, encoding.tracker.uses_descriptor(),
                          encoding.skipped_as);
    if (work.tracked->new_frame && work.tracked->newest && calm()) learn_kind(work);
}

// Whether the group has a number to give or to drop. Without members it only serves late packets
// (C7).
[[gnu::always_inline]] inline bool TrackState::takes_part(GroupIndex group, std::uint8_t encoding,
                                                          std::int64_t n) const {
    const GroupPool::Head& head = groups.head(group);
    return head.generation != 0 && head.layer.encoding == encoding &&
           (head.members != 0 || n <= groups.body(group).numbers.highest());
}

// Its publisher was away, and what it sent meanwhile won't come: receivers would ask for a key
// frame a round trip later, each for itself. A pause in which nothing was sent needs none.
void TrackState::note_absence(const PacketInWork& work) {
    const TimeUs silence = work.now - selector.availability().last_packet(work.encoding);
    if (silence < config.absence_us || codec == Codec::opus) return;
    if (forwards(work.encoding)) requests.ask(work.encoding);
}

// A packet that no group wants, whatever it is.
void TrackState::drop_everywhere(PacketInWork& work, OutputList& out) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto index = static_cast<GroupIndex>(i);
        groups.decision(i) = GroupDecision{};
        if (!takes_part(index, work.encoding, work.n)) continue;
        const std::int64_t closes = groups.body(index).numbers.drop_or_none(work.n);
        if (closes == SequenceMap::kNone) continue;
        groups.decision(i).action = GroupDecision::Action::close;
        groups.decision(i).number = closes;
    }
    deliver(work, out);
}

// False: it leaves nothing behind, in no group.
[[gnu::always_inline]] inline bool TrackState::decide(const PacketInWork& work) {
    bool any = false;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto index = static_cast<GroupIndex>(i);
        groups.decision(i).action = GroupDecision::Action::none;
        if (!takes_part(index, work.encoding, work.n)) continue;
        if (!drop_in_group(index, work)) decide_group(index, work);
        any = any || groups.decision(i).action != GroupDecision::Action::none;
    }
    return any;
}

// The packet of a frame that the group doesn't want: done with it. False: it may go out.
[[gnu::always_inline]] inline bool TrackState::drop_in_group(GroupIndex index,
                                                             const PacketInWork& work) {
    const TrackedPacket& tracked = *work.tracked;
    LayerGroup& group = groups.body(index);
    GroupDecision& decision = groups.decision(index);
    bool wanted = (tracked.frame->wanted & groups.head(index).layer.bit()) != 0;
    decision.picture_id = -1;
    if (codec == Codec::vp8 && tracked.picture_id >= 0) {
        const PictureIdMap::Decision picture = group.pictures.decide(tracked.picture_id, wanted);
        wanted = picture.forward;
        decision.picture_id = picture.id;
    }
    if (wanted) return false;
    const std::int64_t closes = group.numbers.drop_or_none(work.n);
    if (closes != SequenceMap::kNone) {
        decision.action = GroupDecision::Action::close;
        decision.number = closes;
    }
    return true;
}

[[gnu::always_inline]] inline void TrackState::decide_group(GroupIndex index,
                                                            const PacketInWork& work) {
    const LayerId layer = groups.head(index).layer;
    LayerGroup& group = groups.body(index);
    GroupDecision& decision = groups.decision(index);
    const TrackedPacket& tracked = *work.tracked;
    const FrameRecord& frame = *tracked.frame;
    const bool newest = work.n > group.numbers.highest();
    decision.number = group.numbers.forward_or_none(work.n);
    if (decision.number == SequenceMap::kNone) return;
    decision.action = GroupDecision::Action::forward;
    // B2, C5: the highest layer that is forwarded ends the picture, once.
    decision.end_of_picture = tracked.ends_frame && (frame.top & layer.bit()) != 0 &&
                              group.marked_picture != frame.picture;
    if (decision.end_of_picture || work.info->marker) group.marked_picture = frame.picture;

    decision.has_mask = false;
    if (tracked.descriptor != nullptr) {
        const std::uint32_t whole =
            tracked.targets->contained[layer_index(layer.spatial, layer.temporal)];
        const std::uint32_t all = ~0u >> (32 - tracked.decode_target_count);
        if (tracked.descriptor->has_structure) group.mask_due = false;
        const std::uint32_t left = whole & frame.active_decode_targets;
        decision.has_mask = left != 0 && (whole != all || group.mask_due);
        if (decision.has_mask)
            decision.mask =
                make_descriptor_mask(*tracked.descriptor, tracked.decode_target_count, left);
    }
    if (newest) remember_sent(group, work);
}

[[gnu::always_inline]] inline void TrackState::remember_sent(LayerGroup& group,
                                                             const PacketInWork& work) {
    const TrackedPacket& tracked = *work.tracked;
    LastSent& last = group.last;
    last.timestamp = work.timestamp;
    last.at = work.now;
    last.frame_ended = tracked.ends_frame;
    if (tracked.descriptor != nullptr) {
        last.frame_number = tracked.descriptor->frame_number;
        last.has_descriptor = true;
        if (tracked.descriptor->has_structure) {
            last.next_template_id = static_cast<std::uint8_t>(
                tracked.descriptor->attached_structure.template_id_offset +
                tracked.descriptor->attached_structure.template_count);
            last.has_structure = true;
        }
    }
    if (tracked.picture_id < 0) return;
    last.has_picture = true;
    last.picture_id = static_cast<std::uint16_t>(tracked.picture_id);
    const Vp8Info& vp8 = work.info->vp8;
    const Vp9Info& vp9 = work.info->vp9;
    const bool is_vp8 = codec == Codec::vp8;
    if (is_vp8 ? vp8.has_tl0_pic_idx : vp9.has_tl0_pic_idx) {
        last.tl0_pic_idx = is_vp8 ? vp8.tl0_pic_idx : vp9.tl0_pic_idx;
        last.has_tl0_pic_idx = true;
    }
    if (!is_vp8 || !vp8.has_key_idx) return;
    last.key_idx = vp8.key_idx;
    last.has_key_idx = true;
}

// To whom the decisions apply. Constant time per (group, profile) as long as nobody has moved since
// the packet was due.
[[gnu::always_inline]] inline bool TrackState::deliver_now(const PacketInWork& work,
                                                           OutputList& out) {
    if (work.n < encodings[work.encoding].moves_before) [[unlikely]]
        return deliver_by_stays(work, out);
    bool went = false;
    for (const Partition& partition : table.partitions()) {
        if (partition.group == kNoGroup) continue;
        const GroupDecision& decision = groups.decision(partition.group);
        if (decision.action == GroupDecision::Action::none ||
            groups.head(partition.group).layer.encoding != work.encoding)
            continue;
        if (!emit(work, decision, partition.header, table.slots(partition), out)) continue;
        table.count_sent(partition, count_of(out.outputs[out.count - 1], work));
        went = went || decision.action == GroupDecision::Action::forward;
    }
    return went;
}

bool TrackState::deliver(const PacketInWork& work, OutputList& out) {
    return deliver_now(work, out);
}

MediaDrop TrackState::why_nobody(std::uint8_t encoding) const {
    if (forwards(encoding)) return MediaDrop::layer_not_wanted;
    if (table.size() == 0) return MediaDrop::no_receiver;
    const bool awaited = (selector.wishes().waiting >> encoding & 1) != 0;
    return awaited ? MediaDrop::waiting_for_key : MediaDrop::layer_not_wanted;
}

}  // namespace strata::relay
