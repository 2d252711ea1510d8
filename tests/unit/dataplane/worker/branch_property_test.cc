// A receiver behind a branch is sent the very bytes that one on the publisher's worker is sent,
// whatever the network does to the stream and however their targets change.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "relay/rtp/extension_map.h"
#include "tests/property/seeds.h"
#include "tests/property/synthetic_encoder.h"
#include "tests/unit/dataplane/worker/rtcp_packets.h"
#include "tests/unit/dataplane/worker/spread_fixture.h"

namespace strata::dataplane::branch_property_test {
namespace {

using relay::EncoderSettings;
using relay::Random;
using relay::SyntheticEncoder;
using relay::TimeUs;

constexpr std::uint8_t kPublisher = 2, kFirstAtHome = 20, kFirstAway = 60;
constexpr std::uint32_t kFirstSsrc = 500, kOutgoing = 7000, kNumber = 40'000;
constexpr std::uint64_t kTransport = 1, kTrack = 2;
constexpr TimeUs kPictureUs = 33'333;

struct Settings {
    EncoderSettings encoder;
    std::size_t encodings = 1;
    relay::ChannelProfile channel;
    int changes_percent = 0;  // of pictures at which a pair changes its target
    int reports_percent = 0;  // of pictures with a sender report (C21)
    std::size_t pairs = 3;
    int pictures = 90;
};

Settings random_settings(Random& random) {
    constexpr relay::Codec kCodecs[] = {relay::Codec::vp8, relay::Codec::vp9, relay::Codec::opaque};
    Settings settings;
    settings.encoder.codec = kCodecs[random.between(0, 2)];
    settings.encoder.descriptor =
        settings.encoder.codec == relay::Codec::opaque || random.chance(50);
    const bool one_layer = settings.encoder.codec == relay::Codec::vp8;
    settings.encoder.shape.spatial_layers = one_layer ? 1 : static_cast<int>(random.between(1, 3));
    settings.encoder.shape.temporal_layers = static_cast<int>(random.between(1, 3));
    settings.encodings = static_cast<std::size_t>(
        settings.encoder.shape.spatial_layers == 1 ? random.between(1, 3) : 1);
    settings.encoder.shape.frames_per_picture =
        settings.encoder.shape.spatial_layers * static_cast<int>(settings.encodings);
    settings.channel = relay::random_channel(random);
    settings.changes_percent = random.chance(80) ? static_cast<int>(random.between(0, 20)) : 0;
    settings.reports_percent = random.chance(50) ? 10 : 0;
    return settings;
}

const char* name_of(relay::Codec codec) {
    return codec == relay::Codec::vp8 ? "VP8" : codec == relay::Codec::vp9 ? "VP9" : "other";
}

void add_descriptor(google::protobuf::RepeatedPtrField<api::Extension>& extensions) {
    api::Extension& extension = *extensions.Add();
    extension.set_id(relay::kSyntheticDescriptorId);
    extension.set_uri(
        std::string(relay::extension_uri(relay::ExtensionKind::dependency_descriptor)));
}

// A published track, and pairs of receivers of which one is on each worker.
class Session {
  public:
    Session(const Settings& settings, Random& random)
        : relay_({}, {}, kNumber), settings_(settings), random_(random) {
        EXPECT_EQ(relay_.transport(kTransport, kPublisher, 0), "");
        add_track();
        for (std::size_t i = 0; i < settings_.pairs; ++i) {
            EXPECT_EQ(relay_.transport(100 + i, of_pair(kFirstAtHome, i), 0), "");
            EXPECT_EQ(relay_.transport(200 + i, of_pair(kFirstAway, i), 1), "");
            set_target(i);
        }
        for (std::size_t e = 0; e < settings_.encodings; ++e)
            encoders_.push_back(std::make_unique<SyntheticEncoder>(
                settings_.encoder, kFirstSsrc + static_cast<std::uint32_t>(e),
                static_cast<std::uint32_t>(e) << 24, random_, frame_number_));
        key_due_.assign(settings_.encodings, 0);
    }

    void play() {
        for (int picture = 0; picture < settings_.pictures; ++picture) {
            encode();
            for (std::size_t i = 0; i < settings_.pairs; ++i)
                if (random_.chance(settings_.changes_percent)) set_target(i);
            run_until(relay_.now + kPictureUs);
        }
        run_until(relay_.now + 2'000'000);
        relay_.expect_equations();
    }

    // The packets that were compared.
    std::size_t check() {
        std::size_t compared = 0;
        for (std::size_t i = 0; i < settings_.pairs; ++i) {
            const auto home = relay_.media_to(of_pair(kFirstAtHome, i));
            const auto away = relay_.media_to(of_pair(kFirstAway, i));
            EXPECT_EQ(home.size(), away.size()) << "pair " << i;
            for (std::size_t n = 0; n < std::min(home.size(), away.size()); ++n) {
                EXPECT_EQ(home[n], away[n]) << "pair " << i << ", packet " << n;
                if (testing::Test::HasFailure()) return compared;
                ++compared;
            }
        }
        return compared;
    }

  private:
    static std::uint8_t of_pair(std::uint8_t first, std::size_t i) {
        return static_cast<std::uint8_t>(first + i);
    }

    void add_track() {
        api::Object object;
        api::Track& track = *object.mutable_track();
        track.set_id(kTrack);
        track.set_transport(kTransport);
        track.set_codec(name_of(settings_.encoder.codec));
        track.set_clock_rate_hz(90'000);
        track.set_payload_type(relay::kSyntheticPayloadType);
        if (settings_.encoder.descriptor) add_descriptor(*track.mutable_extensions());
        for (std::size_t e = 0; e < settings_.encodings; ++e)
            track.add_encodings()->set_ssrc(kFirstSsrc + static_cast<std::uint32_t>(e));
        EXPECT_EQ(relay_.put(object), "");
    }

    // The same to both of a pair.
    void set_target(std::size_t pair) {
        api::LayerTarget target;
        target.set_encoding(static_cast<std::uint32_t>(
            random_.between(0, static_cast<std::int64_t>(settings_.encodings) - 1)));
        target.set_spatial(static_cast<std::uint32_t>(random_.between(0, 2)));
        target.set_temporal(static_cast<std::uint32_t>(random_.between(0, 2)));
        target.set_paused(random_.chance(10));
        for (const std::uint64_t transport : {100 + pair, 200 + pair}) {
            api::Object object;
            api::Subscription& leg = *object.mutable_subscription();
            leg.set_id(1000 + transport);
            leg.set_track(kTrack);
            leg.set_transport(transport);
            leg.set_ssrc(kOutgoing);
            leg.set_payload_type(relay::kSyntheticPayloadType);
            if (settings_.encoder.descriptor && pair != 1)
                add_descriptor(*leg.mutable_extensions());
            *leg.mutable_target() = target;
            EXPECT_EQ(relay_.put(object), "");
        }
    }

    void encode() {
        for (std::size_t e = 0; e < settings_.encodings; ++e) {
            const bool key = key_due_[e] != 0 && key_due_[e] <= relay_.now;
            if (key) key_due_[e] = 0;
            for (auto& packet : encoders_[e]->encode(relay_.now, key)) send(packet.bytes);
            if (random_.chance(settings_.reports_percent)) report(e);
        }
    }

    // Over the channel.
    void send(const Packet& packet) {
        const relay::ChannelProfile& channel = settings_.channel;
        TimeUs at = relay_.now + random_.between(1, 10) * 1'000;
        if (random_.chance(channel.loss_percent)) {
            if (!random_.chance(channel.recovered_percent)) return;
            at += random_.between(20, 20 + channel.recover_after) * 1'000;
        } else if (random_.chance(channel.reorder_percent)) {
            at += random_.between(1, channel.reorder_by) * 1'000;
        }
        in_flight_.emplace(at, packet);
        if (random_.chance(channel.duplicate_percent))
            in_flight_.emplace(at + random_.between(0, 50) * 1'000, packet);
    }

    void report(std::size_t e) {
        relay::SenderReport out;
        out.sender = {encoders_[e]->ssrc()};
        out.ntp = (std::uint64_t{0x83aa'7e80} << 32) + relay::ntp_from_us(relay_.now);
        out.rtp_timestamp = encoders_[e]->timestamp(relay_.now).value;
        in_flight_.emplace(relay_.now + random_.between(1, 30) * 1'000,
                           rtcp([&](auto& w) { w.sender_report(out); }));
    }

    void run_until(TimeUs until) {
        while (relay_.now < until) {
            relay_.now += 1'000;
            while (!in_flight_.empty() && in_flight_.begin()->first <= relay_.now) {
                relay_.push(kPublisher, in_flight_.begin()->second);
                in_flight_.erase(in_flight_.begin());
            }
            relay_.turn();
            follow_requests();
        }
    }

    // A key frame a round trip after it was asked for.
    void follow_requests() {
        for (; seen_ < relay_.sent.size(); ++seen_) {
            if (relay_.sent[seen_].flow.remote_endpoint() != Relay::peer(kPublisher)) continue;
            for (const std::uint32_t ssrc : picture_losses({&relay_.sent[seen_], 1})) {
                const std::size_t e = ssrc - kFirstSsrc;
                if (key_due_.at(e) == 0) key_due_[e] = relay_.now + 50'000;
            }
        }
    }

    SpreadRelay relay_;
    Settings settings_;
    Random& random_;
    std::uint16_t frame_number_ = 0;
    std::vector<std::unique_ptr<SyntheticEncoder>> encoders_;
    std::vector<TimeUs> key_due_;  // 0: nobody asked
    std::multimap<TimeUs, Packet> in_flight_;
    std::size_t seen_ = 0;  // of what was sent
};

TEST(BranchProperty, ABranchSendsTheSameBytes) {
    std::size_t compared = 0;
    for (const std::uint64_t seed : relay::seeds(60)) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random random(seed);
        Session session(random_settings(random), random);
        session.play();
        compared += session.check();
        if (HasFailure()) return;
    }
    EXPECT_GT(compared, 10'000u);
}

}  // namespace
}  // namespace strata::dataplane::branch_property_test
