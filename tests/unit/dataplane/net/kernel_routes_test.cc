#include "dataplane/net/kernel_routes.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

namespace strata::dataplane::net {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

// One message as the kernel announces it.
class Message {
  public:
    Message(std::uint16_t type, const char* to, std::uint8_t bits) : v4_(ip(to).is_v4()) {
        head_.nlmsg_type = type;
        route_.rtm_family = v4_ ? AF_INET : AF_INET6;
        route_.rtm_dst_len = bits;
        route_.rtm_table = RT_TABLE_MAIN;
        route_.rtm_type = RTN_UNICAST;
        if (bits != 0) address(RTA_DST, to);
    }
    Message& via(const char* hop) { return address(RTA_GATEWAY, hop); }
    Message& over(std::uint32_t interface) { return number(RTA_OIF, interface); }
    Message& metric(std::uint32_t value) { return number(RTA_PRIORITY, value); }
    Message& table(std::uint32_t value) { return number(RTA_TABLE, value); }
    Message& type(std::uint8_t value) {
        route_.rtm_type = value;
        return *this;
    }
    std::vector<std::uint8_t> bytes() const {
        nlmsghdr head = head_;
        head.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof route_) + rest_.size());
        std::vector<std::uint8_t> out(NLMSG_LENGTH(sizeof route_));
        std::memcpy(out.data(), &head, sizeof head);
        std::memcpy(out.data() + NLMSG_HDRLEN, &route_, sizeof route_);
        out.insert(out.end(), rest_.begin(), rest_.end());
        return out;
    }

  private:
    Message& add(std::uint16_t type, const void* data, std::size_t size) {
        const rtattr head{static_cast<std::uint16_t>(RTA_LENGTH(size)), type};
        const std::size_t at = rest_.size();
        rest_.resize(at + RTA_SPACE(size));
        std::memcpy(&rest_[at], &head, sizeof head);
        std::memcpy(&rest_[at] + RTA_LENGTH(0), data, size);
        return *this;
    }
    Message& address(std::uint16_t type, const char* text) {
        const IpAddress address = ip(text);
        if (v4_) return add(type, address.v4_bytes(), 4);
        return add(type, address.bytes.data(), 16);
    }
    Message& number(std::uint16_t type, std::uint32_t value) {
        return add(type, &value, sizeof value);
    }

    bool v4_;
    nlmsghdr head_{};
    rtmsg route_{};
    std::vector<std::uint8_t> rest_;
};

// The loopback interface is everywhere; what the kernel really says of it isn't read.
class KernelRoutesTest : public testing::Test {
  protected:
    bool apply(Message message) { return v4_.apply(message.bytes()); }

    std::uint32_t lo_ = ::if_nametoindex("lo");
    KernelRoutes v4_ = KernelRoutes::open("lo", true, 3).value();
};

TEST_F(KernelRoutesTest, RoutesComeAndGo) {
    EXPECT_TRUE(apply(Message(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.253").over(lo_)));
    EXPECT_FALSE(apply(Message(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.253").over(lo_)));
    EXPECT_TRUE(apply(Message(RTM_NEWROUTE, "0.0.0.0", 0).via("10.0.0.254").over(lo_)));
    EXPECT_TRUE(apply(Message(RTM_NEWROUTE, "192.0.2.0", 24).over(lo_)));
    const auto routes = v4_.routes();
    ASSERT_EQ(routes.size(), 3u);
    EXPECT_EQ(routes[0].to.bits, 0);
    EXPECT_EQ(routes[0].hop, ip("10.0.0.254"));
    EXPECT_EQ(routes[1].to.address, ip("10.9.0.0"));
    EXPECT_TRUE(routes[2].hop.is_unspecified());
    EXPECT_TRUE(apply(Message(RTM_DELROUTE, "10.9.0.0", 16).via("10.0.0.253").over(lo_)));
    EXPECT_FALSE(apply(Message(RTM_DELROUTE, "10.9.0.0", 16).via("10.0.0.253").over(lo_)));
    EXPECT_EQ(v4_.routes().size(), 2u);
}

TEST_F(KernelRoutesTest, WhatIsNotForThePortIsLeftOut) {
    EXPECT_FALSE(apply(Message(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_ + 7)));
    EXPECT_FALSE(apply(Message(RTM_NEWROUTE, "10.9.0.0", 16).over(lo_).type(RTN_LOCAL)));
    EXPECT_FALSE(apply(Message(RTM_NEWROUTE, "10.9.0.0", 16).over(lo_).table(77)));
    EXPECT_FALSE(apply(Message(RTM_NEWROUTE, "fd00::", 8).over(lo_)));
    EXPECT_TRUE(v4_.routes().empty());
}

TEST_F(KernelRoutesTest, TheLowestMetricCounts) {
    apply(Message(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.2").over(lo_).metric(200));
    apply(Message(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_).metric(100));
    ASSERT_EQ(v4_.routes().size(), 1u);
    EXPECT_EQ(v4_.routes()[0].hop, ip("10.0.0.1"));
    apply(Message(RTM_DELROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_).metric(100));
    ASSERT_EQ(v4_.routes().size(), 1u);
    EXPECT_EQ(v4_.routes()[0].hop, ip("10.0.0.2"));
}

TEST_F(KernelRoutesTest, IsBounded) {
    for (const char* to : {"10.1.0.0", "10.2.0.0", "10.3.0.0", "10.4.0.0"})
        apply(Message(RTM_NEWROUTE, to, 16).via("10.0.0.1").over(lo_));
    EXPECT_EQ(v4_.routes().size(), 3u);
    EXPECT_EQ(v4_.refused(), 1u);
}

TEST_F(KernelRoutesTest, SixteenBytesForIpv6) {
    auto v6 = KernelRoutes::open("lo", false, 8).value();
    EXPECT_TRUE(v6.apply(Message(RTM_NEWROUTE, "2001:db8::", 32).via("fd00::9").over(lo_).bytes()));
    ASSERT_EQ(v6.routes().size(), 1u);
    EXPECT_EQ(v6.routes()[0].to.address, ip("2001:db8::"));
    EXPECT_EQ(v6.routes()[0].hop, ip("fd00::9"));
}

TEST_F(KernelRoutesTest, CutMessagesSayNothing) {
    const auto whole = Message(RTM_NEWROUTE, "10.9.0.0", 16).via("10.0.0.1").over(lo_).bytes();
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
