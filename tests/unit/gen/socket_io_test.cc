#include <gtest/gtest.h>

#include <vector>

#include "bench/generator/packet_io.h"

namespace strata::gen {
namespace {

struct Heard : PacketIo::Sink {
    struct One {
        int endpoint;
        Address remote;
        std::int64_t time_us;
        std::vector<std::uint8_t> bytes;
    };
    void on_datagram(const ReceivedDatagram& d) override {
        all.push_back({d.endpoint, d.remote, d.time_us, {d.bytes.begin(), d.bytes.end()}});
    }
    std::vector<One> all;
};

void receive_all(PacketIo& io, Heard& heard, std::size_t wanted) {
    const std::int64_t end_us = monotonic_us() + 2'000'000;
    while (heard.all.size() < wanted && monotonic_us() < end_us) {
        io.wait(monotonic_us() + 10'000);
        io.receive(heard);
    }
}

TEST(SocketIo, DatagramsGoFromEndpointToEndpoint) {
    const auto io = make_socket_io();
    const int a = io->open(*parse_address("127.0.0.1:0")), b = io->open(*parse_address("[::1]:0"));
    const int c = io->open(*parse_address("127.0.0.1:0")), d = io->open(*parse_address("[::1]:0"));
    EXPECT_EQ(io->open(io->local_address(a)), a) << "the same address is the same endpoint";
    const std::int64_t began_us = monotonic_us();
    constexpr std::size_t kEach = 150;  // more than one batch
    for (std::size_t i = 0; i < kEach; ++i) {
        const std::vector<std::uint8_t> bytes(1 + i, static_cast<std::uint8_t>(i));
        EXPECT_TRUE(io->send(a, io->local_address(c), bytes));
        EXPECT_TRUE(io->send(b, io->local_address(d), bytes));
    }
    io->flush();
    Heard heard;
    receive_all(*io, heard, 2 * kEach);
    ASSERT_EQ(heard.all.size(), 2 * kEach);
    std::size_t next_c = 0, next_d = 0;
    for (const Heard::One& one : heard.all) {
        std::size_t& next = one.endpoint == c ? next_c : next_d;
        EXPECT_EQ(one.remote, io->local_address(one.endpoint == c ? a : b));
        EXPECT_EQ(one.bytes, std::vector<std::uint8_t>(1 + next, static_cast<std::uint8_t>(next)));
        EXPECT_GE(one.time_us, began_us - 1'000);
        EXPECT_LE(one.time_us, monotonic_us());
        ++next;
    }
    EXPECT_EQ(next_c, kEach);
    EXPECT_EQ(next_d, kEach);
    const IoCounters counters = io->counters();
    EXPECT_EQ(counters.sent, 2 * kEach);
    EXPECT_EQ(counters.received, 2 * kEach);
    EXPECT_EQ(counters.sent_bytes, counters.received_bytes);
    EXPECT_EQ(counters.send_failed + counters.receive_dropped, 0u);
}

TEST(SocketIo, AnAddressOfSomebodyElseIsNamed) {
    const auto io = make_socket_io();
    try {
        io->open(*parse_address("192.0.2.1:4000"));
        ADD_FAILURE() << "bound to a foreign address";
    } catch (const IoError& error) {
        EXPECT_NE(std::string(error.what()).find("192.0.2.1:4000"), std::string::npos);
    }
}

TEST(SocketIo, WaitingEndsInTime) {
    const auto io = make_socket_io();
    io->open(*parse_address("127.0.0.1:0"));
    const std::int64_t began_us = monotonic_us();
    io->wait(began_us + 5'000);
    EXPECT_GE(monotonic_us() - began_us, 4'000);
    io->wait(began_us);  // past: at once
}

}  // namespace
}  // namespace strata::gen
