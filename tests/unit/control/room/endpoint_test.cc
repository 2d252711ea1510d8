#include "control/room/endpoint.h"

#include <gtest/gtest.h>

namespace strata::control {

TEST(Endpoint, reads_and_writes_both_families) {
    for (const char* text :
         {"127.0.0.1:40000", "192.0.2.255:1", "[2001:db8::1]:65535", "[::1]:9"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(endpoint_text(*endpoint), text);
    }
    EXPECT_EQ(endpoint_text("::1", 7), "[::1]:7");
}

TEST(Endpoint, refuses_what_cannot_be_sent_to) {
    for (const char* text : {"",
                             ":",
                             "1.2.3.4",
                             "1.2.3.4:",
                             "1.2.3.4:0",
                             "1.2.3.4:65536",
                             "1.2.3.4:-1",
                             "1.2.3:4",
                             "1.2.3.4:4x",
                             "localhost:4",
                             "::1:4000",
                             "[::1]",
                             "[::1:4",
                             "[1.2.3.4]:4",
                             "0.0.0.0:4",
                             "224.0.0.1:4",
                             "255.255.255.255:4",
                             "[::]:4",
                             "[ff02::1]:4",
                             " 1.2.3.4:5",
                             "1.2.3.4 :5"})
        EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace strata::control
