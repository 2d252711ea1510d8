#include "dataplane/net/icmp_error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/neighbour_discovery.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane::net {
namespace {

using Bytes = std::vector<std::uint8_t>;

LocalNet host(const char* address) {
    LocalNet local;
    local.mac = {2, 0, 0, 0, 0, 1};
    const IpAddress own = *IpAddress::parse(address);
    local.own.add({own, static_cast<std::uint8_t>(own.is_v4() ? 24 : 64)});
    local.first_port = 4000;
    local.ports = 2;
    return local;
}
const LocalNet kV4 = host("10.0.0.1"), kV6 = host("fd00::1");
const IpAddress& first(const LocalNet& us) { return us.own.all()[0].address; }

void be16(Bytes& bytes, std::size_t at, std::size_t value) {
    put_be16(&bytes[at], static_cast<std::uint16_t>(value));
}

// A router's message of `type` and `code` about a datagram of 1,400 bytes from our port 4001 to
// 192.0.2.7:6000.
Bytes error_v4(std::uint8_t type, std::uint8_t code, std::uint16_t mtu) {
    Bytes p(20 + 8 + 20 + 8);
    p[0] = 0x45;
    p[9] = 1;
    p[20] = type;
    p[21] = code;
    be16(p, 26, mtu);
    p[28] = 0x45;
    be16(p, 30, 1'400);
    p[37] = 17;
    std::copy_n(first(kV4).v4_bytes(), 4, &p[40]);
    std::copy_n(IpAddress::parse("192.0.2.7")->v4_bytes(), 4, &p[44]);
    be16(p, 48, 4001);
    be16(p, 50, 6000);
    return p;
}
Bytes sealed_v4(Bytes p) {
    std::fill_n(&p[22], 2, std::uint8_t{0});
    const std::uint16_t sum = checksum(raw_sum(&p[20], p.size() - 20));
    std::memcpy(&p[22], &sum, 2);
    return p;
}

Bytes error_v6(std::uint8_t type, std::uint16_t mtu) {
    Bytes p(40 + 8 + 40 + 8);
    p[0] = 0x60;
    p[6] = 58;
    p[40] = type;
    be16(p, 46, mtu);
    p[48] = 0x60;
    be16(p, 52, 1'400);
    p[54] = 17;
    std::copy_n(first(kV6).bytes.data(), 16, &p[56]);
    std::copy_n(IpAddress::parse("2001:db8::7")->bytes.data(), 16, &p[72]);
    be16(p, 88, 4001);
    be16(p, 90, 6000);
    return p;
}
Bytes sealed_v6(Bytes p) {
    std::fill_n(&p[42], 2, std::uint8_t{0});
    const std::uint16_t sum = icmpv6_checksum(p.data(), static_cast<std::uint16_t>(p.size() - 40));
    std::memcpy(&p[42], &sum, 2);
    return p;
}

TEST(IcmpError, NamesTheFlowAndWhatItsPathTakes) {
    const auto v4 = parse_icmp_error_v4(sealed_v4(error_v4(3, 4, 1'300)), kV4);
    ASSERT_TRUE(v4);
    EXPECT_EQ(v4->mtu, 1'300);
    EXPECT_EQ(v4->flow, (FlowKey{*IpAddress::parse("192.0.2.7"), first(kV4), 6000, 4001}));
    const auto v6 = parse_icmp_error_v6(sealed_v6(error_v6(2, 1'280)), kV6);
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->mtu, 1'280);
    EXPECT_EQ(v6->flow, (FlowKey{*IpAddress::parse("2001:db8::7"), first(kV6), 6000, 4001}));
}

TEST(IcmpError, OtherErrorsSayNothingOfThePath) {
    for (const auto& [type, code] : {std::pair{3, 3}, {3, 13}, {11, 0}, {12, 0}}) {
        const auto error =
            parse_icmp_error_v4(sealed_v4(error_v4(static_cast<std::uint8_t>(type),
                                                   static_cast<std::uint8_t>(code), 1'300)),
                                kV4);
        ASSERT_TRUE(error) << type;
        EXPECT_EQ(error->mtu, 0) << type;
    }
    for (const std::uint8_t type : {std::uint8_t{1}, std::uint8_t{3}, std::uint8_t{4}})
        EXPECT_EQ(parse_icmp_error_v6(sealed_v6(error_v6(type, 1'300)), kV6).value().mtu, 0);
}

TEST(IcmpError, PathsTakeWhatEveryHostTakes) {
    EXPECT_EQ(parse_icmp_error_v4(sealed_v4(error_v4(3, 4, 68)), kV4).value().mtu, 576);
    EXPECT_FALSE(parse_icmp_error_v6(sealed_v6(error_v6(2, 1'279)), kV6));
}

// RFC 1191 section 5: old routers don't say what the next hop takes.
TEST(IcmpError, WithoutAnMtuItIsTheNextOfThoseThatNetworksHave) {
    for (const auto& [total, mtu] : {std::pair{1'500, 1'492},
                                     {1'493, 1'492},
                                     {1'492, 1'006},
                                     {1'400, 1'006},
                                     {9'000, 8'166},
                                     {1'006, 576},
                                     {600, 576}}) {
        Bytes p = error_v4(3, 4, 0);
        be16(p, 30, static_cast<std::size_t>(total));
        const auto error = parse_icmp_error_v4(sealed_v4(p), kV4);
        ASSERT_TRUE(error) << total;
        EXPECT_EQ(error->mtu, mtu) << total;
    }
    Bytes p = error_v4(3, 4, 0);
    be16(p, 30, 68);
    EXPECT_FALSE(parse_icmp_error_v4(sealed_v4(p), kV4));
}

TEST(IcmpError, WhatTheDatagramFitsIntoIsNoReport) {
    for (const std::uint16_t mtu : {std::uint16_t{1'400}, std::uint16_t{9'000}})
        EXPECT_FALSE(parse_icmp_error_v4(sealed_v4(error_v4(3, 4, mtu)), kV4)) << mtu;
    EXPECT_FALSE(parse_icmp_error_v6(sealed_v6(error_v6(2, 1'440)), kV6));
}

TEST(IcmpError, OnlyAboutDatagramsOfOurs) {
    const auto v4 = [](std::size_t at, std::uint8_t value) {
        Bytes p = error_v4(3, 4, 1'300);
        p[at] = value;
        return parse_icmp_error_v4(sealed_v4(p), kV4).has_value();
    };
    EXPECT_TRUE(v4(48, 4001 >> 8));
    EXPECT_FALSE(v4(48, 77));    // another port
    EXPECT_FALSE(v4(43, 9));     // another sender
    EXPECT_FALSE(v4(37, 6));     // TCP
    EXPECT_FALSE(v4(28, 0x4f));  // a header longer than what is there
    EXPECT_FALSE(v4(28, 0x65));
    EXPECT_FALSE(v4(20, 8));  // no error
    const auto v6 = [](std::size_t at, std::uint8_t value) {
        Bytes p = error_v6(2, 1'300);
        p[at] = value;
        return parse_icmp_error_v6(sealed_v6(p), kV6).has_value();
    };
    EXPECT_TRUE(v6(88, 4001 >> 8));
    EXPECT_FALSE(v6(88, 77));
    EXPECT_FALSE(v6(71, 9));
    EXPECT_FALSE(v6(54, 6));
    EXPECT_FALSE(v6(48, 0x45));
    EXPECT_FALSE(v6(40, 128));
}

TEST(IcmpError, AboutDatagramsFromAnyAddressOfOurs) {
    LocalNet both = kV4;
    both.own.add({*IpAddress::parse("192.168.7.1"), 24});
    both.own.add({first(kV6), 64});
    EXPECT_EQ(parse_icmp_error_v4(sealed_v4(error_v4(3, 4, 1'300)), both).value().flow.local,
              first(kV4));
    EXPECT_EQ(parse_icmp_error_v6(sealed_v6(error_v6(2, 1'300)), both).value().flow.local,
              first(kV6));
    Bytes second = error_v4(3, 4, 1'300), mapped = error_v6(2, 1'300);
    std::copy_n(IpAddress::parse("192.168.7.1")->v4_bytes(), 4, &second[40]);
    EXPECT_EQ(parse_icmp_error_v4(sealed_v4(second), both).value().flow.local,
              *IpAddress::parse("192.168.7.1"));
    EXPECT_FALSE(parse_icmp_error_v4(sealed_v4(second), kV4));
    std::copy_n(first(kV4).bytes.data(), 16, &mapped[56]);
    EXPECT_FALSE(parse_icmp_error_v6(sealed_v6(mapped), both));
}

TEST(IcmpError, DamagedAndCutOnesAreNone) {
    Bytes v4 = sealed_v4(error_v4(3, 4, 1'300)), v6 = sealed_v6(error_v6(2, 1'300));
    for (std::size_t size = 20; size < v4.size(); ++size)
        EXPECT_FALSE(parse_icmp_error_v4(std::span(v4).first(size), kV4)) << size;
    for (std::size_t size = 40; size < v6.size(); ++size)
        EXPECT_FALSE(parse_icmp_error_v6(std::span(v6).first(size), kV6)) << size;
    v4.back() ^= 1;
    v6.back() ^= 1;
    EXPECT_FALSE(parse_icmp_error_v4(v4, kV4));
    EXPECT_FALSE(parse_icmp_error_v6(v6, kV6));
}

class Unreachable : public testing::Test {
  protected:
    ~Unreachable() override { rte_pktmbuf_free(m_); }
    // A frame to us with `size` bytes behind its UDP header.
    void receive(const LocalNet& us, std::size_t size) {
        const bool v6 = !first(us).is_v4();
        const std::size_t head = v6 ? 40u : 20u;
        Bytes frame(14 + head + 8 + size, 0x5a);
        put_mac(&frame[0], us.mac);
        put_mac(&frame[6], {2, 0, 0, 0, 0, 2});
        std::uint8_t* ip = &frame[14];
        std::memset(ip, 0, head + 8);
        ip[0] = v6 ? 0x60 : 0x45;
        be16(frame, v6 ? 18 : 16, (v6 ? 8 : 28) + size);
        const IpAddress them = *IpAddress::parse(v6 ? "fd00::2" : "10.0.0.2");
        if (v6) {
            std::copy_n(them.bytes.data(), 16, ip + 8);
            std::copy_n(first(us).bytes.data(), 16, ip + 24);
        } else {
            std::copy_n(them.v4_bytes(), 4, ip + 12);
            std::copy_n(first(us).v4_bytes(), 4, ip + 16);
        }
        original_ = Bytes(frame.begin() + 14, frame.end());
        m_ = rte_pktmbuf_alloc(pools_->rx);
        std::copy(frame.begin(), frame.end(),
                  reinterpret_cast<std::uint8_t*>(
                      rte_pktmbuf_append(m_, static_cast<std::uint16_t>(frame.size()))));
    }
    std::span<const std::uint8_t> packet() const {
        return {rte_pktmbuf_mtod(m_, const std::uint8_t*) + 14, m_->data_len - 14u};
    }

    TestPools pools_;
    Bytes original_;
    rte_mbuf* m_ = nullptr;
};

TEST_F(Unreachable, QuotesTheDatagramToItsSenderV4) {
    receive(kV4, 500);
    ASSERT_TRUE(answer_port_unreachable(*m_, kV4));
    const auto p = packet();
    ASSERT_EQ(p.size(), 20u + 8 + 28);
    EXPECT_EQ(get_be16(&p[2]), p.size());
    EXPECT_EQ(fold(raw_sum(p.data(), 20)), 0xffff);
    EXPECT_EQ(get_ipv4(&p[12]), first(kV4));
    EXPECT_EQ(get_ipv4(&p[16]), *IpAddress::parse("10.0.0.2"));
    EXPECT_EQ(p[20], 3);
    EXPECT_EQ(p[21], 3);
    EXPECT_EQ(fold(raw_sum(&p[20], p.size() - 20)), 0xffff);
    EXPECT_TRUE(std::equal(p.begin() + 28, p.end(), original_.begin()));
    EXPECT_EQ(get_mac(rte_pktmbuf_mtod(m_, const std::uint8_t*)), (MacAddress{2, 0, 0, 0, 0, 2}));
}

TEST_F(Unreachable, QuotesAsMuchAsEveryPathTakesV6) {
    for (const std::size_t size : {0u, 300u, 1'400u}) {
        rte_pktmbuf_free(m_);
        receive(kV6, size);
        ASSERT_TRUE(answer_port_unreachable(*m_, kV6));
        const auto p = packet();
        ASSERT_EQ(p.size(), std::min<std::size_t>(48 + original_.size(), 1'280));
        EXPECT_EQ(p[40], 1);
        EXPECT_EQ(p[41], 4);
        EXPECT_EQ(icmpv6_checksum(p.data(), static_cast<std::uint16_t>(p.size() - 40)), 0);
        EXPECT_TRUE(std::equal(p.begin() + 48, p.end(), original_.begin()));
        EXPECT_EQ(get_ipv6(&p[24]), *IpAddress::parse("fd00::2"));
    }
}

// Whatever the packet says of its length.
TEST_F(Unreachable, QuotesNoMoreThanWasReceived) {
    for (const LocalNet& us : {kV4, kV6}) {
        rte_pktmbuf_free(m_);
        receive(us, 20);
        std::uint8_t* ip = rte_pktmbuf_mtod(m_, std::uint8_t*) + 14;
        const bool v4 = first(us).is_v4();
        if (v4)
            ip[0] = 0x4f;
        else
            put_be16(ip + 4, 1'200);
        ASSERT_TRUE(answer_port_unreachable(*m_, us));
        EXPECT_EQ(packet().size(), (v4 ? 28u : 48u) + original_.size());
    }
}

TEST_F(Unreachable, ComesFromTheAddressThatWasTried) {
    LocalNet both = kV6;
    both.own.add({first(kV4), 24});
    receive(kV4, 100);
    ASSERT_TRUE(answer_port_unreachable(*m_, both));
    EXPECT_EQ(get_ipv4(&packet()[12]), first(kV4));
    rte_pktmbuf_free(m_);
    receive(kV6, 100);
    ASSERT_TRUE(answer_port_unreachable(*m_, both));
    EXPECT_EQ(get_ipv6(&packet()[8]), first(kV6));
}

TEST_F(Unreachable, WithoutRoomNothingIsChanged) {
    receive(kV6, 20);
    m_->buf_len = static_cast<std::uint16_t>(m_->data_off + m_->data_len);
    EXPECT_FALSE(answer_port_unreachable(*m_, kV6));
    EXPECT_TRUE(std::equal(original_.begin(), original_.end(), packet().begin()));
    m_->buf_len = static_cast<std::uint16_t>(m_->data_off + 2'000);
}

}  // namespace
}  // namespace strata::dataplane::net
