#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "dataplane/net/arp.h"
#include "dataplane/net/neighbour_discovery.h"
#include "tests/unit/dataplane/net/ingress_fixture.h"

namespace strata::dataplane::net::ingress_test {
namespace {

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
