#include "dataplane/net/ingress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "dataplane/net/arp.h"
#include "dataplane/net/checksum.h"
#include "dataplane/net/frame.h"
#include "dataplane/net/neighbour_discovery.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane::net::ingress_test {
namespace {

constexpr MacAddress kOurs{2, 0, 0, 0, 0, 1}, kTheirs{2, 0, 0, 0, 0, 2};

class IngressTest : public testing::Test {
  protected:
    IngressTest() {
        v4_.mac = v6_.mac = kOurs;
        v4_.address = *IpAddress::parse("10.0.0.1");
        v6_.address = *IpAddress::parse("fd00::1");
        v6_.prefix_bits = 64;
        v4_.first_port = v6_.first_port = 4000;
        v4_.ports = v6_.ports = 2;
    }
    ~IngressTest() override { rte_pktmbuf_free(m_); }

    // A UDP frame to us, made by the transmit side.
    std::vector<std::uint8_t> udp(const LocalNet& us, std::uint16_t to_port, std::uint16_t bytes) {
        const bool v6 = !us.address.is_v4();
        const FlowKey back{us.address, *IpAddress::parse(v6 ? "fd00::2" : "10.0.0.2"), to_port,
                           6000};
        std::array<std::byte, 64> link;
        make_ethernet_link(back, kTheirs, 0, link);
        std::uint64_t word = 0;
        std::memcpy(&word, kOurs.data(), 6);
        Neighbour here;
        here.word = word | Neighbour::kResolved;
        const EthernetContext context{&here, us.vlan, true, false};
        std::vector<std::uint8_t> frame(kMaxLinkBytes + bytes);
        EthernetWriter writer(context);
        rte_mbuf unused{};
        writer.begin({bytes});
        const std::uint16_t head = writer.write(unused, frame.data() + kMaxLinkBytes, link.data());
        frame.erase(frame.begin(), frame.begin() + kMaxLinkBytes - head);
        return frame;
    }

    Ingress receive(const LocalNet& us, const std::vector<std::uint8_t>& frame) {
        rte_pktmbuf_free(m_);
        m_ = rte_pktmbuf_alloc(pools_->rx);
        char* room = rte_pktmbuf_append(m_, static_cast<std::uint16_t>(frame.size()));
        std::copy(frame.begin(), frame.end(), reinterpret_cast<std::uint8_t*>(room));
        return receive_frame(*m_, us, flow_);
    }
    void expect_counted(const LocalNet& us, const std::vector<std::uint8_t>& frame,
                        PortCounter counter) {
        const Ingress in = receive(us, frame);
        EXPECT_EQ(in.action, Ingress::Action::consumed);
        EXPECT_EQ(name(in.counter), name(counter));
    }
    const std::uint8_t* data() const { return rte_pktmbuf_mtod(m_, const std::uint8_t*); }

    TestPools pools_;
    LocalNet v4_, v6_;
    rte_mbuf* m_ = nullptr;
    FlowKey flow_;
};

void fix_ipv4_checksum(std::vector<std::uint8_t>& frame) {
    std::memset(frame.data() + 24, 0, 2);
    const std::uint16_t sum = checksum(raw_sum(frame.data() + 14, 20));
    std::memcpy(frame.data() + 24, &sum, 2);
}

TEST_F(IngressTest, DeliversDatagramsToTheirWorker) {
    for (const LocalNet& us : {v4_, v6_}) {
        const Ingress in = receive(us, udp(us, 4001, 100));
        ASSERT_EQ(in.action, Ingress::Action::deliver);
        EXPECT_EQ(in.worker, 1);
        EXPECT_EQ(m_->data_len, 100);
        EXPECT_EQ(flow_.remote_port, 6000);
        EXPECT_EQ(flow_.local_port, 4001);
        EXPECT_EQ(to_string(flow_.remote), us.address.is_v4() ? "10.0.0.2" : "fd00::2");
        EXPECT_EQ(flow_.local, us.address);
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

TEST_F(IngressTest, AnswersArpRequestsAndLearns) {
    LocalNet them = v4_;
    them.mac = kTheirs;
    them.address = *IpAddress::parse("10.0.0.2");
    std::vector<std::uint8_t> frame(kMaxArpFrame);
    frame.resize(write_arp_request(them, v4_.address, frame.data()));
    const Ingress in = receive(v4_, frame);
    ASSERT_EQ(in.action, Ingress::Action::reply);
    EXPECT_EQ(in.counter, PortCounter::rx_arp);
    EXPECT_TRUE(in.learned);
    EXPECT_EQ(in.neighbour, them.address);
    EXPECT_EQ(in.mac, kTheirs);
    ASSERT_EQ(m_->data_len, 42);
    EXPECT_EQ(get_mac(data()), kTheirs);
    const auto reply = parse_arp({data() + 14, 28});
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->request);
    EXPECT_EQ(reply->sender, v4_.address);
    EXPECT_EQ(reply->sender_mac, kOurs);
    EXPECT_EQ(reply->target, them.address);
    frame.resize(write_arp_request(them, *IpAddress::parse("10.0.0.9"), frame.data()));
    expect_counted(v4_, frame, PortCounter::rx_arp);
    frame.resize(30);
    expect_counted(v4_, frame, PortCounter::rx_arp);
}

TEST_F(IngressTest, WhoClaimsOurAddressTeachesNothing) {
    LocalNet thief = v4_;
    thief.mac = kTheirs;
    std::vector<std::uint8_t> frame(kMaxArpFrame);
    frame.resize(write_arp_request(thief, v4_.address, frame.data()));
    Ingress in = receive(v4_, frame);
    EXPECT_EQ(in.action, Ingress::Action::consumed);
    EXPECT_TRUE(in.conflict && in.claimed);
    EXPECT_FALSE(in.learned);
    thief = v6_;
    thief.mac = kTheirs;
    frame.resize(kMaxNeighbourFrame);
    frame.resize(write_announcement(thief, frame.data()));
    in = receive(v6_, frame);
    EXPECT_TRUE(in.conflict && in.claimed);
    EXPECT_FALSE(in.learned);
    // What comes back of our own isn't one.
    frame.resize(kMaxNeighbourFrame);
    frame.resize(write_announcement(v6_, frame.data()));
    EXPECT_FALSE(receive(v6_, frame).conflict);
}

// Duplicate address detection, RFC 4862 section 5.4: the source is unspecified.
TEST_F(IngressTest, WhoAsksWhetherOurAddressIsFreeIsToldByAll) {
    LocalNet them = v6_;
    them.mac = kTheirs;
    them.address = {};
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    frame.resize(write_solicitation(them, v6_.address, frame.data()));
    const Ingress in = receive(v6_, frame);
    EXPECT_EQ(in.action, Ingress::Action::consumed);
    EXPECT_TRUE(in.claimed);
    EXPECT_FALSE(in.conflict || in.learned);
}

TEST_F(IngressTest, AnnouncementsAreForAllAndTeach) {
    LocalNet them = v6_;
    them.mac = kTheirs;
    them.address = *IpAddress::parse("fd00::2");
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    frame.resize(write_announcement(them, frame.data()));
    EXPECT_EQ(frame[0], 0x33);
    EXPECT_EQ(frame[14 + 40 + 4], 0x20);  // override, not solicited
    EXPECT_EQ(get_ipv6(&frame[14 + 24]), *IpAddress::parse("ff02::1"));
    const Ingress in = receive(v6_, frame);
    EXPECT_TRUE(in.learned);
    EXPECT_EQ(in.neighbour, them.address);
    EXPECT_EQ(in.mac, kTheirs);
}

TEST_F(IngressTest, AnswersSolicitationsAndLearns) {
    LocalNet them = v6_;
    them.mac = kTheirs;
    them.address = *IpAddress::parse("fd00::2");
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    frame.resize(write_solicitation(them, v6_.address, frame.data()));
    EXPECT_EQ(frame[0], 0x33);
    const Ingress in = receive(v6_, frame);
    ASSERT_EQ(in.action, Ingress::Action::reply);
    EXPECT_TRUE(in.learned);
    EXPECT_EQ(in.mac, kTheirs);
    const auto reply = parse_neighbour({data() + 14, m_->data_len - 14u});
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->solicitation);
    EXPECT_EQ(reply->target, v6_.address);
    EXPECT_EQ(*reply->mac, kOurs);
    EXPECT_EQ(get_mac(data()), kTheirs);
    frame[14 + 7] = 254;  // was routed
    expect_counted(v6_, frame, PortCounter::rx_arp);
}

TEST_F(IngressTest, SolicitationsOfNoHostTeachNothing) {
    for (const char* source : {"::ffff:10.0.0.9", "ff02::1", "::"}) {
        LocalNet them = v6_;
        them.address = *IpAddress::parse(source);
        std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
        frame.resize(write_solicitation(them, v6_.address, frame.data()));
        const Ingress in = receive(v6_, frame);
        EXPECT_EQ(in.action, Ingress::Action::consumed) << source;
        EXPECT_FALSE(in.learned) << source;
    }
}

TEST_F(IngressTest, SolicitationOptionsAreBounded) {
    LocalNet them = v6_;
    them.address = *IpAddress::parse("fd00::2");
    std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
    frame.resize(write_solicitation(them, v6_.address, frame.data()));
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
    frame[23] = 1;
    fix_ipv4_checksum(frame);
    std::memset(frame.data() + 34, 0, 8);
    frame[34] = 8;
    frame[38] = 0x12;
    const std::uint16_t sum = checksum(raw_sum(frame.data() + 34, frame.size() - 34));
    std::memcpy(frame.data() + 36, &sum, 2);
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

}  // namespace
}  // namespace strata::dataplane::net::ingress_test
