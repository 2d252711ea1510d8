#include "bench/generator/frame_reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "bench/generator/synthetic_source.h"
#include "relay/rtp/packet.h"
#include "source_folders.h"
#include "tests/unit/gen/virtual_link.h"

namespace strata::gen {
namespace {

// What is read from packets is what the source knows of their frames, in every profile.
TEST(FrameReader, ReadsWhatTheSourceSent) {
    for (const auto& entry : std::filesystem::directory_iterator(STRATA_PROFILES)) {
        SCOPED_TRACE(entry.path().stem().string());
        const Profile profile = load_profile(entry.path().string());
        SyntheticSource source(profile, numbers_near_wrap(profile.track.encodings.size()), 0xfff0);
        const relay::PacketParser parser = profile.track.parser();
        std::map<std::uint8_t, FrameReader> readers;  // by encoding
        std::map<std::uint8_t, std::int64_t> last_id;
        int frames = 0;
        OutgoingPacket packet;
        for (int i = 0; i < 400 && source.next(packet); ++i) {
            relay::PacketInfo info;
            ASSERT_EQ(relay::parse_packet(packet.bytes, parser, info), relay::ParseError::none);
            FrameFacts facts;
            ASSERT_EQ(readers[packet.encoding].read(packet.bytes, info, facts),
                      FrameReader::Result::read);
            EXPECT_LT(facts.spatial_id, profile.mode.spatial_layers);
            EXPECT_LT(facts.temporal_id, profile.mode.temporal_layers);
            if (!packet.begins_frame) continue;
            ++frames;
            EXPECT_TRUE(!last_id.contains(packet.encoding) || facts.id > last_id[packet.encoding]);
            last_id[packet.encoding] = facts.id;
            EXPECT_EQ(facts.spatial_id, packet.frame.spatial_id);
            EXPECT_EQ(facts.temporal_id, packet.frame.temporal_id);
            EXPECT_NE(facts.wanted, 0) << "a frame that nobody could want";
        }
        EXPECT_GT(frames, 20);
    }
}

TEST(FrameReader, PaddingIsEmptyAndALostStructureUnreadable) {  // C9
    const Profile profile = load_profile(STRATA_PROFILES "/av1-l3t3.json");
    SyntheticSource source(profile, numbers_near_wrap(1), 0);
    const relay::PacketParser parser = profile.track.parser();
    FrameReader late;
    OutgoingPacket packet;
    bool skipped = false, unreadable = false;
    for (int i = 0; i < 60 && source.next(packet); ++i) {
        relay::PacketInfo info;
        ASSERT_EQ(relay::parse_packet(packet.bytes, parser, info), relay::ParseError::none);
        FrameFacts facts;
        if (!skipped) {  // the packet with the structure
            skipped = true;
            info.payload_size = 0;
            EXPECT_EQ(late.read(packet.bytes, info, facts), FrameReader::Result::empty);
            continue;
        }
        unreadable |= late.read(packet.bytes, info, facts) == FrameReader::Result::unreadable;
    }
    EXPECT_TRUE(unreadable);
}

}  // namespace
}  // namespace strata::gen
