// One outgoing SSRC whose source changes: between publishers and codecs, with and without gaps, in
// the middle of pictures. The slow and obvious model is a receiver's notebook: each number that it
// saw last, and what has to come next.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "relay/codec/dependency_descriptor.h"
#include "relay/svc/track.h"
#include "tests/property/seeds.h"
#include "tests/property/synthetic_encoder.h"

namespace strata::relay {
namespace {

constexpr TimeUs kPictureUs = 33'333, kPacketUs = 200;
constexpr std::uint32_t kFrameTicks = 2'999;  // of one picture, rounded down
constexpr ReceiverHandle kLeg = 3;
constexpr std::uint8_t kDescriptorId = 9;

EncoderSettings random_encoder(Random& random) {
    EncoderSettings settings;
    constexpr std::array kCodecs{Codec::vp8, Codec::vp8, Codec::vp9, Codec::opaque};
    settings.codec = kCodecs[static_cast<std::size_t>(random.between(0, 3))];
    settings.descriptor = settings.codec == Codec::opaque;
    settings.picture_id_bits = random.chance(50) ? 15 : 7;
    settings.shape.temporal_layers = static_cast<int>(random.between(1, 3));
    if (settings.codec != Codec::vp8)
        settings.shape.spatial_layers = static_cast<int>(random.between(1, 3));
    settings.shape.frames_per_picture = settings.shape.spatial_layers;
    return settings;
}

TrackConfig config_of(const EncoderSettings& settings) {
    TrackConfig config;
    config.codec = settings.codec;
    config.descriptor_negotiated = settings.descriptor;
    return config;
}

// A publisher that sends all the time, and makes a key frame two pictures after it was asked.
struct Source {
    Source(Random& random, std::uint32_t number)
        : settings(random_encoder(random)),
          payload_type(static_cast<std::uint8_t>(100 + number)),
          frame_number(random.any<std::uint16_t>()),
          encoder(settings, 1'000 + number, number << 24, random, frame_number),
          parser(synthetic_parser(settings.codec)),
          track(config_of(settings)) {}

    EncoderSettings settings;
    std::uint8_t payload_type;
    std::uint16_t frame_number;
    SyntheticEncoder encoder;
    PacketParser parser;
    Track track;
    int key_in = -1;  // pictures; below 0: nobody has asked
};

// What the receiver has seen last.
class Notebook {
  public:
    // `made_of` came in at `now` and went out as `packet`; the source has changed since the last
    // one if `changed`.
    void see(const Source& source, const SyntheticPacket& made_of,
             std::span<const std::uint8_t> packet, bool changed, TimeUs now) {
        PacketParser parser;
        parser.payload_types[source.payload_type] = {PayloadRole::media, source.settings.codec};
        parser.extensions.set(kDescriptorId, ExtensionKind::dependency_descriptor);
        PacketInfo info;
        ASSERT_EQ(parse_packet(packet, parser, info), ParseError::none) << "its own payload type";
        const SyntheticFrame& frame = source.encoder.frames()[made_of.frame];
        if (changed) {
            ASSERT_TRUE(frame.key_picture && made_of.first && frame.spatial_id == 0);
        }
        check_number(info, now, changed);
        if (source.settings.descriptor)
            check_descriptor(packet, info, changed);
        else
            check_picture(source, info, changed);
        unfinished_ = !made_of.last;
        ++packets_;
    }
    std::uint32_t packets() const { return packets_; }
    std::optional<std::uint16_t> newest() const { return sequence_; }

  private:
    void check_number(const PacketInfo& info, TimeUs now, bool changed) {
        if (sequence_) {
            const int step = changed && unfinished_ ? 2 : 1;  // C20
            ASSERT_EQ(info.sequence.value, static_cast<std::uint16_t>(*sequence_ + step));
            const std::uint32_t ticks = info.timestamp.value - timestamp_;
            if (changed) {  // C21
                const auto elapsed = static_cast<std::uint32_t>((now - at_) * 90 / 1'000);
                ASSERT_NEAR(ticks, std::max(elapsed, kFrameTicks), 1);
            } else {
                ASSERT_LE(ticks, 2 * kFrameTicks);
            }
        }
        sequence_ = info.sequence.value;
        timestamp_ = info.timestamp.value;
        at_ = now;
    }
    void check_descriptor(std::span<const std::uint8_t> packet, const PacketInfo& info,
                          bool changed) {
        const ExtensionLocation* at = info.find(ExtensionKind::dependency_descriptor);
        ASSERT_NE(at, nullptr);
        DependencyDescriptor descriptor;
        ASSERT_EQ(read_dependency_descriptor(packet.subspan(at->offset, at->size),
                                             structure_ ? &*structure_ : nullptr, descriptor),
                  DescriptorError::none);
        if (changed && frame_number_) {
            ASSERT_EQ(descriptor.frame_number, static_cast<std::uint16_t>(*frame_number_ + 1));
        }
        if (descriptor.has_structure) {
            const DependencyStructure& next = descriptor.attached_structure;
            if (changed && structure_) {
                ASSERT_EQ(next.template_id_offset,
                          (structure_->template_id_offset + structure_->template_count) % 64);
            }
            structure_ = next;
        }
        frame_number_ = descriptor.frame_number;
    }
    void check_picture(const Source& source, const PacketInfo& info, bool changed) {
        const bool vp8 = info.codec == Codec::vp8;
        const auto id = static_cast<std::uint16_t>(vp8 ? info.vp8.picture_id : info.vp9.picture_id);
        // A receiver knows of an id what it was shown of it so far.
        const unsigned bits = static_cast<unsigned>(source.settings.picture_id_bits);
        const unsigned known = (1u << std::min(bits, picture_id_bits_)) - 1;
        if (changed && picture_id_) {
            ASSERT_EQ(id & known, (*picture_id_ + 1) & known);
        }
        const unsigned before = picture_id_.value_or(id);
        picture_id_ = static_cast<std::uint16_t>(
            bits >= picture_id_bits_ ? id : before + ((id - before) & ((1u << bits) - 1)));
        picture_id_bits_ = std::max(bits, picture_id_bits_);
        if (!vp8) return;
        if (changed && tl0_pic_idx_) {
            ASSERT_EQ(info.vp8.tl0_pic_idx, static_cast<std::uint8_t>(*tl0_pic_idx_ + 1));
        }
        tl0_pic_idx_ = info.vp8.tl0_pic_idx;
    }

    std::optional<std::uint16_t> sequence_, frame_number_, picture_id_;
    std::optional<std::uint8_t> tl0_pic_idx_;
    unsigned picture_id_bits_ = 0;
    std::optional<DependencyStructure> structure_;
    std::uint32_t timestamp_ = 0, packets_ = 0;
    TimeUs at_ = 0;
    bool unfinished_ = false;
};

class Slot {
  public:
    explicit Slot(Random& random) : random_(random) {
        for (std::uint32_t i = 0; i < 4; ++i)
            sources_.push_back(std::make_unique<Source>(random, i));
        last_.next_sequence = random.any<std::uint16_t>();
        first_timestamp_ = random.any<std::uint32_t>();
    }

    void play(int pictures) {
        for (int i = 0; i < pictures && !testing::Test::HasFatalFailure(); ++i) {
            // Changes fall between pictures, and into the middle of them.
            const bool change = random_.chance(6);
            const bool within = random_.chance(50);
            if (change && !within) show(random_source());
            for (std::size_t s = 0; s < sources_.size(); ++s) send_picture(s, change && within);
            now_ += kPictureUs - (now_ - began_);
            began_ = now_;
        }
    }
    int shown() const { return shown_; }
    std::size_t checked() const { return checked_; }

  private:
    // -1: nobody.
    int random_source() {
        return random_.chance(20) ? -1 : static_cast<int>(random_.between(0, 3));
    }

    void show(int source) {
        if (current_ >= 0) {
            Track& track = sources_[static_cast<std::size_t>(current_)]->track;
            last_ = *track.continuation(kLeg);
            ASSERT_TRUE(track.remove_receiver(kLeg));
        }
        ASSERT_EQ(last_.packets, notebook_.packets()) << "for sender reports";
        current_ = source;
        changed_ = true;
        by_number_.clear();
        if (source < 0) return;
        Source& to = *sources_[static_cast<std::size_t>(source)];
        ReceiverConfig config;
        config.profile.payload_type = to.payload_type;
        config.profile
            .extension_id[static_cast<std::size_t>(ExtensionKind::dependency_descriptor)] =
            kDescriptorId;
        config.ssrc = 5'000;
        config.target = {.encoding = 0, .spatial = 3, .temporal = 3};
        config.first_sequence = last_.next_sequence;
        config.first_timestamp = first_timestamp_;
        config.resume = last_;
        ASSERT_TRUE(to.track.add_receiver(kLeg, config, now_));
        // At once, unless it was asked just before (C33), or has sent nothing yet.
        ASSERT_TRUE(to.track.next_key_frame_request(now_) || to.key_in >= 0 ||
                    to.encoder.frames().empty() ||
                    now_ - asked_at_[static_cast<std::size_t>(source)] < 300'000);
        ask(static_cast<std::size_t>(source));
        ++shown_;
    }

    void ask(std::size_t source) {
        asked_at_[source] = now_;
        if (sources_[source]->key_in < 0) sources_[source]->key_in = 2;
    }

    void send_picture(std::size_t s, bool change_within) {
        Source& source = *sources_[s];
        const bool key = source.key_in == 0;
        if (source.key_in >= 0) --source.key_in;
        const auto packets = source.encoder.encode(now_, key);
        const std::size_t cut = change_within && static_cast<int>(s) == current_
                                    ? static_cast<std::size_t>(random_.between(
                                          1, static_cast<std::int64_t>(packets.size())))
                                    : packets.size();
        for (std::size_t i = 0; i < packets.size(); ++i) {
            if (i == cut) show(random_source());
            now_ += kPacketUs;
            send(source, static_cast<int>(s) == current_, packets[i]);
            if (testing::Test::HasFatalFailure()) return;
        }
        while (source.track.next_key_frame_request(now_)) ask(s);
    }

    void send(Source& source, bool current, const SyntheticPacket& packet) {
        PacketInfo info;
        ASSERT_EQ(parse_packet(packet.bytes, source.parser, info), ParseError::none);
        source.track.on_packet(0, packet.bytes, info, now_, *out_);
        source.track.on_timer(now_);
        ASSERT_TRUE(out_->count == 0 || current);
        for (std::size_t i = 0; i < out_->count; ++i) {
            const Output& output = out_->outputs[i];
            std::vector<std::uint8_t> bytes(HeaderTemplate::kMaxSize);
            write_header(output.header, output.receivers.front().offsets, bytes.data());
            bytes.resize(output.header.size);
            bytes.insert(bytes.end(), packet.bytes.begin() + output.payload_offset,
                         packet.bytes.begin() + output.payload_offset + output.payload_size);
            notebook_.see(source, packet, bytes, std::exchange(changed_, false), now_);
            if (testing::Test::HasFatalFailure()) return;
            SentForms forms;
            source.track.describe_sent(forms);
            by_number_[*notebook_.newest()] = forms.n;
        }
        if (out_->count != 0) check_old_number(source);
    }

    // Of a number of another source, or none at all, nothing is said; of one of this source, what
    // it was.
    void check_old_number(const Source& source) {
        const auto asked = static_cast<std::uint16_t>(*notebook_.newest() - random_.between(0, 60));
        const SentNumber found = source.track.find_sent(kLeg, {asked});
        const auto known = by_number_.find(asked);
        ++checked_;
        if (known == by_number_.end()) {
            ASSERT_TRUE(found.kind == SentNumber::Kind::unknown ||
                        found.kind == SentNumber::Kind::empty);
        } else {
            ASSERT_TRUE(found.kind == SentNumber::Kind::packet && found.n == known->second);
        }
    }

    Random& random_;
    std::vector<std::unique_ptr<Source>> sources_;
    std::unique_ptr<OutputList> out_ = std::make_unique<OutputList>();
    Notebook notebook_;
    Continuation last_;
    std::uint32_t first_timestamp_ = 0;
    std::map<std::uint16_t, std::int64_t> by_number_;  // since the last change: n in the source
    std::array<TimeUs, 4> asked_at_{};
    int current_ = -1, shown_ = 0;
    bool changed_ = false;
    std::size_t checked_ = 0;
    TimeUs now_ = 1'000'000, began_ = 1'000'000;
};

TEST(SourceChange, TheStreamGoesOnBehindWhatWasSentLast) {  // C10, C16, C20, C21, C23
    int shown = 0;
    std::size_t checked = 0;
    for (const std::uint64_t seed : seeds(40)) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random random(seed);
        Slot slot(random);
        slot.play(300);
        shown += slot.shown();
        checked += slot.checked();
        if (HasFailure()) return;
    }
    EXPECT_GT(shown, 300);
    EXPECT_GT(checked, 5'000u);
}

}  // namespace
}  // namespace strata::relay
