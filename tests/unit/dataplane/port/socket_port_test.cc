#include "dataplane/port/socket_port.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "dataplane/port/wide_count.h"
#include "dataplane/worker/fanout.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

// A plain kernel socket on loopback: a client.
class Peer {
  public:
    explicit Peer(int family) : family_(family), fd_(socket(family, SOCK_DGRAM, 0)) {
        sockaddr_storage a = address(0);
        EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&a), size()), 0);
        socklen_t n = sizeof a;
        getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &n);
        port_ = ntohs(reinterpret_cast<sockaddr_in&>(a).sin_port);
    }
    ~Peer() { close(fd_); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    std::uint16_t port() const { return port_; }
    void send(std::uint16_t to, std::size_t bytes) {
        sockaddr_storage a = address(to);
        const std::vector<std::uint8_t> data(bytes, static_cast<std::uint8_t>(bytes));
        EXPECT_EQ(sendto(fd_, data.data(), bytes, 0, reinterpret_cast<sockaddr*>(&a), size()),
                  static_cast<ssize_t>(bytes));
    }
    // Everything that has arrived.
    std::vector<std::vector<std::uint8_t>> receive() {
        std::vector<std::vector<std::uint8_t>> packets;
        for (;;) {
            pollfd p{fd_, POLLIN, 0};
            if (poll(&p, 1, 50) <= 0) return packets;
            std::vector<std::uint8_t> data(2'048);
            data.resize(static_cast<std::size_t>(recv(fd_, data.data(), data.size(), 0)));
            packets.push_back(std::move(data));
        }
    }

  private:
    socklen_t size() const {
        return family_ == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    }
    sockaddr_storage address(std::uint16_t port) const {
        sockaddr_storage s{};
        s.ss_family = static_cast<sa_family_t>(family_);
        reinterpret_cast<sockaddr_in&>(s).sin_port = htons(port);
        if (family_ == AF_INET)
            reinterpret_cast<sockaddr_in&>(s).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        else
            reinterpret_cast<sockaddr_in6&>(s).sin6_addr = in6addr_loopback;
        return s;
    }

    int family_, fd_;
    std::uint16_t port_ = 0;
};

class SocketPortTest : public testing::TestWithParam<int> {
  protected:
    void SetUp() override {
        ip_ = *IpAddress::parse(GetParam() == AF_INET ? "127.0.0.1" : "::1");
        auto port = open_port("socket:" + to_string(ip_), config_);
        ASSERT_TRUE(port);
        port_ = std::move(*port);
        ASSERT_TRUE(port_->start(*pools_));
        local_ = port_->local_endpoint(0);
    }

    // Takes packets from queue 0 until `n` came, or a while has passed.
    std::vector<rte_mbuf*> receive(std::size_t n) {
        std::vector<rte_mbuf*> all;
        for (int i = 0; i < 100 && all.size() < n; ++i) {
            std::array<rte_mbuf*, 32> burst;
            const std::uint16_t got = port_->rx_burst(0, burst.data(), 32, 5);
            all.insert(all.end(), burst.begin(), burst.begin() + got);
            if (got == 0) usleep(1'000);
        }
        return all;
    }

    // A packet for `peer`, its link in front.
    rte_mbuf* packet_for(const Peer& peer, std::uint16_t bytes, std::uint8_t fill) {
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx);
        Link link;
        EXPECT_EQ(port_->make_link({ip_, ip_, peer.port(), 0}, link), LinkState::ready);
        std::memcpy(rte_pktmbuf_append(m, 28), link.data(), 28);
        std::memset(rte_pktmbuf_append(m, bytes), fill, bytes);
        return m;
    }

    TestPools pools_;
    PortConfig config_;
    IpAddress ip_;
    std::unique_ptr<Port> port_;
    Endpoint local_;
};

TEST_P(SocketPortTest, ReceivesWithFlow) {
    Peer peer(GetParam());
    peer.send(local_.port, 100);
    peer.send(local_.port, 0);
    peer.send(local_.port, 1'400);
    const auto packets = receive(3);
    ASSERT_EQ(packets.size(), 3u);
    EXPECT_EQ(packets[0]->data_len, 100);
    EXPECT_EQ(packets[1]->data_len, 0);
    EXPECT_EQ(packets[2]->pkt_len, 1'400u);
    const FlowKey& flow = meta(packets[2]).flow;
    EXPECT_EQ(flow.remote_endpoint(), (Endpoint{ip_, peer.port()}));
    EXPECT_EQ(flow.local_endpoint(), local_);
    EXPECT_EQ(meta(packets[2]).received_us, 5);
    for (rte_mbuf* m : packets) rte_pktmbuf_free(m);
    port_.reset();
    EXPECT_TRUE(pools_.idle());
}

TEST_P(SocketPortTest, OversizedIsACountedDrop) {
    Peer peer(GetParam());
    peer.send(local_.port, 60'000);
    peer.send(local_.port, 10);
    const auto packets = receive(1);
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_EQ(packets[0]->data_len, 10);
    const PortCounters& c = port_->counters(0);
    EXPECT_EQ(c[PortCounter::rx_truncated], 1u);
    EXPECT_EQ(c[PortCounter::rx_frames], c[PortCounter::rx_delivered] + c.consumed());
    rte_pktmbuf_free(packets[0]);
}

TEST_P(SocketPortTest, EqualSizesToOneDestinationLeaveAsOneMessage) {
    Peer a(GetParam()), b(GetParam());
    std::vector<rte_mbuf*> burst;
    for (std::uint8_t i = 0; i < 5; ++i) {  // interleaved, the last one shorter
        const std::uint16_t size = i == 4 ? 700 : 1'200;
        burst.push_back(packet_for(a, size, i));
        burst.push_back(packet_for(b, static_cast<std::uint16_t>(100 + i), i));
    }
    const TxResult result = port_->tx_burst(0, burst.data(), 10);
    EXPECT_EQ(result.sent, 10u);
    const auto at_a = a.receive(), at_b = b.receive();
    ASSERT_EQ(at_a.size(), 5u);
    ASSERT_EQ(at_b.size(), 5u);
    for (std::uint8_t i = 0; i < 5; ++i) {
        EXPECT_EQ(at_a[i].size(), i == 4 ? 700u : 1'200u);
        EXPECT_EQ(at_a[i][0], i);
        EXPECT_EQ(at_b[i].size(), 100u + i);
    }
    const PortCounters& c = port_->counters(0);
    if (c[PortCounter::gso_refused] == 0) {
        EXPECT_EQ(c[PortCounter::gso_messages], 1u);
        EXPECT_EQ(c[PortCounter::gso_datagrams], 5u);
    }
    port_.reset();
    EXPECT_TRUE(pools_.idle());
}

TEST_P(SocketPortTest, ClosedPortsDisturbNobody) {
    Peer alive(GetParam());
    std::uint16_t dead_port;
    {
        const Peer dead(GetParam());
        dead_port = dead.port();
    }
    for (int round = 0; round < 3; ++round) {
        Link link;
        ASSERT_EQ(port_->make_link({ip_, ip_, dead_port, 0}, link), LinkState::ready);
        rte_mbuf* lost = packet_for(alive, 50, 1);
        std::memcpy(rte_pktmbuf_mtod(lost, void*), link.data(), 28);
        std::array burst{lost, packet_for(alive, 60, 2)};
        EXPECT_EQ(port_->tx_burst(0, burst.data(), 2).taken(), 2u);
    }
    EXPECT_EQ(alive.receive().size(), 3u);
    alive.send(local_.port, 10);
    const auto packets = receive(1);
    ASSERT_EQ(packets.size(), 1u);
    rte_pktmbuf_free(packets[0]);
}

TEST_P(SocketPortTest, RefusedPacketsAreCountedOnes) {
    Peer peer(GetParam());
    std::array burst{packet_for(peer, 50, 1), packet_for(peer, 50, 2)};
    // Port 0 can't be sent to: EINVAL for the message and for each of its packets.
    std::memset(rte_pktmbuf_mtod_offset(burst[0], char*, 2), 0, 2);
    std::memset(rte_pktmbuf_mtod_offset(burst[1], char*, 2), 0, 2);
    const TxResult result = port_->tx_burst(0, burst.data(), 2);
    EXPECT_EQ(result.sent, 0u);
    EXPECT_EQ(result.dropped, 2u);
    EXPECT_EQ(port_->counters(0)[PortCounter::tx_errors], 2u);
    port_.reset();
    EXPECT_TRUE(pools_.idle());
}

TEST_P(SocketPortTest, FansOutFromPortToPeers) {
    std::vector<std::unique_ptr<Peer>> peers;
    std::vector<relay::ReceiverSlot> slots(20);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        peers.push_back(std::make_unique<Peer>(GetParam()));
        slots[i].offsets.ssrc = static_cast<std::uint32_t>(i);
        port_->make_link({ip_, ip_, peers[i]->port(), 0}, slots[i].link);
    }
    FanOut fan_out(*port_, 0, *pools_, {});
    Peer publisher(GetParam());
    for (int i = 0; i < 4; ++i) publisher.send(local_.port, 1'212);
    for (rte_mbuf* m : receive(4)) {
        relay::Output out;
        out.header.size = 12;
        out.payload_offset = 12;
        out.payload_size = 1'200;
        out.receivers = slots;
        fan_out.send(*m, {&out, 1}, TxClass::base, 0);
        rte_pktmbuf_free(m);
    }
    fan_out.flush(0);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto packets = peers[i]->receive();
        ASSERT_EQ(packets.size(), 4u);
        EXPECT_EQ(packets[3].size(), 1'212u);
        EXPECT_EQ(packets[3][11], i);
        EXPECT_EQ(packets[3][1'211], static_cast<std::uint8_t>(1'212));
    }
    EXPECT_EQ(fan_out.counters().through_kernel, 80u);
    EXPECT_EQ(fan_out.queue().counters().sent, 80u);
    port_.reset();
    EXPECT_TRUE(pools_.idle());
}

// Two workers' sockets with little room, and nobody who takes what comes: what doesn't fit is
// counted by the kernel, and by the port once it is asked.
TEST_P(SocketPortTest, CountsWhatTheKernelDropped) {
    auto port = open_port(port_->spec(), {.workers = 2, .socket_buffer_bytes = 16'384});
    ASSERT_TRUE(port);
    ASSERT_TRUE((*port)->start(*pools_));
    (*port)->watch_link();
    EXPECT_EQ((*port)->device_drops().missed, 0u);
    constexpr std::uint64_t kSent = 400;
    Peer publisher(GetParam());
    std::uint64_t sent = 0, missed = 0;
    for (const bool again : {false, true}) {
        for (std::uint64_t i = 0; i < kSent; ++i)
            for (std::uint16_t q = 0; q < 2; ++q)
                publisher.send((*port)->local_endpoint(q).port, 1'000);
        sent += 2 * kSent;
        std::uint64_t came = 0;
        for (std::uint16_t q = 0; q < 2; ++q) {
            std::array<rte_mbuf*, 64> burst;
            while (const std::uint16_t n = (*port)->rx_burst(q, burst.data(), 64, 0)) {
                rte_pktmbuf_free_bulk(burst.data(), n);
                came += n;
            }
        }
        EXPECT_EQ((*port)->device_drops().missed, missed) << "as of the last look";
        (*port)->watch_link();
        missed = (*port)->device_drops().missed;
        const std::uint64_t delivered = (*port)->counters(0)[PortCounter::rx_delivered] +
                                        (*port)->counters(1)[PortCounter::rx_delivered];
        EXPECT_EQ(missed, sent - delivered);
        EXPECT_GT(came, 0u);
        EXPECT_LT(came, 2 * kSent) << again;
    }
}

TEST(WideCount, GoesOnWhereTheOtherWraps) {
    WideCount count;
    count.see(5);
    count.see(0xffff'fff0);
    EXPECT_EQ(count.total(), 0xffff'fff0u);
    count.see(0xffff'fff0);
    count.see(3);
    EXPECT_EQ(count.total(), 0x1'0000'0003u);
    count.see(2);
    EXPECT_EQ(count.total(), 0x2'0000'0002u);
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, SocketPortTest, testing::Values(AF_INET, AF_INET6),
                         [](const auto& p) { return p.param == AF_INET ? "v4" : "v6"; });

TEST(SocketPort, TakenPortIsOneClearError) {
    TestPools pools;
    auto first = open_port("socket:127.0.0.1", {});
    ASSERT_TRUE(first);
    ASSERT_TRUE((*first)->start(*pools));
    auto second =
        open_port("socket:127.0.0.1", {.base_udp_port = (*first)->local_endpoint(0).port});
    ASSERT_TRUE(second);
    const auto started = (*second)->start(*pools);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, "port-open");
    EXPECT_NE(started.error().hint.find("base_udp_port"), std::string::npos);
}

TEST(SocketPort, OtherFamilyIsRefused) {
    ensure_eal();
    auto port = open_port("socket:127.0.0.1", {});
    Link link;
    EXPECT_EQ((*port)->make_link({*IpAddress::parse("::1"), {}, 9, 0}, link), LinkState::refused);
}

TEST(OpenPort, WrongNamesAreErrors) {
    for (const char* spec : {"", "socket:", "socket:0.0.0.0", "sockets:127.0.0.1", "net_tap0"}) {
        const auto port = open_port(spec, {});
        ASSERT_FALSE(port) << spec;
        EXPECT_EQ(port.error().code, "port-spec");
        EXPECT_FALSE(port.error().message.empty());
    }
}

TEST(OpenPort, NoPciUnlessNamed) {
    const std::array<std::string, 1> socket{"socket:127.0.0.1"};
    EXPECT_EQ(eal_device_arguments(socket), std::vector<std::string>{"--no-pci"});
    const std::array<std::string, 2> card{"socket:127.0.0.1",
                                          "pci:0000:3b:00.0;address=10.0.0.1/24"};
    EXPECT_EQ(eal_device_arguments(card), (std::vector<std::string>{"-a", "0000:3b:00.0"}));
}

}  // namespace
}  // namespace strata::dataplane
