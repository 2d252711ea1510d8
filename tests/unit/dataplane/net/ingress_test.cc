#include "dataplane/net/ingress.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <tuple>
#include <vector>

#include "tests/unit/dataplane/net/ingress_fixture.h"

namespace strata::dataplane::net::ingress_test {
namespace {

TEST_F(IngressTest, DeliversDatagramsToTheirWorker) {
    for (const LocalNet& us : {v4_, v6_}) {
        const Ingress in = receive(us, udp(us, 4001, 100));
        ASSERT_EQ(in.action, Ingress::Action::deliver);
        EXPECT_EQ(in.worker, 1);
        EXPECT_EQ(m_->data_len, 100);
        EXPECT_EQ(flow_.remote_port, 6000);
        EXPECT_EQ(flow_.local_port, 4001);
        EXPECT_EQ(to_string(flow_.remote), first(us).is_v4() ? "10.0.0.2" : "fd00::2");
        EXPECT_EQ(flow_.local, first(us));
    }
}

TEST_F(IngressTest, EthernetPaddingIsCutOff) {
    auto frame = udp(v4_, 4000, 4);
    frame.resize(60);
    ASSERT_EQ(receive(v4_, frame).action, Ingress::Action::deliver);
    EXPECT_EQ(m_->pkt_len, 4u);
}

TEST_F(IngressTest, VlanMustBeOurs) {
    LocalNet tagged = v4_;
    tagged.vlan = 7;
    const auto frame = udp(tagged, 4000, 50);
    EXPECT_EQ(receive(tagged, frame).action, Ingress::Action::deliver);
    expect_counted(v4_, frame, PortCounter::rx_not_for_us);
    expect_counted(tagged, udp(v4_, 4000, 50), PortCounter::rx_not_for_us);
}

TEST_F(IngressTest, EveryTruncationIsACountedDrop) {
    for (const LocalNet& us : {v4_, v6_}) {
        const auto whole = udp(us, 4000, 20);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const std::vector<std::uint8_t> frame(
                whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            EXPECT_EQ(receive(us, frame).action, Ingress::Action::consumed) << size;
        }
    }
}

TEST_F(IngressTest, WrongHeadersAreCounted) {
    auto frame = udp(v4_, 4000, 20);
    frame[24] ^= 1;
    expect_counted(v4_, frame, PortCounter::rx_bad_header);  // header checksum
    frame = udp(v4_, 4000, 20);
    frame[14] = 0x44;
    expect_counted(v4_, frame, PortCounter::rx_bad_header);  // header length
    frame = udp(v4_, 4000, 20);
    frame[39] = 7;
    expect_counted(v4_, frame, PortCounter::rx_bad_header);  // UDP length below 8
    frame = udp(v4_, 4000, 20);
    frame[39] = 200;
    expect_counted(v4_, frame, PortCounter::rx_bad_header);  // UDP length beyond IP
    frame = udp(v4_, 4000, 20);
    frame[26] = 224;
    fix_ipv4_checksum(frame);
    expect_counted(v4_, frame, PortCounter::rx_bad_header);  // multicast source
}

TEST_F(IngressTest, SourcesOfNoHostAreCounted) {
    for (const char* source : {"::", "::1", "::ffff:10.0.0.2", "ff02::1", "fd00::1"}) {
        auto frame = udp(v6_, 4000, 20);
        std::memcpy(frame.data() + 14 + 8, IpAddress::parse(source)->bytes.data(), 16);
        expect_counted(v6_, frame, PortCounter::rx_bad_header);
        make_echo_v6(frame);
        expect_counted(v6_, frame, PortCounter::rx_bad_header);
    }
    for (const char* source :
         {"0.0.0.1", "127.0.0.1", "224.0.0.1", "255.255.255.255", "10.0.0.1", "10.0.0.255"}) {
        auto frame = udp(v4_, 4000, 20);
        std::memcpy(frame.data() + 26, IpAddress::parse(source)->v4_bytes(), 4);
        fix_ipv4_checksum(frame);
        expect_counted(v4_, frame, PortCounter::rx_bad_header);
        make_echo_v4(frame);
        expect_counted(v4_, frame, PortCounter::rx_bad_header);
    }
}

// Router solicitations and listener reports come from hosts without an address yet, to groups.
TEST_F(IngressTest, NobodyYetSpeaksToGroupsAlone) {
    for (const auto& [source, to, counter] :
         {std::tuple{"::", "ff02::2", PortCounter::rx_icmp},
          std::tuple{"::1", "ff02::2", PortCounter::rx_bad_header},
          std::tuple{"ff02::1", "ff02::2", PortCounter::rx_bad_header},
          std::tuple{"::", "fd00::9", PortCounter::rx_bad_header}}) {
        auto frame = udp(v6_, 4000, 20);
        std::memcpy(frame.data() + 14 + 8, IpAddress::parse(source)->bytes.data(), 16);
        std::memcpy(frame.data() + 14 + 24, IpAddress::parse(to)->bytes.data(), 16);
        make_echo_v6(frame);
        frame[14 + 40] = 133;
        expect_counted(v6_, frame, counter);
    }
}

TEST_F(IngressTest, WhatIsNotForUsIsCounted) {
    auto frame = udp(v4_, 4000, 20);
    frame[5] = 9;
    expect_counted(v4_, frame, PortCounter::rx_not_for_us);
    frame = udp(v4_, 4000, 20);
    frame[33] = 77;
    fix_ipv4_checksum(frame);
    expect_counted(v4_, frame, PortCounter::rx_not_for_us);
    expect_counted(v4_, udp(v6_, 4000, 20), PortCounter::rx_not_for_us);
    expect_counted(v4_, udp(v4_, 4002, 20), PortCounter::rx_unknown_port);
    expect_counted(v4_, udp(v4_, 3999, 20), PortCounter::rx_unknown_port);
    frame = udp(v4_, 4000, 20);
    frame[23] = 6;
    fix_ipv4_checksum(frame);
    expect_counted(v4_, frame, PortCounter::rx_unknown_type);
    frame = udp(v4_, 4000, 20);
    frame[12] = 0x88;
    frame[13] = 0xcc;
    expect_counted(v4_, frame, PortCounter::rx_unknown_type);
}

TEST_F(IngressTest, FragmentsAreCounted) {
    for (const std::uint8_t flags : {std::uint8_t{0x20}, std::uint8_t{0}}) {
        auto frame = udp(v4_, 4000, 20);
        frame[20] = flags;
        frame[21] = flags == 0 ? 8 : 0;
        fix_ipv4_checksum(frame);
        expect_counted(v4_, frame, PortCounter::rx_fragment);
    }
    auto frame = udp(v6_, 4000, 20);
    frame[20] = 44;
    expect_counted(v6_, frame, PortCounter::rx_fragment);
}

// RFC 8200 section 4.1: hop-by-hop options, destination options and routing may stand before.
TEST_F(IngressTest, FragmentsBehindOtherExtensionHeadersAreCounted) {
    constexpr std::uint8_t kFragment = 44;
    const auto counted = [&](std::vector<std::uint8_t> types, std::uint8_t words = 0) {
        auto frame = udp(v6_, 4000, 20);
        frame[20] = types[0];
        std::vector<std::uint8_t> headers;
        for (std::size_t i = 1; i < types.size(); ++i) {
            headers.insert(headers.end(), {types[i], words});
            headers.resize(headers.size() + 6 + words * 8u);
        }
        frame.insert(frame.begin() + 54, headers.begin(), headers.end());
        put_be16(&frame[18], static_cast<std::uint16_t>(frame.size() - 54));
        const Ingress in = receive(v6_, frame);
        EXPECT_EQ(in.action, Ingress::Action::consumed);
        return in.counter;
    };
    for (const std::uint8_t words : std::to_array<std::uint8_t>({0, 3})) {
        EXPECT_EQ(counted({0, kFragment}, words), PortCounter::rx_fragment);
        EXPECT_EQ(counted({0, 60, 43, kFragment}, words), PortCounter::rx_fragment);
        EXPECT_EQ(counted({60, 17}, words), PortCounter::rx_unknown_type);
    }
    EXPECT_EQ(counted({0, 60, 43, 6}), PortCounter::rx_unknown_type);
    EXPECT_EQ(counted({50, kFragment}), PortCounter::rx_unknown_type);  // ESP: nothing to see
    std::vector<std::uint8_t> many(20, 60);
    many.back() = kFragment;
    EXPECT_EQ(counted(many), PortCounter::rx_unknown_type);
    // A header longer than the packet, and one that isn't there.
    auto frame = udp(v6_, 4000, 20);
    frame[20] = 60;
    frame[54] = kFragment;
    frame[55] = 200;
    expect_counted(v6_, frame, PortCounter::rx_unknown_type);
    frame.resize(54);
    put_be16(&frame[18], 0);
    expect_counted(v6_, frame, PortCounter::rx_unknown_type);
}

}  // namespace
}  // namespace strata::dataplane::net::ingress_test
