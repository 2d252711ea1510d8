#include "control/observe/trace_steps.h"

#include <gtest/gtest.h>

#include <cstring>

#include "relay/codec/packet_info.h"
#include "tests/unit/control/room/fixture.h"

namespace strata::control {
namespace {

void put(ObservedPacket& packet, const auto& part) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&part);
    packet.tail.insert(packet.tail.end(), bytes, bytes + sizeof part);
}

// A VP9 packet S1T2 with three groups and an output that went to 4 of 5 receivers.
ObservedPacket traced(const Participant& participant, const Track& track) {
    ObservedPacket packet;
    packet.head.kind = api::ObservedKind::trace;
    packet.head.packet_class = api::ObservedClass::rtp;
    packet.head.fate = {.fate = api::ObservedFate::forwarded, .count = 5};
    packet.head.transport = participant.id.value;
    packet.head.track = track.id.value;
    packet.head.remote = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
    packet.head.local = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    packet.head.remote_port = 5'004;
    packet.head.local_port = 21'000;
    packet.head.ssrc = 77;
    packet.head.wire_bytes = 1'200;
    put(packet, api::TracedPacket{.parsed = true,
                                  .codec = static_cast<std::uint8_t>(relay::Codec::vp9),
                                  .payload_type = 98,
                                  .starts_frame = true,
                                  .spatial = 1,
                                  .temporal = 2,
                                  .extensions = 2,
                                  .has_descriptor = true,
                                  .sequence = 4'711,
                                  .header_bytes = 28,
                                  .descriptor_bytes = 5,
                                  .payload_bytes = 1'172,
                                  .timestamp = 90'000,
                                  .picture_id = 12,
                                  .groups = 4,
                                  .outputs = 1});
    put(packet, api::TracedGroup{.spatial = 2,
                                 .temporal = 2,
                                 .action = api::TracedAction::forwarded,
                                 .ends_picture = true,
                                 .number = 40,
                                 .members = 5});
    put(packet, api::TracedGroup{.spatial = 0, .temporal = 2, .members = 1});
    put(packet, api::TracedGroup{.spatial = 1, .temporal = 0, .members = 2});
    put(packet, api::TracedGroup{.spatial = 2, .temporal = 2, .members = 1});
    put(packet, api::TracedOutput{.receivers = 5,
                                  .ssrc = 9'000,
                                  .sequence = 140,
                                  .header_bytes = 30,
                                  .payload_bytes = 1'160,
                                  .encrypted = true,
                                  .reason = static_cast<std::uint8_t>(api::TxDrop::tx_full),
                                  .dropped = 1,
                                  .sent = 4});
    return packet;
}

struct TraceStepsTest : ::testing::Test {
    TraceStepsTest() {
        fixture.room("demo");
        participant = fixture.participant("demo", "alice");
        track = *fixture.track(participant.id, 77);
    }
    std::vector<std::string> of(std::string_view stage, const ObservedPacket& packet) {
        std::vector<std::string> texts;
        for (const TraceStep& step : trace_steps(packet, fixture.directory))
            if (step.stage == stage) texts.push_back(step.text);
        return texts;
    }
    DirectoryFixture fixture;
    Participant participant;
    Track track;
};

TEST_F(TraceStepsTest, EveryStageSaysWhatItDecided) {
    const ObservedPacket packet = traced(participant, track);
    using Texts = std::vector<std::string>;
    EXPECT_EQ(of("received", packet),
              Texts{"by worker 0 at 192.0.2.1:21000 from 192.0.2.7:5004: 1200 bytes of RTP"});
    EXPECT_EQ(of("transport", packet), Texts{id_text(participant.id) + " (demo/alice)"});
    EXPECT_EQ(of("stream", packet),
              Texts{"SSRC 77, encoding 0 of track " + id_text(track.id) + " (" + track.name + ")"});
    EXPECT_EQ(
        of("parsed", packet),
        Texts{"as VP9 S1T2, payload type 98, sequence 4711, timestamp 90000, picture 12, frame "
              "start; header 28 (2 extensions, dependency descriptor), codec descriptor 5, "
              "payload 1172 bytes"});
    EXPECT_EQ(of("fate", packet), Texts{"forwarded to 5 receivers"});
    EXPECT_EQ(
        of("group", packet),
        (Texts{"encoding 0 S2T2, 5 receivers: forwarded as 40 before receivers' offsets, ends "
               "the picture",
               "encoding 0 S0T2, 1 receiver: dropped because S1 is above its spatial layer S0",
               "encoding 0 S1T0, 2 receivers: dropped because T2 is above its temporal layer T0",
               "encoding 0 S2T2, 1 receiver: dropped because no frame that the group takes "
               "needs it"}));
    EXPECT_EQ(
        of("output", packet),
        Texts{"5 receivers by port 0, the first as SSRC 9000 sequence 140: header 30, payload "
              "1160 bytes, encrypted; 4 sent, 1 tx drop: tx_full"});
}

TEST_F(TraceStepsTest, WhatIsNotKnownIsSaid) {
    ObservedPacket packet;
    packet.head.packet_class = api::ObservedClass::rtp;
    packet.head.fate = {.fate = api::ObservedFate::dropped,
                        .reason = static_cast<std::uint8_t>(api::RxDrop::unknown_transport)};
    put(packet, api::TracedPacket{});
    EXPECT_EQ(of("transport", packet).at(0), "none is known at this address");
    EXPECT_EQ(of("stream", packet).at(0), "SSRC 0, of no track");
    EXPECT_TRUE(of("parsed", packet).empty());
    EXPECT_EQ(of("fate", packet).at(0), "dropped: unknown_transport");
    packet.head.transport = 99;
    EXPECT_EQ(of("transport", packet).at(0), "p99, which is gone");
}

TEST_F(TraceStepsTest, ACutRecordIsToldAsFarAsItGoes) {
    const ObservedPacket whole = traced(participant, track);
    for (std::size_t size = 0; size < whole.tail.size(); ++size) {
        ObservedPacket cut = whole;
        cut.tail.resize(size);
        EXPECT_GE(trace_steps(cut, fixture.directory).size(), 3u);
    }
}

}  // namespace
}  // namespace strata::control
