#include "relay/srtp/outbound_stream.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

// C25: the roll-over counter follows the sequence number.
TEST(SrtpOutboundStream, CountsRollOvers) {
    OutboundStream stream;
    EXPECT_EQ(stream.claim(65'000), 65'000u);
    EXPECT_EQ(stream.claim(10), 0x1000au);
    EXPECT_EQ(stream.claim(65'535), 65'535u);  // late, of the cycle before
    EXPECT_EQ(stream.claim(11), 0x1000bu);
}

TEST(SrtpOutboundStream, InOrderOverTheWrap) {
    OutboundStream stream;
    stream.claim(60'000);
    for (std::uint64_t index = 60'001; index < 140'000; ++index)
        ASSERT_EQ(stream.claim(static_cast<std::uint16_t>(index)), index);
    EXPECT_FALSE(stream.claim(static_cast<std::uint16_t>(139'999)));
    EXPECT_FALSE(stream.claim(static_cast<std::uint16_t>(139'500)));
}

// C25: never the same index twice under one key.
TEST(SrtpOutboundStream, GivesNoIndexOutTwice) {
    OutboundStream stream;
    EXPECT_TRUE(stream.claim(100));
    EXPECT_FALSE(stream.claim(100));
    EXPECT_TRUE(stream.claim(5'000));
    EXPECT_TRUE(stream.claim(4'000));
    EXPECT_FALSE(stream.claim(4'000));
    EXPECT_FALSE(stream.claim(3'976));  // too far back to know
}

TEST(SrtpOutboundStream, AnotherKeyMayUseThemAgain) {
    OutboundStream stream;
    stream.claim(65'535);
    stream.claim(0);
    stream.rekey();
    EXPECT_EQ(stream.claim(0), 0x10000u);
}

TEST(SrtpOutboundStream, GoesOnBehindARestart) {
    OutboundStream stream;
    stream.start_behind(0x5fff0);
    EXPECT_FALSE(stream.claim(0xfff0));
    EXPECT_EQ(stream.claim(0x0100), 0x60100u);
}

}  // namespace
}  // namespace strata::relay
