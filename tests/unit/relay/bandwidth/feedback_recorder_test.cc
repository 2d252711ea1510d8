#include "relay/bandwidth/feedback_recorder.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

#include "relay/rtp/rtcp/compound.h"

namespace strata::relay {
namespace {

constexpr FeedbackParties kParties{.sender = {1}, .media = {2}};

// What messages say: arrival by sequence number; -1: reported as not received.
using Told = std::map<std::uint16_t, TimeUs>;

int tell(FeedbackRecorder& recorder, Told& told, std::size_t most = 376) {
    std::array<std::uint8_t, 376> buffer;
    int messages = 0;
    while (const std::size_t size = recorder.write(kParties, std::span(buffer).first(most))) {
        EXPECT_EQ(size % 4, 0u);
        RtcpCompound compound{std::span<const std::uint8_t>(buffer).first(size)};
        const auto part = compound.next();
        TransportFeedback feedback;
        if (!part || !read_transport_feedback(*part, feedback)) {
            ADD_FAILURE() << "not a feedback message";
            break;
        }
        feedback.for_each([&](SequenceNumber sequence, bool received, TimeUs at) {
            if (received)
                told[sequence.value] = at;
            else
                told.emplace(sequence.value, -1);
        });
        ++messages;
    }
    return messages;
}

TEST(FeedbackRecorder, TellsEachArrivalOnce) {  // C54
    FeedbackRecorder recorder;
    EXPECT_FALSE(recorder.pending());
    for (std::uint16_t n = 0; n < 10; ++n)
        if (n != 4)
            recorder.on_packet(static_cast<std::uint16_t>(65'530 + n), 1'000'000 + n * 1'000);
    EXPECT_TRUE(recorder.pending());
    Told told;
    EXPECT_EQ(tell(recorder, told), 1);
    ASSERT_EQ(told.size(), 10u);
    EXPECT_EQ(told[65'534], -1);
    EXPECT_EQ(told[3], 1'009'000);
    EXPECT_FALSE(recorder.pending());
    EXPECT_EQ(tell(recorder, told), 0);
}

TEST(FeedbackRecorder, WhatIsLostBetweenTwoMessagesIsToldToo) {
    FeedbackRecorder recorder;
    Told told;
    recorder.on_packet(10, 1'000);
    tell(recorder, told);
    recorder.on_packet(13, 2'000);
    tell(recorder, told);
    ASSERT_EQ(told.size(), 4u);
    EXPECT_EQ(told[11], -1);
    EXPECT_EQ(told[12], -1);
    EXPECT_EQ(told[13], 2'000);
}

TEST(FeedbackRecorder, LatePacketsAreToldBehindThoseThatOvertookThem) {
    FeedbackRecorder recorder;
    Told told;
    recorder.on_packet(10, 1'000);
    recorder.on_packet(12, 2'000);
    tell(recorder, told);
    EXPECT_EQ(told[11], -1);
    recorder.on_packet(11, 3'000);
    tell(recorder, told);
    EXPECT_EQ(told[11], 3'000);
    EXPECT_FALSE(recorder.pending());
}

TEST(FeedbackRecorder, OfADuplicateTheFirstCounts) {  // B6: probing repeats packets
    FeedbackRecorder recorder;
    recorder.on_packet(7, 1'000);
    recorder.on_packet(7, 9'000);
    Told told;
    tell(recorder, told);
    EXPECT_EQ(told[7], 1'000);
}

TEST(FeedbackRecorder, MessagesFitTheirBuffer) {
    FeedbackRecorder recorder;
    std::mt19937 random(1);
    Told sent;
    TimeUs now = 5'000'000;
    for (std::uint16_t n = 0; n < 900; ++n) {
        now += random() % 20'000;
        if (random() % 3 == 0) continue;
        recorder.on_packet(n, now);
        sent[n] = now;
    }
    Told told;
    EXPECT_GT(tell(recorder, told, 64), 5);
    for (const auto& [sequence, at] : sent)
        EXPECT_NEAR(static_cast<double>(told[sequence]), static_cast<double>(at), 250) << sequence;
}

TEST(FeedbackRecorder, JumpsOfAHostileSenderAreBounded) {
    FeedbackRecorder recorder;
    std::mt19937 random(2);
    Told told;
    for (int i = 0; i < 2'000; ++i) {
        recorder.on_packet(static_cast<std::uint16_t>(random()), i * 100);
        if (i % 100 == 99) {
            EXPECT_LE(tell(recorder, told), static_cast<int>(FeedbackRecorder::kWindow));
        }
    }
}

TEST(FeedbackRecorder, ALongPauseStartsANewMessage) {
    FeedbackRecorder recorder;
    recorder.on_packet(1, 1'000);
    recorder.on_packet(2, 3'600'000'000);
    recorder.on_packet(3, 3'600'001'000);
    Told told;
    EXPECT_EQ(tell(recorder, told), 2);
    EXPECT_EQ(told[3] - told[2], 1'000);
}

TEST(FeedbackRecorder, ResetForgets) {
    FeedbackRecorder recorder;
    recorder.on_packet(100, 1'000);
    recorder.reset();
    EXPECT_FALSE(recorder.pending());
    recorder.on_packet(5, 2'000);
    Told told;
    tell(recorder, told);
    EXPECT_EQ(told.size(), 1u);
    EXPECT_EQ(told[5], 2'000);
}

}  // namespace
}  // namespace strata::relay
