#include "dataplane/port/socket_batch.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "dataplane/net/socket_link.h"
#include "tests/unit/dataplane/eal.h"

namespace strata::dataplane {
namespace {

class SocketBatchTest : public testing::Test {
  protected:
    ~SocketBatchTest() override {
        clear();
        EXPECT_TRUE(pools_.idle());
    }
    void clear() {
        for (rte_mbuf* m : packets_) rte_pktmbuf_free(m);
        packets_.clear();
    }
    // A packet of `bytes` to `remote`, filled with its number.
    void add(const char* remote, unsigned port, unsigned size) {
        const auto bytes = static_cast<std::uint16_t>(size);
        rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx);
        ASSERT_NE(m, nullptr);
        std::array<std::byte, 64> link;
        net::make_socket_link({*IpAddress::parse(remote), {}, static_cast<std::uint16_t>(port), 0},
                              link);
        std::memcpy(rte_pktmbuf_append(m, net::kSocketLinkBytes), link.data(),
                    net::kSocketLinkBytes);
        std::memset(rte_pktmbuf_append(m, bytes), static_cast<int>(packets_.size()), bytes);
        packets_.push_back(m);
    }
    void arrange(bool gso) { batch_.arrange(packets_, gso); }
    // Packets of each message.
    std::vector<std::uint32_t> shape() {
        std::vector<std::uint32_t> counts;
        for (std::uint32_t i = 0; i < batch_.headers().size(); ++i)
            counts.push_back(batch_.message(i).packets);
        return counts;
    }
    std::vector<std::uint32_t> order() { return {batch_.order().begin(), batch_.order().end()}; }
    static std::vector<std::uint8_t> bytes_of(const msghdr& header) {
        std::vector<std::uint8_t> all;
        for (std::size_t i = 0; i < header.msg_iovlen; ++i) {
            const auto* data = static_cast<const std::uint8_t*>(header.msg_iov[i].iov_base);
            all.insert(all.end(), data, data + header.msg_iov[i].iov_len);
        }
        return all;
    }
    // 0: none is asked for.
    static std::uint16_t segment_of(const msghdr& header) {
        if (header.msg_controllen == 0) return 0;
        const auto* control = static_cast<const cmsghdr*>(header.msg_control);
        EXPECT_EQ(control->cmsg_level, SOL_UDP);
        EXPECT_EQ(control->cmsg_type, UDP_SEGMENT);
        std::uint16_t size;
        std::memcpy(&size, CMSG_DATA(control), sizeof size);
        return size;
    }

    using Counts = std::vector<std::uint32_t>;
    TestPools pools_;
    SocketBatch batch_;
    std::vector<rte_mbuf*> packets_;
};

TEST_F(SocketBatchTest, EachDestinationKeepsItsOrder) {
    for (int i = 0; i < 3; ++i)
        for (const unsigned port : {5000u, 5001u}) add("10.0.0.1", port, 100);
    add("fd00::1", 5000, 100);
    arrange(true);
    EXPECT_EQ(order(), (Counts{0, 2, 4, 1, 3, 5, 6}));
    EXPECT_EQ(shape(), (Counts{3, 3, 1}));
    EXPECT_EQ(batch_.headers()[0].msg_hdr.msg_namelen, sizeof(sockaddr_in));
    EXPECT_EQ(batch_.headers()[2].msg_hdr.msg_namelen, sizeof(sockaddr_in6));
    EXPECT_EQ(segment_of(batch_.headers()[0].msg_hdr), 100);
    EXPECT_EQ(segment_of(batch_.headers()[2].msg_hdr), 0);
    arrange(false);
    EXPECT_EQ(order(), (Counts{0, 2, 4, 1, 3, 5, 6}));
    EXPECT_EQ(shape(), Counts(7, 1));
}

// The kernel cuts by the first one's size: only the last may be shorter, none longer or empty.
TEST_F(SocketBatchTest, ARunEndsWithItsShorterPacket) {
    for (const unsigned size : {100u, 100u, 60u, 60u, 100u, 101u, 0u, 0u, 50u, 50u})
        add("10.0.0.1", 1, size);
    arrange(true);
    EXPECT_EQ(shape(), (Counts{3, 1, 1, 1, 1, 1, 2}));
    std::vector<std::uint16_t> segments;
    for (const mmsghdr& one : batch_.headers()) segments.push_back(segment_of(one.msg_hdr));
    EXPECT_EQ(segments, (std::vector<std::uint16_t>{100, 0, 0, 0, 0, 0, 50}));
}

TEST_F(SocketBatchTest, ARunHasNoMoreThanTheKernelCuts) {
    for (std::uint32_t i = 0; i < 2 * SocketBatch::kMaxSegments + 1; ++i) add("10.0.0.1", 1, 10);
    arrange(true);
    EXPECT_EQ(shape(), (Counts{SocketBatch::kMaxSegments, SocketBatch::kMaxSegments, 1}));
    clear();
    // Bytes run out before segments do.
    constexpr std::uint16_t kSize = 1'500;
    for (int i = 0; i < 60; ++i) add("10.0.0.1", 1, kSize);
    arrange(true);
    const std::uint32_t most = SocketBatch::kMaxMessageBytes / kSize;
    EXPECT_EQ(shape(), (Counts{most, 60 - most}));
}

TEST_F(SocketBatchTest, NothingIsLaidOutAsNothing) {
    arrange(true);
    EXPECT_TRUE(batch_.headers().empty());
    EXPECT_TRUE(batch_.order().empty());
}

// Header and payload in mbufs of their own, as a fan-out makes them.
TEST_F(SocketBatchTest, ChainsAreSentWhole) {
    for (int i = 0; i < 3; ++i) {
        add("10.0.0.1", 1, 12);
        rte_mbuf* payload = rte_pktmbuf_alloc(pools_->rx);
        std::memset(rte_pktmbuf_append(payload, 90), 0x40 + i, 90);
        ASSERT_EQ(rte_pktmbuf_chain(packets_.back(), payload), 0);
    }
    arrange(true);
    ASSERT_EQ(shape(), Counts{3});
    EXPECT_EQ(segment_of(batch_.headers()[0].msg_hdr), 102);
    std::vector<std::uint8_t> expected;
    for (int i = 0; i < 3; ++i) {
        expected.insert(expected.end(), 12, static_cast<std::uint8_t>(i));
        expected.insert(expected.end(), 90, static_cast<std::uint8_t>(0x40 + i));
    }
    EXPECT_EQ(bytes_of(batch_.headers()[0].msg_hdr), expected);
    const msghdr second = batch_.single(1);
    EXPECT_EQ(bytes_of(second),
              std::vector<std::uint8_t>(expected.begin() + 102, expected.begin() + 204));
    EXPECT_EQ(second.msg_controllen, 0u);
    EXPECT_EQ(second.msg_namelen, sizeof(sockaddr_in));
}

// Whatever is sent: every packet in one message, to its own address, in order, cut as it was.
TEST_F(SocketBatchTest, HoldsForAnythingBatchAfterBatch) {
    std::mt19937 random(11);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    const std::array<const char*, 3> addresses{"10.0.0.1", "10.0.0.2", "fd00::1"};
    for (int round = 0; round < 200; ++round) {
        clear();
        const std::uint32_t count = below(round % 50 == 0 ? 1'000 : 60);
        for (std::uint32_t i = 0; i < count; ++i)
            add(addresses[below(3)], 1 + below(round % 7 == 0 ? 500 : 4),
                below(4) == 0 ? below(300) : 200);
        arrange(round % 5 != 0);
        ASSERT_EQ(batch_.order().size(), packets_.size());
        std::vector<bool> seen(packets_.size());
        std::map<std::vector<std::uint8_t>, std::uint32_t> last;  // by address
        for (std::uint32_t i = 0; i < batch_.headers().size(); ++i) {
            const msghdr& header = batch_.headers()[i].msg_hdr;
            const SocketBatch::Message& message = batch_.message(i);
            const std::uint16_t segment = segment_of(header);
            ASSERT_EQ(message.packets > 1, segment != 0);
            std::vector<std::uint8_t> expected;
            for (std::uint32_t p = message.first; p < message.first + message.packets; ++p) {
                const std::uint32_t index = batch_.order()[p];
                ASSERT_FALSE(seen[index]);
                seen[index] = true;
                const rte_mbuf* m = packets_[index];
                const auto* data = rte_pktmbuf_mtod(m, const std::uint8_t*);
                std::vector<std::uint8_t> address(data, data + net::kSocketLinkBytes);
                ASSERT_EQ(std::memcmp(header.msg_name, data, header.msg_namelen), 0);
                const auto [at, fresh] = last.try_emplace(address, index);
                ASSERT_TRUE(fresh || at->second < index);
                at->second = index;
                const bool ends = p + 1 == message.first + message.packets;
                const std::uint32_t size = m->pkt_len - net::kSocketLinkBytes;
                ASSERT_TRUE(segment == 0 || (ends ? size <= segment && size > 0 : size == segment));
                expected.insert(expected.end(), data + net::kSocketLinkBytes, data + m->pkt_len);
            }
            ASSERT_EQ(bytes_of(header), expected);
            ASSERT_LE(expected.size(), SocketBatch::kMaxMessageBytes);
        }
    }
}

}  // namespace
}  // namespace strata::dataplane
