#include "relay/svc/track.h"

#include <algorithm>
#include <cassert>
#include <memory_resource>
#include <vector>

#include "relay/svc/prefetch.h"
#include "relay/svc/track_memory.h"
#include "relay/svc/track_state.h"

namespace strata::relay {
namespace {

// Places for groups: no more than there can be members, or layers to want, and some that keep the
// numbering of groups just left.
std::size_t group_places(const TrackConfig& config) {
    const bool layered = config.codec != Codec::opus;
    const bool spatial = config.codec != Codec::vp8 && config.codec != Codec::h264 && layered;
    const std::size_t layers =
        (layered ? kMaxTemporalLayers : 1) * (spatial ? kMaxSpatialLayers : 1);
    constexpr std::size_t kLeft = 4;
    return std::min<std::size_t>(
               config.encoding_count * kLayerPairs,
               std::min<std::size_t>(config.encoding_count * layers, config.receiver_capacity)) +
           kLeft;
}

// What of a track lies in its memory.
std::size_t hot_bytes(const TrackConfig& config) {
    constexpr std::size_t kAlignments = 16 * 64;  // and sizes of arrays
    return sizeof(TrackState) +
           config.encoding_count * (sizeof(EncodingState) + sizeof(FrameKinds)) +
           group_places(config) * (sizeof(GroupPool::Head) + sizeof(LayerGroup)) +
           config.receiver_capacity * sizeof(ReceiverSlot) +
           (config.receiver_capacity + 2) * sizeof(Partition) +
           (config.receiver_capacity + 1) * sizeof(Cohort) + kAlignments;
}

Selector::Settings selector_settings(const TrackConfig& config) {
    const bool readable = config.descriptor_negotiated || config.codec == Codec::vp9;
    return {.encodings = config.encoding_count,
            .silence_us = config.layer_silence_us,
            .blind = config.end_to_end_encrypted && !readable};
}

constexpr std::size_t kSlotsAhead =
    16;  // receivers; the rest of a larger room streams in by itself

}  // namespace

TrackState::TrackState(const TrackConfig& track_config, std::pmr::memory_resource* memory)
    : late_slots(track_config.receiver_capacity),
      requests(track_config.key_frame_min_interval_us, track_config.key_frame_retry_us),
      codec(track_config.codec),
      encoding_count(track_config.encoding_count),
      encodings(track_config.encoding_count, EncodingState(track_config), memory),
      groups(group_places(track_config), memory),
      table(track_config.receiver_capacity, track_config.header_profiles, memory),
      selector(selector_settings(track_config), track_config.receiver_capacity + 1, memory),
      config(track_config),
      own_rests(track_config.rests[0] ? 0 : track_config.encoding_count) {
    kinds = FixedArray<FrameKinds>(encoding_count, memory);  // behind all others
    for (std::size_t i = 0; i < encoding_count; ++i)
        encodings[i].rest = own_rests.empty() ? config.rests[i] : &own_rests[i];
    moving.reserve(track_config.receiver_capacity);
}

struct Track::Storage {
    explicit Storage(const TrackConfig& config)
        : memory(hot_bytes(config)), state(memory.resource()) {
        state.reserve(1);
        state.emplace_back(config, memory.resource());
    }
    TrackMemory memory;
    std::pmr::vector<TrackState> state;  // one
};

Track::Track(const TrackConfig& config)
    : state_(nullptr), storage_(std::make_unique<Storage>(config)) {
    state_ = storage_->state.data();
    const auto from = reinterpret_cast<std::uintptr_t>(state_->requests.hot());
    const auto to = reinterpret_cast<std::uintptr_t>(state_->table.cold());
    assert(from % kCacheLine == 0 && to - from <= TrackState::kPacketLines * kCacheLine);
}
Track::~Track() = default;
Track::Track(Track&&) noexcept = default;
Track& Track::operator=(Track&&) noexcept = default;

void Track::prefetch_state(FrameRest::Guess is) const {
    const TrackState& state = *state_;
    prefetch_lines<2>(state.requests.hot(), (is.known ? 1 : TrackState::kPacketLines) * kCacheLine);
    state.selector.availability().prefetch(is.begins);
    if (!is.begins) return;
    state.selector.prefetch();
}

void Track::prefetch_encoding(std::uint8_t encoding, FrameRest::Guess is) const {
    const TrackState& state = *state_;
    const EncodingState& stream = state.encodings[encoding];
    prefetch_lines<2>(&stream, kCacheLine);
    stream.tracker.prefetch(is.begins);
    if (is.begins) {
        prefetch_lines<2>(&stream.clock, sizeof stream.clock);
        state.selector.prefetch_cohorts();
        // Of a known kind, no group is told of it yet.
        if (is.known) return state.kinds[encoding].prefetch(is.kind);
    }
    prefetch_lines<2>(&state.groups.head(0), state.groups.size() * sizeof(GroupPool::Head));
    // What nobody wanted is followed by its like.
    constexpr std::size_t kNumbers = 2 * kCacheLine, kAll = 4 * kCacheLine;
    const std::size_t bytes = state.delivered ? kAll : kNumbers;
    for (std::size_t i = 0; i < state.groups.size(); ++i)
        prefetch_lines<2>(&state.groups.body(static_cast<GroupIndex>(i)), bytes);
}

void Track::prefetch_rings(std::uint8_t encoding, FrameRest::Guess is) const {
    const TrackState& state = *state_;
    const EncodingState& stream = state.encodings[encoding];
    if (is.begins) stream.tracker.prefetch_records(is.known);
    if (!state.delivered) return;
    prefetch_lines<2>(state.table.partitions().data(), sizeof(Partition));
    const std::span<const ReceiverSlot> slots = state.table.slots();
    static_assert(sizeof(ReceiverSlot) == 2 * kCacheLine);
    const std::span<const ReceiverSlot> near = slots.first(std::min(slots.size(), kSlotsAhead));
#pragma GCC unroll 4
    for (const ReceiverSlot& slot : near) __builtin_prefetch(&slot, 1, 2);
    // The first one tells what holds for all of an output.
    const std::size_t wide = state.wide_slots ? near.size() : std::min<std::size_t>(near.size(), 1);
    for (const ReceiverSlot& slot : near.first(wide)) __builtin_prefetch(&slot.seal, 1, 2);
}

TrackState& Track::settled() const {
    if (state_->skipping != 0) state_->settle();
    return *state_;
}

TrackState& Track::changing() {
    TrackState& state = settled();
    state.look_again();
    return state;
}

const TrackConfig& Track::config() const { return state_->config; }
std::size_t Track::receiver_count() const { return state_->table.size(); }
std::span<const ReceiverSlot> Track::slots() const { return state_->table.slots(); }

void Track::on_sender_report(std::uint8_t encoding, std::uint64_t ntp, std::uint32_t rtp_timestamp,
                             TimeUs now) {
    TrackState& state = *state_;
    if (encoding >= state.encoding_count) return;
    state.encodings[encoding].clock.on_sender_report(ntp, RtpTimestamp{rtp_timestamp});
    state.clock().on_sender_report(ntp, now);
}

Track::Clocks Track::clocks(std::uint8_t encoding) const {
    const EncodingClock& of = state_->encodings[encoding].clock;
    return {.sender = state_->clock(),
            .reported = of.has_report(),
            .ntp = of.report_ntp(),
            .rtp_timestamp = of.report_timestamp().value};
}

void Track::set_clocks(std::uint8_t encoding, const Clocks& clocks) {
    TrackState& state = *state_;
    if (encoding >= state.encoding_count) return;
    state.clock() = clocks.sender;
    if (clocks.reported)
        state.encodings[encoding].clock.on_sender_report(clocks.ntp,
                                                         RtpTimestamp{clocks.rtp_timestamp});
}

void Track::give_up_holes(std::uint8_t encoding, TimeUs now, OutputList& out) {
    out.count = out.late_used = 0;
    TrackState& state = settled();
    if (encoding >= state.encoding_count) return;
    state.give_up_holes(encoding, now, out);
    if (out.count != 0) ++state.changes;
    state.gapless = state.encoding_count == 1 && state.calm() && !state.may_have_holes(encoding);
}

bool Track::rests() const { return state_->gapless; }
std::uint32_t Track::changes() const { return state_->changes; }

void Track::on_timer(TimeUs) {
    TrackState& state = settled();
    if (!state.calm()) state.update_waiting();
}

bool Track::wants_key_frame() const { return state_->requests.due(); }

std::optional<KeyFrameRequest> Track::next_key_frame_request(TimeUs now) {
    const auto encoding = state_->requests.next(now);
    if (!encoding) return std::nullopt;
    return KeyFrameRequest{*encoding};
}

void Track::ask_for_key_frame(std::uint8_t encoding) {
    if (encoding < state_->encoding_count) state_->requests.ask(encoding);
}

// C33: one receiver asks at most once per retry interval, whatever it sends.
void Track::on_key_frame_request(ReceiverHandle handle, TimeUs now) {
    TrackState& state = *state_;
    const ReceiverIndex index = state.table.find(handle);
    if (index == kNoReceiver) return;
    Receiver& receiver = state.table.receiver(index);
    if (receiver.group == kNoGroup) return;  // what it waits for was asked for already
    if (receiver.key_frame_asked &&
        now - receiver.key_frame_asked_at < state.config.key_frame_retry_us)
        return;
    receiver.key_frame_asked = true;
    receiver.key_frame_asked_at = now;
    state.requests.ask(state.groups.head(receiver.group).layer.encoding);
}

bool Track::add_receiver(ReceiverHandle handle, const ReceiverConfig& config, TimeUs) {
    TrackState& state = changing();
    const auto profile = state.table.take_profile(config.profile);
    if (!profile) return false;
    Receiver receiver;
    receiver.handle = handle;
    receiver.profile = *profile;
    receiver.first_timestamp = config.first_timestamp;
    receiver.last.next_sequence = config.first_sequence;
    if (config.resume.ever) receiver.last = config.resume;
    receiver.last.encoding = Continuation::kNoEncoding;  // another track's mean nothing here
    receiver.switches = config.resume.switches;
    receiver.sent = {.bytes = config.resume.bytes,
                     .octets_low = config.resume.octets,
                     .packets = config.resume.packets};
    ReceiverSlot slot;
    slot.handle = handle;
    slot.offsets.ssrc = config.ssrc;
    slot.link = config.link;
    slot.seal = config.seal;
    slot.stamp = config.stamp;
    if (!state.table.add(receiver, slot)) return false;
    if (state.table.size() == 1) state.wide_slots = false;
    if (config.seal != nullptr || config.profile.stamps()) state.wide_slots = true;
    const ReceiverIndex index = state.table.find(handle);
    state.table.receiver(index).cohort = state.selector.join(config.target);
    state.update_waiting();
    return true;
}

bool Track::remove_receiver(ReceiverHandle handle) {
    TrackState& state = changing();
    const ReceiverIndex index = state.table.find(handle);
    if (index == kNoReceiver) return false;
    const Receiver& receiver = state.table.receiver(index);
    state.selector.leave(receiver.cohort);
    if (receiver.group != kNoGroup) state.groups.leave(receiver.group);
    state.table.remove(index);
    state.update_waiting();
    return true;
}

bool Track::set_target(ReceiverHandle handle, LayerTarget target, TimeUs) {
    TrackState& state = changing();
    const ReceiverIndex index = state.table.find(handle);
    if (index == kNoReceiver) return false;
    Receiver& receiver = state.table.receiver(index);
    if (target == state.selector.cohort(receiver.cohort).target) return true;
    if (target.paused) state.take_out(index);
    receiver.cohort = state.selector.retarget(receiver.cohort, target);
    state.update_waiting();
    return true;
}

bool Track::set_link(ReceiverHandle handle, std::span<const std::byte, 64> link) {
    TrackState& state = *state_;
    const ReceiverIndex index = state.table.find(handle);
    if (index == kNoReceiver) return false;
    std::copy(link.begin(), link.end(), state.table.slot(index).link.begin());
    return true;
}

void Track::prefetch_receiver(ReceiverHandle handle) const { state_->table.prefetch(handle); }

std::optional<ReceiverStatus> Track::status(ReceiverHandle handle) const {
    const TrackState& state = settled();
    const ReceiverIndex index = state.table.find(handle);
    if (index == kNoReceiver) return std::nullopt;
    const Receiver& receiver = state.table.receiver(index);
    const ReceiverSlot& slot = state.table.slot(index);
    ReceiverStatus status;
    status.forwarding = receiver.group != kNoGroup;
    status.target = state.selector.cohort(receiver.cohort).target;
    if (status.forwarding) {
        const LayerId layer = state.groups.head(receiver.group).layer;
        status.current.encoding = layer.encoding;
        status.current.spatial =
            state.selector.availability().highest(layer.encoding, layer.spatial);
        status.current.temporal = layer.temporal;
    } else {
        status.current.paused = true;
    }
    status.ssrc = slot.offsets.ssrc;
    const SentCount sent = state.table.sent(index);
    status.packets = sent.packets;
    status.bytes = sent.bytes;
    status.switches = receiver.switches;
    return status;
}

std::optional<Continuation> Track::continuation(ReceiverHandle handle) const {
    const TrackState& state = settled();
    const ReceiverIndex index = state.table.find(handle);
    if (index == kNoReceiver) return std::nullopt;
    return state.continuation(index);
}

std::optional<SenderReportOut> Track::sender_report(ReceiverHandle handle, TimeUs now) const {
    const TrackState& state = *state_;
    const ReceiverIndex index = state.table.find(handle);
    if (index == kNoReceiver) return std::nullopt;
    const Receiver& receiver = state.table.receiver(index);
    const ReceiverSlot& slot = state.table.slot(index);
    const SentCount sent = state.table.sent(index);
    if (receiver.group == kNoGroup || sent.packets == 0) return std::nullopt;
    const std::uint8_t encoding = state.groups.head(receiver.group).layer.encoding;
    const auto times = sender_report_times(state.clock(), state.encodings[encoding].clock,
                                           slot.offsets.timestamp, now);
    if (!times) return std::nullopt;
    return SenderReportOut{times->ntp, times->rtp_timestamp, sent.packets, sent.octets_low};
}

void Track::move_into(Track& larger) {
    TrackState& from = changing();
    TrackState& to = *larger.state_;
    to.own_clock = from.own_clock;
    to.changes = from.changes + 1;
    to.encodings = from.encodings;
    for (std::size_t i = 0; i < to.own_rests.size(); ++i) {
        to.own_rests[i] = *from.encodings[i].rest;
        to.encodings[i].rest = &to.own_rests[i];
    }
    to.requests = from.requests;
    to.selector.take(from.selector);
    from.groups.copy_into(to.groups);
    to.table.take_profiles(from.table);
    to.wide_slots = from.wide_slots;
    while (from.table.size() != 0) {
        const ReceiverIndex index = from.table.at_slot(from.table.size() - 1);
        Receiver receiver = from.table.receiver(index);
        receiver.sent = from.table.sent(index);
        to.table.add(receiver, from.table.slot(index));
        to.table.move(to.table.find(receiver.handle), receiver.group);
        from.table.remove(index);
    }
}

}  // namespace strata::relay
