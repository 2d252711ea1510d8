#include "bench/generator/port_io.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace strata::gen {
namespace {

std::string problem_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const IoError& error) {
        return error.what();
    }
    return {};
}

TEST(PortIo, SocketsAreToldFromDevices) {
    EXPECT_TRUE(is_socket_spec("socket"));
    EXPECT_TRUE(is_socket_spec("socket:127.0.0.1"));
    EXPECT_FALSE(is_socket_spec("net_tap0,iface=t;address=10.0.0.1/24"));
    EXPECT_FALSE(is_socket_spec("socketry"));
}

// What can be known to be wrong before a device is opened; the rest is tests/system/generator.
TEST(PortIo, AddressesAreCheckedBeforeTheDeviceIsOpened) {
    const auto io = make_port_io("net_null0,no-rx=1;address=10.9.0.1/24");
    EXPECT_NE(problem_of([&] { io->open(*parse_address("10.9.0.1:0")); }).find("not 0"),
              std::string::npos);
    const int a = io->open(*parse_address("10.9.0.1:4000"));
    EXPECT_EQ(io->open(*parse_address("10.9.0.1:4000")), a);
    const int b = io->open(*parse_address("10.9.0.1:4256"));
    EXPECT_NE(a, b);
    EXPECT_EQ(io->local_address(b), *parse_address("10.9.0.1:4256"));
    EXPECT_NE(problem_of([&] { io->flush(); }).find("within 256"), std::string::npos);
    EXPECT_NE(problem_of([] {
                  make_port_io("net_null0;address=10.9.0.1/24")->flush();
              }).find("no local address"),
              std::string::npos);
}

}  // namespace
}  // namespace strata::gen
