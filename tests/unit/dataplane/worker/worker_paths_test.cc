#include <gtest/gtest.h>

#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane::worker_paths_test {
namespace {

constexpr std::uint32_t kSsrc = 1'000;
constexpr std::uint8_t kReceivers = 40;

// A publisher and its receivers, each a transport with a link.
class WorkerPathsTest : public testing::Test {
  protected:
    WorkerPathsTest() {
        EXPECT_EQ(relay_.transport(1, 1), "");
        EXPECT_EQ(relay_.track(1, 1, "opus", {kSsrc}), "");
        for (std::uint8_t i = 0; i < kReceivers; ++i) {
            const std::uint64_t id = 2u + i;
            EXPECT_EQ(relay_.transport(id, static_cast<std::uint8_t>(2 + i)), "");
            EXPECT_EQ(relay_.subscription(id, 1, id, 5'000u + i), "");
        }
    }
    void send(std::uint16_t sequence) {
        relay_.receive(Relay::peer(1), rtp({.ssrc = kSsrc, .sequence = sequence}));
    }
    // Packets to all receivers, each of the same number.
    void expect_media(std::size_t packets) {
        for (std::uint8_t i = 0; i < kReceivers; ++i)
            EXPECT_EQ(relay_.media_to(Relay::peer(static_cast<std::uint8_t>(2 + i))).size(),
                      packets)
                << int{i};
    }

    Relay relay_;
};

TEST_F(WorkerPathsTest, LinksAreMadeAnewWhenRoutesChangeAndMediaGoesOn) {
    send(1);
    const std::int64_t links = relay_.port.links(), made = relay_.port.links_made();
    EXPECT_EQ(links, kReceivers + 1);
    relay_.port.change_routes();
    send(2);
    relay_.pass(1'000'000);
    EXPECT_EQ(relay_.port.links(), links);  // the old ones were given back
    EXPECT_EQ(relay_.port.links_made(), made + links);
    send(3);
    relay_.pass(1'000'000);
    EXPECT_EQ(relay_.port.links_made(), made + links);  // once for each change
    expect_media(3);
    relay_.expect_equations();
}

TEST_F(WorkerPathsTest, ATurnMakesFewOfThemAnew) {
    relay_.pass(1'000'000);
    const std::int64_t made = relay_.port.links_made();
    relay_.port.change_routes();
    relay_.turn();
    EXPECT_LT(relay_.port.links_made(), made + relay_.port.links());
}

TEST_F(WorkerPathsTest, OtherPortsLinksStay) {
    const std::int64_t made = relay_.port.links_made();
    relay_.other.change_routes();
    relay_.pass(1'000'000);
    EXPECT_EQ(relay_.port.links_made(), made);
}

// A room whose receivers' paths take IP packets of different sizes.
class WorkerMtuTest : public testing::Test {
  protected:
    WorkerMtuTest() {
        EXPECT_EQ(relay_.transport(1, 1), "");
        EXPECT_EQ(relay_.track(1, 1, "opus", {kSsrc}), "");
    }
    void listener(std::uint8_t id, std::uint64_t mtu) {
        api::Object object = transport_object(id, id);
        object.mutable_transport()->set_mtu_bytes(mtu);
        ASSERT_EQ(relay_.put(object), "");
        ASSERT_EQ(relay_.subscription(id, 1, id, 5'000u + id), "");
    }
    // RTP of so many bytes. How many of `listeners` it came to.
    std::size_t send(std::size_t bytes, std::initializer_list<std::uint8_t> listeners) {
        relay_.sent.clear();
        relay_.receive(
            Relay::peer(1),
            rtp({.ssrc = kSsrc, .sequence = sequence_++, .payload = Packet(bytes - 12, 0x55)}));
        std::size_t n = 0;
        for (const std::uint8_t id : listeners) n += relay_.media_to(Relay::peer(id)).size();
        return n;
    }

    Relay relay_;
    std::uint16_t sequence_ = 1;
};

TEST_F(WorkerMtuTest, ADatagramLargerThanTheReceiversMtuIsDropped) {
    listener(2, 600);
    listener(3, 0);
    listener(4, 9'000);
    constexpr std::size_t kHeaders = 20 + 8;
    EXPECT_EQ(send(600 - kHeaders, {2, 3, 4}), 3u);
    EXPECT_EQ(relay_[api::TxDrop::too_large], 0u);
    EXPECT_EQ(send(600 - kHeaders + 1, {2}), 0u);
    EXPECT_EQ(send(1'500 - kHeaders, {3, 4}), 2u);
    EXPECT_EQ(relay_[api::TxDrop::too_large], 2u);
    EXPECT_EQ(send(100, {2, 3, 4}), 3u);
    EXPECT_EQ(send(1'500 - kHeaders + 1, {2, 3, 4}), 0u) << "more than the port sends";
    EXPECT_EQ(relay_[api::TxDrop::too_large], 5u);
    relay_.expect_equations();
}

TEST_F(WorkerMtuTest, ItHoldsForLinksThatAreMadeAnew) {
    listener(2, 600);
    relay_.port.change_routes();
    relay_.pass(1'000'000);
    EXPECT_EQ(send(600, {2}), 0u);
    EXPECT_EQ(send(500, {2}), 1u);
}

TEST_F(WorkerMtuTest, ReportsFitTheLeastMtuThereIs) {
    listener(2, 576);
    for (int i = 0; i < 100; ++i) {
        send(200, {2});
        relay_.pass(20'000);
    }
    EXPECT_EQ(relay_[api::TxDrop::too_large], 0u);
    EXPECT_GT(relay_[api::WorkerCounter::rtcp_out], 0u);
}

}  // namespace
}  // namespace strata::dataplane::worker_paths_test
