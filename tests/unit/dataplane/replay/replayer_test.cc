#include "dataplane/replay/replayer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {
namespace {

const Endpoint kPublisher = Relay::peer(2), kRelay = Relay::peer(1, 4000);

// One audio packet each 20 ms, and packets of another flow between them.
Capture audio_capture(int packets) {
    Capture capture;
    const auto add = [&](const Endpoint& from, const Endpoint& to, const Packet& bytes, int ms) {
        capture.packets.push_back({.time_us = 1'700'000'000'000'000 + ms * 1000,
                                   .source = from,
                                   .destination = to,
                                   .payload_at = capture.bytes.size(),
                                   .payload_size = bytes.size()});
        capture.bytes.insert(capture.bytes.end(), bytes.begin(), bytes.end());
    };
    for (int i = 0; i < packets; ++i) {
        add(kPublisher, kRelay,
            rtp({.ssrc = 77,
                 .sequence = static_cast<std::uint16_t>(i),
                 .timestamp = static_cast<std::uint32_t>(i) * 960}),
            i * 20);
        add(kRelay, kPublisher, rtp({.ssrc = 99, .payload_type = 50}), i * 20 + 1);
    }
    return capture;
}

Session audio_session() {
    Session session;
    session.tracks.push_back({.id = "a",
                              .codec = "opus",
                              .clock_rate_hz = 48'000,
                              .payload_type = 111,
                              .encodings = {{.ssrc = 77}}});
    session.receivers.push_back({.id = "all",
                                 .track = "a",
                                 .payload_type = 111,
                                 .layers = {{.at_us = 0, .spatial = 3, .temporal = 3}}});
    session.receivers.push_back({.id = "part",
                                 .track = "a",
                                 .payload_type = 111,
                                 .layers = {{.at_us = 500'000, .spatial = 3, .temporal = 3},
                                            {.at_us = 800'000, .paused = true}}});
    return session;
}

struct Played {
    std::string summary;
    Capture all, part;
};

Played play(std::uint64_t seed) {
    ensure_eal();
    const std::string folder = testing::TempDir() + "strata-replay-" + std::to_string(::getpid());
    ::mkdir(folder.c_str(), 0700);
    Played out;
    {
        auto replayer = Replayer::create(audio_session(), {.seed = seed}, folder).value();
        const auto done = replayer->run(audio_capture(50));
        EXPECT_TRUE(done) << done.error();
        out.summary = replayer->summary();
    }
    out.all = read_capture(folder + "/all.pcap").value();
    out.part = read_capture(folder + "/part.pcap").value();
    return out;
}

TEST(Replayer, GivesEachReceiverWhatItsScheduleAsksFor) {
    const Played played = play(1);
    ASSERT_EQ(played.all.packets.size(), 50u);
    EXPECT_EQ(played.all.packets[0].time_us, 1'700'000'000'000'000);
    EXPECT_EQ(played.all.packets[49].time_us, 1'700'000'000'980'000);
    ASSERT_EQ(played.part.packets.size(), 15u);
    EXPECT_EQ(played.part.packets.front().time_us, 1'700'000'000'500'000);
    EXPECT_EQ(played.part.packets.back().time_us, 1'700'000'000'780'000);
    EXPECT_NE(played.summary.find("\"packets\":50,\"other_flows\":50,"), std::string::npos)
        << played.summary;
}

TEST(Replayer, TheSameSeedGivesTheSameBytes) {
    const Played first = play(5), second = play(5), other = play(6);
    EXPECT_EQ(first.all.bytes, second.all.bytes);
    EXPECT_EQ(first.part.bytes, second.part.bytes);
    EXPECT_EQ(first.summary, second.summary);
    EXPECT_NE(first.all.bytes, other.all.bytes);
}

TEST(Replayer, ACaptureOfSomethingElseIsAnError) {
    ensure_eal();
    auto replayer = Replayer::create(audio_session(), {}, testing::TempDir());
    ASSERT_TRUE(replayer) << replayer.error();
    Capture other = audio_capture(1);
    other.packets.erase(other.packets.begin());
    EXPECT_FALSE((*replayer)->run(other));
}

TEST(Replayer, AFolderThatIsMissingIsAnError) {
    ensure_eal();
    const auto replayer = Replayer::create(audio_session(), {}, "/nonexistent");
    ASSERT_FALSE(replayer);
    EXPECT_NE(replayer.error().find("/nonexistent/all.pcap"), std::string::npos);
}

}  // namespace
}  // namespace strata::dataplane
