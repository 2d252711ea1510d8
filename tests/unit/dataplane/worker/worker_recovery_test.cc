#include "relay/recovery/rtx.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"
#include "tests/unit/dataplane/worker/rtcp_packets.h"

// Packets that receivers miss are sent again.
namespace strata::dataplane::worker_recovery_test {
namespace {

using api::WorkerCounter;

constexpr std::uint32_t kSsrc = 1111, kOutgoing = 7000, kOutgoingRtx = 7001;
constexpr std::uint8_t kMedia = 96, kLegMedia = 100, kLegRtx = 101;
const Endpoint kPublisher = Relay::peer(2), kReceiver = Relay::peer(11);
constexpr relay::TimeUs kPictureUs = 10'000;

// A VP8 track and one receiver, with or without RTX.
void room(Relay& relay, bool rtx) {
    ASSERT_EQ(relay.transport(1, 2), "");
    ASSERT_EQ(relay.track(2, 1, "VP8", {kSsrc}, kMedia), "");
    ASSERT_EQ(relay.transport(3, 11), "");
    api::Object object = subscription_object(4, 2, 3, kOutgoing, kLegMedia);
    if (rtx) {
        object.mutable_subscription()->set_rtx_ssrc(kOutgoingRtx);
        object.mutable_subscription()->set_rtx_payload_type(kLegRtx);
    }
    ASSERT_EQ(relay.put(object), "");
}

// A picture of one packet with a payload of its own; the first one is a key frame.
Packet picture(std::uint16_t sequence, bool key = false) {
    Packet payload = vp8_payload(key || sequence == 1);
    payload.resize(600, static_cast<std::uint8_t>(sequence));
    return rtp({.ssrc = kSsrc,
                .sequence = sequence,
                .timestamp = sequence * 900u,
                .payload_type = kMedia,
                .marker = true,
                .payload = payload});
}

void send_pictures(Relay& relay, std::uint16_t from, std::uint16_t to) {
    for (std::uint16_t n = from; n < to; ++n) {
        relay.receive(kPublisher, picture(n));
        relay.pass(kPictureUs);
    }
}

void ask(Relay& relay, std::vector<std::uint16_t> sequences, std::uint32_t ssrc = kOutgoing) {
    std::vector<relay::SequenceNumber> numbers;
    for (const std::uint16_t sequence : sequences) numbers.push_back({sequence});
    relay.receive(kReceiver, nack_of(ssrc, numbers));
}

std::uint16_t sequence_of(const Packet& packet) { return relay::load_be16(&packet[2]); }
std::uint32_t ssrc_of(const Packet& packet) { return relay::load_be32(&packet[8]); }

std::vector<Packet> sent_on(const Relay& relay, std::uint32_t ssrc) {
    std::vector<Packet> packets;
    for (const Relay::Sent& one : relay.media_to(kReceiver))
        if (ssrc_of(one.packet) == ssrc) packets.push_back(one.packet);
    return packets;
}

// What an RTX packet repeats.
Packet unwrapped(Packet packet) {
    relay::PacketParser parser;
    parser.payload_types[kLegRtx] = {relay::PayloadRole::rtx, relay::Codec::vp8};
    relay::PacketInfo info;
    EXPECT_EQ(relay::parse_packet(packet, parser, info), relay::ParseError::none);
    EXPECT_TRUE(relay::unwrap_rtx(packet, info, {kOutgoing}, kLegMedia));
    packet.erase(packet.begin(), packet.begin() + relay::kOsnSize);
    return packet;
}

// Every packet that was asked for ended in exactly one counter.
void expect_equation(Relay& relay) {
    std::uint64_t ends =
        relay[WorkerCounter::retransmissions_out] + relay[WorkerCounter::retransmissions_empty];
    for (const WorkerCounter reason :
         {WorkerCounter::nacks_unknown, WorkerCounter::nacks_missing, WorkerCounter::nacks_obsolete,
          WorkerCounter::nacks_repeated, WorkerCounter::nacks_limited,
          WorkerCounter::nacks_unanswerable})
        ends += relay[reason];
    EXPECT_EQ(relay[WorkerCounter::nacks_in], ends);
    relay.expect_equations();
}

TEST(Recovery, AMissingPacketComesOnTheRtxSsrc) {  // C26
    Relay relay;
    room(relay, true);
    send_pictures(relay, 1, 11);
    const auto media = sent_on(relay, kOutgoing);
    ASSERT_EQ(media.size(), 10u);
    ask(relay, {sequence_of(media[3]), sequence_of(media[7])});
    const auto rtx = sent_on(relay, kOutgoingRtx);
    ASSERT_EQ(rtx.size(), 2u);
    EXPECT_EQ(rtx[0][1] & 0x7f, kLegRtx);
    EXPECT_EQ(sequence_of(rtx[1]), static_cast<std::uint16_t>(sequence_of(rtx[0]) + 1))
        << "numbers of its own";
    EXPECT_EQ(unwrapped(rtx[0]), media[3]);
    EXPECT_EQ(unwrapped(rtx[1]), media[7]);
    EXPECT_EQ(sent_on(relay, kOutgoing).size(), 10u);
    EXPECT_EQ(relay[WorkerCounter::retransmissions_out], 2u);
    relay.pass(300'000);
    using api::ObjectValue;
    EXPECT_EQ(relay.value(api::StatisticsKind::subscription, 4, ObjectValue::rtx_packets), 2u);
    EXPECT_EQ(relay.value(api::StatisticsKind::subscription, 4, ObjectValue::nacks), 2u);
    EXPECT_EQ(relay.value(api::StatisticsKind::subscription, 4, ObjectValue::packets), 10u);
    expect_equation(relay);
}

// For who may never ask, nothing is kept.
TEST(Recovery, WithoutRtxThePacketComesUnderItsNumber) {  // C19
    Relay relay;
    room(relay, false);
    send_pictures(relay, 1, 6);
    EXPECT_EQ(relay[WorkerCounter::history_packets], 0u);
    ask(relay, {sequence_of(sent_on(relay, kOutgoing)[2])});
    EXPECT_EQ(relay[WorkerCounter::nacks_unknown], 1u);
    send_pictures(relay, 6, 9);
    const auto media = sent_on(relay, kOutgoing);
    ask(relay, {sequence_of(media[6])});
    const auto again = sent_on(relay, kOutgoing);
    ASSERT_EQ(again.size(), 9u);
    EXPECT_EQ(again.back(), media[6]);
    expect_equation(relay);
}

TEST(Recovery, SmallPacketsAreCopiedAndSentAgain) {
    const PoolConfig sizes{.rx_mbufs = 2'047,
                           .header_mbufs = 4'095,
                           .indirect_mbufs = 511,
                           .compact_mbufs = 255,
                           .cache_mbufs = 32};
    Relay relay({}, {}, {}, sizes);
    room(relay, true);
    const auto small = [](std::uint16_t sequence) {
        return rtp({.ssrc = kSsrc,
                    .sequence = sequence,
                    .timestamp = sequence * 900u,
                    .payload_type = kMedia,
                    .marker = true,
                    .payload = vp8_payload(sequence == 1)});
    };
    for (std::uint16_t n = 1; n < 5; ++n) relay.receive(kPublisher, small(n));
    const auto media = sent_on(relay, kOutgoing);
    ask(relay, {sequence_of(media[1])});
    const auto rtx = sent_on(relay, kOutgoingRtx);
    ASSERT_EQ(rtx.size(), 1u);
    EXPECT_EQ(unwrapped(rtx[0]), media[1]);
    EXPECT_EQ(relay[WorkerCounter::history_copied], 4u);
    expect_equation(relay);
}

TEST(Recovery, NotTwiceWithinARoundTripAndNotForEver) {  // C27
    Relay relay;
    room(relay, true);
    send_pictures(relay, 1, 6);
    const std::uint16_t wanted = sequence_of(sent_on(relay, kOutgoing)[2]);
    ask(relay, {wanted});
    ask(relay, {wanted});
    EXPECT_EQ(sent_on(relay, kOutgoingRtx).size(), 1u);
    for (int i = 0; i < 8; ++i) {
        relay.pass(100'000);  // what is assumed of a peer that reported nothing
        ask(relay, {wanted});
    }
    EXPECT_EQ(sent_on(relay, kOutgoingRtx).size(), 4u);
    EXPECT_EQ(relay[WorkerCounter::nacks_repeated], 6u);
    expect_equation(relay);
}

TEST(Recovery, NothingFromBeforeAKeyFrame) {  // C27
    Relay relay;
    room(relay, true);
    send_pictures(relay, 1, 6);
    relay.receive(kPublisher, picture(6, true));
    const auto media = sent_on(relay, kOutgoing);
    ask(relay, {sequence_of(media[4]), sequence_of(media[5])});
    const auto rtx = sent_on(relay, kOutgoingRtx);
    ASSERT_EQ(rtx.size(), 1u);
    EXPECT_EQ(unwrapped(rtx[0]), media[5]);
    EXPECT_EQ(relay[WorkerCounter::nacks_obsolete], 1u);
    expect_equation(relay);
}

TEST(Recovery, WhatWasLostUpstreamIsSentWhenItComes) {  // C16, C17
    Relay relay;
    room(relay, true);
    send_pictures(relay, 1, 4);
    send_pictures(relay, 5, 8);
    const std::uint16_t hole =
        static_cast<std::uint16_t>(sequence_of(sent_on(relay, kOutgoing)[2]) + 1);
    ask(relay, {hole});
    EXPECT_EQ(relay[WorkerCounter::nacks_missing], 1u);
    EXPECT_TRUE(sent_on(relay, kOutgoingRtx).empty());
    relay.pass(3'000'000);  // given up, and closed
    const auto media = sent_on(relay, kOutgoing);
    ASSERT_EQ(sequence_of(media.back()), hole);
    ask(relay, {hole});
    const auto rtx = sent_on(relay, kOutgoingRtx);
    ASSERT_EQ(rtx.size(), 1u);
    EXPECT_EQ(relay::load_be16(&rtx[0][12]), hole) << "the OSN";
    EXPECT_EQ(rtx[0].size(), media.back().size() + 2);
    EXPECT_EQ(relay[WorkerCounter::retransmissions_empty], 1u);
    expect_equation(relay);
}

TEST(Recovery, NumbersThatWereNeverSentAreUnknown) {
    Relay relay;
    room(relay, true);
    send_pictures(relay, 1, 4);
    const std::uint16_t last = sequence_of(sent_on(relay, kOutgoing).back());
    ask(relay, {static_cast<std::uint16_t>(last + 1), static_cast<std::uint16_t>(last - 500)});
    EXPECT_EQ(relay[WorkerCounter::nacks_unknown], 2u);
    ask(relay, {last}, 99);            // of an SSRC that isn't sent here
    ask(relay, {last}, kOutgoingRtx);  // retransmissions aren't repeated
    EXPECT_EQ(relay[WorkerCounter::nacks_in], 2u);
    expect_equation(relay);
}

TEST(Recovery, TheHistoryHasItsBounds) {
    WorkerConfig config;
    config.history = {.packets = 8, .small_packets = 8, .age_us = 200'000};
    Relay relay(config);
    room(relay, true);
    send_pictures(relay, 1, 20);
    EXPECT_EQ(relay[WorkerCounter::history_packets], 8u);
    EXPECT_EQ(relay[WorkerCounter::history_displaced], 11u);
    const auto media = sent_on(relay, kOutgoing);
    ask(relay, {sequence_of(media[10]), sequence_of(media[11])});
    EXPECT_EQ(sent_on(relay, kOutgoingRtx).size(), 1u);
    EXPECT_EQ(relay[WorkerCounter::nacks_unknown], 1u);
    relay.pass(210'000);
    ask(relay, {sequence_of(media[18])});
    EXPECT_EQ(relay[WorkerCounter::history_packets], 0u);
    EXPECT_EQ(relay[WorkerCounter::nacks_unknown], 2u);
    expect_equation(relay);
}

TEST(Recovery, TheOldestGoWhenReceiveBuffersRunShort) {
    WorkerConfig config;
    config.history = {
        .packets = 1'024, .small_packets = 0, .age_us = 100'000'000, .reserve_packets = 2'000};
    Relay relay(config);
    room(relay, true);
    send_pictures(relay, 1, 200);
    EXPECT_GT(relay[WorkerCounter::history_relinquished], 0u);
    EXPECT_GE(rte_mempool_avail_count(relay.pools->rx), 2'000u - 64);
    const auto media = sent_on(relay, kOutgoing);
    ask(relay, {sequence_of(media[100]), sequence_of(media[198])});
    EXPECT_EQ(sent_on(relay, kOutgoingRtx).size(), 1u) << "the newest is there";
    expect_equation(relay);
}

TEST(Recovery, AFloodOfNacksIsBounded) {  // C27, C52
    WorkerConfig config;
    config.nack_packets = 16;
    StateLimits limits;
    limits.repair.packets_per_s = 10;
    Relay relay(config, limits);
    room(relay, true);
    send_pictures(relay, 1, 40);
    std::vector<std::uint16_t> all;
    for (const Packet& packet : sent_on(relay, kOutgoing)) all.push_back(sequence_of(packet));
    ask(relay, all);
    EXPECT_EQ(relay[WorkerCounter::nacks_in], 16u);
    EXPECT_EQ(relay[WorkerCounter::nacks_ignored], all.size() - 16);
    EXPECT_EQ(sent_on(relay, kOutgoingRtx).size(), 10u);
    EXPECT_EQ(relay[WorkerCounter::nacks_limited], 6u);
    expect_equation(relay);
}

TEST(Recovery, TheRoundTripComesFromReports) {  // C27, C31
    Relay relay;
    room(relay, true);
    send_pictures(relay, 1, 4);
    relay.pass(1'200'000);
    std::uint32_t ntp_middle = 0;
    relay::TimeUs sent_at = 0;
    for (const Relay::Sent& one : relay.rtcp_to(kReceiver)) {
        relay::RtcpCompound compound(one.packet);
        while (const auto part = compound.next()) {
            relay::SenderReport report;
            if (!relay::read_sender_report(*part, report)) continue;
            ntp_middle = static_cast<std::uint32_t>(report.ntp >> 16);
            sent_at = one.at_us;
        }
    }
    ASSERT_NE(sent_at, 0);
    relay::ReportBlock block;
    block.ssrc = {kOutgoing};
    block.last_sr = ntp_middle;
    block.delay_since_last_sr =
        static_cast<std::uint32_t>((relay.now - sent_at - 20'000) * 65'536 / 1'000'000);
    relay.receive(kReceiver, rtcp([&](auto& w) { w.receiver_report({5}, std::span(&block, 1)); }));
    send_pictures(relay, 4, 6);
    const std::uint16_t wanted = sequence_of(sent_on(relay, kOutgoing).back());
    ask(relay, {wanted});
    relay.pass(18'000);
    ask(relay, {wanted});
    EXPECT_EQ(sent_on(relay, kOutgoingRtx).size(), 1u);
    relay.pass(4'000);
    ask(relay, {wanted});
    EXPECT_EQ(sent_on(relay, kOutgoingRtx).size(), 2u) << "a round trip of 20 ms has passed";
    expect_equation(relay);
}

TEST(Recovery, EndsWithItsSubscription) {
    Relay relay;
    room(relay, true);
    send_pictures(relay, 1, 4);
    const std::uint16_t wanted = sequence_of(sent_on(relay, kOutgoing).back());
    EXPECT_EQ(relay.track(20, 3, "opus", {kOutgoingRtx}), "ssrc-collision") << "C38";
    relay.remove(api::SUBSCRIPTION, 4);
    ask(relay, {wanted});
    EXPECT_TRUE(sent_on(relay, kOutgoingRtx).empty());
    EXPECT_EQ(relay[WorkerCounter::nacks_in], 0u);
    EXPECT_EQ(relay.track(20, 3, "opus", {kOutgoingRtx}), "") << "its SSRC is free again";
    const std::uint64_t kept = relay[WorkerCounter::history_packets];
    relay.receive(kPublisher, picture(4));
    EXPECT_EQ(relay[WorkerCounter::history_packets], kept) << "for nobody nothing is kept";
    expect_equation(relay);
}

TEST(Recovery, APayloadTypeOfItsOwn) {
    Relay relay;
    room(relay, true);
    api::Object object;
    api::Subscription& leg = *object.mutable_subscription();
    leg.set_id(5);
    leg.set_track(2);
    leg.set_transport(3);
    leg.set_ssrc(8000);
    leg.set_payload_type(kLegMedia);
    leg.set_rtx_ssrc(8001);
    leg.set_rtx_payload_type(kLegMedia);
    EXPECT_EQ(relay.put(object), "invalid");
    leg.set_rtx_payload_type(kLegRtx);
    leg.set_rtx_ssrc(kOutgoing);
    EXPECT_EQ(relay.put(object), "ssrc-collision");
}

}  // namespace
}  // namespace strata::dataplane::worker_recovery_test
