#include "tests/property/track_session.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "relay/rewrite/sender_clock.h"
#include "relay/rtp/byte_order.h"

namespace strata::relay {

namespace {

constexpr TimeUs kNetworkUs = 20'000;
constexpr TimeUs kPacketUs = 200;
constexpr TimeUs kTimerUs = 10'000;
constexpr TimeUs kKeyFrameDelayUs = 60'000;
constexpr std::uint8_t kOutgoingPayloadType = 100;
constexpr std::uint8_t kOutgoingDescriptorId = 9;

}  // namespace

TrackSession::TrackSession(const SessionSettings& settings, Random& random)
    : settings_(settings),
      random_(random),
      frame_number_(random.any<std::uint16_t>()),
      parser_(synthetic_parser(settings.encoder.codec)),
      track_(track_config()) {
    settings_.encoder.shape.frames_per_picture =
        settings.encoder.shape.spatial_layers * static_cast<int>(settings.encodings);
    for (std::size_t e = 0; e < settings.encodings; ++e)
        encoders_.push_back(std::make_unique<SyntheticEncoder>(
            settings_.encoder, static_cast<std::uint32_t>(1'000 + e),
            static_cast<std::uint32_t>(e << 24), random_, frame_number_));
    key_due_.assign(settings.encodings, -1);
    tag_of_n_.resize(settings.encodings);
    highest_history_.assign(settings.encodings, {-1});
    add_receivers();
}

TrackConfig TrackSession::track_config() {
    TrackConfig config;
    config.codec = settings_.encoder.codec;
    config.encoding_count = static_cast<std::uint8_t>(settings_.encodings);
    config.descriptor_negotiated = settings_.encoder.descriptor;
    config.receiver_capacity = static_cast<std::uint32_t>(settings_.receivers);
    for (std::size_t e = 0; e < settings_.encodings; ++e) {
        config.encodings[e].ssrc = Ssrc{static_cast<std::uint32_t>(1'000 + e)};
        config.rests[e] = &rests_[e];
    }
    return config;
}

LayerTarget TrackSession::random_target(bool may_pause) {
    LayerTarget target;
    target.encoding = static_cast<std::uint8_t>(
        random_.between(0, static_cast<std::int64_t>(settings_.encodings) - 1));
    target.spatial =
        static_cast<SpatialId>(random_.between(0, settings_.encoder.shape.spatial_layers - 1));
    target.temporal =
        static_cast<TemporalId>(random_.between(0, settings_.encoder.shape.temporal_layers - 1));
    target.paused = may_pause && random_.chance(15);
    return target;
}

void TrackSession::add_receivers() {
    for (std::size_t r = 0; r < settings_.receivers; ++r) {
        ReceiverLog log;
        log.profile.payload_type = kOutgoingPayloadType;
        log.profile.mixed_extension_forms = r % 2 == 0;
        if (settings_.encoder.descriptor)
            log.profile
                .extension_id[static_cast<std::size_t>(ExtensionKind::dependency_descriptor)] =
                kOutgoingDescriptorId;
        log.target = random_target(false);
        ReceiverConfig config;
        config.profile = log.profile;
        config.ssrc = static_cast<std::uint32_t>(5'000 + r);
        config.target = log.target;
        config.first_sequence = random_.any<std::uint16_t>();
        config.first_timestamp = random_.any<std::uint32_t>();
        EXPECT_TRUE(track_.add_receiver(static_cast<ReceiverHandle>(r), config, 0));
        receivers_.push_back(std::move(log));
    }
}

PacketParser TrackSession::outgoing_parser(const HeaderProfile& profile) const {
    PacketParser parser;
    parser.payload_types[profile.payload_type] = {PayloadRole::media, settings_.encoder.codec};
    parser.extensions.set(kOutgoingDescriptorId, ExtensionKind::dependency_descriptor);
    return parser;
}

const SourcePacket* TrackSession::source(std::size_t e, std::int64_t n) const {
    if (n < 0 || n >= static_cast<std::int64_t>(tag_of_n_[e].size())) return nullptr;
    return &sources_.at(tag_of_n_[e][static_cast<std::size_t>(n)]);
}

std::int64_t TrackSession::highest_at(std::size_t e, std::int64_t when) const {
    return highest_history_[e][static_cast<std::size_t>(when)];
}

void TrackSession::play(const std::function<void(int)>& after_picture) {
    for (int picture = 0; picture < settings_.pictures; ++picture) {
        const TimeUs captured = picture * settings_.encoder.picture_us;
        run_until(captured);
        if (random_.chance(settings_.changes_percent)) change_targets();
        encode_picture(captured);
        if (after_picture) after_picture(picture);
    }
    run_until(settings_.pictures * settings_.encoder.picture_us + 500'000);
}

void TrackSession::encode_picture(TimeUs now) {
    for (std::size_t e = 0; e < encoders_.size(); ++e) {
        const bool key = key_due_[e] >= 0 && key_due_[e] <= now;
        if (key) key_due_[e] = -1;
        auto packets = encoders_[e]->encode(now, key);
        TimeUs at = now + kNetworkUs + static_cast<TimeUs>(e) * 100;
        for (SyntheticPacket& packet : packets) {
            const std::uint32_t tag = packet.tag;
            tag_of_n_[e].push_back(tag);
            const bool very_first = packet.n == 0;
            sources_[tag] = SourcePacket{e, std::move(packet), -1};
            at += kPacketUs;
            const ChannelProfile& channel = settings_.channel;
            const auto later = [&](std::int64_t packets_later) {
                return at + random_.between(1, packets_later) * kPacketUs + kPacketUs / 2;
            };
            if (!very_first && random_.chance(channel.loss_percent)) {
                if (!random_.chance(channel.recovered_percent)) continue;
                in_flight_.emplace(later(channel.recover_after), tag);
            } else if (!very_first && random_.chance(channel.reorder_percent)) {
                in_flight_.emplace(later(channel.reorder_by), tag);
            } else {
                in_flight_.emplace(at, tag);
            }
            if (random_.chance(channel.duplicate_percent))
                in_flight_.emplace(later(channel.recover_after), tag);
        }
        if (random_.chance(3))
            track_.on_sender_report(static_cast<std::uint8_t>(e),
                                    ntp_from_us(3'900'000'000'000'000 + now),
                                    encoders_[e]->timestamp(now).value, now + kNetworkUs);
    }
}

void TrackSession::change_targets() {
    const auto r = static_cast<std::size_t>(
        random_.between(0, static_cast<std::int64_t>(receivers_.size()) - 1));
    ReceiverLog& log = receivers_[r];
    const LayerTarget target = random_target(true);
    if (target.paused || log.target.paused) {
        Pause pause;
        for (std::size_t e = 0; e < encoders_.size(); ++e)
            pause.highest.push_back(highest_at(e, arrivals_));
        log.pauses.push_back(std::move(pause));
    }
    log.target = target;
    log.target_since = now_;
    EXPECT_TRUE(track_.set_target(static_cast<ReceiverHandle>(r), target, now_));
    serve_key_frame_requests();
}

void TrackSession::run_until(TimeUs until) {
    while (now_ < until) {
        const auto next = in_flight_.begin();
        const TimeUs packet_at = next == in_flight_.end() ? until : next->first;
        if (next_timer_ <= std::min(packet_at, until)) {
            now_ = std::max(now_, next_timer_);
            next_timer_ += kTimerUs;
            on_timer();
            continue;
        }
        if (next == in_flight_.end() || packet_at > until) break;
        now_ = packet_at;
        const std::uint32_t tag = next->second;
        in_flight_.erase(next);
        deliver(sources_.at(tag));
    }
    now_ = std::max(now_, until);
}

// As a worker does.
void TrackSession::on_timer() {
    constexpr TimeUs kTimersOfStatistics = 25;
    const bool statistics = next_timer_ / kTimerUs % kTimersOfStatistics == 0;
    if (settings_.pass_over && !statistics && track_.rests()) return (void)++rested_;
    track_.on_timer(now_);
    serve_key_frame_requests();
    if (settings_.give_up && next_timer_ / kTimerUs % 5 == 0)
        for (std::size_t e = 0; e < encoders_.size(); ++e) {
            out_->count = 0;
            track_.give_up_holes(static_cast<std::uint8_t>(e), now_, *out_);
            log_output(std::nullopt);
        }
    if (statistics) check_changes();
}

// Where nothing is said to have changed, nothing has.
void TrackSession::check_changes() {
    std::vector<Known> known(receivers_.size());
    for (std::size_t r = 0; r < known.size(); ++r) {
        const auto handle = static_cast<ReceiverHandle>(r);
        known[r] = {track_.status(handle), track_.continuation(handle)};
        if (known_.empty() || changes_ != track_.changes()) continue;
        const Known& before = known_[r];
        ASSERT_EQ(before.status.has_value(), known[r].status.has_value());
        if (!before.status) continue;
        EXPECT_EQ(before.status->forwarding, known[r].status->forwarding);
        EXPECT_EQ(before.status->target, known[r].status->target);
        EXPECT_EQ(before.status->current, known[r].status->current);
        EXPECT_EQ(before.status->packets, known[r].status->packets);
        EXPECT_EQ(before.status->bytes, known[r].status->bytes);
        EXPECT_EQ(before.status->switches, known[r].status->switches);
        EXPECT_EQ(before.continuation->next_sequence, known[r].continuation->next_sequence);
        EXPECT_EQ(before.continuation->packets, known[r].continuation->packets);
    }
    changes_ = track_.changes();
    known_ = std::move(known);
}

void TrackSession::deliver(const SourcePacket& source) {
    ++arrivals_;
    for (auto& history : highest_history_) history.push_back(history.back());
    std::int64_t& highest = highest_history_[source.encoding].back();
    highest = std::max(highest, source.packet.n);
    out_->count = 0;
    const MediaDrop drop = take(source);
    if (drop == MediaDrop::none) {
        SentForms forms;
        track_.describe_sent(forms);
        kept_[{source.encoding, forms.n}] = {source.packet.tag, forms};
    }
    SourcePacket& seen = sources_.at(source.packet.tag);
    // Without its structure a packet is as good as lost (C9).
    const bool taken = drop != MediaDrop::duplicate && drop != MediaDrop::too_old &&
                       drop != MediaDrop::no_structure;
    if (taken && seen.arrived < 0) seen.arrived = arrivals_;
    log_output(source.packet.tag);
    serve_key_frame_requests();
}

// As a worker does.
MediaDrop TrackSession::take(const SourcePacket& source) {
    const auto encoding = static_cast<std::uint8_t>(source.encoding);
    FrameRest& rest = rests_[encoding];
    if (settings_.pass_over) {
        if (rest.matches(source.packet.bytes)) {
            rest.take(1, rest.ends(source.packet.bytes), now_);
            ++passed_over_;
            return rest.why();
        }
        if (track_.pass_over(encoding, source.packet.bytes, now_)) {
            ++passed_over_;
            ++begun_over_;
            return rest.why();
        }
    }
    PacketInfo info;
    EXPECT_EQ(parse_packet(source.packet.bytes, parser_, info), ParseError::none);
    return track_.on_packet(encoding, source.packet.bytes, info, now_, *out_);
}

void TrackSession::log_output(std::optional<std::uint32_t> tag) {
    for (std::size_t i = 0; i < out_->count; ++i) {
        const Output& output = out_->outputs[i];
        for (const ReceiverSlot& slot : output.receivers) {
            SentPacket sent;
            sent.bytes.resize(HeaderTemplate::kMaxSize);
            write_header(output.header, slot.offsets, sent.bytes.data());
            sent.bytes.resize(output.header.size);
            sent.marker = (sent.bytes[1] & 0x80) != 0;
            sent.sequence = load_be16(sent.bytes.data() + 2);
            sent.timestamp = load_be32(sent.bytes.data() + 4);
            sent.empty = output.payload_size == 0;
            sent.tag_known = tag.has_value();
            sent.tag = tag.value_or(0);
            sent.when = arrivals_;
            sent.switches = track_.status(slot.handle)->switches;
            if (!sent.empty) {
                const auto& bytes = sources_.at(*tag).packet.bytes;
                sent.bytes.insert(sent.bytes.end(), bytes.begin() + output.payload_offset,
                                  bytes.begin() + output.payload_offset + output.payload_size);
            }
            receivers_[slot.handle].sent.push_back(std::move(sent));
        }
    }
}

void TrackSession::serve_key_frame_requests() {
    while (const auto request = track_.next_key_frame_request(now_)) {
        TimeUs& due = key_due_[request->encoding];
        if (due < 0) due = now_ + kKeyFrameDelayUs;
    }
}

}  // namespace strata::relay
