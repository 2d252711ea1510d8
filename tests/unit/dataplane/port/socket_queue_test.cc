#include "dataplane/port/socket_queue.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "dataplane/net/socket_link.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane::socket_queue_test {
namespace {

constexpr IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});
using Bytes = std::vector<std::uint8_t>;

// One that sends to the queue, and gets what it sends.
class Peer {
  public:
    explicit Peer(int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer != 0)
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
        socklen_t size = sizeof own;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
        port_ = ntohs(own.sin_port);
    }
    ~Peer() { ::close(fd_); }
    std::uint16_t port() const { return port_; }
    void send(std::uint16_t to, const Bytes& bytes) const {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(to);
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(
            ::sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&a), sizeof a),
            static_cast<ssize_t>(bytes.size()));
    }
    // What has come; loopback delivers at once.
    std::vector<Bytes> received() const {
        std::vector<Bytes> all;
        std::array<std::uint8_t, 4'096> buffer;
        for (ssize_t size; (size = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0;)
            all.emplace_back(buffer.data(), buffer.data() + size);
        return all;
    }

  private:
    int fd_;
    std::uint16_t port_ = 0;
};

class SocketQueueTest : public testing::Test {
  protected:
    void open(const PortConfig& config = {}) {
        config_ = config;
        queue_ = std::make_unique<SocketQueue>(Endpoint{kLoopback, 0}, config_, counters_);
        ASSERT_EQ(queue_->open(pools_->rx), 0);
    }
    ~SocketQueueTest() override {
        queue_.reset();
        EXPECT_TRUE(pools_.idle());
    }
    rte_mbuf* packet(const Peer& to, std::uint16_t bytes, std::uint8_t fill) {
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx);
        std::array<std::byte, 64> link;
        net::make_socket_link({kLoopback, {}, to.port(), 0}, link);
        std::memcpy(rte_pktmbuf_append(m, net::kSocketLinkBytes), link.data(),
                    net::kSocketLinkBytes);
        std::memset(rte_pktmbuf_append(m, bytes), fill, bytes);
        return m;
    }
    std::uint64_t operator[](PortCounter c) { return counters_[c]; }
    // Frees what came and says what it was.
    static std::vector<Bytes> take(rte_mbuf** packets, std::uint16_t n) {
        std::vector<Bytes> all;
        for (std::uint16_t i = 0; i < n; ++i) {
            const auto* data = rte_pktmbuf_mtod(packets[i], const std::uint8_t*);
            all.emplace_back(data, data + packets[i]->data_len);
            rte_pktmbuf_free(packets[i]);
        }
        return all;
    }

    TestPools pools_;
    PortConfig config_;
    PortCounters counters_;
    std::unique_ptr<SocketQueue> queue_;
};

TEST_F(SocketQueueTest, SmallBurstsOfManySizesComeWholeAndInOrder) {
    open();
    const Peer peer;
    std::vector<Bytes> sent, came;
    for (std::size_t i = 0; i < 150; ++i) {
        sent.emplace_back(1 + i * 13 % 1'400, static_cast<std::uint8_t>(i));
        peer.send(queue_->local().port, sent.back());
    }
    std::array<rte_mbuf*, 100> burst;
    // Bounds of bursts change from call to call: empty mbufs are kept over them.
    for (std::uint16_t n = 1; came.size() < sent.size() && n < 200;
         n = static_cast<std::uint16_t>(n + 7))
        for (const Bytes& one : take(burst.data(), queue_->receive(burst.data(), n % 100)))
            came.push_back(one);
    EXPECT_EQ(came, sent);
    EXPECT_EQ((*this)[PortCounter::rx_frames], 150u);
    EXPECT_EQ((*this)[PortCounter::rx_delivered], 150u);
    EXPECT_EQ(queue_->receive(burst.data(), 100), 0u);
    EXPECT_EQ((*this)[PortCounter::rx_errors], 0u);
}

TEST_F(SocketQueueTest, EmptyDatagramsAndThoseThatFitExactly) {
    open();
    const Peer peer;
    rte_mbuf* probe = rte_pktmbuf_alloc(pools_->rx);
    const std::uint16_t room = rte_pktmbuf_tailroom(probe);
    rte_pktmbuf_free(probe);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{room}, room + std::size_t{1}, std::size_t{5}})
        peer.send(queue_->local().port, Bytes(size, 7));
    std::array<rte_mbuf*, 8> burst;
    const auto came = take(burst.data(), queue_->receive(burst.data(), 8));
    ASSERT_EQ(came.size(), 3u);
    EXPECT_EQ(came[0].size(), 0u);
    EXPECT_EQ(came[1].size(), room);
    EXPECT_EQ(came[2], Bytes(5, 7));
    EXPECT_EQ((*this)[PortCounter::rx_truncated], 1u);
    EXPECT_EQ((*this)[PortCounter::rx_frames],
              (*this)[PortCounter::rx_delivered] + (*this)[PortCounter::rx_truncated]);
}

TEST_F(SocketQueueTest, WithoutBuffersTheKernelKeepsWhatCame) {
    open();
    const Peer peer;
    peer.send(queue_->local().port, Bytes(5, 7));
    std::vector<rte_mbuf*> taken;
    while (rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx)) taken.push_back(m);
    std::array<rte_mbuf*, 8> burst;
    EXPECT_EQ(queue_->receive(burst.data(), 8), 0u);
    EXPECT_EQ((*this)[PortCounter::rx_no_mbuf], 1u);
    // Fewer than a burst are no burst; then there are enough.
    for (int i = 0; i < 100; ++i) {
        rte_pktmbuf_free(taken.back());
        taken.pop_back();
    }
    const auto came = take(burst.data(), queue_->receive(burst.data(), 8));
    ASSERT_EQ(came.size(), 1u);
    EXPECT_EQ(came[0], Bytes(5, 7));
    for (rte_mbuf* m : taken) rte_pktmbuf_free(m);
}

// What isn't taken stays the caller's, in its order, at the end of what it gave.
TEST_F(SocketQueueTest, PacketsThatTheKernelHasNoRoomForStayInOrder) {
    open({.gso = false, .socket_buffer_bytes = 4'608});  // the kernel's least
    const Peer first, second;
    std::vector<rte_mbuf*> packets;
    for (std::uint8_t i = 0; i < 200; ++i)
        packets.push_back(packet(i % 2 == 0 ? first : second, 1'000, i));
    std::uint32_t at = 0;
    TxResult all;
    for (int tries = 0; at < 200 && tries < 1'000; ++tries) {
        const TxResult done = queue_->send(packets.data() + at, 200 - at);
        all.sent += done.sent;
        all.dropped += done.dropped;
        at += done.taken();
        // Those that are left are still those of the end of each destination.
        for (std::uint32_t i = at; i < 200; ++i) ASSERT_NE(packets[i], nullptr);
    }
    EXPECT_EQ(all.sent, 200u);
    EXPECT_EQ(all.dropped, 0u);
    for (const Peer* peer : {&first, &second}) {
        const auto came = peer->received();
        for (std::size_t i = 1; i < came.size(); ++i) ASSERT_LT(came[i - 1][0], came[i][0]);
    }
}

// One that can't be sent costs itself alone: the others of its burst arrive.
class RefusedPacket : public SocketQueueTest, public testing::WithParamInterface<bool> {};

TEST_P(RefusedPacket, CostsNobodyElse) {
    open({.gso = GetParam()});
    const Peer peer;
    std::vector<rte_mbuf*> packets;
    for (std::uint8_t i = 0; i < 6; ++i) packets.push_back(packet(peer, 100, i));
    // To nowhere: port 0 is refused by the kernel.
    std::array<std::byte, 64> link;
    net::make_socket_link({kLoopback, {}, 0, 0}, link);
    for (const std::size_t i : {std::size_t{0}, std::size_t{3}, std::size_t{5}})
        std::memcpy(rte_pktmbuf_mtod(packets[i], void*), link.data(), net::kSocketLinkBytes);
    const TxResult done = queue_->send(packets.data(), 6);
    EXPECT_EQ(done.sent, 3u);
    EXPECT_EQ(done.dropped, 3u);
    const auto came = peer.received();
    ASSERT_EQ(came.size(), 3u);
    EXPECT_EQ(came[0], Bytes(100, 1));
    EXPECT_EQ(came[2], Bytes(100, 4));
    EXPECT_EQ((*this)[PortCounter::tx_errors], 3u);
    EXPECT_EQ((*this)[PortCounter::tx_packets], 3u);
    EXPECT_EQ((*this)[PortCounter::tx_bytes], 300u);
}
INSTANTIATE_TEST_SUITE_P(WithAndWithoutGso, RefusedPacket, testing::Bool());

TEST_F(SocketQueueTest, MoreThanABatchLeavesInOneCall) {
    open({.gso = true});
    const Peer peer(4 << 20);
    std::vector<rte_mbuf*> packets;
    for (int i = 0; i < 1'500; ++i)
        packets.push_back(packet(peer, 20, static_cast<std::uint8_t>(i)));
    const TxResult done = queue_->send(packets.data(), 1'500);
    EXPECT_EQ(done.sent, 1'500u);
    EXPECT_EQ((*this)[PortCounter::gso_messages], 24u);  // 23 of 64 and one of 28
    EXPECT_EQ((*this)[PortCounter::gso_datagrams], 1'500u);
    EXPECT_EQ((*this)[PortCounter::tx_bytes], 1'500u * 20);
    EXPECT_EQ((*this)[PortCounter::tx_short], 0u);
}

TEST_F(SocketQueueTest, AnAddressThatIsntHereIsItsErrno) {
    SocketQueue queue({IpAddress::v4({192, 0, 2, 77}), 0}, config_, counters_);
    EXPECT_EQ(queue.open(pools_->rx), EADDRNOTAVAIL);
    open();
    SocketQueue second(queue_->local(), config_, counters_);
    EXPECT_EQ(second.open(pools_->rx), EADDRINUSE);
}

}  // namespace
}  // namespace strata::dataplane::socket_queue_test
