#include "dataplane/tcp/tcp_server.h"
#include "relay/ice/stun_message.h"
#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/tcp/stream_peer.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"
#include "tests/unit/relay/ice/stun_sample.h"
#include "tests/unit/relay/svc/track_rig.h"

namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::WorkerCounter;
using relay::StunClass;

constexpr std::uint32_t kMedia = 0x1111, kOut = 7000;

std::string password(const std::string& ufrag) { return "password/of/" + ufrag + "/letters"; }

// A worker with a UDP port in memory and a TCP port with real connections, a publisher (transport
// 1) and a viewer (transport 3) of one audio track.
class WorkerTcp : public testing::Test {
  protected:
    WorkerTcp() : port_({.index = 2, .handoff_ring = 256}, 8), relay_({}, {}, {&port_}) {
        EXPECT_EQ(put(1, "publisher"), "");
        EXPECT_EQ(relay_.track(2, 1, "opus", {kMedia}), "");
        EXPECT_EQ(put(3, "viewer"), "");
        EXPECT_EQ(relay_.subscription(4, 2, 3, kOut), "");
        TcpServerConfig config{.listen = {{IpAddress::v4({127, 0, 0, 1}), 0}}};
        config.queue = {.bytes = 60'000, .wait_us = 10'000'000};
        config.undecided_us = 300'000;
        server_ = std::make_unique<TcpServer>(config, port_, *relay_.pools, sessions_, counters_);
        EXPECT_TRUE(server_->start());
    }
    ~WorkerTcp() override {
        relay_.expect_equations();
        server_.reset();
        rte_mbuf* left;
        while (port_.lane(0).to_send.pop(left) || port_.lane(0).received.pop(left))
            rte_pktmbuf_free(left);
    }

    std::string put(std::uint64_t id, const std::string& ufrag) {
        api::Object object;
        object.mutable_transport()->set_id(id);
        api::IceCredentials& one = *object.mutable_transport()->mutable_ice()->add_credentials();
        one.set_local_ufrag(ufrag);
        one.set_local_password(password(ufrag));
        sessions_.put(ufrag, 0);
        return relay_.put(object);
    }
    Bytes check(const std::string& ufrag, relay::CheckFields fields = {}) {
        const std::string username = ufrag + ":peer", secret = password(ufrag);
        fields.username = username;
        if (fields.password == relay::CheckFields{}.password) fields.password = secret;
        fields.transaction = ++transaction_;
        return relay::make_check(fields);
    }
    // Until the peer has so many frames.
    bool turn_until(StreamPeer& peer, std::size_t frames) {
        return eventually([&] {
            relay_.turn();
            peer.read();
            return peer.frames.size() >= frames;
        });
    }
    bool turn_until(const std::function<bool()>& ready) {
        return eventually([&] {
            relay_.turn();
            return ready();
        });
    }
    bool valid(StreamPeer& peer, const std::string& ufrag, bool nominate = false) {
        const std::size_t before = peer.frames.size();
        peer.send_frame(check(ufrag, {.use_candidate = nominate}));
        if (!turn_until(peer, before + 1)) return false;
        relay::StunMessage answer;
        return relay::parse_stun(peer.frames.back(), answer) && answer.is(StunClass::success) &&
               answer.transaction[0] == transaction_;
    }
    bool valid_by_udp(const std::string& ufrag, const Endpoint& from, bool nominate = false) {
        const std::size_t before = relay_.sent.size();
        relay_.receive(from, check(ufrag, {.use_candidate = nominate}));
        return relay_.sent.size() == before + 1;
    }
    Packet media() {
        ++sequence_;
        return rtp({.ssrc = kMedia, .sequence = sequence_, .timestamp = sequence_ * 960u});
    }
    StreamPeer connect() { return StreamPeer(server_->listening()[0].port); }
    std::uint64_t operator[](api::TcpCounter c) {
        return counters_[static_cast<std::size_t>(c)].get();
    }

    TcpPort port_;
    Relay relay_;
    SessionDirectory sessions_;
    std::array<api::Counter, api::kTcpCounters> counters_;
    std::unique_ptr<TcpServer> server_;
    std::uint8_t transaction_ = 0;
    std::uint16_t sequence_ = 100;
    const Endpoint udp_viewer_ = Relay::peer(3);
};

TEST_F(WorkerTcp, AChecksAnswerNamesWhereItCameFrom) {
    StreamPeer peer(server_->listening()[0].port);
    const Bytes request = framed(check("publisher"));
    // C40: in three pieces.
    for (const auto& [begin, end] : {std::pair{0uz, 1uz}, {1uz, 30uz}, {30uz, request.size()}}) {
        peer.send(std::span(request).subspan(begin, end - begin));
        ::usleep(2'000);
    }
    ASSERT_TRUE(turn_until(peer, 1));
    relay::StunMessage answer;
    ASSERT_TRUE(relay::parse_stun(peer.frames[0], answer));
    EXPECT_TRUE(answer.is(StunClass::success));
    EXPECT_EQ(relay::load_be16(&peer.frames[0][26]), peer.local().port ^ 0x2112);
    EXPECT_EQ(relay::load_be32(&peer.frames[0][28]), 0x7f000001u ^ 0x2112a442u);
    EXPECT_EQ(relay_[WorkerCounter::stun_answered], 1u);
    ASSERT_FALSE(relay_.notices.empty());
    EXPECT_TRUE(relay_.notices.back().tcp);
    EXPECT_EQ(relay_.notices.back().endpoint, peer.local());
}

TEST_F(WorkerTcp, MediaGoesBothWays) {
    StreamPeer publisher(server_->listening()[0].port), viewer(server_->listening()[0].port);
    ASSERT_TRUE(valid(publisher, "publisher", true));
    ASSERT_TRUE(valid(viewer, "viewer", true));
    viewer.frames.clear();
    Bytes several;  // C40: many messages in a segment
    for (int i = 0; i < 50; ++i) {
        const Bytes one = framed(media());
        several.insert(several.end(), one.begin(), one.end());
    }
    publisher.send(several);
    ASSERT_TRUE(turn_until(viewer, 50));
    for (const Bytes& frame : viewer.frames) {
        EXPECT_EQ(frame.size(), 112u);
        EXPECT_EQ(relay::load_be32(&frame[8]), kOut);
    }
    EXPECT_EQ((*this)[api::TcpCounter::rx_datagrams], 52u);
}

TEST_F(WorkerTcp, UdpBeforeTcpUntilTheNomination) {  // C43
    StreamPeer viewer(server_->listening()[0].port);
    ASSERT_TRUE(valid_by_udp("publisher", Relay::peer(2), true));
    ASSERT_TRUE(valid_by_udp("viewer", udp_viewer_));
    ASSERT_TRUE(valid(viewer, "viewer"));
    viewer.frames.clear();
    relay_.receive(Relay::peer(2), media());
    EXPECT_EQ(relay_.media_to(udp_viewer_).size(), 1u);
    ASSERT_TRUE(valid(viewer, "viewer", true));
    viewer.frames.clear();
    relay_.receive(Relay::peer(2), media());
    ASSERT_TRUE(turn_until(viewer, 1));
    EXPECT_EQ(relay_.media_to(udp_viewer_).size(), 1u);
    // And back again, with the next number.
    ASSERT_TRUE(valid_by_udp("viewer", udp_viewer_, true));
    relay_.receive(Relay::peer(2), media());
    ASSERT_EQ(relay_.media_to(udp_viewer_).size(), 2u);
    EXPECT_EQ(relay::load_be16(&relay_.media_to(udp_viewer_)[1].packet[2]),
              relay::load_be16(&viewer.frames[0][2]) + 1);
}

TEST_F(WorkerTcp, AConnectionThatEndsIsForgotten) {
    ASSERT_TRUE(valid_by_udp("publisher", Relay::peer(2), true));
    {
        StreamPeer viewer(server_->listening()[0].port);
        ASSERT_TRUE(valid(viewer, "viewer", true));
        ASSERT_TRUE(valid_by_udp("viewer", udp_viewer_));
        relay_.receive(Relay::peer(2), media());
        EXPECT_TRUE(relay_.media_to(udp_viewer_).empty());
    }
    // The other tuple is the best that is left.
    ASSERT_TRUE(turn_until([&] { return relay_.notices.back().endpoint == udp_viewer_; }));
    EXPECT_FALSE(relay_.notices.back().tcp);
    relay_.receive(Relay::peer(2), media());
    EXPECT_EQ(relay_.media_to(udp_viewer_).size(), 1u);
    EXPECT_EQ((*this)[api::TcpCounter::closed_by_peer], 1u);
    EXPECT_TRUE(eventually([&] { return (*this)[api::TcpCounter::connections] == 0; }));
}

TEST_F(WorkerTcp, DtlsGoesToControl) {
    StreamPeer peer(server_->listening()[0].port);
    ASSERT_TRUE(valid(peer, "viewer", true));
    Bytes hello(300, 0x5a);
    hello[0] = 22;
    peer.send_frame(hello);
    ASSERT_TRUE(turn_until([&] { return relay_.worker->punts().front().has_value(); }));
    EXPECT_EQ(relay_.worker->punts().front()->transport, 3u);
    EXPECT_TRUE(std::ranges::equal(relay_.worker->punts().front()->datagram, hello));
}

TEST_F(WorkerTcp, AConnectionWhoseSessionGoesIsClosed) {
    StreamPeer peer(server_->listening()[0].port);
    ASSERT_TRUE(valid(peer, "viewer", true));
    ::usleep(400'000);  // longer than an unclaimed one may stay
    EXPECT_FALSE(peer.closed());
    relay_.remove(api::TRANSPORT, 3);
    ASSERT_TRUE(turn_until([&] { return peer.closed(); }));
    EXPECT_EQ((*this)[api::TcpCounter::closed_unclaimed], 1u);
}

// C40: whoever takes what it is sent too slowly gets lower layers, and audio as before; what its
// queue leaves out is no hole then. When it keeps up for long enough the layers come back.
TEST_F(WorkerTcp, ASlowViewerMovesToLowerLayersAndBack) {
    constexpr std::uint32_t kPicture = 0x3333, kVideoOut = 7100;
    constexpr std::uint64_t kVideo = 20, kVideoLeg = 21;
    ASSERT_EQ(relay_.track(kVideo, 1, "VP8", {kPicture}, 96), "");
    ASSERT_EQ(relay_.subscription(kVideoLeg, kVideo, 3, kVideoOut, 96), "");
    StreamPeer viewer(server_->listening()[0].port, 4'096);
    ASSERT_TRUE(valid_by_udp("publisher", Relay::peer(2), true));
    ASSERT_TRUE(valid(viewer, "viewer", true));
    std::uint16_t n = 0;
    // Two temporal layers; the upper one has every second picture.
    const auto send_picture = [&] {
        relay::Vp8Packet picture{.sequence = n,
                                 .picture = n,
                                 .tl0 = static_cast<std::uint8_t>(n / 2),
                                 .temporal = static_cast<relay::TemporalId>(n % 2),
                                 .sync = n % 2 == 1,
                                 .key = n == 0,
                                 .timestamp = n * 1'500u};
        auto packet = picture.build();
        packet.ssrc = kPicture;
        packet.payload.resize(1'000, 0x11);
        relay_.receive(Relay::peer(2), packet.build());
        ++n;
    };
    const auto temporal = [&] {
        relay_.pass(300'000);
        return api::unpack_layers(relay_.value(api::StatisticsKind::subscription, kVideoLeg,
                                               api::ObjectValue::current))
            .temporal;
    };
    // It doesn't read.
    const auto slower = [&] { return relay_[WorkerCounter::peers_slower] != 0; };
    for (int i = 0; i < 2'000 && !slower(); ++i) {
        send_picture();
        ::usleep(200);
    }
    ASSERT_TRUE(slower());
    for (int i = 0; i < 4; ++i) send_picture();
    EXPECT_EQ(temporal(), 0);
    const std::uint64_t held = (*this)[api::TcpCounter::tx_held_back_upper];
    for (int i = 0; i < 20; ++i) send_picture();
    relay_.receive(Relay::peer(2), media());
    relay_.pass(300'000);
    EXPECT_EQ((*this)[api::TcpCounter::tx_held_back_upper], held) << "it isn't sent any";
    EXPECT_EQ(relay_.value(api::StatisticsKind::subscription, 4, api::ObjectValue::packets), 1u);
    // It reads on.
    ASSERT_TRUE(turn_until([&] {
        viewer.read();
        send_picture();
        return relay_[WorkerCounter::peers_faster] != 0;
    }));
    for (int i = 0; i < 4; ++i) send_picture();
    EXPECT_EQ(temporal(), 1);
}

TEST_F(WorkerTcp, AWrongPasswordIsAnsweredAndThenClosed) {  // C42
    StreamPeer peer(server_->listening()[0].port);
    peer.send_frame(check("viewer", {.password = "wrong"}));
    ASSERT_TRUE(turn_until(peer, 1));
    relay::StunMessage answer;
    ASSERT_TRUE(relay::parse_stun(peer.frames[0], answer));
    EXPECT_EQ(answer.error, 401);
    peer.send_frame(media());
    ASSERT_TRUE(turn_until([&] { return relay_[RxDrop::unvalidated] == 1; }));
    ASSERT_TRUE(turn_until([&] { return peer.closed(); }));
    EXPECT_EQ((*this)[api::TcpCounter::closed_unclaimed], 1u);
}

}  // namespace
}  // namespace strata::dataplane
