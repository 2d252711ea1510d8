#include "dataplane/tcp/tcp_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "tests/unit/dataplane/eal.h"
#include "tests/unit/dataplane/tcp/passed_descriptor.h"
#include "tests/unit/dataplane/tcp/stream_peer.h"
#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::dataplane::tcp_server_test {
namespace {

using api::TcpCounter;

constexpr std::uint32_t kConnections = 6;

// The server's thread with real connections; the test is the worker.
class TcpServerTest : public testing::Test {
  protected:
    TcpServerTest()
        : path_(testing::TempDir() + "strata-accept-" + std::to_string(::getpid())),
          port_({.handoff_ring = 512}, kConnections) {
        config_.listen = {{IpAddress::v4({127, 0, 0, 1}), 0}};
        config_.handover = path_;
        sessions_.put("ours", 0);
    }
    ~TcpServerTest() override {
        server_.reset();
        rte_mbuf* left;
        while (port_.lane(0).to_send.pop(left) || port_.lane(0).received.pop(left))
            rte_pktmbuf_free(left);
        EXPECT_TRUE(pools_.idle());
    }

    void start() {
        server_ = std::make_unique<TcpServer>(config_, port_, *pools_, sessions_, counters_);
        const auto started = server_->start();
        ASSERT_TRUE(started) << started.error();
    }
    std::uint16_t at() const { return server_->listening()[0].port; }
    std::uint64_t operator[](TcpCounter c) { return counters_[static_cast<std::size_t>(c)].get(); }
    bool counted(TcpCounter c, std::uint64_t n) {
        return eventually([&] { return (*this)[c] == n; });
    }
    // What came for the worker, until there are `n`.
    std::vector<Bytes> receive(std::size_t n) {
        std::vector<Bytes> all;
        eventually([&] {
            std::array<rte_mbuf*, 32> burst;
            const std::uint16_t got = port_.rx_burst(0, burst.data(), 32, 5);
            for (std::uint16_t i = 0; i < got; ++i) {
                flow_ = meta(burst[i]).flow;
                const auto* data = rte_pktmbuf_mtod(burst[i], const std::uint8_t*);
                all.emplace_back(data, data + burst[i]->data_len);
                rte_pktmbuf_free(burst[i]);
            }
            return all.size() >= n;
        });
        return all;
    }
    // A datagram from the worker to flow_.
    bool send(const Bytes& datagram, TxClass c = TxClass::audio) {
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx);
        if (m == nullptr) return false;
        std::memcpy(rte_pktmbuf_append(m, sizeof flow_), &flow_, sizeof flow_);
        std::memcpy(rte_pktmbuf_append(m, static_cast<std::uint16_t>(datagram.size())),
                    datagram.data(), datagram.size());
        m->hash.sched.traffic_class = static_cast<std::uint8_t>(c);
        if (port_.tx_burst(0, &m, 1).taken() == 1) return true;
        rte_pktmbuf_free(m);
        return false;
    }
    // Opens a connection that the worker keeps.
    void open(StreamPeer& peer) {
        peer.send_frame(relay::make_check({}));
        ASSERT_EQ(receive(1).size(), 1u);
        ASSERT_EQ(port_.make_link(flow_, link_), LinkState::ready);
    }

    std::string path_;
    TestPools pools_;
    TcpPort port_;
    SessionDirectory sessions_;
    std::array<api::Counter, api::kTcpCounters> counters_;
    TcpServerConfig config_;
    std::unique_ptr<TcpServer> server_;
    FlowKey flow_;
    Link link_;
};

// The control process, as far as TLS connections are concerned.
class Control {
  public:
    explicit Control(const std::string& path) : link_(api::SeqpacketLink::connect(path).value()) {}
    // The next descriptor; -1: none came.
    int take() {
        int fd = -1;
        eventually([&] { return (fd = take_descriptor(link_.fd())) >= 0; });
        return fd;
    }

  private:
    api::SeqpacketLink link_;
};

TEST_F(TcpServerTest, TlsGoesToControlUnread) {
    start();
    struct stat info{};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(handover_path("/run/strata/dataplane.sock"), "/run/strata/dataplane.sock.accept");
    Control control(path_);
    ::usleep(50'000);
    StreamPeer peer(at());
    Bytes hello(517, 0x42);
    hello[0] = 0x16;
    peer.send(hello);
    const int fd = control.take();
    ASSERT_GE(fd, 0);
    Bytes read(1'000);
    EXPECT_EQ(::recv(fd, read.data(), read.size(), 0), 517);
    EXPECT_EQ(read[0], 0x16);
    EXPECT_EQ(read[516], 0x42);
    const Bytes answer = framed(Bytes(20, 1));
    EXPECT_EQ(::send(fd, answer.data(), answer.size(), 0), 22);
    EXPECT_TRUE(eventually([&] {
        peer.read();
        return peer.frames.size() == 1;
    }));
    EXPECT_FALSE(peer.closed());
    ::close(fd);
    EXPECT_TRUE(eventually([&] { return peer.closed(); }));
    EXPECT_EQ((*this)[TcpCounter::tls_handed_over], 1u);
    EXPECT_TRUE(counted(TcpCounter::connections, 0));
}

TEST_F(TcpServerTest, TlsWithoutControlIsClosed) {
    start();
    StreamPeer peer(at());
    peer.send(Bytes{0x16, 3, 1});
    EXPECT_TRUE(eventually([&] { return peer.closed(); }));
    EXPECT_EQ((*this)[TcpCounter::tls_refused], 1u);
}

TEST_F(TcpServerTest, WhoeverElseSpeaksIsClosed) {
    start();
    const auto closed_after = [&](const Bytes& bytes) {
        StreamPeer peer(at());
        peer.send(bytes);
        return eventually([&] { return peer.closed(); });
    };
    const std::string http = "GET / HTTP/1.1\r\n\r\n";
    EXPECT_TRUE(closed_after(Bytes(http.begin(), http.end())));
    EXPECT_TRUE(closed_after(framed(Bytes(100, 0x80))));  // media before any check
    Bytes huge = framed(relay::make_check({}));
    huge[0] = 0x20;  // a frame longer than limits.tcp_undecided_bytes
    EXPECT_TRUE(closed_after(huge));
    EXPECT_EQ((*this)[TcpCounter::closed_unknown], 3u);
    EXPECT_TRUE(closed_after(framed(relay::make_check({.username = "nobody:x"}))));
    EXPECT_EQ((*this)[TcpCounter::closed_unknown_user], 1u);
    EXPECT_EQ((*this)[TcpCounter::accepted], 4u);
}

TEST_F(TcpServerTest, SilenceAndHalfSentencesAreClosed) {  // C52
    config_.undecided_us = 200'000;
    start();
    StreamPeer silent(at()), slow(at()), ended(at());
    const Bytes check = framed(relay::make_check({}));
    slow.send(std::span(check).first(check.size() - 1));
    ended.send(std::span(check).first(5));
    ended.end();
    EXPECT_TRUE(eventually([&] { return ended.closed(); }));
    EXPECT_EQ((*this)[TcpCounter::closed_by_peer], 1u);
    EXPECT_TRUE(eventually([&] { return silent.closed() && slow.closed(); }));
    EXPECT_EQ((*this)[TcpCounter::closed_undecided], 2u);
    EXPECT_TRUE(counted(TcpCounter::undecided, 0));
    EXPECT_TRUE(receive(0).empty());
}

TEST_F(TcpServerTest, ACheckMayComeByteByByte) {  // C40
    start();
    StreamPeer peer(at());
    const Bytes check = relay::make_check({});
    for (const std::uint8_t byte : framed(check)) peer.send({&byte, 1});
    const auto got = receive(1);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0], check);
    EXPECT_EQ(flow_.remote_endpoint(), peer.local());
    EXPECT_EQ(flow_.local_port, at());
    EXPECT_TRUE(tcp_handle_of(flow_));
}

TEST_F(TcpServerTest, EachLimitHasItsCounter) {  // C52
    config_.undecided = 3;
    config_.connections_per_address = 5;
    start();
    std::vector<std::unique_ptr<StreamPeer>> peers;
    const auto connect = [&] { peers.push_back(std::make_unique<StreamPeer>(at())); };
    for (int i = 0; i < 4; ++i) connect();
    EXPECT_TRUE(counted(TcpCounter::refused_undecided, 1));
    for (int i = 0; i < 3; ++i)
        peers[static_cast<std::size_t>(i)]->send_frame(relay::make_check({}));
    EXPECT_EQ(receive(3).size(), 3u);
    for (int i = 0; i < 3; ++i) connect();
    EXPECT_TRUE(counted(TcpCounter::refused_per_address, 1));
    EXPECT_TRUE(counted(TcpCounter::accepted, 7));
    EXPECT_TRUE(counted(TcpCounter::connections, 5));
    peers.clear();
    EXPECT_TRUE(counted(TcpCounter::connections, 0));
    int told = 0;
    EXPECT_TRUE(eventually([&] {
        FlowKey closed;
        while (port_.next_closed(0, closed)) ++told;
        return told == 3;
    }));
}

TEST_F(TcpServerTest, NoMoreThanThereArePlacesNorTooManyASecond) {  // C52
    config_.accepts_per_s = 8;
    start();
    std::vector<std::unique_ptr<StreamPeer>> peers;
    for (int i = 0; i < 12; ++i) peers.push_back(std::make_unique<StreamPeer>(at()));
    EXPECT_TRUE(counted(TcpCounter::accepted, 12));
    EXPECT_GE((*this)[TcpCounter::refused_connections], 2u);
    EXPECT_GE((*this)[TcpCounter::refused_per_second], 1u);
    EXPECT_EQ((*this)[TcpCounter::refused_connections] + (*this)[TcpCounter::refused_per_second],
              6u);
}

TEST_F(TcpServerTest, AHandleIsForOneConnection) {
    start();
    Link link;
    {
        StreamPeer peer(at());
        open(peer);
    }
    FlowKey closed;
    ASSERT_TRUE(eventually([&] { return port_.next_closed(0, closed); }));
    EXPECT_EQ(closed, flow_);
    EXPECT_EQ(port_.make_link(closed, link), LinkState::refused);
    StreamPeer peer(at());
    ASSERT_TRUE(counted(TcpCounter::connections, 1));
    open(peer);
    EXPECT_EQ(tcp_handle_of(flow_)->index, tcp_handle_of(closed)->index);
    EXPECT_NE(tcp_handle_of(flow_)->generation, tcp_handle_of(closed)->generation);
    std::swap(flow_, closed);
    ASSERT_TRUE(send(Bytes(10, 1)));
    EXPECT_TRUE(counted(TcpCounter::tx_gone, 1));
    std::swap(flow_, closed);
    ASSERT_TRUE(send(Bytes(10, 2)));
    EXPECT_TRUE(eventually([&] {
        peer.read();
        return peer.frames.size() == 1;
    }));
    EXPECT_EQ(peer.frames[0], Bytes(10, 2));
}

TEST_F(TcpServerTest, AFrameLongerThanADatagramBreaksTheStream) {
    start();
    StreamPeer peer(at());
    open(peer);
    peer.send(Bytes{0xff, 0xff, 1});
    EXPECT_TRUE(eventually([&] { return peer.closed(); }));
    EXPECT_EQ((*this)[TcpCounter::closed_broken], 1u);
}

TEST_F(TcpServerTest, ThousandsOfFramesBothWays) {  // C40
    start();
    StreamPeer peer(at());
    open(peer);
    const auto datagram = [](std::size_t i) {
        return Bytes(1 + i * 37 % 1'400, static_cast<std::uint8_t>(i));
    };
    Bytes stream;
    std::size_t sent = 0, came = 0, at_peer = 0;
    for (std::size_t i = 0; i < 3'000; ++i) {
        const Bytes one = framed(datagram(i));
        stream.insert(stream.end(), one.begin(), one.end());
        if (stream.size() < 20'000 && i + 1 != 3'000) continue;
        peer.send(stream);  // pieces end anywhere in frames of the next ones
        stream.clear();
        for (const Bytes& got : receive(i + 1 - came)) ASSERT_EQ(got, datagram(came++));
        for (; sent <= i; ++sent) ASSERT_TRUE(send(datagram(sent)));
        ASSERT_TRUE(eventually([&] {
            peer.read();
            return peer.frames.size() == sent - at_peer;
        }));
        for (const Bytes& got : std::exchange(peer.frames, {})) ASSERT_EQ(got, datagram(at_peer++));
    }
    EXPECT_EQ(came, 3'000u);
    EXPECT_EQ((*this)[TcpCounter::rx_full] + (*this)[TcpCounter::rx_no_mbuf], 0u);
    EXPECT_TRUE(counted(TcpCounter::tx_datagrams, 3'000));
}

TEST_F(TcpServerTest, ASlowReceiverLosesUpperLayersFirst) {  // C40
    config_.queue = {.bytes = 100'000, .wait_us = 10'000'000};
    start();
    StreamPeer peer(at(), 65'536);
    open(peer);
    // 3 layers of video and audio, far more than the sockets' buffers take; it reads nothing.
    const std::array classes{TxClass::audio, TxClass::base, layer_class(0, 1, 0),
                             layer_class(0, 2, 0)};
    std::uint8_t number = 0;
    for (int i = 0; i < 1'000; ++i) {
        const TxClass c = classes[static_cast<std::size_t>(i) % 4];
        Bytes datagram(c == TxClass::audio ? 100 : 1'100, static_cast<std::uint8_t>(c));
        if (c == TxClass::audio) datagram[1] = number++;
        ASSERT_TRUE(eventually([&] { return send(datagram, c); }));
    }
    EXPECT_TRUE(eventually([&] {
        return (*this)[TcpCounter::tx_full_upper] + (*this)[TcpCounter::tx_held_back_upper] > 300;
    }));
    EXPECT_TRUE(eventually([&] { return (*this)[TcpCounter::tx_queued] < 150; }));
    // It reads again: no audio is missing, and more of the base layer came than of those above.
    std::array<std::size_t, kTxLevels> came{};
    std::uint8_t next = 0;
    EXPECT_TRUE(eventually([&] {
        peer.read();
        for (const Bytes& frame : std::exchange(peer.frames, {})) {
            ++came[frame[0]];
            if (frame[0] != 0) continue;
            EXPECT_EQ(frame[1], next++);
        }
        return came[0] == 250;
    }));
    EXPECT_TRUE(counted(TcpCounter::tx_queued, 0));
    EXPECT_EQ((*this)[TcpCounter::tx_full_audio] + (*this)[TcpCounter::tx_late_audio], 0u);
    EXPECT_GE(came[static_cast<std::size_t>(classes[1])],
              came[static_cast<std::size_t>(classes[2])]);
    EXPECT_GE(came[static_cast<std::size_t>(classes[2])],
              came[static_cast<std::size_t>(classes[3])]);
}

TEST_F(TcpServerTest, ATakenPortIsOneClearError) {
    start();
    const Endpoint taken = server_->listening()[0];
    TcpPort port({}, 1);
    TcpServer second({.listen = {taken}}, port, *pools_, sessions_, counters_);
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().find(to_string(taken)), std::string::npos) << started.error();
}

}  // namespace
}  // namespace strata::dataplane::tcp_server_test
