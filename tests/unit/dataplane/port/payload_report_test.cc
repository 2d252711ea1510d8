#include "dataplane/port/payload_report.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/port/ethdev_port_fixture.h"
#include "tests/unit/dataplane/port/steering_card.h"

namespace strata::dataplane {
namespace {

using api::PayloadPath;

TEST(PayloadReport, GoesByWhatDriversAdvertiseAndByTheListOfThoseTested) {
    const auto says = [](std::string_view driver, bool advertised, std::uint16_t segments) {
        const PayloadReport report = payload_report(driver, advertised, segments);
        return std::string(api::name(report.path)) + ": " + report.reason;
    };
    EXPECT_EQ(says("net_tap", true, 8), "chained: net_tap advertises multi-segment packets");
    EXPECT_EQ(says("0000:3b:00.0", true, 8),
              "chained: 0000:3b:00.0 advertises multi-segment packets");
    for (const std::string driver : {"net_null", "net_pcap", "net_ring"})
        EXPECT_EQ(says(driver, false, 8),
                  "chained: " + driver + " is tested with multi-segment packets");
    EXPECT_EQ(says("net_af_xdp", false, 8),
              "linearised: net_af_xdp doesn't advertise multi-segment packets, and isn't tested "
              "with them");
    EXPECT_EQ(says("net_tap", true, 1), "linearised: net_tap takes packets of one segment");
}

using PayloadReportTest = EthdevPortTest;

TEST_F(PayloadReportTest, NullAndRingTakeChains) {
    const std::pair<const char*, const char*> devices[] = {
        {"net_null8,no-rx=1", "net_null is tested with multi-segment packets"},
        {"net_ring8", "net_ring advertises multi-segment packets"}};
    for (const auto& [device, reason] : devices) {
        auto port = open(std::string(device) + ";address=10.0.0.1/24");
        ASSERT_TRUE(port);
        EXPECT_EQ(port->payload().path, PayloadPath::chained);
        EXPECT_EQ(port->payload().reason, reason);
    }
}

// The device's descriptors hold one segment, whatever its driver is tested with.
TEST_F(PayloadReportTest, ADeviceOfOneSegmentGetsCopies) {
    reflects_ = true;
    const SteeringCard card("net_ring9", {.rx_queues = 1, .most_segments = 1});
    auto port = open("net_ring9;address=10.0.0.1/24;mac=02:00:00:00:00:11");
    ASSERT_TRUE(port);
    EXPECT_EQ(port->payload().path, PayloadPath::linearised);
    EXPECT_EQ(port->payload().reason, "net_ring takes packets of one segment");
    EXPECT_FALSE(port->capabilities().chains);
    EXPECT_NE(port->needs().linear_mbufs, 0u) << "a pool of whole packets is made";
    FanOut out(*port, 0, *pools_, {});
    fan_out(*port, out, kUs, 4000);
    EXPECT_EQ(out.counters().copied_linear, 16u);
    EXPECT_EQ(out.counters().chained, 0u);
    EXPECT_EQ(turn(*port).size(), 16u);
}

}  // namespace
}  // namespace strata::dataplane
