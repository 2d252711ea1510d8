#include "bench/generator/capture.h"

#include <gtest/gtest.h>

#include "bench/generator/pcap_reader.h"
#include "source_folders.h"

namespace strata::gen {
namespace {

std::string path_of(const char* name) { return std::string(STRATA_CAPTURES "/") + name + ".pcap"; }

TEST(Capture, TheSidecarSaysWhatTheTrackIs) {
    const Capture capture = load_capture(path_of("vp9-L3T3"), TrackKind::video);
    EXPECT_EQ(capture.track.codec, "VP9");
    ASSERT_EQ(capture.track.encodings.size(), 1u);
    EXPECT_NE(capture.track.encodings[0].ssrc, 0u);
    EXPECT_FALSE(capture.track.extensions.empty());
    EXPECT_GT(capture.packets.size(), 500u);
    EXPECT_EQ(capture.packets.front().at_us, 0);
    EXPECT_EQ(capture.packets.back().at_us, capture.duration_us);
    EXPECT_TRUE(capture.clocks.at(0).known);
}

TEST(Capture, PacketsAreInOrderAndWhole) {
    const Capture capture = load_capture(path_of("vp8-SIM3_L1T3"), TrackKind::any);
    ASSERT_EQ(capture.track.encodings.size(), 3u);
    const relay::PacketParser parser = capture.track.parser();
    std::int64_t before = 0;
    std::vector<int> seen(3), last_marker(3);
    for (const CapturedPacket& packet : capture.packets) {
        EXPECT_GE(packet.at_us, before);
        before = packet.at_us;
        relay::PacketInfo info;
        ASSERT_EQ(relay::parse_packet(packet.bytes, parser, info), relay::ParseError::none);
        const bool first = seen.at(packet.encoding)++ == 0;
        EXPECT_TRUE(!first || info.key_frame) << "cut to a key frame";
        last_marker[packet.encoding] = info.marker ? 1 : 0;
    }
    for (int e = 0; e < 3; ++e) EXPECT_EQ(last_marker[static_cast<std::size_t>(e)], 1);
}

TEST(Capture, WhatIsNotThereIsNamed) {
    EXPECT_THROW(load_capture(path_of("nothing"), TrackKind::any), FileError);
    EXPECT_THROW(load_capture(path_of("opus-PLAIN"), TrackKind::video), FileError);
}

}  // namespace
}  // namespace strata::gen
