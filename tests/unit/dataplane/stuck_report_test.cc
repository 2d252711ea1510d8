#include "dataplane/stuck_report.h"

#include <gtest/gtest.h>

#include <cstring>

#include "dataplane/port/packet_meta.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

TEST(StuckReport, ShowsAPacketAndWhatIsInFrontOfIt) {
    const TestPools pools;
    rte_mbuf* m = rte_pktmbuf_alloc(pools->rx);
    meta(m) = {.flow = {IpAddress::v4({10, 0, 0, 2}), IpAddress::v4({10, 0, 0, 1}), 5000, 20000},
               .port_index = 1};
    auto* bytes = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(m, 18));
    for (std::uint8_t i = 0; i < 18; ++i) bytes[i] = static_cast<std::uint8_t>(0xf0 + i);
    std::memset(bytes - 64, 0xaa, 64);
    const std::string report = packet_report(m);
    EXPECT_EQ(report.substr(0, report.find("\nin front of it") + 1),
              "packet in work: 18 bytes from 10.0.0.2:5000 to 10.0.0.1:20000, port 1\n"
              "000000 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 fa fb fc fd fe ff\n"
              "000010 00 01\n");
    EXPECT_TRUE(report.ends_with("000030 aa aa aa aa aa aa aa aa aa aa aa aa aa aa aa aa\n"))
        << report;
    rte_pktmbuf_free(m);
    EXPECT_EQ(packet_report(nullptr), "no packet in work\n");
}

TEST(StuckReport, APacketIsCut) {
    const TestPools pools;
    rte_mbuf* m = rte_pktmbuf_alloc(pools->rx);
    meta(m) = {};
    std::memset(rte_pktmbuf_append(m, 1'200), 0, 1'200);
    const std::string text = packet_report(m);
    EXPECT_NE(text.find("1200 bytes"), std::string::npos);
    EXPECT_NE(text.find("\n0001f0 00"), std::string::npos);
    EXPECT_EQ(text.find("\n000200"), std::string::npos);
    rte_pktmbuf_free(m);
}

}  // namespace
}  // namespace strata::dataplane
