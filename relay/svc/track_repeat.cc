#include <algorithm>

#include "relay/rewrite/empty_packet.h"
#include "relay/rewrite/header_builder.h"
#include "relay/svc/track_state.h"

// What receivers were sent, and the same once more (C26, C27).
namespace strata::relay {
namespace {

// Whether `number` is one of [begin, end), taken as close to one another.
bool in_range(std::uint16_t number, std::uint16_t begin, std::uint16_t end) {
    return static_cast<std::uint16_t>(number - begin) < static_cast<std::uint16_t>(end - begin);
}

}  // namespace

void Track::describe_sent(SentForms& out) const {
    const TrackState& state = *state_;
    out.n = state.last_n;
    out.count = 0;
    for (std::size_t g = 0; g < state.groups.size() && out.count < out.forms.size(); ++g) {
        const GroupDecision& decision = state.groups.decision(g);
        if (decision.action != GroupDecision::Action::forward) continue;
        SentForm& form = out.forms[out.count++];
        form.group = static_cast<std::uint16_t>(g);
        form.end_of_picture = decision.end_of_picture;
        form.has_picture_id = decision.picture_id >= 0;
        form.picture_id = low16(decision.picture_id);
        form.has_mask = decision.has_mask;
        if (decision.has_mask) form.mask = decision.mask;
    }
}

// By arithmetic: the receiver's offset gives the group's number, and the group's map its input.
SentNumber TrackState::sent_in(const Stay& stay, SequenceNumber sequence) const {
    SentNumber sent;
    if (!groups.holds(stay.group, stay.generation)) return sent;
    const LayerGroup& group = groups.body(stay.group);
    const auto entry = group.numbers.find(low16(sequence.value - stay.offsets.sequence));
    if (!entry || entry->n < stay.begin || entry->n >= stay.end) return sent;
    sent.encoding = stay.encoding;
    sent.group = stay.group;
    sent.n = entry->n;
    sent.offsets = stay.offsets;
    sent.timestamp = {group.last.timestamp.value + stay.offsets.timestamp};
    switch (entry->state) {
        case NumberState::forwarded: sent.kind = SentNumber::Kind::packet; break;
        case NumberState::closed: sent.kind = SentNumber::Kind::empty; break;
        case NumberState::unknown: sent.kind = SentNumber::Kind::missing; break;
        case NumberState::dropped: break;
    }
    return sent;
}

SentNumber TrackState::find_sent(ReceiverIndex index, SequenceNumber sequence) const {
    const Receiver& receiver = table.receiver(index);
    Stay current;
    const bool is_current = receiver.group != kNoGroup;
    if (is_current) {
        current.group = receiver.group;
        current.generation = groups.head(receiver.group).generation;
        current.encoding = groups.head(receiver.group).layer.encoding;
        current.begin = receiver.since;
        current.end = groups.body(receiver.group).numbers.highest() + 1;
        current.first_sequence = receiver.first_sequence;
        current.start = receiver.starts;
        current.offsets = table.slot(index).offsets;
        if (const SentNumber sent = sent_in(current, sequence);
            sent.kind != SentNumber::Kind::unknown)
            return sent;
    }
    const auto skipped_before = [&](const Stay& later) {
        SentNumber skipped;
        skipped.kind = SentNumber::Kind::empty;
        skipped.encoding = later.encoding;
        skipped.offsets = later.offsets;
        skipped.timestamp = is_current
                                ? RtpTimestamp{groups.body(current.group).last.timestamp.value +
                                               current.offsets.timestamp}
                                : receiver.last.timestamp;
        return skipped;
    };
    // From the newest to the oldest; `later` is the stay behind the one in hand.
    const Stay* later = is_current ? &current : nullptr;
    for (std::size_t i = 1; i <= kMaxStays; ++i) {
        const Stay& stay = receiver.stays[(receiver.next_stay + kMaxStays - i) % kMaxStays];
        if (stay.group == kNoGroup) break;
        if (later != nullptr && in_range(sequence.value, stay.next_sequence, later->first_sequence))
            return skipped_before(*later);
        if (SentNumber sent = sent_in(stay, sequence); sent.kind != SentNumber::Kind::unknown) {
            const bool pictures = codec != Codec::opus && codec != Codec::opaque;
            sent.superseded = pictures && is_current && stay.start != receiver.starts;
            return sent;
        }
        later = &stay;
    }
    // In front of its first stay on this track (C20). What is older was another track's.
    const bool first_one = later != nullptr && later->start == 1 && receiver.began_with_skip;
    if (first_one && sequence.value == low16(later->first_sequence - 1))
        return skipped_before(*later);
    return {};
}

SentNumber Track::find_sent(ReceiverHandle handle, SequenceNumber sequence) const {
    const TrackState& state = settled();
    const ReceiverIndex index = state.table.find(handle);
    return index == kNoReceiver ? SentNumber{} : state.find_sent(index, sequence);
}

bool Track::is_obsolete(const SentNumber& sent, RtpTimestamp timestamp) const {
    const EncodingState& encoding = state_->encodings[sent.encoding];
    return sent.superseded ||
           (encoding.key_frame_known && encoding.key_frame_at.ahead_of(timestamp));
}

std::optional<ReceiverSlot> Track::slot_then(ReceiverHandle handle, const SentNumber& sent) const {
    const TrackState& state = settled();
    const ReceiverIndex index = state.table.find(handle);
    if (index == kNoReceiver) return std::nullopt;
    ReceiverSlot slot = state.table.slot(index);
    slot.offsets = sent.offsets;
    return slot;
}

bool Track::repeat(const Repetition& repetition, Output& out) const {
    const TrackState& state = settled();
    const ReceiverIndex index = state.table.find(repetition.receiver);
    if (index == kNoReceiver) return false;
    const ReceiverOffsets& offsets = repetition.sent.offsets;
    build_empty_packet(state.table.profile(state.table.receiver(index).profile),
                       low16(repetition.sequence.value - offsets.sequence),
                       {repetition.sent.timestamp.value - offsets.timestamp}, out.header);
    out.payload_offset = out.payload_size = 0;
    out.padding = kEmptyPadding;
    return true;
}

bool Track::repeat(const Repetition& repetition, const SentForm& form,
                   std::span<const std::uint8_t> packet, const PacketInfo& info,
                   Output& out) const {
    const TrackState& state = settled();
    const ReceiverIndex index = state.table.find(repetition.receiver);
    if (index == kNoReceiver) return false;
    const HeaderRequest request{
        .packet = packet,
        .info = info,
        .sequence = low16(repetition.sequence.value - repetition.sent.offsets.sequence),
        .end_of_picture = form.end_of_picture,
        .picture_id = form.has_picture_id ? std::int64_t{form.picture_id} : -1,
        .descriptor_mask = form.has_mask ? &form.mask : nullptr};
    const HeaderProfile& profile = state.table.profile(state.table.receiver(index).profile);
    const auto payload = build_header(request, profile, out.header);
    if (!payload) return false;
    out.payload_offset = payload->offset;
    out.payload_size = payload->size;
    out.padding = 0;
    return true;
}

}  // namespace strata::relay
