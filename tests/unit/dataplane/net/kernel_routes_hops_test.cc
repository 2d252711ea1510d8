#include <gtest/gtest.h>
#include <net/if.h>

#include <random>
#include <utility>

#include "tests/unit/dataplane/net/route_announcement.h"

// Routes with several next hops.
namespace strata::dataplane::net::kernel_routes_hops_test {
namespace {

using Hop = RouteAnnouncement::Hop;
using Hops = std::vector<WeightedHop>;

struct KernelRoutesHops : testing::Test {
    RouteAnnouncement route(const std::vector<Hop>& hops, std::uint16_t type = RTM_NEWROUTE) const {
        return std::move(RouteAnnouncement(type, "10.9.0.0", 16).several(hops));
    }
    RouteAnnouncement v6_route(const std::vector<Hop>& hops,
                               std::uint16_t type = RTM_NEWROUTE) const {
        return std::move(RouteAnnouncement(type, "2001:db8::", 32).several(hops));
    }
    bool apply(const RouteAnnouncement& message) { return v4_.apply(message.bytes()); }
    // Of the one route that there is.
    static Hops hops(const KernelRoutes& of) {
        const auto routes = of.routes();
        EXPECT_EQ(routes.size(), 1u);
        return routes.size() == 1 ? routes[0].hops : Hops{};
    }
    static void settle(KernelRoutes& routes) {
        while (routes.read()) {
        }
    }

    std::uint32_t lo_ = ::if_nametoindex("lo");
    KernelRoutes v4_ = KernelRoutes::open("lo", true, 3).value();
    KernelRoutes v6_ = KernelRoutes::open("lo", false, 3).value();
};

TEST_F(KernelRoutesHops, AreFollowedWithTheirWeights) {
    EXPECT_TRUE(apply(route({{"10.0.0.3", lo_, 2}, {"10.0.0.2", lo_}, {"", lo_, 256}})));
    EXPECT_EQ(hops(v4_),
              (Hops{{address("0.0.0.0"), 256}, {address("10.0.0.2")}, {address("10.0.0.3"), 2}}));
    EXPECT_FALSE(apply(route({{"10.0.0.2", lo_}, {"", lo_, 256}, {"10.0.0.3", lo_, 2}})))
        << "the same in another order";
    EXPECT_TRUE(apply(route({{"10.0.0.2", lo_}, {"10.0.0.2", lo_, 2}, {"10.0.0.3", lo_}})));
    EXPECT_EQ(hops(v4_), (Hops{{address("10.0.0.2"), 3}, {address("10.0.0.3")}}));
    EXPECT_EQ(v4_.refused(), 0u);
    EXPECT_TRUE(apply(route({{"10.0.0.2", lo_, 3}, {"10.0.0.3", lo_}}, RTM_DELROUTE)));
    EXPECT_TRUE(v4_.routes().empty());
}

TEST_F(KernelRoutesHops, ThoseOfOtherInterfacesAndDeadOnesDoNotCount) {
    EXPECT_TRUE(apply(route({{"10.0.0.2", lo_ + 7},
                             {"10.0.0.3", lo_},
                             {"10.0.0.4", lo_, 1, RTNH_F_DEAD},
                             {"10.0.0.5", lo_, 1, RTNH_F_LINKDOWN}})));
    ASSERT_EQ(v4_.routes().size(), 1u);
    EXPECT_TRUE(v4_.routes()[0].hops.empty()) << "one is left";
    EXPECT_EQ(v4_.routes()[0].hop, address("10.0.0.3"));
    EXPECT_EQ(v4_.refused(), 0u);
    EXPECT_FALSE(apply(RouteAnnouncement(RTM_NEWROUTE, "10.8.0.0", 16)
                           .several({{"10.0.0.2", lo_ + 7}, {"10.0.0.3", lo_ + 8}})));
    EXPECT_EQ(v4_.routes().size(), 1u);
    EXPECT_EQ(v4_.refused(), 0u) << "another interface's route";
}

TEST_F(KernelRoutesHops, ThoseThatCanNotBeFollowedAreLeftOutAndCounted) {
    EXPECT_TRUE(apply(route({{"10.0.0.2", lo_},
                             {.gateway = "10.0.0.3", .interface = lo_, .encapsulated = true},
                             {.gateway = "fe80::9", .interface = lo_, .by_other_family = true}})));
    EXPECT_EQ(hops(v4_), (Hops{{address("10.0.0.2")}, {address("fe80::9")}}));
    EXPECT_EQ(v4_.refused(), 1u);
    auto no_v6 = KernelRoutes::open("lo", true, 3, false).value();
    EXPECT_FALSE(no_v6.apply(
        route({{.gateway = "fe80::9", .interface = lo_, .by_other_family = true}}).bytes()));
    EXPECT_EQ(no_v6.refused(), 1u);
}

TEST_F(KernelRoutesHops, AreBounded) {
    std::vector<std::string> names;
    for (int i = 0; i < 70; ++i) names.push_back("10.0.0." + std::to_string(i + 1));
    std::vector<Hop> many;
    for (const std::string& name : names) many.push_back({name.c_str(), lo_});
    EXPECT_TRUE(apply(route({many.begin(), many.begin() + 64})));
    EXPECT_EQ(v4_.refused(), 0u);
    EXPECT_FALSE(apply(route(many))) << "the first 64 are followed";
    EXPECT_EQ(hops(v4_).size(), 64u);
    EXPECT_EQ(v4_.refused(), 1u);
}

// The kernel names the next hops of an object beside it, unless it is told not to.
TEST_F(KernelRoutesHops, MayComeFromAnObject) {
    EXPECT_TRUE(apply(route({{"10.0.0.2", lo_}, {"10.0.0.3", lo_}}).by_object(5)));
    EXPECT_EQ(hops(v4_).size(), 2u);
    EXPECT_FALSE(apply(RouteAnnouncement(RTM_NEWROUTE, "10.8.0.0", 16).by_object(5)));
    EXPECT_EQ(v4_.refused(), 1u) << "net.ipv4.nexthop_compat_mode is 0";
    EXPECT_TRUE(
        apply(RouteAnnouncement(RTM_NEWROUTE, "10.8.0.0", 16).by_object(6).type(RTN_BLACKHOLE)));
    EXPECT_TRUE(v4_.routes()[0].unreachable);
}

// An IPv4 route goes as a whole.
TEST_F(KernelRoutesHops, AreAskedForAnewWhenItIsNotClearWhatHasGone) {
    settle(v4_);
    EXPECT_TRUE(apply(route({{"10.0.0.2", lo_}, {"10.0.0.3", lo_}})));
    const auto before = v4_.last_request();
    EXPECT_FALSE(apply(route({{"10.0.0.8", lo_}, {"10.0.0.9", lo_}}, RTM_DELROUTE)));
    EXPECT_FALSE(v4_.read());
    EXPECT_EQ(v4_.last_request(), before) << "another route";
    EXPECT_FALSE(apply(route({{"10.0.0.2", lo_}, {"10.0.0.9", lo_}}, RTM_DELROUTE)));
    v4_.read();
    EXPECT_NE(v4_.last_request(), before);
}

// Of an IPv6 route the kernel names those that go, and all that there are when one comes.
TEST_F(KernelRoutesHops, OfIpv6MayGoOneByOne) {
    settle(v6_);
    EXPECT_TRUE(
        v6_.apply(v6_route({{"fd00::1", lo_}, {"fd00::2", lo_}, {"fd00::3", lo_}}).bytes()));
    EXPECT_TRUE(v6_.apply(
        RouteAnnouncement(RTM_DELROUTE, "2001:db8::", 32).via("fd00::2").over(lo_).bytes()));
    EXPECT_EQ(hops(v6_), (Hops{{address("fd00::1")}, {address("fd00::3")}}));
    EXPECT_FALSE(v6_.apply(
        RouteAnnouncement(RTM_DELROUTE, "2001:db8::", 32).via("fd00::2").over(lo_).bytes()));
    // Dead ones are among those that go.
    EXPECT_TRUE(v6_.apply(
        v6_route({{"fd00::1", lo_, 1, RTNH_F_DEAD}, {"fd00::3", lo_}}, RTM_DELROUTE).bytes()));
    EXPECT_TRUE(v6_.routes().empty());
}

// Whatever they say: nothing is read beyond them.
TEST_F(KernelRoutesHops, CutAndDamagedMessagesDoNoHarm) {
    const auto whole = route({{"10.0.0.2", lo_},
                              {"10.0.0.3", lo_, 3},
                              {.gateway = "fe80::9", .interface = lo_, .by_other_family = true}})
                           .bytes();
    for (std::uint32_t size = 0; size < whole.size(); ++size) {
        std::vector cut(whole.begin(), whole.begin() + size);
        EXPECT_FALSE(v4_.apply(cut));
        if (size < sizeof(nlmsghdr)) continue;
        std::memcpy(cut.data(), &size, sizeof size);  // as if that were all
        v4_.apply(cut);
    }
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
        auto damaged = whole;
        for (int k = 0; k < 3; ++k)
            damaged[sizeof(nlmsghdr) + random() % (damaged.size() - sizeof(nlmsghdr))] =
                static_cast<std::uint8_t>(random() % 4 == 0 ? random() : random() % 20);
        v4_.apply(damaged);
        for (const Route& route : v4_.routes()) EXPECT_LE(route.hops.size(), 64u);
    }
}

// A length that leads nowhere: what was read till there is followed, and counted as a part.
TEST_F(KernelRoutesHops, AHopWithoutALengthEndsThem) {
    auto bytes = route({{"10.0.0.2", lo_}, {"10.0.0.3", lo_}}).bytes();
    const std::size_t second = bytes.size() - sizeof(rtnexthop) - RTA_LENGTH(4);
    bytes[second] = bytes[second + 1] = 0;
    EXPECT_TRUE(v4_.apply(bytes));
    EXPECT_EQ(v4_.routes().at(0).hop, address("10.0.0.2"));
    EXPECT_EQ(v4_.refused(), 1u);
}

}  // namespace
}  // namespace strata::dataplane::net::kernel_routes_hops_test
