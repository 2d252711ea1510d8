#include "dataplane/net/udp_destination.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "dataplane/net/frame.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane::net::udp_destination_test {
namespace {

using Frame = std::vector<std::uint8_t>;

Frame frame_of(bool v6, bool tagged, std::uint16_t to_port) {
    Frame frame(v6 ? 62 : 42);
    put_be16(&frame[12], v6 ? kEtherTypeIpv6 : kEtherTypeIpv4);
    std::uint8_t* ip = &frame[14];
    ip[0] = v6 ? 0x60 : 0x45;
    ip[v6 ? 6 : 9] = kProtocolUdp;
    put_be16(ip + (v6 ? 40 : 20) + 2, to_port);
    if (tagged) {
        const std::array<std::uint8_t, 4> tag{0x81, 0, 0, 7};
        frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    }
    return frame;
}

class UdpDestination : public testing::Test {
  protected:
    std::uint16_t of(const Frame& frame) {
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx);
        std::copy(frame.begin(), frame.end(), rte_pktmbuf_mtod(m, std::uint8_t*));
        m->data_len = static_cast<std::uint16_t>(frame.size());
        const std::uint16_t port = udp_destination(*m);
        rte_pktmbuf_free(m);
        return port;
    }
    TestPools pools_;
};

TEST_F(UdpDestination, OfWholeDatagrams) {
    for (const bool v6 : {false, true})
        for (const bool tagged : {false, true}) {
            const Frame whole = frame_of(v6, tagged, 4'001);
            EXPECT_EQ(of(whole), 4'001);
            for (std::size_t size = 0; size < whole.size(); ++size)
                EXPECT_EQ(of(Frame(whole.begin(), whole.begin() + static_cast<long>(size))), 0);
        }
}

TEST_F(UdpDestination, BehindIpv4Options) {
    Frame frame = frame_of(false, false, 4'001);
    frame[14] = 0x46;
    EXPECT_EQ(of(frame), 0);  // four bytes short now
    frame.insert(frame.begin() + 34, 4, 1);
    EXPECT_EQ(of(frame), 4'001);
}

TEST_F(UdpDestination, NotOfAnythingElse) {
    Frame frame = frame_of(false, false, 4'001);
    for (const auto fragment : std::to_array<std::uint16_t>({0x2000, 0x0001, 0x1fff})) {
        put_be16(&frame[20], fragment);
        EXPECT_EQ(of(frame), 0) << fragment;
    }
    put_be16(&frame[20], 0x4000);  // don't fragment
    EXPECT_EQ(of(frame), 4'001);
    frame[23] = kProtocolIcmp;
    EXPECT_EQ(of(frame), 0);
    frame[23] = kProtocolUdp;
    frame[14] = 0x40;  // a header of no bytes
    EXPECT_EQ(of(frame), 0);
    put_be16(&frame[12], kEtherTypeArp);
    EXPECT_EQ(of(frame), 0);
    Frame v6 = frame_of(true, false, 4'001);
    v6[20] = 44;  // a fragment header
    EXPECT_EQ(of(v6), 0);
}

}  // namespace
}  // namespace strata::dataplane::net::udp_destination_test
