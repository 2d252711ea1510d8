#include "dataplane/port/flow_key.h"

#include <gtest/gtest.h>

namespace strata::dataplane {
namespace {

TEST(IpAddress, ParsesBothFamilies) {
    const auto v4 = IpAddress::parse("10.1.2.3");
    ASSERT_TRUE(v4);
    EXPECT_TRUE(v4->is_v4());
    EXPECT_EQ(v4->v4_bytes()[0], 10);
    EXPECT_EQ(v4->v4_bytes()[3], 3);
    const auto v6 = IpAddress::parse("[fd00::1]");
    ASSERT_TRUE(v6);
    EXPECT_FALSE(v6->is_v4());
    EXPECT_EQ(to_string(*v6), "fd00::1");
    EXPECT_EQ(IpAddress::parse("fd00::1"), v6);
}

TEST(IpAddress, RefusesWhatIsNone) {
    for (const char* text : {"", "10.1.2", "10.1.2.3.4", "host", "[::1", "::1::",
                             "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"})
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    EXPECT_FALSE(IpAddress::from_bytes("12345"));
}

TEST(IpAddress, MappedAddressIsTheIpv4One) {
    EXPECT_EQ(IpAddress::parse("::ffff:10.1.2.3"), IpAddress::parse("10.1.2.3"));
    EXPECT_EQ(IpAddress::from_bytes(std::string_view("\x0a\x01\x02\x03", 4)),
              IpAddress::parse("10.1.2.3"));
}

TEST(IpAddress, UnspecifiedOfBothFamilies) {
    EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_unspecified());
    EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
    EXPECT_FALSE(IpAddress::parse("0.0.0.1")->is_unspecified());
}

TEST(Endpoint, PrintsWithPort) {
    EXPECT_EQ(to_string(Endpoint{*IpAddress::parse("127.0.0.1"), 5000}), "127.0.0.1:5000");
    EXPECT_EQ(to_string(Endpoint{*IpAddress::parse("::1"), 5000}), "[::1]:5000");
}

}  // namespace
}  // namespace strata::dataplane
