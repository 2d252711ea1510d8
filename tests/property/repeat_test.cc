// From a NACK's number to the packet: whatever a receiver was sent is found by arithmetic and made
// once more as it was; nothing else is. The slow and obvious model is a log of every packet.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "relay/rtp/sequence.h"
#include "tests/property/seeds.h"
#include "tests/property/track_kind.h"
#include "tests/property/track_session.h"

namespace strata::relay {
namespace {

using Kind = SentNumber::Kind;
constexpr int kMargin = 200;  // numbers before the first and behind the last that are tried

// How many of the packets sent so long ago were found.
struct Found {
    std::array<std::size_t, 4> sent{}, found{};  // by switches since
};

class RepeatCheck {
  public:
    RepeatCheck(const TrackSession& session, std::size_t receiver, Found& found)
        : session_(session),
          handle_(static_cast<ReceiverHandle>(receiver)),
          log_(session.receivers()[receiver]),
          found_(found) {
        SequenceUnwrapper unwrapper;
        for (const SentPacket& sent : log_.sent) {
            by_number_[sent.sequence] = &sent;
            const std::int64_t number = unwrapper.unwrap(sent.sequence);
            first_ = first_ < 0 ? number : std::min(first_, number);
            last_ = std::max(last_, number);
        }
    }

    void run() {
        if (log_.sent.empty()) return;
        const std::uint32_t switches = session_.track().status(handle_)->switches;
        for (const auto& [sequence, sent] : by_number_) {
            check_sent(sequence, *sent, switches - sent->switches);
            if (testing::Test::HasFailure()) return;
        }
        check_others();
    }

  private:
    // The bytes that a NACK of `sequence` brings; nullopt: none.
    std::optional<std::vector<std::uint8_t>> again(std::uint16_t sequence) const {
        const SentNumber number = session_.track().find_sent(handle_, {sequence});
        const Track::Repetition repetition{handle_, {sequence}, number};
        Output output;
        std::span<const std::uint8_t> input;
        if (number.kind == Kind::empty) {
            EXPECT_TRUE(session_.track().repeat(repetition, output));
        } else if (number.kind == Kind::packet) {
            const KeptPacket& kept = session_.kept().at({number.encoding, number.n});
            const auto form =
                std::find_if(kept.forms.forms.begin(), kept.forms.forms.begin() + kept.forms.count,
                             [&](const SentForm& one) { return one.group == number.group; });
            EXPECT_NE(form, kept.forms.forms.begin() + kept.forms.count);
            input = session_.sources().at(kept.tag).packet.bytes;
            PacketInfo info;
            EXPECT_EQ(parse_packet(input, session_.parser(), info), ParseError::none);
            EXPECT_TRUE(session_.track().repeat(repetition, *form, input, info, output));
        } else {
            return std::nullopt;
        }
        const auto slot = session_.track().slot_then(handle_, number);
        std::vector<std::uint8_t> bytes(HeaderTemplate::kMaxSize);
        write_header(output.header, slot->offsets, bytes.data());
        bytes.resize(output.header.size);
        const auto payload = input.subspan(output.payload_offset, output.payload_size);
        bytes.insert(bytes.end(), payload.begin(), payload.end());
        return bytes;
    }

    void check_sent(std::uint16_t sequence, const SentPacket& sent, std::uint32_t switches_since) {
        const SentNumber number = session_.track().find_sent(handle_, {sequence});
        ASSERT_NE(number.kind, Kind::missing) << "it was sent: " << sequence;
        const std::size_t age = std::min<std::size_t>(switches_since, found_.sent.size() - 1);
        ++found_.sent[age];
        if (number.kind == Kind::unknown) {
            ASSERT_TRUE(switches_since != 0 || !log_.pauses.empty())
                << "of the group it is still in: " << sequence;
            return;
        }
        ++found_.found[age];
        ASSERT_EQ(number.kind == Kind::empty, sent.empty) << sequence;
        auto bytes = *again(sequence);
        if (!sent.empty) {
            ASSERT_EQ(bytes, sent.bytes) << sequence;
            check_obsolete(number, sent);
            return;
        }
        // Which timestamp an empty packet has is nobody's business.
        ASSERT_EQ(bytes.size(), sent.bytes.size());
        std::copy_n(sent.bytes.begin() + 4, 4, bytes.begin() + 4);
        ASSERT_EQ(bytes, sent.bytes);
    }

    // C27: never of the newest key frame, or what came behind it.
    void check_obsolete(const SentNumber& number, const SentPacket& sent) const {
        const SourcePacket& packet = session_.sources().at(sent.tag);
        const auto& frames = session_.encoder(packet.encoding).frames();
        const std::int64_t picture = frames[packet.packet.frame].picture;
        bool later_key = false;
        for (const auto& [tag, other] : session_.sources())
            later_key = later_key || (other.encoding == packet.encoding && other.arrived >= 0 &&
                                      frames[other.packet.frame].key_picture &&
                                      frames[other.packet.frame].picture > picture);
        if (later_key || number.superseded) return;
        const RtpTimestamp timestamp{load_be32(&packet.packet.bytes[4])};
        ASSERT_FALSE(session_.track().is_obsolete(number, timestamp)) << sent.sequence;
    }

    // Nothing is made up for a number that nothing was sent under.
    void check_others() const {
        for (std::int64_t number = first_ - kMargin; number <= last_ + kMargin; ++number) {
            const auto sequence = static_cast<std::uint16_t>(number);
            if (by_number_.contains(sequence)) continue;
            const SentNumber found = session_.track().find_sent(handle_, {sequence});
            ASSERT_NE(found.kind, Kind::packet) << "never sent: " << sequence;
            if (found.kind == Kind::empty) {
                ASSERT_TRUE(number > first_ && number < last_)
                    << "skipped, but outside of what was sent: " << sequence;
            }
        }
    }

    const TrackSession& session_;
    ReceiverHandle handle_;
    const ReceiverLog& log_;
    Found& found_;
    std::map<std::uint16_t, const SentPacket*> by_number_;
    std::int64_t first_ = -1, last_ = -1;  // numbers sent, extended
};

void check_seed(const TrackKind& kind, std::uint64_t seed, Found& found) {
    SCOPED_TRACE(describe(kind, seed));
    Random random(seed);
    SessionSettings settings;
    settings.encoder.codec = kind.codec;
    settings.encoder.shape = {kind.spatial, kind.temporal, kind.inter_layer, 0};
    settings.encoder.descriptor = kind.descriptor;
    settings.encoder.picture_id_bits = random.chance(50) ? 7 : 15;
    settings.encodings = kind.encodings;
    settings.changes_percent = 8;
    settings.receivers = static_cast<std::size_t>(random.between(1, 4));
    settings.channel = random_channel(random);
    settings.channel.loss_percent = std::min(settings.channel.loss_percent, 8);
    settings.channel.recover_after = std::min<std::int64_t>(settings.channel.recover_after, 100);
    settings.give_up = random.chance(50);
    TrackSession session(settings, random);
    const auto check = [&] {
        for (std::size_t r = 0; r < settings.receivers && !testing::Test::HasFailure(); ++r) {
            SCOPED_TRACE("receiver " + std::to_string(r));
            RepeatCheck(session, r, found).run();
        }
    };
    session.play([&](int picture) {
        if (picture % 30 == 20) check();
    });
    check();
}

constexpr std::uint64_t kCases = 25;

constexpr std::array kKinds{
    TrackKind{"L1T3", Codec::opaque, 1, 3, InterLayer::full, true, 1},
    TrackKind{"L3T3", Codec::opaque, 3, 3, InterLayer::full, true, 1},
    TrackKind{"L3T3_KEY", Codec::opaque, 3, 3, InterLayer::key_pictures, true, 1},
    TrackKind{"S3T3", Codec::opaque, 3, 3, InterLayer::none, true, 1},
    TrackKind{"VP9_L3T3", Codec::vp9, 3, 3, InterLayer::full, false, 1},
    TrackKind{"VP8_L1T3", Codec::vp8, 1, 3, InterLayer::full, false, 1},
    TrackKind{"VP8_simulcast", Codec::vp8, 1, 3, InterLayer::full, false, 3},
    TrackKind{"simulcast_L1T3", Codec::opaque, 1, 3, InterLayer::full, true, 3},
};

class RepeatProperty : public testing::TestWithParam<TrackKind> {};

TEST_P(RepeatProperty, WhatWasSentIsFoundAndNothingElse) {  // C26, C27
    Found found;
    for (const std::uint64_t seed : seeds(kCases)) {
        check_seed(GetParam(), seed, found);
        if (testing::Test::HasFailure()) return;
    }
    // Over a switch or two packets are still found; groups that others left may be gone.
    for (std::size_t age = 0; age < found.sent.size(); ++age)
        RecordProperty("found_after_" + std::to_string(age),
                       std::to_string(found.found[age]) + "/" + std::to_string(found.sent[age]));
    EXPECT_GT(found.found[0], found.sent[0] * 95 / 100);
    EXPECT_GT(found.found[1], found.sent[1] * 90 / 100);
}

INSTANTIATE_TEST_SUITE_P(Modes, RepeatProperty, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace strata::relay
