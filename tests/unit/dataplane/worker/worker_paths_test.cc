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

}  // namespace
}  // namespace strata::dataplane::worker_paths_test
