// What a receiver was sent is found by its number, and made once more as it was.
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "relay/rtp/byte_order.h"
#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay::track_repeat_test {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr ReceiverHandle kReceiver = 5;

// A track of VP8 in two encodings whose receiver's packets are all kept.
class Kept {
  public:
    Kept() : parser_(rig_parser()), out_(std::make_unique<OutputList>()), track_(config()) {
        ReceiverConfig receiver;
        receiver.profile.payload_type = kVp8Type;
        receiver.ssrc = 0x9000;
        receiver.target = {0, 0, 0, false};
        receiver.first_sequence = 65'530;  // C24
        receiver.first_timestamp = 5'000;
        EXPECT_TRUE(track_.add_receiver(kReceiver, receiver, now));
    }

    void send(const Vp8Packet& packet, std::uint8_t encoding = 0) {
        const Bytes bytes = packet.build().build();
        PacketInfo info;
        EXPECT_EQ(parse_packet(bytes, parser_, info), ParseError::none);
        if (track_.on_packet(encoding, bytes, info, now, *out_) == MediaDrop::none) {
            SentForms forms;
            track_.describe_sent(forms);
            inputs_[{encoding, forms.n}] = {bytes, forms};
        }
        note(bytes);
        now += 33'333;
    }
    void give_up_holes() {
        track_.give_up_holes(0, now, *out_);
        note({});
    }

    SentNumber find(std::uint16_t sequence) const {
        return track_.find_sent(kReceiver, {sequence});
    }
    // What would be sent again for `sequence`, a packet or an empty one.
    Bytes again(std::uint16_t sequence) const {
        const SentNumber found = find(sequence);
        const Track::Repetition repetition{kReceiver, {sequence}, found};
        Output output;
        if (found.kind == SentNumber::Kind::empty) {
            EXPECT_TRUE(track_.repeat(repetition, output));
            return made(output, *track_.slot_then(kReceiver, found), {});
        }
        const auto& [bytes, forms] = inputs_.at({found.encoding, found.n});
        for (std::size_t i = 0; i < forms.count; ++i) {
            if (forms.forms[i].group != found.group) continue;
            PacketInfo info;
            EXPECT_EQ(parse_packet(bytes, parser_, info), ParseError::none);
            EXPECT_TRUE(track_.repeat(repetition, forms.forms[i], bytes, info, output));
            return made(output, *track_.slot_then(kReceiver, found), bytes);
        }
        ADD_FAILURE() << "its group didn't take it";
        return {};
    }
    RtpTimestamp input_timestamp(std::uint16_t sequence) const {
        const SentNumber found = find(sequence);
        return {load_be32(&inputs_.at({found.encoding, found.n}).first[4])};
    }

    Track& track() { return track_; }
    std::map<std::uint16_t, Bytes> sent;
    TimeUs now = 10'000'000;

  private:
    static TrackConfig config() {
        TrackConfig config;
        config.codec = Codec::vp8;
        config.encoding_count = 2;
        return config;
    }
    static Bytes made(const Output& output, const ReceiverSlot& slot,
                      std::span<const std::uint8_t> input) {
        Bytes bytes(HeaderTemplate::kMaxSize);
        write_header(output.header, slot.offsets, bytes.data());
        bytes.resize(output.header.size);
        const auto payload = input.subspan(output.payload_offset, output.payload_size);
        bytes.insert(bytes.end(), payload.begin(), payload.end());
        return bytes;
    }
    void note(std::span<const std::uint8_t> input) {
        for (std::size_t i = 0; i < out_->count; ++i)
            for (const ReceiverSlot& slot : out_->outputs[i].receivers) {
                const Bytes bytes = made(out_->outputs[i], slot, input);
                sent[load_be16(&bytes[2])] = bytes;
            }
    }

    PacketParser parser_;
    std::unique_ptr<OutputList> out_;
    Track track_;
    std::map<std::pair<std::uint8_t, std::int64_t>, std::pair<Bytes, SentForms>> inputs_;
};

// Pictures of one packet, each second one in the upper temporal layer.
void send_pictures(Kept& kept, std::uint16_t from, std::uint16_t to) {
    for (std::uint16_t i = from; i < to; ++i)
        kept.send({.sequence = static_cast<std::uint16_t>(100 + i),
                   .picture = static_cast<std::uint16_t>(500 + i),
                   .tl0 = static_cast<std::uint8_t>(i / 2),
                   .temporal = static_cast<TemporalId>(i % 2),
                   .key = i == 0,
                   .timestamp = i * 3'000u});
}

TEST(TrackRepeat, EachPacketOnceMoreAsItWas) {  // C26
    Kept kept;
    send_pictures(kept, 0, 40);
    ASSERT_EQ(kept.sent.size(), 20u);
    for (const auto& [sequence, bytes] : kept.sent) EXPECT_EQ(kept.again(sequence), bytes);
}

TEST(TrackRepeat, WhatWasNeverSentIsNotFound) {  // C26: nothing that was filtered
    Kept kept;
    send_pictures(kept, 0, 10);
    EXPECT_EQ(kept.find(65'529).kind, SentNumber::Kind::unknown) << "before the first";
    EXPECT_EQ(kept.find(65'535).kind, SentNumber::Kind::unknown) << "behind the last";
    EXPECT_EQ(kept.find(30'000).kind, SentNumber::Kind::unknown);
    EXPECT_EQ(kept.track().find_sent(99, {65'530}).kind, SentNumber::Kind::unknown);
    EXPECT_FALSE(kept.track().slot_then(99, {}));
}

TEST(TrackRepeat, AHoleIsMissingUntilItIsClosed) {  // C17
    Kept kept;
    send_pictures(kept, 0, 4);
    send_pictures(kept, 5, 12);  // picture 4, of the base layer, is lost
    const auto hole = static_cast<std::uint16_t>(65'532);
    EXPECT_EQ(kept.find(hole).kind, SentNumber::Kind::missing);
    kept.give_up_holes();
    kept.now += 2'000'000;
    kept.give_up_holes();
    ASSERT_TRUE(kept.sent.contains(hole));
    EXPECT_EQ(kept.find(hole).kind, SentNumber::Kind::empty);
    EXPECT_EQ(kept.again(hole), kept.sent[hole]) << "again on NACK";
}

TEST(TrackRepeat, NumbersOfBeforeASwitchAreFoundBehindIt) {  // C7
    Kept kept;
    send_pictures(kept, 0, 20);
    kept.track().set_target(kReceiver, {1, 0, 0, false}, kept.now);
    for (std::uint16_t i = 0; i < 10; ++i)
        kept.send({.sequence = static_cast<std::uint16_t>(40'000 + i),
                   .picture = static_cast<std::uint16_t>(900 + i),
                   .key = i == 0,
                   .timestamp = 7'000'000 + i * 3'000u},
                  1);
    ASSERT_EQ(kept.sent.size(), 20u);
    for (const auto& [sequence, bytes] : kept.sent) {
        EXPECT_EQ(kept.again(sequence), bytes) << sequence;
        EXPECT_EQ(kept.find(sequence).superseded, kept.find(sequence).encoding == 0);
    }
}

TEST(TrackRepeat, ASkippedNumberIsEmpty) {  // C19, C20
    Kept kept;
    send_pictures(kept, 0, 8);
    kept.send({.sequence = 108, .picture = 508, .tl0 = 4, .timestamp = 24'000, .marker = false});
    kept.track().set_target(kReceiver, {1, 0, 0, false}, kept.now);
    for (std::uint16_t i = 0; i < 3; ++i)
        kept.send({.sequence = static_cast<std::uint16_t>(40'000 + i),
                   .picture = static_cast<std::uint16_t>(900 + i),
                   .key = i == 0,
                   .timestamp = 7'000'000 + i * 3'000u},
                  1);
    std::vector<std::uint16_t> skipped;
    for (std::uint16_t s = 65'530; s != 2; ++s)
        if (!kept.sent.contains(s)) skipped.push_back(s);
    // Single-packet pictures end whole: only a picture whose end is missing leaves a number out.
    for (const std::uint16_t s : skipped) {
        EXPECT_EQ(kept.find(s).kind, SentNumber::Kind::empty) << s;
        const Bytes empty = kept.again(s);
        EXPECT_EQ(load_be16(&empty[2]), s);
        EXPECT_EQ(empty[0] & 0x20, 0x20);
    }
    EXPECT_EQ(skipped.size(), 1u);
}

TEST(TrackRepeat, OlderThanTheLastKeyFrameIsObsolete) {  // C27
    Kept kept;
    send_pictures(kept, 0, 10);
    const SentNumber before = kept.find(65'534);
    EXPECT_FALSE(kept.track().is_obsolete(before, kept.input_timestamp(65'534)));
    kept.send({.sequence = 110, .picture = 510, .tl0 = 5, .key = true, .timestamp = 30'000});
    send_pictures(kept, 11, 14);
    EXPECT_TRUE(kept.track().is_obsolete(kept.find(65'534), kept.input_timestamp(65'534)));
    EXPECT_FALSE(kept.track().is_obsolete(kept.find(65'535), kept.input_timestamp(65'535)))
        << "the key frame itself";
    EXPECT_FALSE(kept.track().is_obsolete(kept.find(0), kept.input_timestamp(0)));
}

TEST(TrackRepeat, APausedReceiverStillHasItsPast) {
    Kept kept;
    send_pictures(kept, 0, 10);
    kept.track().set_target(kReceiver, {0, 0, 0, true}, kept.now);
    for (const auto& [sequence, bytes] : kept.sent) EXPECT_EQ(kept.again(sequence), bytes);
}

}  // namespace
}  // namespace strata::relay::track_repeat_test
