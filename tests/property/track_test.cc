#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "relay/codec/dependency_descriptor.h"
#include "relay/rtp/sequence.h"
#include "tests/property/seeds.h"
#include "tests/property/track_kind.h"
#include "tests/property/track_session.h"

namespace strata::relay {
namespace {

constexpr std::int64_t kForEver = std::int64_t{1} << 40;

// One receiver's packets by outgoing number, and what must hold of them.
class ReceiverCheck {
  public:
    ReceiverCheck(const TrackSession& session, std::size_t index)
        : session_(session), log_(session.receivers()[index]) {}

    void run() {
        order_by_number();
        if (testing::Test::HasFailure()) return;
        check_gaps();
        check_pictures();
        check_references();
        if (session_.settings().encoder.descriptor) check_descriptors();
        if (session_.settings().encoder.codec == Codec::vp8) check_picture_ids();
    }

  private:
    const SourcePacket& source(const SentPacket& sent) const {
        return session_.sources().at(sent.tag);
    }
    const SyntheticFrame& frame(const SourcePacket& source) const {
        return session_.encoder(source.encoding).frames()[source.packet.frame];
    }

    // No two packets under one number, none sent twice (C16, C17).
    void order_by_number() {
        SequenceUnwrapper unwrapper;
        for (const SentPacket& sent : log_.sent) {
            const std::int64_t number = unwrapper.unwrap(sent.sequence);
            ASSERT_TRUE(numbers_.emplace(number, &sent).second) << "number used twice: " << number;
            if (sent.empty) continue;
            ASSERT_TRUE(tags_.insert(sent.tag).second) << "packet sent twice";
        }
    }

    bool paused_between(std::size_t e, std::int64_t a, std::int64_t b) const {
        return std::any_of(log_.pauses.begin(), log_.pauses.end(), [&](const Pause& pause) {
            return pause.highest[e] >= a && pause.highest[e] < b;
        });
    }

    std::int64_t lost_between(std::size_t e, std::int64_t a, std::int64_t b) const {
        std::int64_t lost = 0;
        for (std::int64_t n = a + 1; n < b; ++n) {
            const SourcePacket* packet = session_.source(e, n);
            lost += packet != nullptr && packet->arrived < 0 ? 1 : 0;
        }
        return lost;
    }

    // Gaps are what was lost upstream, no more and no less; a switch may skip one (C16, C20).
    void check_gaps() {
        if (session_.settings().give_up) return;
        const SentPacket* before = nullptr;
        std::int64_t before_number = 0;
        for (const auto& [number, sent] : numbers_) {
            if (before != nullptr) {
                const SourcePacket& a = source(*before);
                const SourcePacket& b = source(*sent);
                const std::int64_t gap = number - before_number - 1;
                if (a.encoding == b.encoding &&
                    !paused_between(a.encoding, a.packet.n, b.packet.n)) {
                    ASSERT_LT(a.packet.n, b.packet.n) << "order of the source";
                    ASSERT_EQ(gap, lost_between(a.encoding, a.packet.n, b.packet.n))
                        << "behind number " << before_number;
                } else {
                    const std::int64_t end = session_.highest_at(a.encoding, sent->when) + 1;
                    ASSERT_LE(gap, lost_between(a.encoding, a.packet.n, end) + 1);
                }
            }
            before = sent;
            before_number = number;
        }
    }

    bool whole_picture_arrived(const SourcePacket& any) const {
        const std::int64_t picture = frame(any).picture;
        for (const int step : {-1, 1})
            for (std::int64_t n = any.packet.n;; n += step) {
                const SourcePacket* packet = session_.source(any.encoding, n);
                if (packet == nullptr || frame(*packet).picture != picture) break;
                if (packet->arrived < 0) return false;
            }
        return true;
    }

    // The receiver was taken elsewhere in the middle of the frame before `next` (C20), or paused.
    bool left_unfinished(const std::vector<const SentPacket*>& media, std::size_t next) const {
        const SourcePacket& last = source(*media[next - 1]);
        if (next == media.size())
            return paused_between(last.encoding, last.packet.n, last.packet.n + kForEver);
        const SourcePacket& first = source(*media[next]);
        const auto gap =
            static_cast<std::uint16_t>(media[next]->sequence - media[next - 1]->sequence - 1);
        return gap > 0 && (first.encoding != last.encoding ||
                           paused_between(last.encoding, last.packet.n, first.packet.n));
    }

    // Timestamps never go backwards; a picture has one, and one marker, on its last packet (B2, C5,
    // C21).
    void check_pictures() {
        std::vector<const SentPacket*> media;
        for (const auto& [number, sent] : numbers_)
            if (!sent->empty) media.push_back(sent);
        for (std::size_t begin = 0; begin < media.size();) {
            std::size_t end = begin;
            const SourcePacket& first = source(*media[begin]);
            while (end < media.size() && media[end]->timestamp == media[begin]->timestamp) {
                ASSERT_EQ(source(*media[end]).encoding, first.encoding);
                ASSERT_EQ(frame(source(*media[end])).picture, frame(first).picture)
                    << "two pictures with one timestamp";
                if (media[end]->marker) {
                    ASSERT_TRUE(end + 1 == media.size() ||
                                media[end + 1]->timestamp != media[begin]->timestamp)
                        << "a marker before the picture's end";
                }
                ++end;
            }
            if (begin > 0) {
                ASSERT_TRUE(RtpTimestamp{media[begin]->timestamp}.ahead_of(
                    RtpTimestamp{media[begin - 1]->timestamp}))
                    << "backwards";
            }
            if (!media[end - 1]->marker && whole_picture_arrived(first) &&
                !left_unfinished(media, end)) {
                ADD_FAILURE() << "no marker in picture " << frame(first).picture << " of "
                              << first.encoding;
                return;
            }
            begin = end;
        }
    }

    // Every reference of a forwarded frame was forwarded, or lost upstream: none was dropped (C10).
    void check_references() {
        std::map<std::pair<std::size_t, std::size_t>, bool>
            whole;  // (encoding, frame): all arrived sent
        for (const auto& [tag, packet] : session_.sources()) {
            const auto [at, added] =
                whole.emplace(std::pair{packet.encoding, packet.packet.frame}, true);
            if (packet.arrived >= 0 && !tags_.contains(tag)) at->second = false;
        }
        for (const auto& [number, sent] : numbers_) {
            if (sent->empty) continue;
            const SourcePacket& packet = source(*sent);
            for (const std::size_t reference : frame(packet).references)
                ASSERT_TRUE(whole.at({packet.encoding, reference}))
                    << "frame " << packet.packet.frame << " of " << packet.encoding << " refers to "
                    << reference << ", number " << number;
        }
    }

    // The key picture that a packet's frame goes back to: its structure reads the descriptor (C9).
    std::pair<std::size_t, std::int64_t> key_picture(const SourcePacket& packet) const {
        const auto& frames = session_.encoder(packet.encoding).frames();
        std::size_t f = packet.packet.frame;
        while (f > 0 && !frames[f].key_picture) --f;
        return {packet.encoding, frames[f].picture};
    }

    // What the receiver reads names the frame that it is, and differences of frame numbers keep
    // their meaning (C10, C11).
    void check_descriptors() {
        const PacketParser parser = session_.outgoing_parser(log_.profile);
        DependencyStructure structure;
        std::optional<std::pair<std::size_t, std::int64_t>> known;
        std::map<std::pair<std::size_t, std::size_t>, std::uint16_t> frame_numbers;
        for (const auto& [number, sent] : numbers_) {
            if (sent->empty) continue;
            PacketInfo info;
            ASSERT_EQ(parse_packet(sent->bytes, parser, info), ParseError::none);
            const ExtensionLocation* at = info.find(ExtensionKind::dependency_descriptor);
            ASSERT_NE(at, nullptr);
            DependencyDescriptor read;
            const auto error =
                read_dependency_descriptor(std::span(sent->bytes).subspan(at->offset, at->size),
                                           known ? &structure : nullptr, read);
            const SourcePacket& packet = source(*sent);
            frame_numbers[{packet.encoding, packet.packet.frame}] = read.frame_number;
            const bool readable = error == DescriptorError::none &&
                                  (read.has_structure || known == key_picture(packet));
            if (!readable) {
                const ChannelProfile& channel = session_.settings().channel;
                ASSERT_GT(channel.loss_percent + channel.reorder_percent, 0) << "structure missing";
                continue;
            }
            if (read.has_structure) {
                structure = read.attached_structure;
                known = key_picture(packet);
            }
            ASSERT_EQ(read.frame.spatial_id, frame(packet).spatial_id);
            ASSERT_EQ(read.frame.temporal_id, frame(packet).temporal_id);
            for (std::size_t i = 0; i < frame(packet).references.size(); ++i) {
                const auto reference =
                    frame_numbers.find({packet.encoding, frame(packet).references[i]});
                if (reference == frame_numbers.end()) continue;  // lost
                ASSERT_EQ(static_cast<std::uint16_t>(read.frame_number - reference->second),
                          read.frame.fdiffs[i]);
            }
        }
    }

    // VP8 picture ids: contiguous over what policy dropped, holes for what was lost (C23).
    void check_picture_ids() {
        const PacketParser parser = session_.outgoing_parser(log_.profile);
        const SourcePacket* before = nullptr;
        std::int32_t before_id = 0;
        for (const auto& [number, sent] : numbers_) {
            if (sent->empty) continue;
            PacketInfo info;
            ASSERT_EQ(parse_packet(sent->bytes, parser, info), ParseError::none);
            const SourcePacket& packet = source(*sent);
            const std::int32_t range = 1 << info.vp8.picture_id_bits;
            if (before != nullptr) {
                const std::int32_t step = (info.vp8.picture_id - before_id + range) % range;
                const bool same_encoding = before->encoding == packet.encoding;
                if (same_encoding && before->packet.frame == packet.packet.frame) {
                    ASSERT_EQ(step, 0);
                } else if (same_encoding &&
                           !paused_between(packet.encoding, before->packet.n, packet.packet.n)) {
                    ASSERT_EQ(step - 1, frames_lost_between(*before, packet)) << number;
                } else {
                    ASSERT_GE(step, 1);
                    ASSERT_LT(step, range / 2);
                }
            }
            before = &packet;
            before_id = info.vp8.picture_id;
        }
    }

    std::int32_t frames_lost_between(const SourcePacket& a, const SourcePacket& b) const {
        std::set<std::size_t> lost;
        for (std::size_t f = a.packet.frame + 1; f < b.packet.frame; ++f) lost.insert(f);
        for (std::int64_t n = a.packet.n + 1; n < b.packet.n; ++n) {
            const SourcePacket* packet = session_.source(a.encoding, n);
            if (packet->arrived >= 0) lost.erase(packet->packet.frame);
        }
        return static_cast<std::int32_t>(lost.size());
    }

    const TrackSession& session_;
    const ReceiverLog& log_;
    std::map<std::int64_t, const SentPacket*> numbers_;
    std::set<std::uint32_t> tags_;
};

// Without loss, a receiver whose target stood for a while gets that, whole, and nothing else.
void check_settled(const TrackSession& session, std::size_t index) {
    constexpr TimeUs kSettleUs = 1'200'000, kWatchedUs = 400'000;
    const ReceiverLog& log = session.receivers()[index];
    const TimeUs last_captured =
        (session.settings().pictures - 1) * session.settings().encoder.picture_us;
    if (log.target_since + kSettleUs + kWatchedUs > last_captured) return;
    const std::int64_t from_picture =
        session.settings().pictures - kWatchedUs / session.settings().encoder.picture_us;
    std::set<std::uint32_t> sent;
    for (const SentPacket& packet : log.sent)
        if (!packet.empty) sent.insert(packet.tag);
    for (const auto& [tag, packet] : session.sources()) {
        const SyntheticEncoder& encoder = session.encoder(packet.encoding);
        const SyntheticFrame& frame = encoder.frames()[packet.packet.frame];
        if (frame.picture < from_picture) continue;
        const InterLayer mode = session.settings().encoder.shape.inter_layer;
        const bool lower_too =
            mode == InterLayer::full || (mode == InterLayer::key_pictures && frame.key_picture);
        const bool wanted = !log.target.paused && packet.encoding == log.target.encoding &&
                            frame.temporal_id <= log.target.temporal &&
                            (frame.spatial_id == log.target.spatial ||
                             (lower_too && frame.spatial_id < log.target.spatial));
        ASSERT_EQ(sent.contains(tag), wanted)
            << "S" << frame.spatial_id << "T" << frame.temporal_id << " of encoding "
            << packet.encoding << ", picture " << frame.picture << ", target encoding "
            << int{log.target.encoding} << " S" << int{log.target.spatial} << "T"
            << int{log.target.temporal};
    }
}

// Returns how many packets were passed over.
std::uint64_t check_seed(const TrackKind& kind, std::uint64_t seed, bool lossy) {
    SCOPED_TRACE(describe(kind, seed));
    Random random(seed);
    const SessionSettings settings = random_settings(kind, lossy, random);
    TrackSession session(settings, random);
    session.play();
    for (std::size_t r = 0; r < settings.receivers; ++r) {
        SCOPED_TRACE("receiver " + std::to_string(r));
        ReceiverCheck(session, r).run();
        if (!lossy) check_settled(session, r);
    }
    return session.passed_over();
}

void check_kind(const TrackKind& kind, std::uint64_t cases, bool lossy) {
    std::uint64_t passed_over = 0;
    for (const std::uint64_t seed : seeds(cases)) {
        passed_over += check_seed(kind, seed, lossy);
        if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(passed_over, 0u);
}

constexpr std::uint64_t kCases = 60;

constexpr std::array kKinds{
    TrackKind{"L1T1", Codec::opaque, 1, 1, InterLayer::full, true, 1},
    TrackKind{"L1T3", Codec::opaque, 1, 3, InterLayer::full, true, 1},
    TrackKind{"L3T3", Codec::opaque, 3, 3, InterLayer::full, true, 1},
    TrackKind{"L2T2", Codec::opaque, 2, 2, InterLayer::full, true, 1},
    TrackKind{"L3T3_KEY", Codec::opaque, 3, 3, InterLayer::key_pictures, true, 1},
    TrackKind{"S3T3", Codec::opaque, 3, 3, InterLayer::none, true, 1},
    TrackKind{"VP9_L3T3", Codec::vp9, 3, 3, InterLayer::full, false, 1},
    TrackKind{"VP9_L3T3_KEY", Codec::vp9, 3, 3, InterLayer::key_pictures, false, 1},
    TrackKind{"VP9_L3T3_descriptor", Codec::vp9, 3, 3, InterLayer::full, true, 1},
    TrackKind{"VP8_L1T3", Codec::vp8, 1, 3, InterLayer::full, false, 1},
    TrackKind{"VP8_simulcast", Codec::vp8, 1, 3, InterLayer::full, false, 3},
    TrackKind{"simulcast_L1T3", Codec::opaque, 1, 3, InterLayer::full, true, 3},
};

TEST_P(TrackProperty, LosslessSwitching) { check_kind(GetParam(), kCases, false); }
TEST_P(TrackProperty, LossyReorderedSwitching) { check_kind(GetParam(), kCases, true); }

// Faults that these seeds found, each far from the first ones.
TEST(TrackRegression, AMoveWaitsForTheOwnFrameOfALatePicture) {  // C5, C7
    check_seed({"L3T3_KEY", Codec::opaque, 3, 3, InterLayer::key_pictures, true, 1}, 20'260'447,
               true);
    check_seed({"S3T3", Codec::opaque, 3, 3, InterLayer::none, true, 1}, 20'260'832, true);
}

INSTANTIATE_TEST_SUITE_P(Modes, TrackProperty, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace strata::relay
