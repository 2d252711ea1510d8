#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/frame.h"
#include "dataplane/net/ingress.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane::net::ingress_test {

constexpr MacAddress kOurs{2, 0, 0, 0, 0, 1}, kTheirs{2, 0, 0, 0, 0, 2};

// Frames as they come from the wire, to a host with one address.
class IngressTest : public testing::Test {
  protected:
    IngressTest() {
        v4_.mac = v6_.mac = kOurs;
        v4_.own.add({*IpAddress::parse("10.0.0.1"), 24});
        v6_.own.add({*IpAddress::parse("fd00::1"), 64});
        v4_.first_port = v6_.first_port = 4000;
        v4_.ports = v6_.ports = 2;
    }
    ~IngressTest() override { rte_pktmbuf_free(m_); }

    static const IpAddress& first(const LocalNet& us) { return us.own.all()[0].address; }

    // A UDP frame to us, made by the transmit side.
    std::vector<std::uint8_t> udp(const LocalNet& us, std::uint16_t to_port, std::uint16_t bytes) {
        return udp(us, first(us), to_port, bytes);
    }
    std::vector<std::uint8_t> udp(const LocalNet& us, const IpAddress& to, std::uint16_t to_port,
                                  std::uint16_t bytes) {
        const bool v6 = !to.is_v4();
        const FlowKey back{to, *IpAddress::parse(v6 ? "fd00::2" : "10.0.0.2"), to_port, 6000};
        std::array<std::byte, 64> link;
        make_ethernet_link(back, kTheirs, 0, link);
        std::uint64_t word = 0;
        std::memcpy(&word, kOurs.data(), 6);
        Neighbour here;
        here.word = word | Neighbour::kResolved;
        const EthernetContext context{&here, us.vlan, true, false};
        std::vector<std::uint8_t> frame(kMaxLinkBytes + bytes);
        EthernetWriter writer(context);
        rte_mbuf unused{};
        writer.begin({bytes});
        const std::uint16_t head = writer.write(unused, frame.data() + kMaxLinkBytes, link.data());
        frame.erase(frame.begin(), frame.begin() + kMaxLinkBytes - head);
        return frame;
    }

    Ingress receive(const LocalNet& us, const std::vector<std::uint8_t>& frame) {
        rte_pktmbuf_free(m_);
        m_ = rte_pktmbuf_alloc(pools_->rx);
        char* room = rte_pktmbuf_append(m_, static_cast<std::uint16_t>(frame.size()));
        std::copy(frame.begin(), frame.end(), reinterpret_cast<std::uint8_t*>(room));
        return receive_frame(*m_, us, flow_);
    }
    void expect_counted(const LocalNet& us, const std::vector<std::uint8_t>& frame,
                        PortCounter counter) {
        const Ingress in = receive(us, frame);
        EXPECT_EQ(in.action, Ingress::Action::consumed);
        EXPECT_EQ(name(in.counter), name(counter));
    }
    const std::uint8_t* data() const { return rte_pktmbuf_mtod(m_, const std::uint8_t*); }

    TestPools pools_;
    LocalNet v4_, v6_;
    rte_mbuf* m_ = nullptr;
    FlowKey flow_;
};

inline void fix_ipv4_checksum(std::vector<std::uint8_t>& frame) {
    std::memset(frame.data() + 24, 0, 2);
    const std::uint16_t sum = checksum(raw_sum(frame.data() + 14, 20));
    std::memcpy(frame.data() + 24, &sum, 2);
}

// A UDP frame becomes an echo request.
inline void make_echo_v4(std::vector<std::uint8_t>& frame) {
    frame[23] = 1;
    fix_ipv4_checksum(frame);
    std::memset(frame.data() + 34, 0, 8);
    frame[34] = 8;
    frame[38] = 0x12;
    const std::uint16_t sum = checksum(raw_sum(frame.data() + 34, frame.size() - 34));
    std::memcpy(frame.data() + 36, &sum, 2);
}
inline void make_echo_v6(std::vector<std::uint8_t>& frame) {
    frame[20] = 58;
    std::memset(frame.data() + 54, 0, 8);
    frame[54] = 128;
    const std::uint16_t sum =
        icmpv6_checksum(frame.data() + 14, static_cast<std::uint16_t>(frame.size() - 54));
    std::memcpy(frame.data() + 56, &sum, 2);
}

}  // namespace strata::dataplane::net::ingress_test
