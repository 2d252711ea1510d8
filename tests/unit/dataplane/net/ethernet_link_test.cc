#include "dataplane/net/ethernet_link.h"

#include <gtest/gtest.h>

#include <vector>

namespace strata::dataplane::net {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr MacAddress kOurs{2, 0, 0, 0, 0, 1}, kTheirs{2, 0, 0, 0, 0, 2};

// RFC 1071, byte by byte.
std::uint32_t plain_sum(std::uint32_t sum, const std::uint8_t* at, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) sum += i % 2 == 0 ? at[i] * 256u : at[i];
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

// A packet of `header` and `payload` bytes, as the writer makes it and a device would send it.
class EthernetLink : public testing::Test {
  protected:
    EthernetLink() {
        std::uint64_t word = 0;
        std::memcpy(&word, kTheirs.data(), 6);
        neighbours_[3].word = word | Neighbour::kResolved;
        context_.neighbours = neighbours_.data();
    }

    Bytes packet(bool v6, std::uint16_t header, std::uint16_t payload) {
        const FlowKey flow{*IpAddress::parse(v6 ? "fd00::2" : "10.0.0.2"),
                           *IpAddress::parse(v6 ? "fd00::1" : "10.0.0.1"), 6'000, 4'001};
        std::array<std::byte, 64> link;
        make_ethernet_link(flow, kOurs, neighbour_, link);
        EXPECT_EQ(neighbour_of(link), neighbour_);
        Bytes bytes(kMaxLinkBytes + std::size_t{header} + payload);
        for (std::size_t i = kMaxLinkBytes; i < bytes.size(); ++i)
            bytes[i] = static_cast<std::uint8_t>(i * 7);
        EthernetWriter writer(context_);
        PayloadSum shared(bytes.data() + kMaxLinkBytes + header, payload);
        writer.begin({header, payload, &shared});
        rte_mbuf m{};
        link_bytes_ = writer.write(m, bytes.data() + kMaxLinkBytes, link.data());
        offloads_ = m.ol_flags;
        l2_bytes_ = m.l2_len;
        l3_bytes_ = m.l3_len;
        resolved_ = writer.resolved();
        bytes.erase(bytes.begin(), bytes.begin() + kMaxLinkBytes - link_bytes_);
        return bytes;
    }

    // 0xffff: addresses, protocol, length and datagram add up.
    static std::uint32_t udp_sum(const Bytes& frame, bool v6, std::size_t ip_at = 14) {
        const std::size_t udp_at = ip_at + (v6 ? kIpv6Bytes : kIpv4Bytes);
        const std::size_t size = frame.size() - udp_at;
        std::uint32_t sum = plain_sum(0, &frame[ip_at + (v6 ? 8 : 12)], v6 ? 32 : 8);
        sum += kProtocolUdp + static_cast<std::uint32_t>(size);
        return plain_sum(sum, &frame[udp_at], size);
    }

    std::array<Neighbour, 4> neighbours_{};
    EthernetContext context_;
    std::uint16_t neighbour_ = 3, link_bytes_ = 0;
    std::uint64_t offloads_ = 0;
    std::size_t l2_bytes_ = 0, l3_bytes_ = 0;
    bool resolved_ = false;
};

TEST_F(EthernetLink, HeadersAndChecksumsAreRightForEveryParity) {
    for (const bool v6 : {false, true})
        for (std::uint16_t header = 12; header < 16; ++header)
            for (std::uint16_t payload = 99; payload < 102; ++payload) {
                const Bytes frame = packet(v6, header, payload);
                EXPECT_EQ(Bytes(frame.begin(), frame.begin() + 6),
                          Bytes(kTheirs.begin(), kTheirs.end()));
                EXPECT_EQ(frame[12] * 256 + frame[13], v6 ? kEtherTypeIpv6 : kEtherTypeIpv4);
                EXPECT_EQ(udp_sum(frame, v6), 0xffffu) << header << "+" << payload;
                EXPECT_TRUE(v6 || plain_sum(0, &frame[14], 20) == 0xffff);
                const std::size_t length_at = v6 ? 14 + 4 : 14 + 2;
                EXPECT_EQ(frame[length_at] * 256u + frame[length_at + 1],
                          frame.size() - 14 - (v6 ? 40 : 0));
                EXPECT_TRUE(resolved_);
            }
}

TEST_F(EthernetLink, ATagStandsBetweenAddressesAndType) {
    context_.vlan = 7;
    const Bytes frame = packet(false, 12, 50);
    EXPECT_EQ(link_bytes_, kIpv4HeadBytes + kVlanBytes);
    EXPECT_EQ(Bytes(frame.begin() + 12, frame.begin() + 18), (Bytes{0x81, 0, 0, 7, 8, 0}));
    EXPECT_EQ(Bytes(frame.begin() + 6, frame.begin() + 12), Bytes(kOurs.begin(), kOurs.end()));
    EXPECT_EQ(udp_sum(frame, false, 18), 0xffffu);
}

TEST_F(EthernetLink, WithoutChecksumOnIpv4AloneWithIpv6Always) {  // RFC 8200 section 8.1
    context_.udp_checksum = false;
    const Bytes v4 = packet(false, 12, 50);
    EXPECT_EQ(v4[14 + 20 + 6] + v4[14 + 20 + 7], 0);
    EXPECT_EQ(udp_sum(packet(true, 12, 50), true), 0xffffu);
}

TEST_F(EthernetLink, ADeviceThatSumsUpGetsThePseudoHeader) {
    context_.checksum_offload = true;
    for (const bool v6 : {false, true}) {
        Bytes frame = packet(v6, 13, 51);
        EXPECT_NE(offloads_ & RTE_MBUF_F_TX_UDP_CKSUM, 0u);
        EXPECT_EQ(l2_bytes_, 14u);
        EXPECT_EQ(l3_bytes_, v6 ? 40u : 20u);
        // What the device does: the sum over header and data, the field being the pseudo header's.
        const std::size_t udp_at = 14u + l3_bytes_;
        const std::uint32_t sum = plain_sum(0, &frame[udp_at], frame.size() - udp_at);
        frame[udp_at + 6] = static_cast<std::uint8_t>(~sum >> 8);
        frame[udp_at + 7] = static_cast<std::uint8_t>(~sum);
        EXPECT_EQ(udp_sum(frame, v6), 0xffffu);
    }
}

TEST_F(EthernetLink, AnUnknownNeighbourIsSaid) {
    neighbour_ = 2;
    neighbours_[2].word = 2;
    const Bytes frame = packet(false, 12, 20);
    EXPECT_FALSE(resolved_);
    EXPECT_EQ(frame[0] | frame[1], 2) << "the index, for whoever holds it";
}

}  // namespace
}  // namespace strata::dataplane::net
