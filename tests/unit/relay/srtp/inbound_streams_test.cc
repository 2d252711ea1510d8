#include "relay/srtp/inbound_streams.h"

#include <gtest/gtest.h>

namespace strata::relay::inbound_streams_test {
namespace {

using Verdict = InboundStreams::Verdict;

// C38: the table is bounded.
TEST(SrtpInboundStreams, RefusesAnSsrcTooMany) {
    InboundStreams streams({.max_ssrcs = 2, .window_packets = 64});
    EXPECT_EQ(streams.accept(1, 5), Verdict::accepted);
    EXPECT_EQ(streams.accept(2, 5), Verdict::accepted);
    EXPECT_EQ(streams.accept(3, 5), Verdict::no_room);
    EXPECT_EQ(streams.find(3), nullptr);
    EXPECT_EQ(streams.accept(1, 6), Verdict::accepted);
}

TEST(SrtpInboundStreams, EachSsrcHasItsOwnWindow) {
    InboundStreams streams({.max_ssrcs = 4, .window_packets = 1'024});
    EXPECT_EQ(streams.accept(1, 2'000), Verdict::accepted);
    EXPECT_EQ(streams.accept(1, 2'000), Verdict::replayed);
    EXPECT_EQ(streams.accept(2, 2'000), Verdict::accepted);
    EXPECT_EQ(streams.accept(1, 977), Verdict::accepted);  // C47: 1,024 packets back
    EXPECT_EQ(streams.accept(1, 976), Verdict::replayed);
}

TEST(SrtpInboundStreams, AnSsrcThatNobodyExpectsMakesRoom) {
    InboundStreams streams({.max_ssrcs = 2, .window_packets = 64});
    streams.accept(1, 0x10001);
    streams.accept(2, 200);
    streams.set_expected(1, false);
    streams.set_expected(9, false);
    EXPECT_EQ(streams.accept(1, 0x10002), Verdict::accepted);  // as long as there is room
    EXPECT_EQ(streams.accept(3, 7), Verdict::accepted);
    EXPECT_EQ(streams.find(1), nullptr);
    EXPECT_EQ(streams.accept(3, 7), Verdict::replayed);
    EXPECT_EQ(streams.accept(2, 200), Verdict::replayed);
    EXPECT_EQ(streams.accept(4, 1), Verdict::no_room);
    streams.set_expected(2, false);
    streams.set_expected(2, true);
    EXPECT_EQ(streams.accept(4, 1), Verdict::no_room);
}

// C53: what was accepted before a restart can't be replayed after it.
TEST(SrtpInboundStreams, ARestoredSsrcGoesOnBehindItsHighestIndex) {
    InboundStreams streams({.max_ssrcs = 1, .window_packets = 64});
    EXPECT_TRUE(streams.restore(7, 0x30005));
    EXPECT_FALSE(streams.restore(8, 1));
    EXPECT_EQ(streams.find(7)->highest(), 0x30005u);
    EXPECT_EQ(streams.accept(7, 0x30004), Verdict::replayed);
    EXPECT_EQ(streams.accept(7, 0x30006), Verdict::accepted);
}

TEST(SrtpInboundStreams, NewKeysKeepTheRollOverCounterOnly) {
    InboundStreams before({}), after({});
    before.accept(7, 0x30005);
    after.take_indexes(before);
    EXPECT_EQ(after.find(7)->highest(), 0x30005u);
    EXPECT_EQ(after.accept(7, 0x30005), Verdict::accepted);
    EXPECT_EQ(after.accept(7, 0x30005), Verdict::replayed);
}

}  // namespace
}  // namespace strata::relay::inbound_streams_test
