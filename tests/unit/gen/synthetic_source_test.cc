#include "bench/generator/synthetic_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "source_folders.h"
#include "tests/unit/gen/virtual_link.h"

namespace strata::gen {
namespace {

std::unique_ptr<SyntheticSource> of_profile(const std::string& name) {
    const Profile profile = load_profile(std::string(STRATA_PROFILES "/") + name + ".json");
    return std::make_unique<SyntheticSource>(
        profile, numbers_near_wrap(profile.track.encodings.size()), 0xfff0);
}

// Every profile, through every fixed set of layers, over the wrap of every counter: nothing is
// wrong.
TEST(SyntheticSource, EveryLayerSetOfEveryProfileIsRight) {  // C24
    for (const auto& entry : std::filesystem::directory_iterator(STRATA_PROFILES)) {
        const std::string name = entry.path().stem().string();
        if (load_profile(entry.path().string()).simulcast) continue;
        SCOPED_TRACE(name);
        for (std::size_t s = 0; s < 3; ++s) {
            for (std::size_t t = 0; t < 3; ++t) {
                const std::string target = "S" + std::to_string(s) + "T" + std::to_string(t);
                const Profile profile = load_profile(entry.path().string());
                if (s >= profile.mode.spatial_layers || t >= profile.mode.temporal_layers) continue;
                // The link doesn't renumber pictures, as VP8 needs below its highest layer (C23).
                if (profile.codec == relay::Codec::vp8 && t + 1 < profile.mode.temporal_layers)
                    continue;
                VirtualLink link(of_profile(name), target);
                link.set_middle(relay_for(profile.track, s, t));
                link.run(4);
                link.finish();
                EXPECT_EQ(link.wrong(), "") << target;
                EXPECT_GT(link.receiver().totals().packets, 20u);
                EXPECT_GT(link.receiver().layers().wanted_frames(), 10u);
            }
        }
    }
}

TEST(SyntheticSource, RateIsThatOfTheProfile) {
    VirtualLink link(of_profile("vp9-l3t3"));
    link.run(10);
    // 1,750 kbit/s of payload plus one key frame and headers.
    const double kbps = static_cast<double>(link.publisher().totals().bytes) * 8 / 1000 / 10;
    EXPECT_GT(kbps, 1'750);
    EXPECT_LT(kbps, 2'000);
    EXPECT_NEAR(static_cast<double>(link.publisher().totals().frames), 900, 3);
}

TEST(SyntheticSource, AnswersKeyFrameRequestsNotTooOften) {  // C33
    VirtualLink link(of_profile("av1-l3t3"));
    link.run(1.5);
    const std::uint64_t before = link.publisher().totals().key_pictures;
    RtcpContents request;
    request.key_frame_requests.push_back({0x1000, false});
    for (int i = 0; i < 10; ++i) link.publisher().on_rtcp(request);
    link.run(0.1);
    EXPECT_EQ(link.publisher().totals().key_pictures, before + 1);
    EXPECT_EQ(link.publisher().totals().plis, 10u);
    link.finish();
    EXPECT_EQ(link.wrong(), "");
}

TEST(SyntheticSource, SimulcastSharesOneFrameNumberAndNamesItsRids) {  // B3, B8
    auto source = of_profile("vp8-simulcast");
    const relay::PacketParser parser = source->track().parser();
    std::map<std::uint32_t, int> with_rid;
    for (int i = 0; i < 500; ++i) {
        OutgoingPacket packet;
        ASSERT_TRUE(source->next(packet));
        relay::PacketInfo info;
        ASSERT_EQ(relay::parse_packet(packet.bytes, parser, info), relay::ParseError::none);
        with_rid[info.ssrc.value] += info.find(relay::ExtensionKind::rid) != nullptr;
        EXPECT_LE(packet.bytes.size(), 1200u);
    }
    EXPECT_EQ(with_rid.size(), 3u);
    for (const auto& [ssrc, count] : with_rid) EXPECT_EQ(count, 16) << ssrc;
}

}  // namespace
}  // namespace strata::gen
