// Whole tracks: real captures through Track to receivers at every target and over switches; what
// comes out is parsed again and must be whole.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "relay/rtp/packet.h"
#include "relay/svc/track.h"
#include "source_folders.h"
#include "tests/unit/relay/svc/capture.h"
#include "tests/unit/relay/svc/listener.h"

namespace strata::relay {
namespace {

struct CaptureCase {
    const char* file;
    Codec codec;
    std::uint8_t payload_type;
    std::uint8_t descriptor_id;  // 0: none
    SpatialId top_spatial;
    TemporalId top_temporal;
    std::vector<std::uint32_t> ssrcs;  // smallest picture first
};

std::ostream& operator<<(std::ostream& out, const CaptureCase& c) { return out << c.file; }

PacketParser make_parser(const CaptureCase& c) {
    PacketParser parser;
    parser.payload_types[c.payload_type] = {PayloadRole::media, c.codec};
    if (c.descriptor_id != 0)
        parser.extensions.set(c.descriptor_id, ExtensionKind::dependency_descriptor);
    return parser;
}

struct Step {
    TimeUs at = 0;  // from the capture's begin
    LayerTarget target;
};

struct Subscriber {
    std::string name;
    std::vector<Step> steps;
    std::size_t next_step = 0;
    std::unique_ptr<Listener> listener;
};

class TrackCapture : public testing::TestWithParam<CaptureCase> {
  protected:
    void SetUp() override {
        const CaptureCase& c = GetParam();
        packets_ = read_capture(std::string(STRATA_TEST_DATA) + "/captures/" + c.file + ".pcap");
        ASSERT_FALSE(packets_.empty());
        length_ = packets_.back().time_us - packets_.front().time_us;
    }

    void subscribe(std::string name, std::vector<Step> steps) {
        subscribers_.push_back({std::move(name), std::move(steps), 0,
                                std::make_unique<Listener>(make_parser(GetParam()))});
    }

    void run() {
        const CaptureCase& c = GetParam();
        TrackConfig config;
        config.codec = c.codec;
        config.encoding_count = static_cast<std::uint8_t>(c.ssrcs.size());
        config.descriptor_negotiated = c.descriptor_id != 0;
        config.receiver_capacity = 64;
        Track track(config);
        HeaderProfile profile;
        profile.payload_type = c.payload_type;
        profile.extension_id[static_cast<std::size_t>(ExtensionKind::dependency_descriptor)] =
            c.descriptor_id;
        for (std::size_t i = 0; i < subscribers_.size(); ++i) {
            ReceiverConfig receiver;
            receiver.profile = profile;
            receiver.ssrc = static_cast<std::uint32_t>(0x5000 + i);
            receiver.target = subscribers_[i].steps[0].target;
            receiver.first_sequence = static_cast<std::uint16_t>(65'000 + i * 100);
            receiver.first_timestamp = 0xfffff000;
            ASSERT_TRUE(track.add_receiver(static_cast<ReceiverHandle>(i), receiver, 0));
        }
        auto out = std::make_unique<OutputList>();
        const PacketParser parser = make_parser(c);
        for (const CapturedPacket& packet : packets_) feed(track, parser, packet, *out);
        for (Subscriber& subscriber : subscribers_) subscriber.listener->check_references();
        requests_ = 0;
        while (track.next_key_frame_request(packets_.back().time_us + 2'000'000)) ++requests_;
    }

    void feed(Track& track, const PacketParser& parser, const CapturedPacket& packet,
              OutputList& out) {
        const CaptureCase& c = GetParam();
        for (std::size_t i = 0; i < subscribers_.size(); ++i) {
            Subscriber& s = subscribers_[i];
            while (s.next_step < s.steps.size() &&
                   packet.time_us - packets_.front().time_us >= s.steps[s.next_step].at)
                track.set_target(static_cast<ReceiverHandle>(i), s.steps[s.next_step++].target,
                                 packet.time_us);
        }
        PacketInfo info;
        if (parse_packet(packet.bytes, parser, info) != ParseError::none) return;
        std::size_t encoding = 0;
        while (encoding < c.ssrcs.size() && c.ssrcs[encoding] != info.ssrc.value) ++encoding;
        if (encoding == c.ssrcs.size()) return;
        track.on_packet(static_cast<std::uint8_t>(encoding), packet.bytes, info, packet.time_us,
                        out);
        for (std::size_t i = 0; i < out.count; ++i)
            for (const ReceiverSlot& slot : out.outputs[i].receivers)
                subscribers_[slot.handle].listener->receive(out.outputs[i], slot, packet.bytes);
        for (int i = 0; i < 8; ++i) track.next_key_frame_request(packet.time_us);
    }

    void expect_whole() {
        for (const Subscriber& s : subscribers_) {
            SCOPED_TRACE(s.name);
            const Listener& heard = *s.listener;
            EXPECT_GT(heard.packets, 0u);
            EXPECT_EQ(heard.gaps(), 0u);      // C16
            EXPECT_EQ(heard.unmarked(), 0u);  // B2, C5
            EXPECT_EQ(heard.empty_packets, 0u);
            EXPECT_EQ(heard.ssrcs.size(), 1u);
            for (std::size_t i = 0; i < heard.problems.size() && i < 5; ++i)
                ADD_FAILURE() << heard.problems[i];  // C10
        }
    }

    std::vector<CapturedPacket> packets_;
    TimeUs length_ = 0;
    std::vector<Subscriber> subscribers_;
    int requests_ = 0;
};

LayerTarget target(std::uint8_t encoding, SpatialId spatial, TemporalId temporal) {
    return {encoding, spatial, temporal, false};
}

TEST_P(TrackCapture, EveryTargetIsWholeAndNothingAboveIt) {  // C2, C3, C5, C10, C16
    const CaptureCase& c = GetParam();
    for (std::uint8_t e = 0; e < c.ssrcs.size(); ++e)
        for (SpatialId s = 0; s <= c.top_spatial; ++s)
            for (TemporalId t = 0; t <= c.top_temporal; ++t)
                subscribe(
                    "e" + std::to_string(e) + "S" + std::to_string(s) + "T" + std::to_string(t),
                    {{0, target(e, s, t)}});
    run();
    expect_whole();
    for (const Subscriber& subscriber : subscribers_) {
        SCOPED_TRACE(subscriber.name);
        const LayerTarget wanted = subscriber.steps[0].target;
        SpatialId top = 0;
        TemporalId top_temporal = 0;
        for (const auto& [id, frame] : subscriber.listener->frames) {
            EXPECT_LE(frame.spatial_id, wanted.spatial);
            EXPECT_LE(frame.temporal_id, wanted.temporal);
            top = std::max(top, frame.spatial_id);
            top_temporal = std::max(top_temporal, frame.temporal_id);
        }
        EXPECT_EQ(top, wanted.spatial);
        EXPECT_EQ(top_temporal, wanted.temporal);
    }
}

TEST_P(TrackCapture, SwitchesUpAndDownLeaveNoSeam) {  // C1, C2, C3, C8, C10, C16
    const CaptureCase& c = GetParam();
    const SpatialId s = c.top_spatial;
    const TemporalId t = c.top_temporal;
    const auto top = static_cast<std::uint8_t>(c.ssrcs.size() - 1);
    const TimeUs part = length_ / 16;
    subscribe("up", {{0, target(0, 0, 0)}, {4 * part, target(top, s, t)}});
    subscribe("down", {{0, target(top, s, t)}, {4 * part, target(0, 0, 0)}});
    subscribe("temporal", {{0, target(top, s, 0)},
                           {2 * part, target(top, s, t)},
                           {4 * part, target(top, s, 0)},
                           {11 * part, target(top, s, t)}});
    subscribe("to and fro", {{0, target(top, s, t)},
                             {part, target(0, 0, t)},
                             {2 * part, target(top, s, 0)},
                             {3 * part, target(top, s / 2, t)},
                             {10 * part, target(0, 0, 0)},
                             {12 * part, target(top, s, t)}});
    for (int i = 0; i < 12; ++i) {
        std::vector<Step> steps;
        for (TimeUs at = 0; at < length_; at += 90'000 + i * 37'000) {
            const auto k = static_cast<std::uint32_t>(at / 1000 * 7919 + i * 104'729);
            steps.push_back({at, target(static_cast<std::uint8_t>(k % (top + 1u)),
                                        static_cast<SpatialId>(k / 7 % (s + 1u)),
                                        static_cast<TemporalId>(k / 31 % (t + 1u)))});
        }
        subscribe("restless " + std::to_string(i), steps);
    }
    run();
    expect_whole();
}

TEST_P(TrackCapture, PausesAreContinuous) {  // C49
    const CaptureCase& c = GetParam();
    LayerTarget paused;
    paused.paused = true;
    const LayerTarget all =
        target(static_cast<std::uint8_t>(c.ssrcs.size() - 1), c.top_spatial, c.top_temporal);
    subscribe("pauses", {{0, all}, {length_ / 5, paused}, {length_ * 2 / 5, all}});
    run();
    const Listener& heard = *subscribers_[0].listener;
    EXPECT_GT(heard.packets, 0u);
    // C20: a pause in mid-frame shows as one skipped number.
    EXPECT_LE(heard.gaps(), 1u);
    for (const std::string& problem : heard.problems) ADD_FAILURE() << problem;
}

INSTANTIATE_TEST_SUITE_P(
    Captures, TrackCapture,
    testing::Values(
        CaptureCase{"vp9-L3T3", Codec::vp9, 98, 14, 2, 2, {1023003358}},
        CaptureCase{"vp9-L3T3_KEY", Codec::vp9, 98, 14, 2, 2, {2316307806}},
        CaptureCase{"vp9-L3T3_KEY-noDD", Codec::vp9, 98, 0, 2, 2, {2409541195}},
        CaptureCase{"vp9-L1T3", Codec::vp9, 98, 14, 0, 2, {3228353951}},
        CaptureCase{"av1-L1T3", Codec::av1, 45, 14, 0, 2, {3713035368}},
        CaptureCase{"av1-L3T3", Codec::av1, 45, 14, 2, 2, {4086991796}},
        CaptureCase{"av1-L3T3_KEY", Codec::av1, 45, 14, 2, 2, {3758526998}},
        CaptureCase{"av1-L3T3-bitratedrop", Codec::av1, 45, 12, 2, 2, {4060202304}},
        CaptureCase{"vp9-L3T3-layerdrop", Codec::vp9, 98, 9, 2, 2, {2775630142}},
        CaptureCase{"vp8-L1T3", Codec::vp8, 96, 14, 0, 2, {1031279364}},
        CaptureCase{"vp8-L1T3-noDD", Codec::vp8, 96, 0, 0, 2, {1121301288}},
        CaptureCase{"h264-L1T1", Codec::h264, 108, 14, 0, 0, {959022893}},
        CaptureCase{"h264-L1T3", Codec::h264, 108, 14, 0, 2, {348991016}},
        CaptureCase{"h264-L1T3-noDD", Codec::h264, 108, 0, 0, 0, {978863184}},
        CaptureCase{"vp8-SIM_L1T3", Codec::vp8, 96, 9, 0, 2, {579150323, 377568019, 38766830}},
        CaptureCase{"vp8-SIM3_L1T3", Codec::vp8, 96, 12, 0, 2, {3503026473, 280879776, 689071761}},
        CaptureCase{"opus-PLAIN", Codec::opus, 111, 0, 0, 0, {3541400697}}),
    [](const auto& param) {
        std::string name = param.param.file;
        for (char& letter : name)
            if (letter == '-') letter = '_';
        return name;
    });

}  // namespace
}  // namespace strata::relay
