#include "dataplane/net/kernel_routes.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "tests/unit/dataplane/net/route_announcement.h"

namespace strata::dataplane::net {
namespace {

// Another message than one of a route.
template <typename Body>
std::vector<std::uint8_t> other(std::uint16_t type, const Body& body,
                                const KernelRoutes::Request& request = {}) {
    nlmsghdr head{};
    head.nlmsg_len = NLMSG_LENGTH(sizeof body);
    head.nlmsg_type = type;
    head.nlmsg_seq = request.sequence;
    head.nlmsg_pid = request.port_id;
    std::vector<std::uint8_t> out(NLMSG_SPACE(sizeof body));
    std::memcpy(out.data(), &head, sizeof head);
    std::memcpy(out.data() + NLMSG_HDRLEN, &body, sizeof body);
    return out;
}

// The loopback interface is everywhere; what the kernel really says of it isn't read.
class KernelRoutesTest : public testing::Test {
  protected:
    bool apply(RouteAnnouncement message) { return v4_.apply(message.bytes()); }
    static RouteAnnouncement route() {
        static const std::uint32_t lo = ::if_nametoindex("lo");
        return std::move(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo));
    }
    bool end_answer() { return v4_.apply(other(NLMSG_DONE, int{0}, v4_.last_request())); }
    // Whether all routes are asked for at the next read(); what the kernel answers is read as well.
    bool asks_anew() {
        const auto before = v4_.last_request();
        v4_.read();
        return v4_.last_request() != before;
    }

    std::uint32_t lo_ = ::if_nametoindex("lo");
    KernelRoutes v4_ = KernelRoutes::open("lo", true, 3).value();
};

TEST_F(KernelRoutesTest, RoutesComeAndGo) {
    EXPECT_TRUE(apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.253").over(lo_)));
    EXPECT_FALSE(
        apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.253").over(lo_)));
    EXPECT_TRUE(apply(RouteAnnouncement(RTM_NEWROUTE, "0.0.0.0", 0).via("10.0.0.254").over(lo_)));
    EXPECT_TRUE(apply(RouteAnnouncement(RTM_NEWROUTE, "192.0.2.0", 24).over(lo_)));
    const auto routes = v4_.routes();
    ASSERT_EQ(routes.size(), 3u);
    EXPECT_EQ(routes[0].to.bits, 0);
    EXPECT_EQ(routes[0].hop, address("10.0.0.254"));
    EXPECT_EQ(routes[1].to.address, address("10.9.0.0"));
    EXPECT_TRUE(routes[2].hop.is_unspecified());
    EXPECT_TRUE(apply(RouteAnnouncement(RTM_DELROUTE, "10.9.0.0", 16).via("10.0.0.253").over(lo_)));
    EXPECT_FALSE(
        apply(RouteAnnouncement(RTM_DELROUTE, "10.9.0.0", 16).via("10.0.0.253").over(lo_)));
    EXPECT_EQ(v4_.routes().size(), 2u);
}

TEST_F(KernelRoutesTest, WhatIsNotForThePortIsLeftOut) {
    EXPECT_FALSE(
        apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_ + 7)));
    EXPECT_FALSE(apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).over(lo_).type(RTN_LOCAL)));
    EXPECT_FALSE(apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).over(lo_).table(77)));
    EXPECT_FALSE(apply(RouteAnnouncement(RTM_NEWROUTE, "fd00::", 8).over(lo_)));
    EXPECT_TRUE(v4_.routes().empty());
}

TEST_F(KernelRoutesTest, TheLowestMetricCounts) {
    apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.2").over(lo_).metric(200));
    apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_).metric(100));
    ASSERT_EQ(v4_.routes().size(), 1u);
    EXPECT_EQ(v4_.routes()[0].hop, address("10.0.0.1"));
    apply(RouteAnnouncement(RTM_DELROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_).metric(100));
    ASSERT_EQ(v4_.routes().size(), 1u);
    EXPECT_EQ(v4_.routes()[0].hop, address("10.0.0.2"));
}

TEST_F(KernelRoutesTest, IsBounded) {
    for (const char* to : {"10.1.0.0", "10.2.0.0", "10.3.0.0", "10.4.0.0"})
        apply(RouteAnnouncement(RTM_NEWROUTE, to, 16).via("10.0.0.1").over(lo_));
    EXPECT_EQ(v4_.routes().size(), 3u);
    EXPECT_EQ(v4_.refused(), 1u);
}

TEST_F(KernelRoutesTest, SixteenBytesForIpv6) {
    auto v6 = KernelRoutes::open("lo", false, 8).value();
    EXPECT_TRUE(v6.apply(
        RouteAnnouncement(RTM_NEWROUTE, "2001:db8::", 32).via("fd00::9").over(lo_).bytes()));
    ASSERT_EQ(v6.routes().size(), 1u);
    EXPECT_EQ(v6.routes()[0].to.address, address("2001:db8::"));
    EXPECT_EQ(v6.routes()[0].hop, address("fd00::9"));
}

// RFC 8950: an IPv4 route by an IPv6 router.
TEST_F(KernelRoutesTest, ANextHopMayBeOfTheOtherFamily) {
    const IpAddress router = address("fe80::9");
    const auto message = [&] { return RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).over(lo_); };
    EXPECT_TRUE(apply(message().via_other(AF_INET6, router)));
    ASSERT_EQ(v4_.routes().size(), 1u);
    EXPECT_EQ(v4_.routes()[0].hop, router);
    EXPECT_TRUE(apply(
        RouteAnnouncement(RTM_DELROUTE, "10.9.0.0", 16).over(lo_).via_other(AF_INET6, router)));
    EXPECT_EQ(v4_.refused(), 0u);
    // Not one of which only a part is understood.
    EXPECT_FALSE(apply(message().via_other(AF_MPLS, router)));
    EXPECT_FALSE(apply(message().via_other(AF_INET6, router, 4)));
    EXPECT_FALSE(apply(message().via("10.0.0.1").encapsulated()));
    EXPECT_EQ(v4_.refused(), 3u);
    auto no_v6 = KernelRoutes::open("lo", true, 3, false).value();
    EXPECT_FALSE(no_v6.apply(message().via_other(AF_INET6, router).bytes()));
    EXPECT_TRUE(no_v6.routes().empty());
    EXPECT_EQ(no_v6.refused(), 1u);
}

TEST_F(KernelRoutesTest, WhatHasNoWayIsNotOnTheLink) {
    for (const std::uint8_t type : {RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT}) {
        EXPECT_TRUE(apply(
            RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).type(type)));  // over no interface
        ASSERT_EQ(v4_.routes().size(), 1u);
        EXPECT_TRUE(v4_.routes()[0].unreachable);
        EXPECT_TRUE(apply(RouteAnnouncement(RTM_DELROUTE, "10.9.0.0", 16).type(type)));
    }
    EXPECT_TRUE(apply(route()));
    EXPECT_TRUE(apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).type(RTN_BLACKHOLE)));
    EXPECT_TRUE(v4_.routes()[0].unreachable) << "it took the other's place";
}

// What was known holds until then.
TEST_F(KernelRoutesTest, AnAnswerCountsWhenItIsWhole) {
    const auto named = [&](const char* to) {
        RouteAnnouncement message(RTM_NEWROUTE, to, 16);
        message.via("10.0.0.1").over(lo_).answers(v4_.last_request());
        return message;
    };
    EXPECT_FALSE(apply(named("10.1.0.0")));
    EXPECT_TRUE(apply(route())) << "announced meanwhile";
    EXPECT_EQ(v4_.routes().size(), 1u);
    EXPECT_TRUE(end_answer());
    EXPECT_EQ(v4_.routes().size(), 2u);
    EXPECT_FALSE(apply(named("10.2.0.0"))) << "of an answer that has ended";
    EXPECT_EQ(v4_.routes().size(), 2u);
}

TEST_F(KernelRoutesTest, IsAskedAnewWhenRoutesMayGoWithoutAWord) {
    while (v4_.read()) {
    }
    EXPECT_FALSE(asks_anew());
    const int lo = static_cast<int>(lo_);
    ifinfomsg link{};
    ifaddrmsg address{};
    link.ifi_index = lo + 7;
    address.ifa_index = lo_ + 7;
    v4_.apply(other(RTM_NEWLINK, link));
    v4_.apply(other(RTM_DELADDR, address));
    EXPECT_FALSE(asks_anew()) << "another interface";
    link.ifi_index = lo;
    address.ifa_index = lo_;
    for (const std::uint16_t type : {RTM_NEWLINK, RTM_DELLINK}) {
        EXPECT_TRUE(apply(route()));
        v4_.apply(other(type, link));
        EXPECT_TRUE(asks_anew());
        EXPECT_TRUE(v4_.routes().empty()) << "the kernel has no such route";
    }
    for (const std::uint16_t type : {RTM_NEWADDR, RTM_DELADDR}) {
        v4_.apply(other(type, address));
        EXPECT_TRUE(asks_anew());
    }
    v4_.apply(other(RTM_DELNEXTHOP, nhmsg{}));
    EXPECT_TRUE(asks_anew());
    EXPECT_FALSE(asks_anew());
}

TEST_F(KernelRoutesTest, IsAskedAnewWhenAnotherRouteTakesThePlaceOfOurs) {
    while (v4_.read()) {
    }
    EXPECT_TRUE(apply(route()));
    apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_ + 7));
    EXPECT_FALSE(asks_anew()) << "beside it";
    apply(RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16)
              .via("10.0.0.1")
              .over(lo_ + 7)
              .flags(NLM_F_REPLACE));
    EXPECT_TRUE(asks_anew());
    EXPECT_TRUE(v4_.routes().empty());
}

TEST_F(KernelRoutesTest, IsAskedAnewWhenTheKernelRefused) {
    const nlmsgerr busy{.error = -EBUSY, .msg = {}};
    v4_.apply(other(NLMSG_ERROR, busy));  // somebody else's
    EXPECT_FALSE(asks_anew());
    EXPECT_TRUE(apply(route()));
    v4_.apply(other(NLMSG_ERROR, busy, v4_.last_request()));
    EXPECT_TRUE(asks_anew());
    EXPECT_TRUE(v4_.routes().empty());
}

TEST_F(KernelRoutesTest, CutMessagesSayNothing) {
    const auto whole =
        RouteAnnouncement(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_).bytes();
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(v4_.apply(std::span(whole).first(size))) << size;
}

TEST(KernelRoutes, AnUnknownInterfaceIsAnError) {
    const auto routes = KernelRoutes::open("strata-none", true, 8);
    ASSERT_FALSE(routes);
    EXPECT_NE(routes.error().find("no such interface"), std::string::npos);
}

}  // namespace
}  // namespace strata::dataplane::net
