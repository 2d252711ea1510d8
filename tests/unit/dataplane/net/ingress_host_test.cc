#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "dataplane/net/arp.h"
#include "dataplane/net/icmp_error.h"
#include "dataplane/net/neighbour_discovery.h"
#include "tests/unit/dataplane/net/ingress_fixture.h"

// What a host says itself: ARP, neighbour discovery, echoes.
namespace strata::dataplane::net::ingress_test {
namespace {

std::vector<std::uint8_t> tagged(std::vector<std::uint8_t> frame, std::uint16_t tci) {
    const std::array<std::uint8_t, 4> tag{0x81, 0, static_cast<std::uint8_t>(tci >> 8),
                                          static_cast<std::uint8_t>(tci)};
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    return frame;
}

TEST_F(IngressTest, AnswersArpRequestsAndLearns) {
    LocalNet them = v4_;
    them.mac = kTheirs;
    const IpAddress theirs = *IpAddress::parse("10.0.0.2");
    std::vector<std::uint8_t> frame(kMaxArpFrame);
    frame.resize(write_arp_request(them, theirs, first(v4_), frame.data()));
    const Ingress in = receive(v4_, frame);
    ASSERT_EQ(in.action, Ingress::Action::reply);
    EXPECT_EQ(in.counter, PortCounter::rx_arp);
    EXPECT_TRUE(in.learned);
    EXPECT_EQ(in.neighbour, theirs);
    EXPECT_EQ(in.mac, kTheirs);
    ASSERT_EQ(m_->data_len, 42);
    EXPECT_EQ(get_mac(data()), kTheirs);
    const auto reply = parse_arp({data() + 14, 28});
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->request);
    EXPECT_EQ(reply->sender, first(v4_));
    EXPECT_EQ(reply->sender_mac, kOurs);
    EXPECT_EQ(reply->target, theirs);
    frame.resize(write_arp_request(them, theirs, *IpAddress::parse("10.0.0.9"), frame.data()));
    expect_counted(v4_, frame, PortCounter::rx_arp);
    frame.resize(30);
    expect_counted(v4_, frame, PortCounter::rx_arp);
}

TEST_F(IngressTest, WhoClaimsOurAddressTeachesNothing) {
    LocalNet thief = v4_;
    thief.mac = kTheirs;
    std::vector<std::uint8_t> frame(kMaxArpFrame);
    frame.resize(write_arp_request(thief, first(v4_), first(v4_), frame.data()));
    Ingress in = receive(v4_, frame);
    EXPECT_EQ(in.action, Ingress::Action::consumed);
    EXPECT_TRUE(in.conflict && in.claimed);
    EXPECT_FALSE(in.learned);
    thief = v6_;
    thief.mac = kTheirs;
    frame.resize(kMaxNeighbourFrame);
    frame.resize(write_announcement(thief, first(v6_), frame.data()));
    in = receive(v6_, frame);
    EXPECT_TRUE(in.conflict && in.claimed);
    EXPECT_FALSE(in.learned);
    // What comes back of our own isn't one.
    frame.resize(kMaxNeighbourFrame);
    frame.resize(write_announcement(v6_, first(v6_), frame.data()));
    EXPECT_FALSE(receive(v6_, frame).conflict);
}

// Duplicate address detection, RFC 4862 section 5.4: the source is unspecified.
TEST_F(IngressTest, WhoAsksWhetherOurAddressIsFreeIsToldByAll) {
    LocalNet them = v6_;
    them.mac = kTheirs;
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    frame.resize(write_solicitation(them, {}, first(v6_), frame.data()));
    const Ingress in = receive(v6_, frame);
    EXPECT_EQ(in.action, Ingress::Action::consumed);
    EXPECT_TRUE(in.claimed);
    EXPECT_FALSE(in.conflict || in.learned);
}

TEST_F(IngressTest, AnnouncementsAreForAllAndTeach) {
    LocalNet them = v6_;
    them.mac = kTheirs;
    const IpAddress theirs = *IpAddress::parse("fd00::2");
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    frame.resize(write_announcement(them, theirs, frame.data()));
    EXPECT_EQ(frame[0], 0x33);
    EXPECT_EQ(frame[14 + 40 + 4], 0x20);  // override, not solicited
    EXPECT_EQ(get_ipv6(&frame[14 + 24]), *IpAddress::parse("ff02::1"));
    const Ingress in = receive(v6_, frame);
    EXPECT_TRUE(in.learned);
    EXPECT_EQ(in.neighbour, theirs);
    EXPECT_EQ(in.mac, kTheirs);
}

TEST_F(IngressTest, AnswersSolicitationsAndLearns) {
    LocalNet them = v6_;
    them.mac = kTheirs;
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    const IpAddress theirs = *IpAddress::parse("fd00::2");
    frame.resize(write_solicitation(them, theirs, first(v6_), frame.data()));
    EXPECT_EQ(frame[0], 0x33);
    const Ingress in = receive(v6_, frame);
    ASSERT_EQ(in.action, Ingress::Action::reply);
    EXPECT_TRUE(in.learned);
    EXPECT_EQ(in.mac, kTheirs);
    const auto reply = parse_neighbour({data() + 14, m_->data_len - 14u});
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->solicitation);
    EXPECT_EQ(reply->target, first(v6_));
    EXPECT_EQ(*reply->mac, kOurs);
    EXPECT_EQ(get_mac(data()), kTheirs);
    frame[14 + 7] = 254;  // was routed
    expect_counted(v6_, frame, PortCounter::rx_arp);
}

// Only what is sent to us alone answers us.
TEST_F(IngressTest, TellsAnswersFromAnnouncements) {
    LocalNet them = v4_;
    them.mac = kTheirs;
    const IpAddress theirs = *IpAddress::parse("10.0.0.2");
    std::vector<std::uint8_t> frame(kMaxArpFrame);
    const ArpMessage ours{true, kOurs, first(v4_), theirs};
    frame.resize(write_arp_reply(them, ours, frame.data()));
    Ingress in = receive(v4_, frame);
    EXPECT_TRUE(in.learned && in.solicited && in.overrides);
    frame[14 + 7] = 1;  // a request
    EXPECT_FALSE(receive(v4_, frame).solicited);
    frame[14 + 7] = 2;
    put_mac(frame.data(), kBroadcastMac);
    EXPECT_FALSE(receive(v4_, frame).solicited);
    const ArpMessage announced{true, kTheirs, theirs, theirs};
    frame.resize(write_arp_reply(them, announced, frame.data()));
    put_mac(frame.data(), kOurs);
    in = receive(v4_, frame);
    EXPECT_TRUE(in.learned);
    EXPECT_FALSE(in.solicited);
}

// RFC 4861 sections 4.4 and 7.1.2.
TEST_F(IngressTest, AdvertisementsSayWhetherTheyAnswerAndOverride) {
    LocalNet them = v6_;
    them.mac = kTheirs;
    const IpAddress theirs = *IpAddress::parse("fd00::2");
    const NeighbourMessage ours{.solicitation = true, .source = first(v6_), .target = theirs};
    const auto advertise = [&](std::uint8_t flags, std::uint8_t option) {
        std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
        frame.resize(write_advertisement(them, ours, kOurs, frame.data()));
        std::uint8_t* icmp = &frame[14 + 40];
        icmp[4] = flags;
        icmp[24] = option;
        std::memset(icmp + 2, 0, 2);
        const std::uint16_t sum = icmpv6_checksum(&frame[14], 32);
        std::memcpy(icmp + 2, &sum, 2);
        return frame;
    };
    for (const int flags : {0x00, 0x20, 0x40, 0x60}) {
        const Ingress in = receive(v6_, advertise(static_cast<std::uint8_t>(flags), 2));
        EXPECT_TRUE(in.learned) << flags;
        EXPECT_EQ(in.solicited, (flags & 0x40) != 0) << flags;
        EXPECT_EQ(in.overrides, (flags & 0x20) != 0) << flags;
    }
    // Without its MAC: whoever was asked alone is still there, and nothing is said of others.
    Ingress in = receive(v6_, advertise(0x60, 9));
    EXPECT_TRUE(in.learned);
    EXPECT_FALSE(in.solicited || in.overrides);
    EXPECT_EQ(in.mac, kTheirs);
    EXPECT_FALSE(receive(v6_, advertise(0x20, 9)).learned);
    // An answer to a group is none.
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    frame.resize(write_announcement(them, theirs, frame.data()));
    frame[14 + 40 + 4] = 0x60;
    std::memset(&frame[14 + 40 + 2], 0, 2);
    const std::uint16_t sum = icmpv6_checksum(&frame[14], 32);
    std::memcpy(&frame[14 + 40 + 2], &sum, 2);
    in = receive(v6_, frame);
    EXPECT_EQ(in.counter, PortCounter::rx_arp);
    EXPECT_FALSE(in.learned);
}

TEST_F(IngressTest, SolicitationsOfNoHostTeachNothing) {
    for (const char* source : {"::ffff:10.0.0.9", "ff02::1", "::"}) {
        std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
        frame.resize(write_solicitation(v6_, *IpAddress::parse(source), first(v6_), frame.data()));
        const Ingress in = receive(v6_, frame);
        EXPECT_EQ(in.action, Ingress::Action::consumed) << source;
        EXPECT_FALSE(in.learned) << source;
    }
}

TEST_F(IngressTest, SolicitationOptionsAreBounded) {
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    frame.resize(write_solicitation(v6_, *IpAddress::parse("fd00::2"), first(v6_), frame.data()));
    for (const int units : {0, 2, 255}) {
        const auto length = static_cast<std::uint8_t>(units);
        frame[14 + 40 + 25] = length;
        std::memset(frame.data() + 14 + 40 + 2, 0, 2);
        const std::uint16_t sum = icmpv6_checksum(frame.data() + 14, 32);
        std::memcpy(frame.data() + 14 + 40 + 2, &sum, 2);
        EXPECT_FALSE(receive(v6_, frame).learned);
    }
}

TEST_F(IngressTest, AnswersEcho) {
    auto frame = udp(v4_, 4000, 56);
    make_echo_v4(frame);
    const Ingress in = receive(v4_, frame);
    ASSERT_EQ(in.action, Ingress::Action::reply);
    EXPECT_EQ(data()[34], 0);
    EXPECT_EQ(data()[38], 0x12);
    EXPECT_EQ(fold(raw_sum(data() + 34, frame.size() - 34)), 0xffff);
    EXPECT_EQ(fold(raw_sum(data() + 14, 20)), 0xffff);
    EXPECT_EQ(data()[29], 1);
    EXPECT_EQ(data()[33], 2);
    EXPECT_EQ(get_mac(data()), kTheirs);
    frame[40] ^= 0xff;
    expect_counted(v4_, frame, PortCounter::rx_icmp);
}

// 802.1p: VLAN 0 and a priority, on a port without a tag. Answers have none, and nothing of the
// buffer behind the frame.
TEST_F(IngressTest, PriorityTaggedFramesAreAnsweredWithoutTheirTag) {
    for (const std::uint16_t tci : std::to_array<std::uint16_t>({0x0000, 0x4000, 0xe000}))
        for (const LocalNet& us : {v4_, v6_}) {
            const bool v4 = first(us).is_v4();
            const auto plain = udp(us, 4002, 20);
            auto frame = tagged(plain, tci);
            expect_counted(us, frame, PortCounter::rx_unknown_port);
            std::memset(rte_pktmbuf_mtod_offset(m_, std::uint8_t*, m_->data_len), 0xa5,
                        rte_pktmbuf_tailroom(m_));
            ASSERT_TRUE(answer_port_unreachable(*m_, us));
            const std::size_t head = 14 + (v4 ? 28u : 48u), quoted = v4 ? 28 : plain.size() - 14;
            ASSERT_EQ(m_->data_len, head + quoted);
            EXPECT_EQ(m_->pkt_len, m_->data_len);
            EXPECT_EQ(get_mac(data()), kTheirs);
            EXPECT_EQ(get_mac(data() + 6), kOurs);
            EXPECT_EQ(get_be16(data() + 12), v4 ? kEtherTypeIpv4 : kEtherTypeIpv6);
            EXPECT_EQ(v4 ? get_ipv4(data() + 26) : get_ipv6(data() + 22), first(us));
            EXPECT_TRUE(std::equal(data() + head, data() + m_->data_len, plain.begin() + 14));

            auto echo = udp(us, 4000, 20);
            v4 ? make_echo_v4(echo) : make_echo_v6(echo);
            ASSERT_EQ(receive(us, tagged(echo, tci)).action, Ingress::Action::reply);
            ASSERT_EQ(m_->data_len, echo.size());
            EXPECT_EQ(get_mac(data()), kTheirs);
            EXPECT_EQ(get_be16(data() + 12), v4 ? kEtherTypeIpv4 : kEtherTypeIpv6);
            EXPECT_TRUE(std::equal(data() + head, data() + m_->data_len, echo.begin() + head));
        }
}

TEST_F(IngressTest, PriorityTaggedDatagramsAreDelivered) {
    for (const LocalNet& us : {v4_, v6_}) {
        ASSERT_EQ(receive(us, tagged(udp(us, 4001, 100), 0xe000)).action, Ingress::Action::deliver);
        EXPECT_EQ(m_->data_len, 100);
    }
}

// So that the kernel gets it as the port would have received it without (KernelLink).
TEST_F(IngressTest, WhatThePriorityTaggedFrameIsStaysWithoutItsTag) {
    auto plain = udp(v4_, 4000, 20);
    plain[23] = 6;
    fix_ipv4_checksum(plain);
    expect_counted(v4_, tagged(plain, 0xe000), PortCounter::rx_unknown_type);
    ASSERT_EQ(m_->data_len, plain.size());
    EXPECT_TRUE(std::equal(plain.begin(), plain.end(), data()));
}

}  // namespace
}  // namespace strata::dataplane::net::ingress_test
