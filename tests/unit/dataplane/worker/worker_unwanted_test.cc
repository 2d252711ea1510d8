// Packets of frames that nobody wants: what is told of them is the same as of any other.
#include <algorithm>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/rtcp/report.h"
#include "relay/rtp/rtcp/transport_feedback.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"
#include "tests/unit/dataplane/worker/rtcp_packets.h"

namespace strata::dataplane::worker_unwanted_test {
namespace {

using api::RxDrop;
using api::WorkerCounter;

constexpr std::uint32_t kSsrc = 1111, kOutgoing = 7000;
constexpr std::uint8_t kMedia = 96, kTransportCcId = 3, kStrangerId = 5;
constexpr std::uint16_t kPackets = 6;  // of each frame
const Endpoint kPublisher = Relay::peer(2), kReceiver = Relay::peer(11);

// A video track of two temporal layers, and a receiver of the lower one.
void room(Relay& relay) {
    ASSERT_EQ(relay.transport(1, 2), "");
    api::Object object = track_object(2, 1, "VP8", {kSsrc}, kMedia);
    api::Track& track = *object.mutable_track();
    track.set_nack(true);
    api::Extension& extension = *track.add_extensions();
    extension.set_id(kTransportCcId);
    extension.set_uri("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01");
    ASSERT_EQ(relay.put(object), "");
    ASSERT_EQ(relay.transport(3, 11), "");
    api::Object lower = subscription_object(4, 2, 3, kOutgoing, kMedia);
    lower.mutable_subscription()->mutable_target()->set_temporal(0);
    ASSERT_EQ(relay.put(lower), "");
}

// RFC 7741: X, S; I, L, T; a picture id of 15 bits, TL0PICIDX, TID.
Packet video(std::uint16_t frame, std::uint16_t part, std::uint16_t sequence) {
    const bool upper = frame % 2 == 1, key = frame == 0;
    Packet payload(200, 0x55);
    payload[0] = static_cast<std::uint8_t>(0x80 | (part == 0 ? 0x10 : 0) | (upper ? 0x20 : 0));
    payload[1] = 0xe0;
    relay::store_be16(&payload[2], static_cast<std::uint16_t>(0x8000 | frame));
    payload[4] = static_cast<std::uint8_t>(frame / 2);
    payload[5] = upper ? 0x40 : 0x00;
    payload[6] = key ? 0x10 : 0x11;
    const std::string number{static_cast<char>(sequence >> 8), static_cast<char>(sequence & 0xff)};
    return rtp({.ssrc = kSsrc,
                .sequence = sequence,
                .timestamp = frame * 3'000u,
                .payload_type = kMedia,
                .marker = part + 1 == kPackets,
                .extensions = {{kTransportCcId, number}, {kStrangerId, "x"}},
                .payload = payload});
}

struct Told {
    std::map<std::uint16_t, bool> numbers;
    std::uint32_t highest = 0;
    std::int32_t lost = 0;
};

Told told(const Relay& relay) {
    Told told;
    for (const Relay::Sent& one : relay.rtcp_to(kPublisher)) {
        relay::RtcpCompound compound(one.packet);
        while (const auto part = compound.next()) {
            relay::TransportFeedback feedback;
            if (relay::read_transport_feedback(*part, feedback))
                feedback.for_each([&](relay::SequenceNumber n, bool received, relay::TimeUs) {
                    told.numbers[n.value] = told.numbers[n.value] || received;
                });
            relay::ReceiverReport report;
            if (!relay::read_receiver_report(*part, report)) continue;
            for (std::size_t i = 0; i < report.block_count; ++i) {
                told.highest = report.blocks[i].extended_highest_sequence;
                told.lost = report.blocks[i].cumulative_lost;
            }
        }
    }
    return told;
}

TEST(Unwanted, PacketsAreReportedAndCountedAsAnyOthers) {  // B6, C54
    constexpr std::uint16_t kFrames = 40, kLost = 3 * kPackets + 4;
    Relay relay;
    room(relay);
    std::uint16_t sequence = 0;
    std::uint64_t came = 0;
    for (std::uint16_t frame = 0; frame < kFrames; ++frame)
        for (std::uint16_t part = 0; part < kPackets; ++part, ++sequence) {
            relay.pass(4'000);
            if (sequence == kLost) continue;
            relay.receive(kPublisher, video(frame, part, sequence));
            ++came;
        }
    relay.pass(2'000'000);

    EXPECT_EQ(relay[RxDrop::layer_not_wanted], kFrames / 2 * kPackets - 1u);
    EXPECT_EQ(relay[WorkerCounter::extensions_ignored], came);
    EXPECT_EQ(relay.value(api::StatisticsKind::track, 2, api::ObjectValue::packets), came);
    EXPECT_GT(relay[WorkerCounter::nacks_out], 0u);
    const Told heard = told(relay);
    EXPECT_EQ(heard.highest, sequence - 1u);
    EXPECT_EQ(heard.lost, 1);
    EXPECT_EQ(heard.numbers.size(), std::size_t{sequence});
    for (const auto& [number, received] : heard.numbers)
        EXPECT_EQ(received, number != kLost) << number;

    // The lost one might have been wanted: an empty packet closes its hole in the end (C17).
    std::map<std::uint16_t, std::size_t> sizes;
    for (const Relay::Sent& one : relay.media_to(kReceiver))
        sizes[relay::load_be16(&one.packet[2])] = one.packet.size();
    ASSERT_EQ(sizes.size(), kFrames / 2 * kPackets + 1u);
    EXPECT_EQ(sizes.rbegin()->first - sizes.begin()->first, kFrames / 2 * kPackets);
    const auto small = [](const auto& one) { return one.second < 100; };
    EXPECT_EQ(std::ranges::count_if(sizes, small), 1);
    relay.expect_equations();
}

TEST(Unwanted, WhoWantsTheFrameMeanwhileGetsWhatComesNext) {
    Relay relay;
    room(relay);
    std::uint16_t sequence = 0;
    const auto send = [&](std::uint16_t frame) {
        for (std::uint16_t part = 0; part < kPackets; ++part)
            relay.receive(kPublisher, video(frame, part, sequence++));
    };
    for (std::uint16_t frame = 0; frame < 4; ++frame) send(frame);
    EXPECT_EQ(relay.media_to(kReceiver).size(), 2u * kPackets);
    ASSERT_EQ(relay.put(subscription_object(4, 2, 3, kOutgoing, kMedia)), "");
    for (std::uint16_t frame = 4; frame < 8; ++frame) send(frame);
    EXPECT_GT(relay.media_to(kReceiver).size(), 4u * kPackets);
    relay.expect_equations();
}

// Nothing is sent to the receiver: what is published of it is what was, until something is new.
TEST(Unwanted, WhatIsNewOfAReceiverIsPublishedAllTheSame) {
    using api::ObjectValue;
    Relay relay;
    room(relay);
    std::uint16_t sequence = 0;
    const auto send = [&](std::uint16_t frame) {
        for (std::uint16_t part = 0; part < kPackets; ++part, ++sequence) {
            relay.pass(10'000);
            relay.receive(kPublisher, video(frame, part, sequence));
        }
    };
    const auto value = [&](ObjectValue of) {
        return relay.value(api::StatisticsKind::subscription, 4, of);
    };
    send(0);
    for (std::uint16_t upper = 1; upper < 40; upper += 2) send(upper);
    EXPECT_EQ(value(ObjectValue::packets), kPackets);
    EXPECT_EQ(value(ObjectValue::key_frame_requests), 0u);
    // Reports are news as well: just behind one there are none for a while.
    std::uint16_t frame = 41;
    for (const auto before = value(ObjectValue::sender_reports);
         value(ObjectValue::sender_reports) == before && frame < 200; frame += 2)
        send(frame);
    relay.receive(kReceiver, picture_loss_of(kOutgoing));
    for (const std::uint16_t end = frame + 10; frame < end; frame += 2) send(frame);
    EXPECT_EQ(value(ObjectValue::key_frame_requests), 1u);
    ASSERT_EQ(relay.put(subscription_object(4, 2, 3, kOutgoing, kMedia)), "");
    for (const std::uint16_t end = frame + 20; frame < end; frame += 2) send(frame);
    EXPECT_GT(value(ObjectValue::packets), kPackets);
    EXPECT_GT(value(ObjectValue::sender_reports), 0u);
    relay.expect_equations();
}

}  // namespace
}  // namespace strata::dataplane::worker_unwanted_test
