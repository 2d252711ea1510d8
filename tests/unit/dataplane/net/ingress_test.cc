#include "dataplane/net/ingress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
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
        v4_.own.add({*IpAddress::parse("10.0.0.1"), 24});
        v6_.own.add({*IpAddress::parse("fd00::1"), 64});
        v4_.first_port = v6_.first_port = 4000;
        v4_.ports = v6_.ports = 2;
    }
    ~IngressTest() override { rte_pktmbuf_free(m_); }

    static const IpAddress& first(const LocalNet& us) { return us.own.all()[0].address; }

    // A UDP frame to us, made by the transmit side.
    std::vector<std::uint8_t> udp(const LocalNet& us, std::uint16_t to_port, std::uint16_t bytes) {
        return udp(us, first(us), to_port, bytes);
    }
    std::vector<std::uint8_t> udp(const LocalNet& us, const IpAddress& to, std::uint16_t to_port,
                                  std::uint16_t bytes) {
        const bool v6 = !to.is_v4();
        const FlowKey back{to, *IpAddress::parse(v6 ? "fd00::2" : "10.0.0.2"), to_port, 6000};
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
    for (const char* source : {"::", "::1", "::ffff:10.0.0.2", "ff02::1"}) {
        auto frame = udp(v6_, 4000, 20);
        std::memcpy(frame.data() + 14 + 8, IpAddress::parse(source)->bytes.data(), 16);
        expect_counted(v6_, frame, PortCounter::rx_bad_header);
    }
    for (const char* source : {"0.0.0.1", "127.0.0.1", "224.0.0.1", "255.255.255.255"}) {
        auto frame = udp(v4_, 4000, 20);
        std::memcpy(frame.data() + 26, IpAddress::parse(source)->v4_bytes(), 4);
        fix_ipv4_checksum(frame);
        expect_counted(v4_, frame, PortCounter::rx_bad_header);
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

// A UDP frame becomes an echo request.
void make_echo_v4(std::vector<std::uint8_t>& frame) {
    frame[23] = 1;
    fix_ipv4_checksum(frame);
    std::memset(frame.data() + 34, 0, 8);
    frame[34] = 8;
    frame[38] = 0x12;
    const std::uint16_t sum = checksum(raw_sum(frame.data() + 34, frame.size() - 34));
    std::memcpy(frame.data() + 36, &sum, 2);
}
void make_echo_v6(std::vector<std::uint8_t>& frame) {
    frame[20] = 58;
    std::memset(frame.data() + 54, 0, 8);
    frame[54] = 128;
    const std::uint16_t sum =
        icmpv6_checksum(frame.data() + 14, static_cast<std::uint16_t>(frame.size() - 54));
    std::memcpy(frame.data() + 56, &sum, 2);
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

// Two addresses of each family, at one MAC.
class DualStackTest : public IngressTest {
  protected:
    DualStackTest() {
        us_ = v4_;
        us_.own = {};
        for (const char* text : kOurAddresses)
            us_.own.add({*IpAddress::parse(text),
                         static_cast<std::uint8_t>(IpAddress::parse(text)->is_v4() ? 24 : 64)});
        them_ = us_;
        them_.mac = kTheirs;
    }
    static constexpr std::array kOurAddresses{"10.0.0.1", "fd00::1", "192.168.7.1", "fd07::1"};
    static IpAddress theirs(const IpAddress& ours) {
        return *IpAddress::parse(ours.is_v4() ? "10.0.0.2" : "fd00::2");
    }

    LocalNet us_, them_;
};

TEST_F(DualStackTest, DeliversAtEachAddress) {
    for (const Prefix& own : us_.own.all()) {
        const Ingress in = receive(us_, udp(us_, own.address, 4001, 100));
        ASSERT_EQ(in.action, Ingress::Action::deliver) << to_string(own.address);
        EXPECT_EQ(in.worker, 1);
        EXPECT_EQ(flow_.local, own.address);
        EXPECT_EQ(flow_.remote, theirs(own.address));
    }
    for (const char* stranger : {"10.0.0.3", "192.168.7.2", "fd00::3", "fd07::2"})
        expect_counted(us_, udp(us_, *IpAddress::parse(stranger), 4000, 20),
                       PortCounter::rx_not_for_us);
}

TEST_F(DualStackTest, AnIpv4AddressIsNobodysInAnIpv6Header) {
    auto frame = udp(us_, *IpAddress::parse("fd00::1"), 4000, 20);
    std::memcpy(frame.data() + 14 + 24, IpAddress::parse("10.0.0.1")->bytes.data(), 16);
    expect_counted(us_, frame, PortCounter::rx_not_for_us);
    make_echo_v6(frame);
    expect_counted(us_, frame, PortCounter::rx_icmp);
}

TEST_F(DualStackTest, AnswersWhoeverAsksForAnyAddress) {
    for (const Prefix& own : us_.own.all()) {
        const bool v4 = own.address.is_v4();
        const IpAddress source = theirs(own.address);
        std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
        frame.resize(v4 ? write_arp_request(them_, source, own.address, frame.data())
                        : write_solicitation(them_, source, own.address, frame.data()));
        const Ingress in = receive(us_, frame);
        ASSERT_EQ(in.action, Ingress::Action::reply) << to_string(own.address);
        EXPECT_EQ(in.neighbour, source);
        EXPECT_TRUE(in.learned);
        const std::span<const std::uint8_t> body(data() + 14, m_->data_len - 14u);
        EXPECT_EQ(v4 ? parse_arp(body).value().sender : parse_neighbour(body).value().target,
                  own.address);
        EXPECT_EQ(v4 ? own.address : get_ipv6(&body[8]), own.address);
    }
}

TEST_F(DualStackTest, AnswersEchoFromTheAddressThatWasAsked) {
    for (const Prefix& own : us_.own.all()) {
        const bool v4 = own.address.is_v4();
        auto frame = udp(us_, own.address, 4000, 56);
        v4 ? make_echo_v4(frame) : make_echo_v6(frame);
        ASSERT_EQ(receive(us_, frame).action, Ingress::Action::reply) << to_string(own.address);
        EXPECT_EQ(v4 ? get_ipv4(data() + 26) : get_ipv6(data() + 22), own.address);
        EXPECT_EQ(v4 ? get_ipv4(data() + 30) : get_ipv6(data() + 38), theirs(own.address));
    }
}

TEST_F(DualStackTest, WhoClaimsAnyAddressIsInConflict) {
    for (const Prefix& own : us_.own.all()) {
        std::vector<std::uint8_t> frame(kMaxNeighbourFrame);
        frame.resize(own.address.is_v4()
                         ? write_arp_request(them_, own.address, own.address, frame.data())
                         : write_announcement(them_, own.address, frame.data()));
        const Ingress in = receive(us_, frame);
        EXPECT_EQ(in.action, Ingress::Action::consumed);
        EXPECT_TRUE(in.conflict && in.claimed && !in.learned) << to_string(own.address);
    }
}

}  // namespace
}  // namespace strata::dataplane::net::ingress_test
