#include "dataplane/net/multicast_listener.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dataplane/net/neighbour_discovery.h"

namespace strata::dataplane::net::multicast_listener_test {
namespace {

using Bytes = std::vector<std::uint8_t>;

IpAddress ip(const std::string& text) { return *IpAddress::parse(text); }

// The second and the fourth address have one group.
LocalNet host() {
    LocalNet local;
    local.mac = {2, 0, 0, 0, 0, 1};
    for (const char* address : {"10.0.0.1", "fd00::1", "fd07::2:3", "fd08::1"})
        local.own.add({ip(address), static_cast<std::uint8_t>(ip(address).is_v4() ? 24 : 64)});
    return local;
}

bool asks_for_groups(std::span<const std::uint8_t> packet, const LocalNet& local) {
    const auto query = parse_listener_query(packet, local);
    return query && query->ours;
}

void seal(Bytes& packet, std::size_t at) {
    std::fill_n(&packet[at + 2], 2, std::uint8_t{0});
    const std::uint16_t sum = icmpv6_checksum(packet.data(), std::span(packet).subspan(at));
    std::memcpy(&packet[at + 2], &sum, 2);
}

// A router's query for `group`, version 2.
Bytes query(const std::string& group) {
    Bytes p(40 + 8 + 28);
    p[0] = 0x60;
    put_be16(&p[4], static_cast<std::uint16_t>(p.size() - 40));
    p[7] = 1;
    std::ranges::copy(ip("fe80::9").bytes, &p[8]);
    std::ranges::copy(ip(group == "::" ? "ff02::1" : group).bytes, &p[24]);
    const Bytes alert{58, 0, 5, 2, 0, 0, 1, 0};
    std::ranges::copy(alert, &p[40]);
    p[48] = 130;
    std::ranges::copy(ip(group).bytes, &p[56]);
    seal(p, 48);
    return p;
}

TEST(MulticastListener, IsAskedForAllGroupsAndForEachOfItsOwn) {
    const LocalNet us = host();
    for (const char* group : {"::", "ff02::1:ff00:1", "ff02::1:ff02:3"})
        EXPECT_TRUE(asks_for_groups(query(group), us)) << group;
    for (const char* group : {"ff02::1", "ff02::fb", "ff02::1:ff00:9"})
        EXPECT_FALSE(asks_for_groups(query(group), us)) << group;
    LocalNet v4;
    v4.own.add({ip("10.0.0.1"), 24});
    EXPECT_FALSE(asks_for_groups(query("::"), v4));
}

// RFC 3810 section 8.1: the length tells. All that know no more make the host speak version 1.
TEST(MulticastListener, TellsVersionsOfQueriesApart) {
    const LocalNet us = host();
    for (const char* group : {"::", "ff02::1:ff00:1", "ff02::1:ff00:9"}) {
        for (const std::size_t bytes : {24u, 25u, 26u, 27u, 28u, 44u}) {
            Bytes p = query(group);
            p.resize(40 + 8 + bytes);
            put_be16(&p[4], static_cast<std::uint16_t>(p.size() - 40));
            seal(p, 48);
            const auto found = parse_listener_query(p, us);
            ASSERT_EQ(found.has_value(), bytes == 24 || bytes >= 28) << group << " " << bytes;
            if (!found) continue;
            EXPECT_EQ(found->version_1, bytes == 24);
            EXPECT_EQ(found->ours, std::string(group) != "ff02::1:ff00:9");
        }
    }
}

// RFC 3810 section 6.2, RFC 2711.
TEST(MulticastListener, QueriesThatAreNoneSayNothing) {
    const LocalNet us = host();
    const auto asks = [&](std::size_t at, int value) {
        Bytes p = query("::");
        p[at] = static_cast<std::uint8_t>(value);
        seal(p, 48);
        return asks_for_groups(p, us);
    };
    EXPECT_TRUE(asks(7, 1));
    EXPECT_FALSE(asks(7, 2)) << "came over a router";
    EXPECT_FALSE(asks(8, 0x20)) << "not from the link";
    EXPECT_FALSE(asks(6, 58)) << "no hop-by-hop header";
    EXPECT_FALSE(asks(40, 17));
    EXPECT_FALSE(asks(41, 1)) << "a header over the message";
    EXPECT_FALSE(asks(42, 6)) << "no router alert";
    EXPECT_FALSE(asks(43, 9)) << "an option over its header";
    EXPECT_FALSE(asks(45, 1)) << "an alert about something else";
    EXPECT_FALSE(asks(48, 143));
    Bytes damaged = query("::");
    damaged[50] ^= 1;
    EXPECT_FALSE(asks_for_groups(damaged, us));
    const Bytes whole = query("::");
    for (std::size_t size = 40; size < whole.size() - 4; ++size)
        EXPECT_FALSE(asks_for_groups(std::span(whole).first(size), us)) << size;
}

TEST(MulticastListener, ReportsEachGroupOnce) {
    for (const std::uint16_t vlan : {std::uint16_t{0}, std::uint16_t{7}}) {
        LocalNet us = host();
        us.vlan = vlan;
        Bytes frame(kMaxReportFrame, 0xff);
        frame.resize(write_report(us, ReportRecord::mode_is_exclude, frame.data()));
        EXPECT_EQ(get_mac(frame.data()), (MacAddress{0x33, 0x33, 0, 0, 0, 0x16}));
        const Bytes p(frame.begin() + 14 + us.tag_bytes(), frame.end());
        ASSERT_EQ(p.size(), 40u + 8 + 8 + 2 * 20);
        EXPECT_EQ(get_be16(&p[4]), p.size() - 40);
        EXPECT_EQ(p[6], 0);
        EXPECT_EQ(p[7], 1);
        EXPECT_EQ(get_ipv6(&p[8]), IpAddress{});
        EXPECT_EQ(get_ipv6(&p[24]), ip("ff02::16"));
        EXPECT_EQ(Bytes(&p[40], &p[48]), (Bytes{58, 0, 5, 2, 0, 0, 1, 0}));
        EXPECT_EQ(p[48], 143);
        EXPECT_EQ(icmpv6_checksum(p.data(), std::span(p).subspan(48)), 0);
        EXPECT_EQ(get_be16(&p[54]), 2);
        for (const std::size_t at : {56u, 76u})
            EXPECT_EQ(Bytes(&p[at], &p[at + 4]), (Bytes{2, 0, 0, 0}));
        EXPECT_EQ(get_ipv6(&p[60]), ip("ff02::1:ff00:1"));
        EXPECT_EQ(get_ipv6(&p[80]), ip("ff02::1:ff02:3"));
    }
}

// RFC 2710 section 3: one group, to the group itself.
TEST(MulticastListener, ReportsOfVersion1AreOfOneGroup) {
    for (const std::uint16_t vlan : {std::uint16_t{0}, std::uint16_t{7}}) {
        LocalNet us = host();
        us.vlan = vlan;
        us.own.add({ip("fe80::7"), 64});
        const SolicitedGroups groups(us);
        ASSERT_EQ(groups.all().size(), 3u);
        EXPECT_TRUE(groups.has(ip("ff02::1:ff02:3")));
        Bytes frame(kMaxReportFrame, 0xff);
        frame.resize(write_report_v1(us, groups.all()[1], frame.data()));
        EXPECT_EQ(get_mac(frame.data()), (MacAddress{0x33, 0x33, 0xff, 2, 0, 3}));
        const Bytes p(frame.begin() + 14 + us.tag_bytes(), frame.end());
        ASSERT_EQ(p.size(), 40u + 8 + 24);
        EXPECT_EQ(get_be16(&p[4]), 8 + 24);
        EXPECT_EQ(p[6], 0);
        EXPECT_EQ(p[7], 1);
        EXPECT_EQ(get_ipv6(&p[8]), ip("fe80::7"));
        EXPECT_EQ(get_ipv6(&p[24]), ip("ff02::1:ff02:3"));
        EXPECT_EQ(Bytes(&p[40], &p[48]), (Bytes{58, 0, 5, 2, 0, 0, 1, 0}));
        EXPECT_EQ(p[48], 131);
        EXPECT_EQ(p[49], 0);
        EXPECT_EQ(icmpv6_checksum(p.data(), std::span(p).subspan(48)), 0);
        EXPECT_EQ(Bytes(&p[52], &p[56]), (Bytes{0, 0, 0, 0}));
        EXPECT_EQ(get_ipv6(&p[56]), ip("ff02::1:ff02:3"));
    }
}

TEST(MulticastListener, ReportsFromALinkLocalAddressWhereThereIsOne) {
    LocalNet us = host();
    us.own.add({ip("fe80::7"), 64});
    Bytes frame(kMaxReportFrame);
    write_report(us, ReportRecord::change_to_exclude_mode, frame.data());
    EXPECT_EQ(get_ipv6(&frame[14 + 8]), ip("fe80::7"));
    EXPECT_EQ(frame[14 + 56], 4);
}

}  // namespace
}  // namespace strata::dataplane::net::multicast_listener_test
