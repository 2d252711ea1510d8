// A track whose receivers are on two workers.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/rtcp_packets.h"
#include "tests/unit/dataplane/worker/spread_fixture.h"

namespace strata::dataplane::worker_handoff_test {
namespace {

using api::ObjectValue;
using api::RxDrop;
using api::StatisticsKind;
using api::WorkerCounter;

constexpr std::uint32_t kSsrc = 1111, kOutgoing = 7000;
constexpr std::uint8_t kPublisher = 2, kAtHome = 11, kAway = 12;

// Publisher 10.0.0.2 on worker 0; receivers 10.0.0.11 there and 10.0.0.12 on worker 1.
void room(SpreadRelay& relay, const std::string& codec, bool at_home = true) {
    ASSERT_EQ(relay.transport(1, kPublisher, 0), "");
    ASSERT_EQ(relay.track(2, 1, codec, {kSsrc}), "");
    if (at_home) {
        ASSERT_EQ(relay.transport(3, kAtHome, 0), "");
        ASSERT_EQ(relay.subscription(4, 2, 3, kOutgoing), "");
    }
    ASSERT_EQ(relay.transport(5, kAway, 1), "");
    ASSERT_EQ(relay.subscription(6, 2, 5, kOutgoing), "");
}

Packet audio(std::uint16_t sequence) {
    return rtp({.ssrc = kSsrc, .sequence = sequence, .timestamp = sequence * 960u});
}

Packet video(std::uint16_t sequence, bool key_frame) {
    return rtp({.ssrc = kSsrc,
                .sequence = sequence,
                .timestamp = sequence * 3000u,
                .marker = true,
                .payload = vp8_payload(key_frame)});
}

std::size_t picture_losses_sent(const SpreadRelay& relay) {
    const auto asked_for = picture_losses(relay.rtcp_to(kPublisher));
    return static_cast<std::size_t>(std::ranges::count(asked_for, kSsrc));
}

std::vector<std::uint16_t> sequences(const std::vector<Packet>& packets) {
    std::vector<std::uint16_t> out;
    for (const Packet& packet : packets) out.push_back(relay::load_be16(&packet[2]));
    return out;
}

TEST(Handoff, ReceiversOfBothWorkersGetTheSame) {
    SpreadRelay relay;
    room(relay, "opus");
    for (std::uint16_t n = 1; n <= 40; ++n) relay.push(kPublisher, audio(n));
    relay.turn();
    const auto home = relay.media_to(kAtHome), away = relay.media_to(kAway);
    ASSERT_EQ(home.size(), 40u);
    ASSERT_EQ(away.size(), 40u);
    for (std::size_t i = 0; i < away.size(); ++i) {
        EXPECT_EQ(static_cast<std::uint16_t>(relay::load_be16(&away[i][2]) -
                                             relay::load_be16(&away[0][2])),
                  i);
        EXPECT_EQ(relay::load_be32(&away[i][8]), kOutgoing);
        EXPECT_EQ(Packet(away[i].begin() + 12, away[i].end()),
                  Packet(home[i].begin() + 12, home[i].end()));
    }
    EXPECT_EQ(relay.get(0, WorkerCounter::handed_out), 40u);
    EXPECT_EQ(relay.get(1, WorkerCounter::handed_in), 40u);
    EXPECT_EQ(relay.get(0, WorkerCounter::handed_only), 0u) << "receivers here took them too";
    EXPECT_EQ(relay.get(1, WorkerCounter::rx_packets), 0u);
    EXPECT_EQ(relay.get(1, WorkerCounter::fanned_out), 40u);
    relay.expect_equations();
}

TEST(Handoff, APacketForAnotherWorkerAloneIsNoDrop) {
    SpreadRelay relay;
    room(relay, "opus", false);
    for (std::uint16_t n = 1; n <= 3; ++n) relay.receive(kPublisher, audio(n));
    EXPECT_EQ(relay.media_to(kAway).size(), 3u);
    EXPECT_EQ(relay.get(0, WorkerCounter::handed_only), 3u);
    EXPECT_EQ(relay.get(0, WorkerCounter::fanned_out), 0u);
    EXPECT_EQ(relay.get(0, RxDrop::no_receiver), 0u);
    relay.expect_equations();
}

TEST(Handoff, DuplicatesEndAtEachWorker) {
    SpreadRelay relay;
    room(relay, "opus");
    relay.receive(kPublisher, audio(1));
    relay.receive(kPublisher, audio(1));
    EXPECT_EQ(relay.media_to(kAtHome).size(), 1u);
    EXPECT_EQ(relay.media_to(kAway).size(), 1u);
    EXPECT_EQ(relay.get(1, RxDrop::duplicate), 1u);
    relay.expect_equations();
}

// What doesn't fit into the ring is counted, and to receivers it is lost upstream: its number stays
// free (C16).
TEST(Handoff, AFullRingLosesPacketsAndCountsThem) {
    WorkerConfig config;
    config.handoff_ring = 16;
    SpreadRelay relay(config);
    room(relay, "opus");
    relay.receive(kPublisher, audio(1));
    for (std::uint16_t n = 2; n <= 31; ++n) relay.push(kPublisher, audio(n));
    relay.workers[0]->turn(relay.now, 32);
    EXPECT_EQ(relay.get(0, WorkerCounter::handed_out), 17u);
    EXPECT_EQ(relay.get(0, WorkerCounter::handoff_full), 14u);
    relay.expect_equations(16);
    relay.turn();
    relay.receive(kPublisher, audio(32));
    EXPECT_EQ(relay.media_to(kAtHome).size(), 32u);
    const auto away = sequences(relay.media_to(kAway));
    ASSERT_EQ(away.size(), 18u);
    EXPECT_EQ(static_cast<std::uint16_t>(away[17] - away[16]), 15u) << "14 are missing";
    relay.expect_equations();
}

TEST(Handoff, ABranchThatGoesWhilePacketsAreOnTheirWay) {
    SpreadRelay relay;
    room(relay, "opus");
    for (std::uint16_t n = 1; n <= 5; ++n) relay.push(kPublisher, audio(n));
    relay.workers[0]->turn(relay.now, 32);
    relay.expect_equations(5);
    relay.remove(api::SUBSCRIPTION, 6);
    EXPECT_EQ(relay.media_to(kAway).size(), 0u);
    EXPECT_EQ(relay.get(1, RxDrop::branch_gone), 5u);
    EXPECT_FALSE(relay.has_slot(1, StatisticsKind::branch, 2));
    relay.expect_equations();
    // Nothing is handed for it any more, and another one at its place gets nothing of its packets.
    ASSERT_EQ(relay.subscription(8, 2, 5, kOutgoing + 1), "");
    relay.receive(kPublisher, audio(6));
    EXPECT_EQ(relay.media_to(kAway).size(), 1u);
    EXPECT_EQ(relay.get(1, RxDrop::branch_gone), 5u);
    relay.remove(api::SUBSCRIPTION, 8);
    relay.receive(kPublisher, audio(7));
    EXPECT_EQ(relay.get(0, WorkerCounter::handed_out), 6u);
    relay.expect_equations();
}

TEST(Handoff, ATrackThatGoesTakesItsBranchesAlong) {
    SpreadRelay relay;
    room(relay, "VP8");
    relay.push(kPublisher, video(1, true));
    relay.workers[0]->turn(relay.now, 32);
    // A request for a key frame is on its way back, too.
    relay.push(kAway, picture_loss_of(kOutgoing), 1);
    relay.workers[1]->turn(relay.now, 32);
    relay.remove(api::TRACK, 2);
    relay.turn();
    EXPECT_FALSE(relay.has_slot(1, StatisticsKind::branch, 2));
    EXPECT_FALSE(relay.has_slot(1, StatisticsKind::subscription, 6));
    relay.expect_equations();
    ASSERT_EQ(relay.track(2, 1, "VP8", {kSsrc}), "");
    ASSERT_EQ(relay.subscription(6, 2, 5, kOutgoing), "");
    relay.receive(kPublisher, video(100, true));
    EXPECT_EQ(relay.media_to(kAway).size(), 2u);
    relay.expect_equations();
}

TEST(Handoff, AReceiverElsewhereMakesThePublisherSendAKeyFrame) {  // C33
    SpreadRelay relay;
    room(relay, "VP8", false);
    // It waits for one.
    relay.receive(kPublisher, video(1, false));
    EXPECT_EQ(picture_losses_sent(relay), 1u);
    EXPECT_EQ(relay.get(1, WorkerCounter::key_frame_requests_passed), 1u);
    EXPECT_EQ(relay.media_to(kAway).size(), 0u);
    EXPECT_EQ(relay.get(1, RxDrop::waiting_for_key), 1u);
    relay.receive(kPublisher, video(2, true));
    relay.receive(kPublisher, video(3, false));
    EXPECT_EQ(relay.media_to(kAway).size(), 2u);
    // And when it says that a picture is lost.
    relay.pass(2'000'000);
    relay.receive(kPublisher, video(4, false));
    relay.sent.clear();
    relay.receive(kAway, picture_loss_of(kOutgoing), 1);
    EXPECT_EQ(picture_losses_sent(relay), 1u);
    relay.receive(kAway, picture_loss_of(kOutgoing), 1);
    EXPECT_EQ(picture_losses_sent(relay), 1u) << "throttled";
    EXPECT_EQ(relay.get(1, WorkerCounter::key_frame_requests_out), 0u);
    relay.receive(kPublisher, video(5, true));
    relay.pass(500'000);
    EXPECT_EQ(relay.value(1, StatisticsKind::branch, 2, ObjectValue::key_frame_requests), 2u);
    relay.expect_equations();
}

// However many workers ask, the publisher is asked no more often than by one (C33).
TEST(Handoff, TheSourceIsThrottledForAllWorkersTogether) {
    SpreadRelay relay;
    room(relay, "VP8");
    relay.receive(kPublisher, video(1, true));
    relay.pass(2'000'000);
    relay.receive(kPublisher, video(2, false));
    relay.sent.clear();
    relay.push(kAtHome, picture_loss_of(kOutgoing), 0);
    relay.push(kAway, picture_loss_of(kOutgoing), 1);
    relay.turn();
    EXPECT_EQ(picture_losses_sent(relay), 1u);
    relay.receive(kPublisher, video(3, true));  // what both wanted
    relay.pass(3'000'000);
    EXPECT_EQ(picture_losses_sent(relay), 1u);
}

TEST(Handoff, ABranchSendsAgainByItself) {  // C26, C27
    SpreadRelay relay;
    room(relay, "VP8", false);
    relay.receive(kPublisher, video(1, true));
    relay.receive(kPublisher, video(2, false));
    const auto ask = [&](std::uint16_t sequence) {
        const std::array<relay::SequenceNumber, 1> numbers{relay::SequenceNumber{sequence}};
        relay.receive(kAway, nack_of(kOutgoing, numbers), 1);
    };
    ask(relay::load_be16(&relay.media_to(kAway)[1][2]));  // without RTX, history begins now
    relay.receive(kPublisher, video(3, false));
    const Packet third = relay.media_to(kAway).back();
    relay.pass(200'000);
    relay.sent.clear();
    ask(relay::load_be16(&third[2]));
    ASSERT_EQ(relay.media_to(kAway).size(), 1u);
    EXPECT_EQ(relay.media_to(kAway)[0], third);
    EXPECT_EQ(relay.get(1, WorkerCounter::retransmissions_out), 1u);
    EXPECT_EQ(relay.get(0, WorkerCounter::nacks_out), 0u);
    relay.expect_equations();
}

// C31: sender reports of a branch carry the publisher's mapping, also of reports from before there
// was a branch.
TEST(Handoff, SenderReportsCarryThePublishersClock) {
    SpreadRelay relay;
    ASSERT_EQ(relay.transport(1, kPublisher, 0), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {kSsrc}), "");
    ASSERT_EQ(relay.transport(3, kAtHome, 0), "");
    ASSERT_EQ(relay.subscription(4, 2, 3, kOutgoing), "");
    const std::uint64_t ntp = std::uint64_t{0x83aa'7e80} << 32;
    const auto report = [&](std::uint64_t at, std::uint32_t timestamp) {
        relay.receive(kPublisher, rtcp([&](auto& w) {
                          relay::SenderReport out;
                          out.sender = {kSsrc};
                          out.ntp = at;
                          out.rtp_timestamp = timestamp;
                          w.sender_report(out);
                      }));
    };
    report(ntp, 960);
    ASSERT_EQ(relay.transport(5, kAway, 1), "");
    ASSERT_EQ(relay.subscription(6, 2, 5, kOutgoing), "");
    const auto mapping = [&](std::uint8_t receiver) {
        std::optional<relay::SenderReport> last;
        for (const Packet& packet : relay.rtcp_to(receiver)) {
            relay::RtcpCompound compound(packet);
            relay::SenderReport read;
            while (const auto part = compound.next())
                if (relay::read_sender_report(*part, read)) last = read;
        }
        EXPECT_TRUE(last) << "receiver " << int{receiver};
        return last.value_or(relay::SenderReport{});
    };
    const auto same_instant = [&](const char* when) {
        // Timestamps of the same source packet on both sides, then those of the reports: at one NTP
        // time they are equally far from them.
        relay.sent.clear();
        relay.receive(kPublisher, audio(1000));
        const std::uint32_t home = relay::load_be32(&relay.media_to(kAtHome)[0][4]);
        const std::uint32_t away = relay::load_be32(&relay.media_to(kAway)[0][4]);
        relay.pass(2'500'000);
        const relay::SenderReport a = mapping(kAtHome), b = mapping(kAway);
        // 32.32 fixed point.
        const auto expected = static_cast<double>(static_cast<std::int64_t>(b.ntp - a.ntp)) /
                              4'294'967'296.0 * 48'000;
        const auto found =
            static_cast<std::int32_t>((b.rtp_timestamp - away) - (a.rtp_timestamp - home));
        EXPECT_NEAR(static_cast<double>(found), expected, 2.0) << when;
    };
    for (std::uint16_t n = 1; n < 50; ++n) relay.receive(kPublisher, audio(n));
    same_instant("a report from before");
    report(ntp + (std::uint64_t{3} << 32), 960 + 3 * 48'000 + 77);
    relay.receive(kPublisher, audio(1001));
    relay.sent.clear();
    relay.pass(1'500'000);
    relay.receive(kPublisher, audio(1002));
    EXPECT_FALSE(relay.rtcp_to(kAway).empty());
    relay.expect_equations();
}

TEST(Handoff, BranchesCountAsTracksOfTheirWorker) {
    StateLimits limits;
    limits.tracks_per_worker = 1;
    SpreadRelay relay({}, limits);
    ASSERT_EQ(relay.transport(1, kPublisher, 0), "");
    ASSERT_EQ(relay.track(2, 1, "opus", {kSsrc}), "");
    ASSERT_EQ(relay.transport(5, kAway, 1), "");
    ASSERT_EQ(relay.track(3, 5, "opus", {kSsrc}), "");
    EXPECT_EQ(relay.subscription(6, 2, 5, kOutgoing), "capacity");
    relay.remove(api::TRACK, 3);
    EXPECT_EQ(relay.subscription(6, 2, 5, kOutgoing), "");
    relay.receive(kPublisher, audio(1));
    EXPECT_EQ(relay.media_to(kAway).size(), 1u);
    EXPECT_EQ(relay.value(1, StatisticsKind::branch, 2, ObjectValue::receivers), 0u);
    relay.pass(600'000);
    EXPECT_EQ(relay.value(1, StatisticsKind::branch, 2, ObjectValue::receivers), 1u);
    EXPECT_EQ(relay.value(1, StatisticsKind::branch, 2, ObjectValue::packets), 1u);
    relay.expect_equations();
}

// Many receivers on the branch: its own capacity grows.
TEST(Handoff, ABranchGrows) {
    SpreadRelay relay;
    room(relay, "opus", false);
    for (std::uint64_t i = 0; i < 40; ++i) {
        ASSERT_EQ(relay.transport(100 + 2 * i, static_cast<std::uint8_t>(20 + i), 1), "");
        ASSERT_EQ(relay.subscription(101 + 2 * i, 2, 100 + 2 * i, kOutgoing), "");
    }
    relay.receive(kPublisher, audio(1));
    relay.receive(kPublisher, audio(2));
    for (std::uint8_t i = 0; i < 40; ++i)
        EXPECT_EQ(relay.media_to(static_cast<std::uint8_t>(20 + i)).size(), 2u);
    EXPECT_EQ(relay.get(0, WorkerCounter::handed_out), 2u) << "once per packet and worker";
    relay.expect_equations();
}

// Both have publishers and receivers of each other's tracks.
TEST(Handoff, BothDirections) {
    SpreadRelay relay;
    room(relay, "opus", false);
    ASSERT_EQ(relay.track(7, 5, "opus", {kSsrc + 1}), "");
    ASSERT_EQ(relay.subscription(8, 7, 1, kOutgoing), "");
    for (std::uint16_t n = 1; n <= 10; ++n) {
        relay.push(kPublisher, audio(n), 0);
        relay.push(kAway, rtp({.ssrc = kSsrc + 1, .sequence = n}), 1);
    }
    relay.turn();
    EXPECT_EQ(relay.media_to(kAway).size(), 10u);
    EXPECT_EQ(relay.media_to(kPublisher).size(), 10u);
    relay.expect_equations();
}

TEST(Handoff, SomebodyWhoSleepsIsWoken) {
    SpreadRelay relay;
    room(relay, "opus", false);
    const auto rung = [&] {
        pollfd poll{.fd = relay.workers[1]->doorbell(), .events = POLLIN, .revents = 0};
        return ::poll(&poll, 1, 0) == 1;
    };
    relay.workers[1]->answer_doorbell();
    EXPECT_FALSE(rung());
    relay.push(kPublisher, audio(1));
    relay.workers[0]->turn(relay.now, 32);
    EXPECT_TRUE(rung());
    relay.workers[1]->answer_doorbell();
    EXPECT_FALSE(rung());
    relay.turn();
    EXPECT_EQ(relay.media_to(kAway).size(), 1u);
}

}  // namespace
}  // namespace strata::dataplane::worker_handoff_test
