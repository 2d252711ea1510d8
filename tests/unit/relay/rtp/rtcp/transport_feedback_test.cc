#include "relay/rtp/rtcp/transport_feedback.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "relay/rtp/rtcp/writer.h"
#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

struct Row {
    int sequence;
    bool received;
    TimeUs time;
};

std::vector<Row> rows(const TransportFeedback& feedback) {
    std::vector<Row> result;
    feedback.for_each([&result](SequenceNumber sequence, bool received, TimeUs time) {
        result.push_back({sequence.value, received, time});
    });
    return result;
}

bool read(std::span<const std::uint8_t> bytes, TransportFeedback& feedback) {
    const auto packet = RtcpCompound(bytes).next();
    return packet && read_transport_feedback(*packet, feedback);
}

TEST(TransportFeedback, AllChunkKinds) {
    // 2 received (run, small), vector of 2-bit symbols: lost, large, small and 4 lost.
    const auto bytes = hex_bytes(
        "8fcd0007 00000001 00000002 fffe 0009 ffffff 05"
        "2002 c900 04 08 ff38 0a 000000");
    TransportFeedback feedback;
    ASSERT_TRUE(read(bytes, feedback));
    EXPECT_EQ(feedback.reference_time, -1);
    EXPECT_EQ(feedback.feedback_count, 5);
    const auto result = rows(feedback);
    ASSERT_EQ(result.size(), 9u);
    EXPECT_EQ(result[0].sequence, 65'534);
    EXPECT_EQ(result[0].time, -64'000 + 1'000);
    EXPECT_EQ(result[1].time, -64'000 + 3'000);
    EXPECT_FALSE(result[2].received);
    EXPECT_EQ(result[3].sequence, 1);
    EXPECT_EQ(result[3].time, -61'000 - 50'000) << "negative large delta";
    EXPECT_EQ(result[4].time, -111'000 + 2'500);
    EXPECT_FALSE(result[8].received);
}

TEST(TransportFeedback, Malformed) {  // C51, C52
    TransportFeedback feedback;
    EXPECT_FALSE(read(hex_bytes("8fcd0003 00000001 00000002 00000000"), feedback));
    EXPECT_TRUE(read(hex_bytes("8fcd0004 00000001 00000002 00000000 00000000"), feedback));
    EXPECT_FALSE(read(hex_bytes("8fcd0004 00000001 00000002 00000001 00000000"), feedback));
    EXPECT_FALSE(read(hex_bytes("8fcd0005 00000001 00000002 00000003 00000000 20030101"), feedback))
        << "three deltas promised";
    EXPECT_FALSE(read(hex_bytes("8fcd0005 00000001 00000002 00000001 00000000 60010000"), feedback))
        << "reserved symbol";
    EXPECT_FALSE(read(hex_bytes("8fcd0005 00000001 00000002 0000ffff 00000000 1fff1fff"), feedback))
        << "more statuses than anybody sends";
    EXPECT_FALSE(read(hex_bytes("8fcd0005 00000001 00000002 00000001 00000000 00000000"), feedback))
        << "runs of nothing";
}

TEST(TransportFeedbackBuilder, RoundTripOfRandomArrivals) {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        TransportFeedbackBuilder builder;
        std::map<std::int64_t, TimeUs> arrivals;
        std::int64_t sequence = 65'000 + static_cast<std::int64_t>(random() % 3'000);
        const std::int64_t base = sequence;
        TimeUs now = 1'000'000'000 + static_cast<TimeUs>(random() % 1'000'000);
        const unsigned loss = random() % 4, jitter = 1u << (random() % 20);
        for (int i = 0; i < 200;
             ++i, sequence += 1 + (loss && random() % 8 < loss ? random() % 30 : 0)) {
            now += static_cast<TimeUs>(random() % jitter) - static_cast<TimeUs>(jitter / 4);
            if (!builder.add(sequence, now)) break;
            arrivals[sequence] = now;
        }
        std::array<std::uint8_t, 4'096> buffer;
        RtcpWriter writer(buffer);
        const std::size_t statuses = builder.status_count(), size = builder.size();
        ASSERT_TRUE(writer.transport_feedback({{1}, {2}}, builder));
        EXPECT_EQ(writer.size(), size);
        EXPECT_TRUE(builder.empty());

        TransportFeedback feedback;
        ASSERT_TRUE(read(writer.written(), feedback));
        ASSERT_EQ(feedback.status_count, statuses);
        std::int64_t n = base;
        feedback.for_each([&](SequenceNumber number, bool received, TimeUs time) {
            ASSERT_EQ(number.value, n & 0xFFFF);
            ASSERT_EQ(received, arrivals.contains(n));
            if (received) {
                ASSERT_LE(time, arrivals[n]);
                ASSERT_GT(time + kFeedbackTickUs, arrivals[n]) << "no error adds up";
            }
            ++n;
        });
    }
}

TEST(TransportFeedbackBuilder, RunsAreShort) {
    TransportFeedbackBuilder builder;
    for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(builder.add(i, i * 100));
    EXPECT_EQ(builder.size(), 20u + 2u + 1'000u + 2u) << "one chunk, deltas, whole words";
    std::array<std::uint8_t, 100> small;
    EXPECT_EQ(builder.write({}, small), 0u);
    EXPECT_EQ(builder.status_count(), 1'000u) << "nothing changed";
}

TEST(TransportFeedbackBuilder, KnowsItsSizeAfterEachArrival) {
    std::mt19937 random(11);
    for (int round = 0; round < 40; ++round) {
        TransportFeedbackBuilder builder;
        const auto loss = static_cast<unsigned>(random() % 40);
        const unsigned step = round % 2 ? 200'000 : 500;
        std::int64_t sequence = 0;
        TimeUs now = 0;
        // Runs, vectors of both kinds, and gaps between them.
        while (builder.add(sequence, now)) {
            std::array<std::uint8_t, 4'096> buffer;
            TransportFeedbackBuilder copy = builder;
            ASSERT_EQ(builder.size(), copy.write({}, buffer)) << "round " << round;
            sequence += random() % 40 < loss ? 1 + random() % 20 : 1;
            now += static_cast<TimeUs>(random() % step);
        }
        EXPECT_GT(builder.status_count(), 900u);
    }
}

TEST(TransportFeedbackBuilder, RefusesWhatDoesNotFit) {
    TransportFeedbackBuilder builder;
    ASSERT_TRUE(builder.add(100, 0));
    EXPECT_FALSE(builder.add(100, 10)) << "not ascending";
    EXPECT_FALSE(builder.add(99, 10));
    EXPECT_FALSE(builder.add(101, 9'000'000)) << "more than 16 bits of ticks";
    EXPECT_FALSE(builder.add(100 + TransportFeedbackBuilder::kMaxStatuses, 10));
    EXPECT_TRUE(builder.add(99 + TransportFeedbackBuilder::kMaxStatuses, 10));
    EXPECT_FALSE(builder.add(100 + TransportFeedbackBuilder::kMaxStatuses, 10));
    std::array<std::uint8_t, 4'096> buffer;
    EXPECT_GT(builder.write({}, buffer), 0u);
    EXPECT_EQ(buffer[19], 0);
    EXPECT_EQ(builder.write({}, buffer), 0u) << "empty";
    ASSERT_TRUE(builder.add(7, 10));
    EXPECT_GT(builder.write({}, buffer), 0u);
    EXPECT_EQ(buffer[19], 1) << "one message more";
}

}  // namespace
}  // namespace strata::relay
