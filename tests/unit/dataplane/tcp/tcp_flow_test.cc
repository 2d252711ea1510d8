#include "dataplane/tcp/tcp_flow.h"

#include <gtest/gtest.h>

namespace strata::dataplane {
namespace {

TEST(TcpFlow, AHandleComesBackOutOfItsFlow) {
    const Endpoint remote{*IpAddress::parse("2001:db8::1"), 65'535};
    for (const TcpHandle handle : {TcpHandle{1, 0}, TcpHandle{0xffff'ffff, 0xffff'ffff},
                                   TcpHandle{0x0102'0304, 0xa0b0'c0d0}}) {
        const FlowKey flow = make_tcp_flow(remote, 443, handle);
        EXPECT_EQ(tcp_handle_of(flow), handle);
        EXPECT_EQ(flow.remote_endpoint(), remote);
        EXPECT_EQ(flow.local_port, 443);
    }
    const FlowKey flow = make_tcp_flow(remote, 443, {0x0102'0304, 0xa0b0'c0d0});
    EXPECT_EQ(to_string(flow.local), "100::102:304:a0b0:c0d0");
}

TEST(TcpFlow, NoAddressOfAPacketIsTakenForOne) {
    for (const char* text : {"10.0.0.1", "0.0.0.0", "1.0.0.0", "::1", "::", "fe80::1", "101::1",
                             "100:0:0:1::", "2001:db8::1"}) {
        FlowKey flow;
        flow.local = *IpAddress::parse(text);
        EXPECT_FALSE(tcp_handle_of(flow)) << text;
    }
}

}  // namespace
}  // namespace strata::dataplane
