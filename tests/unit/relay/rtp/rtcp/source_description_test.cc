#include "relay/rtp/rtcp/source_description.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay {
namespace {

TEST(Sdes, ItemsOfSeveralChunks) {
    const auto bytes = hex_bytes(
        "82ca0007 00000001 0102 6162 0f01 30 00"  // cname ab, mid 0, end
        "0000 0002 0103 616263 0000 00 00000000");
    // Second chunk: cname abc, zeros up to the word.
    SdesItems items(*RtcpCompound(std::span(bytes)).next());
    const auto first = items.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->ssrc.value, 1u);
    EXPECT_EQ(first->type, kSdesCname);
    EXPECT_EQ(first->text, "ab");
    EXPECT_EQ(items.next()->type, kSdesMid);
    const auto third = items.next();
    ASSERT_TRUE(third);
    EXPECT_EQ(third->ssrc.value, 2u);
    EXPECT_EQ(third->text, "abc");
    EXPECT_FALSE(items.next());
    EXPECT_TRUE(items.ok());
}

TEST(Sdes, Malformed) {  // C51
    for (const auto* hex : {"81ca0000", "81ca0002 00000001 01ff6162", "81ca0002 00000001 01026162",
                            "82ca0002 00000001 00000000", "80c90001 00000001"}) {
        const auto bytes = hex_bytes(hex);
        SdesItems items(*RtcpCompound(bytes).next());
        while (items.next()) {
        }
        EXPECT_FALSE(items.ok()) << hex;
        EXPECT_FALSE(items.next());
    }
}

TEST(Bye, SourcesAndReason) {  // C35
    Bye bye;
    const auto bytes = hex_bytes("82cb0004 00000001 00000002 05 68656c6c6f 0000");
    ASSERT_TRUE(read_bye(*RtcpCompound(bytes).next(), bye));
    ASSERT_EQ(bye.size(), 2u);
    EXPECT_EQ(bye.ssrc(1).value, 2u);
    EXPECT_EQ(bye.reason, "hello");
    const auto odd = hex_bytes("81cb0002 00000001 09686900");
    ASSERT_TRUE(read_bye(*RtcpCompound(odd).next(), bye));
    EXPECT_EQ(bye.reason, "");
    const auto cut = hex_bytes("82cb0001 00000001");
    EXPECT_FALSE(read_bye(*RtcpCompound(cut).next(), bye));
}

TEST(App, NameAndData) {
    AppPacket app;
    const auto bytes = hex_bytes("85cc0003 00000001 6e616d65 01020304");
    ASSERT_TRUE(read_app(*RtcpCompound(bytes).next(), app));
    EXPECT_EQ(app.subtype, 5);
    EXPECT_EQ(app.name, "name");
    EXPECT_EQ(app.data.size(), 4u);
    const auto cut = hex_bytes("85cc0001 00000001");
    EXPECT_FALSE(read_app(*RtcpCompound(cut).next(), app));
}

}  // namespace
}  // namespace strata::relay
