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

struct Heard final : PacketIo::Sink {
    void on_datagram(const ReceivedDatagram& datagram) override {
        endpoint = datagram.endpoint;
        remote = datagram.remote;
        bytes.assign(datagram.bytes.begin(), datagram.bytes.end());
    }
    int endpoint = -1;
    Address remote;
    std::vector<std::uint8_t> bytes;
};

// What the self-test of `bench` goes by: the device isn't touched, packets come back through the
// same queues.
TEST(PortIo, ItsLoopBringsPacketsBack) {
    const auto device = make_port_io("net_null0,no-rx=1;address=10.9.0.1/24");
    const auto io = device->make_loop();
    const Address loopback = *parse_address("127.0.0.1:0");
    const int from = io->open(loopback), to = io->open(loopback);
    std::vector<std::uint8_t> packet(1'000, 0x11);
    packet[0] = 0x80;
    Heard heard;
    for (int round = 0; round < 2; ++round) {
        packet[3] = static_cast<std::uint8_t>(round);
        ASSERT_TRUE(io->send(from, io->local_address(to), packet));
        io->flush();
        ASSERT_EQ(io->receive(heard), 1u);
        EXPECT_EQ(heard.endpoint, to);
        EXPECT_EQ(heard.remote, io->local_address(from));
        EXPECT_EQ(heard.bytes, packet);
    }
    EXPECT_EQ(io->receive(heard), 0u);
    EXPECT_EQ(io->counters().sent, 2u);
    EXPECT_EQ(io->counters().received, 2u);
    EXPECT_EQ(io->counters().send_failed, 0u);
}

}  // namespace
}  // namespace strata::gen
