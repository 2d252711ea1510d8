#include "tests/unit/dataplane/worker/rtcp_packets.h"

namespace strata::dataplane::worker_rtcp_test {
namespace {

using api::ObjectValue;
using api::RxDrop;
using api::StatisticsKind;
using api::WorkerCounter;

constexpr std::uint32_t kSsrc = 1111, kOutgoing = 7000;
const Endpoint kPublisher = Relay::peer(2), kReceiver = Relay::peer(11);

void video_room(Relay& relay) {
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(relay.track(2, 1, "VP8", {kSsrc}, 96), "");
    ASSERT_EQ(relay.transport(3, 11), "");
    ASSERT_EQ(relay.subscription(4, 2, 3, kOutgoing, 96), "");
}

Packet video(std::uint16_t sequence, std::uint32_t timestamp, bool key_frame) {
    return rtp({.ssrc = kSsrc,
                .sequence = sequence,
                .timestamp = timestamp,
                .payload_type = 96,
                .marker = true,
                .payload = vp8_payload(key_frame)});
}

TEST(Rtcp, PictureLossOfAReceiverBecomesOneOfTheRelay) {  // C30, C33
    Relay relay;
    video_room(relay);
    relay.receive(kPublisher, video(1, 0, true));
    relay.pass(2'000'000);
    relay.receive(kPublisher, video(2, 180'000, false));
    relay.sent.clear();
    const Packet loss = picture_loss_of(kOutgoing);
    relay.receive(kReceiver, loss);
    EXPECT_EQ(picture_losses(relay.rtcp_to(kPublisher)), std::vector<std::uint32_t>{kSsrc});
    relay.receive(kReceiver, loss);  // throttled
    EXPECT_EQ(picture_losses(relay.rtcp_to(kPublisher)).size(), 1u);
    EXPECT_EQ(relay[WorkerCounter::key_frame_requests_in], 2u);
    EXPECT_EQ(relay[WorkerCounter::consumed], 2u);
    relay.expect_equations();
}

TEST(Rtcp, APublisherThatWasAwayIsAskedForAKeyFrame) {
    Relay relay;
    video_room(relay);
    for (std::uint16_t n = 1; n <= 30; ++n) {
        relay.receive(kPublisher, video(n, n * 3000u, n == 1));
        relay.pass(33'000);
    }
    relay.sent.clear();
    relay.pass(3'000'000);
    EXPECT_TRUE(picture_losses(relay.sent).empty());
    relay.receive(kPublisher, video(120, 120 * 3000, false));
    EXPECT_EQ(picture_losses(relay.rtcp_to(kPublisher)), std::vector<std::uint32_t>{kSsrc});
}

TEST(Rtcp, AnotherReceiversStreamCannotBeAskedFor) {
    Relay relay;
    video_room(relay);
    relay.receive(kReceiver, picture_loss_of(kSsrc));
    EXPECT_EQ(relay[WorkerCounter::key_frame_requests_in], 0u);
}

TEST(Rtcp, ARepeatedFullIntraRequestCountsOnce) {  // C32
    Relay relay;
    video_room(relay);
    const auto fir = [](std::uint8_t sequence) {
        return rtcp([&](auto& w) { w.full_intra_request({5}, {kOutgoing}, sequence); });
    };
    relay.receive(kReceiver, fir(9));
    relay.receive(kReceiver, fir(9));
    EXPECT_EQ(relay[WorkerCounter::key_frame_requests_in], 1u);
    relay.receive(kReceiver, fir(10));
    EXPECT_EQ(relay[WorkerCounter::key_frame_requests_in], 2u);
}

TEST(Rtcp, PublishersGetAReportEverySecond) {  // C54
    Relay relay;
    video_room(relay);
    for (int second = 0; second < 3; ++second) {
        for (std::uint16_t i = 0; i < 20; ++i) {
            const auto sequence = static_cast<std::uint16_t>(second * 20 + i);
            if (sequence % 10 != 3)
                relay.receive(kPublisher, video(sequence, sequence * 3000u, i == 0));
            relay.pass(50'000);
        }
    }
    std::vector<relay::ReportBlock> blocks;
    for (const Relay::Sent& one : relay.rtcp_to(kPublisher)) {
        relay::RtcpCompound compound(one.packet);
        while (const auto part = compound.next()) {
            relay::ReceiverReport report;
            if (relay::read_receiver_report(*part, report) && report.block_count == 1)
                blocks.push_back(report.blocks[0]);
        }
    }
    ASSERT_GE(blocks.size(), 2u);
    ASSERT_LE(blocks.size(), 4u);
    EXPECT_EQ(blocks.back().ssrc.value, kSsrc);
    EXPECT_GT(blocks.back().cumulative_lost, 2);
    EXPECT_GT(blocks.back().fraction_lost, 0);
}

TEST(Rtcp, LastSenderReportAndDelayAreReportedBack) {
    Relay relay;
    video_room(relay);
    relay.receive(kPublisher, video(1, 0, true));
    const std::uint64_t ntp = 0x1122334455667788;
    relay.receive(kPublisher, rtcp([&](auto& w) {
                      w.sender_report({.sender = {kSsrc}, .ntp = ntp, .rtp_timestamp = 0});
                  }));
    relay.pass(1'100'000);
    relay::ReceiverReport report;
    for (const Relay::Sent& one : relay.rtcp_to(kPublisher)) {
        relay::RtcpCompound compound(one.packet);
        while (const auto part = compound.next())
            if (relay::read_receiver_report(*part, report)) break;
    }
    ASSERT_EQ(report.block_count, 1);
    EXPECT_EQ(report.blocks[0].last_sr, 0x33445566u);
    EXPECT_GT(report.blocks[0].delay_since_last_sr, 0u);
    EXPECT_LE(report.blocks[0].delay_since_last_sr, 65536u * 12 / 10);
}

TEST(Rtcp, ReceiversGetSenderReportsOfTheOutput) {  // C31
    Relay relay;
    video_room(relay);
    relay.receive(
        kPublisher, rtcp([](auto& w) {
            w.sender_report({.sender = {kSsrc}, .ntp = 1ull << 40, .rtp_timestamp = 90'000});
        }));
    for (std::uint16_t i = 0; i < 40; ++i) {
        relay.receive(kPublisher, video(i, 90'000u + i * 4'500u, i == 0));
        relay.pass(50'000);
    }
    const auto reports = relay.rtcp_to(kReceiver);
    ASSERT_GE(reports.size(), 1u);
    relay::RtcpCompound compound(reports.back().packet);
    const auto first = compound.next();
    relay::SenderReport report;
    ASSERT_TRUE(first && relay::read_sender_report(*first, report));
    EXPECT_EQ(report.sender.value, kOutgoing);
    EXPECT_GT(report.packets, 10u);
    EXPECT_LE(report.packets, 40u);
    const auto second = compound.next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->type, relay::RtcpType::source_description);

    // The receiver answers it: the round trip is known.
    relay.pass(30'000);
    const relay::ReportBlock block{.ssrc = {kOutgoing},
                                   .fraction_lost = 12,
                                   .cumulative_lost = 3,
                                   .jitter = 900,
                                   .last_sr = static_cast<std::uint32_t>(report.ntp >> 16),
                                   .delay_since_last_sr = 0};
    relay.receive(kReceiver, rtcp([&](auto& w) { w.receiver_report({5}, {&block, 1}); }));
    EXPECT_EQ(relay.value(StatisticsKind::subscription, 4, ObjectValue::lost), 3u);
    EXPECT_EQ(relay.value(StatisticsKind::subscription, 4, ObjectValue::jitter_us), 10'000u);
    EXPECT_GE(relay.value(StatisticsKind::subscription, 4, ObjectValue::rtt_us), 30'000u);
}

TEST(Rtcp, GoodbyeEndsNoTrack) {  // C35
    Relay relay;
    video_room(relay);
    relay.receive(kPublisher, video(1, 0, true));
    const relay::Ssrc source{kSsrc};
    relay.receive(kPublisher, rtcp([&](auto& w) { w.bye({&source, 1}); }));
    relay.receive(kPublisher, video(2, 3000, false));
    EXPECT_EQ(relay[WorkerCounter::fanned_out], 2u);
}

TEST(Rtcp, JunkCostsOnlyItsOwnPart) {  // C34
    Relay relay;
    video_room(relay);
    Packet packet = picture_loss_of(kOutgoing);
    const Packet good = packet;
    packet.insert(packet.end(), {0x81, 206, 0xff, 0xff, 1, 2, 3, 4});  // longer than there is
    relay.receive(kReceiver, packet);
    EXPECT_EQ(relay[WorkerCounter::key_frame_requests_in], 1u);
    EXPECT_EQ(relay[WorkerCounter::rtcp_junk], 1u);
    relay.receive(kReceiver, {0x80, 201, 0xff});
    EXPECT_EQ(relay[RxDrop::malformed_rtcp], 1u);
    relay.expect_equations();
}

}  // namespace
}  // namespace strata::dataplane::worker_rtcp_test
