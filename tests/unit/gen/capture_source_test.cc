#include "bench/generator/capture_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "relay/codec/dependency_descriptor.h"
#include "relay/rtp/byte_order.h"
#include "source_folders.h"
#include "tests/unit/gen/virtual_link.h"

namespace strata::gen {
namespace {

const char* const kCaptures[] = {
    "av1-L1T3",           "av1-L3T3",      "av1-L3T3_KEY",     "av1-L3T3-bitratedrop",
    "h264-L1T1",          "h264-L1T3",     "opus-PLAIN",       "opus-RED",
    "vp8-L1T3",           "vp8-L1T3-noDD", "vp9-L1T3",         "vp9-L3T3",
    "vp9-L3T3-layerdrop", "vp9-L3T3_KEY",  "vp9-L3T3_KEY-noDD"};

std::string path_of(const std::string& name) {
    return std::string(STRATA_CAPTURES "/") + name + ".pcap";
}

std::unique_ptr<CaptureSource> make(const std::string& name, double speed = 1.0,
                                    std::uint32_t loops = 0) {
    const Capture capture = load_capture(path_of(name), TrackKind::any);
    CaptureSourceConfig config;
    config.fresh = numbers_near_wrap(capture.track.encodings.size());
    config.first_frame_number = 0xfff0;
    config.speed = speed;
    config.loops = loops;
    return std::make_unique<CaptureSource>(capture, config);
}

// Several loops, starting right before the wrap of every counter, look like one unbroken stream.
TEST(CaptureSource, LoopsCleanlyOverTheWrapOfEveryCounter) {  // C24
    for (const char* name : kCaptures) {
        SCOPED_TRACE(name);
        auto source = make(name);
        const double loop_s = static_cast<double>(source->loop_us()) / 1e6;
        const relay::Codec codec = source->track().relay_codec();
        VirtualLink link(std::move(source));
        link.run(3 * loop_s);
        link.finish();
        const ReceiverTotals& totals = link.receiver().totals();
        EXPECT_GT(totals.packets, 100u);
        // All layers arrive: of k-SVC that is more than a receiver's set.
        for (std::size_t i = 0; i < kFaults; ++i) {
            const auto fault = static_cast<Fault>(i);
            if (fault == Fault::wrong_layer_frames) continue;
            EXPECT_EQ(link.faults(fault), 0u)
                << fault_name(fault) << ": " << link.receiver().faults().first(fault);
        }
        EXPECT_EQ(link.receiver().sequence().lost(), 0u);
        if (codec != relay::Codec::opus) {
            EXPECT_GE(link.receiver().pictures().key_pictures, 3u);
        }
        EXPECT_GE(totals.sender_reports, 3u);
    }
}

TEST(CaptureSource, SimulcastKeepsOneFrameNumberOverLoops) {  // B3
    auto source = make("vp8-SIM_L1T3");
    const relay::PacketParser parser = source->track().parser();
    ASSERT_EQ(source->track().encodings.size(), 3u);
    EXPECT_EQ(source->track().encodings[0].rid, "q");
    relay::Unwrapper<16> numbers;
    std::map<std::int64_t, std::uint32_t> owner;  // frame number: SSRC
    std::int64_t last_loop_highest = 0;
    const std::size_t per_loop = source->packets_per_loop();
    std::int64_t highest = 0;
    for (std::size_t i = 0; i < 3 * per_loop; ++i) {
        if (i % per_loop == 0) last_loop_highest = highest;
        OutgoingPacket packet;
        ASSERT_TRUE(source->next(packet));
        relay::PacketInfo info;
        ASSERT_EQ(relay::parse_packet(packet.bytes, parser, info), relay::ParseError::none);
        const auto* descriptor = info.find(relay::ExtensionKind::dependency_descriptor);
        ASSERT_NE(descriptor, nullptr);
        const std::int64_t number =
            numbers.unwrap(relay::load_be16(&packet.bytes[descriptor->offset + 1]));
        EXPECT_GT(number, last_loop_highest) << "loops don't share numbers";
        highest = std::max(highest, number);
        const auto [at, added] = owner.emplace(number, info.ssrc.value);
        EXPECT_EQ(at->second, info.ssrc.value) << "a frame number belongs to one encoding";
    }
}

// Timestamps of all rids mean the same instant when mapped by the sender reports' clock.
TEST(CaptureSource, ClocksOfTheEncodingsAgree) {  // B3, C21
    auto source = make("vp8-SIM_L1T3");
    std::map<std::int64_t, std::set<std::uint8_t>> instants;
    for (std::size_t i = 0; i < 2 * source->packets_per_loop(); ++i) {
        OutgoingPacket packet;
        ASSERT_TRUE(source->next(packet));
        const std::uint32_t timestamp = relay::load_be32(&packet.bytes[4]);
        const auto off = static_cast<std::int32_t>(
            timestamp - source->timestamp_at(packet.encoding, packet.frame.media_us));
        EXPECT_LE(std::abs(off), 2) << "media time and timestamp agree";
        instants[packet.frame.media_us / 1000].insert(packet.encoding);
    }
    // Pictures of one instant were captured together.
    const auto together = std::count_if(instants.begin(), instants.end(),
                                        [](const auto& i) { return i.second.size() >= 2; });
    EXPECT_GT(together, static_cast<std::ptrdiff_t>(instants.size() / 3));
}

TEST(CaptureSource, EncodingsAreInTheOrderOfTheirPictures) {
    for (const char* name : {"vp8-SIM_L1T3", "vp8-SIM3_L1T3"}) {
        const TrackDescription track = load_capture(path_of(name), TrackKind::video).track;
        ASSERT_EQ(track.encodings.size(), 3u) << name;
        EXPECT_EQ(track.encodings[0].rid, "q") << name;
        EXPECT_EQ(track.encodings[1].rid, "h") << name;
        EXPECT_EQ(track.encodings[2].rid, "f") << name;
    }
}

TEST(CaptureSource, SpeedCompressesPacingAndTimestamps) {
    auto slow = make("vp9-L1T3", 1.0, 1);
    auto fast = make("vp9-L1T3", 2.0, 1);
    OutgoingPacket a, b;
    std::uint32_t first = 0;
    std::size_t count = 0;
    while (slow->next(a)) {
        ASSERT_TRUE(fast->next(b));
        if (count++ == 0) first = relay::load_be32(&a.bytes[4]);
        EXPECT_NEAR(static_cast<double>(a.at_us) / 2, static_cast<double>(b.at_us), 1);
        EXPECT_NEAR((relay::load_be32(&a.bytes[4]) - first) / 2.0,
                    relay::load_be32(&b.bytes[4]) - first, 1);
    }
    EXPECT_FALSE(fast->next(b));
    EXPECT_EQ(count, slow->packets_per_loop());
}

TEST(CaptureSource, FreshNumbersHideTheCapture) {
    auto source = make("vp9-L3T3");
    OutgoingPacket packet;
    ASSERT_TRUE(source->next(packet));
    EXPECT_EQ(relay::load_be32(&packet.bytes[8]), 0x1000u);
    EXPECT_EQ(relay::load_be16(&packet.bytes[2]), 0xffe0);
    EXPECT_EQ(relay::load_be32(&packet.bytes[4]), 0xffffff00u);
    EXPECT_TRUE(packet.begins_frame && packet.frame.key_picture);
    EXPECT_EQ(source->track().payload_type, 98);
}

TEST(CaptureSource, FixedLayerSetsOfCapturesAreRight) {
    for (const char* name : {"vp9-L3T3", "av1-L3T3_KEY", "vp9-L3T3_KEY-noDD", "av1-L3T3"}) {
        for (const auto& [s, t] : {std::pair{0, 0}, {1, 2}, {2, 1}, {2, 2}}) {
            SCOPED_TRACE(std::string(name) + " S" + std::to_string(s) + "T" + std::to_string(t));
            auto source = make(name);
            const double loop_s = static_cast<double>(source->loop_us()) / 1e6;
            const TrackDescription track = source->track();
            VirtualLink link(std::move(source), "S" + std::to_string(s) + "T" + std::to_string(t));
            link.set_middle(
                relay_for(track, static_cast<std::size_t>(s), static_cast<std::size_t>(t)));
            link.run(2 * loop_s);
            link.finish();
            EXPECT_EQ(link.wrong(), "");
        }
    }
}

}  // namespace
}  // namespace strata::gen
