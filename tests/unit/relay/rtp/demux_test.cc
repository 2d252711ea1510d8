#include "relay/rtp/demux.h"

#include <gtest/gtest.h>

#include <array>

namespace strata::relay {
namespace {

PacketClass of(int first, int second) {
    const std::array<std::uint8_t, 2> bytes = {static_cast<std::uint8_t>(first),
                                               static_cast<std::uint8_t>(second)};
    return classify(bytes);
}

PacketClass expected(int first, int second) {
    if (first < 4) return PacketClass::stun;
    if (first < 16) return PacketClass::unknown;
    if (first < 20) return PacketClass::zrtp;
    if (first < 64) return PacketClass::dtls;
    if (first < 80) return PacketClass::turn_channel;
    if (first < 128 || first > 191) return PacketClass::unknown;
    return second < 192 || second > 223 ? PacketClass::rtp : PacketClass::rtcp;
}

TEST(Demux, EveryFirstAndSecondByte) {  // C41
    for (int first = 0; first < 256; ++first)
        for (int second = 0; second < 256; ++second)
            ASSERT_EQ(of(first, second), expected(first, second)) << first << " " << second;
}

TEST(Demux, TooShortForAnything) {
    const std::array<std::uint8_t, 1> one = {0x80};
    EXPECT_EQ(classify(one), PacketClass::unknown);
    EXPECT_EQ(classify({}), PacketClass::unknown);
}

}  // namespace
}  // namespace strata::relay
