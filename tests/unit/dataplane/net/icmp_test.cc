#include "dataplane/net/icmp.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/neighbour_discovery.h"

namespace strata::dataplane::net {
namespace {

using Bytes = std::vector<std::uint8_t>;

// An echo request with a right checksum behind an IPv4 header without one.
Bytes echo_v4(std::size_t data) {
    Bytes packet{0x45, 0, 0, 0,  0, 0, 0, 0, 64, 1, 0, 0, 10,
                 0,    0, 2, 10, 0, 0, 1, 8, 0,  0, 0, 0, 7};
    packet.resize(28 + data, 0x5a);
    const std::uint16_t sum = checksum(raw_sum(&packet[20], packet.size() - 20));
    std::memcpy(&packet[22], &sum, 2);
    return packet;
}

Bytes echo_v6(std::size_t data) {
    Bytes packet(40 + 8 + data, 0x5a);
    const Bytes head{0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(8 + data), 58, 64};
    std::copy(head.begin(), head.end(), packet.begin());
    for (std::size_t i = 8; i < 40; ++i) packet[i] = static_cast<std::uint8_t>(i);
    packet[40] = 128;
    packet[41] = packet[42] = packet[43] = 0;
    const std::uint16_t sum =
        icmpv6_checksum(packet.data(), static_cast<std::uint16_t>(packet.size() - 40));
    std::memcpy(&packet[42], &sum, 2);
    return packet;
}

TEST(Icmp, RequestsBecomeTheirReplies) {
    for (const std::size_t data : {0u, 1u, 56u}) {
        Bytes v4 = echo_v4(data);
        ASSERT_TRUE(answer_echo_v4(v4));
        EXPECT_EQ(Bytes(v4.begin() + 12, v4.begin() + 20), (Bytes{10, 0, 0, 1, 10, 0, 0, 2}));
        EXPECT_EQ(v4[20], 0);
        EXPECT_EQ(fold(raw_sum(&v4[20], v4.size() - 20)), 0xffff);
        const Bytes asked = echo_v6(data);
        Bytes v6 = asked;
        ASSERT_TRUE(answer_echo_v6(v6));
        EXPECT_EQ(v6[40], 129);
        EXPECT_EQ(Bytes(v6.begin() + 8, v6.begin() + 24),
                  Bytes(asked.begin() + 24, asked.begin() + 40));
        EXPECT_EQ(icmpv6_checksum(v6.data(), static_cast<std::uint16_t>(v6.size() - 40)), 0);
    }
}

// However far the request came.
TEST(Icmp, RepliesHaveAHopLimitOfTheirOwn) {
    for (const int hops : {0, 1, 63, 64, 255})
        for (std::size_t data = 0; data < 300; ++data) {
            Bytes v4 = echo_v4(data), v6 = echo_v6(data);
            v4[8] = v6[7] = static_cast<std::uint8_t>(hops);
            v4[5] = static_cast<std::uint8_t>(data);  // other sums
            const std::uint16_t sum = checksum(raw_sum(v4.data(), 20));
            std::memcpy(&v4[10], &sum, 2);
            ASSERT_TRUE(answer_echo_v4(v4));
            EXPECT_EQ(v4[8], kHopLimit);
            EXPECT_EQ(fold(raw_sum(v4.data(), 20)), 0xffff);
            ASSERT_TRUE(answer_echo_v6(v6));
            EXPECT_EQ(v6[7], kHopLimit);
        }
}

TEST(Icmp, WhatIsNoRequestStaysAsItIs) {
    const auto refused = [](Bytes packet, auto change, auto answer) {
        change(packet);
        const Bytes before = packet;
        EXPECT_FALSE(answer(packet));
        EXPECT_EQ(packet, before);
    };
    const auto v4 = [](Bytes& p) { return answer_echo_v4(p); };
    const auto v6 = [](Bytes& p) { return answer_echo_v6(p); };
    refused(echo_v4(8), [](Bytes& p) { p[20] = 0; }, v4);      // a reply
    refused(echo_v4(8), [](Bytes& p) { p[21] = 1; }, v4);      // a code
    refused(echo_v4(8), [](Bytes& p) { p.back() ^= 1; }, v4);  // damaged
    refused(echo_v4(8), [](Bytes& p) { p[0] = 0x46; }, v4);    // options
    refused(echo_v4(8), [](Bytes& p) { p.resize(27); }, v4);   // cut
    refused(echo_v6(8), [](Bytes& p) { p[40] = 129; }, v6);
    refused(echo_v6(8), [](Bytes& p) { p.back() ^= 1; }, v6);
    refused(echo_v6(8), [](Bytes& p) { p.resize(47); }, v6);
}

}  // namespace
}  // namespace strata::dataplane::net
