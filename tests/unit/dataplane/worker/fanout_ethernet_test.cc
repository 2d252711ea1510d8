#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "dataplane/crypto/engine.h"
#include "dataplane/net/checksum.h"
#include "dataplane/worker/secure_transport.h"
#include "tests/unit/dataplane/worker/fanout_fixture.h"

// Frames as a card would get them: headers of all layers, checksums.
namespace strata::dataplane {
namespace {

const PortConfig kNoUdpChecksum{.base_udp_port = 4000, .udp_checksum = false};

// The checksum of an Ethernet frame's UDP datagram, computed the slow way: 0xffff when right.
std::uint32_t verify_udp(const std::vector<std::uint8_t>& frame, bool v6) {
    const std::size_t ip = 14, udp = ip + (v6 ? 40u : 20u);
    std::uint32_t sum = 17 + static_cast<std::uint32_t>(frame.size() - udp);
    const auto add = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i)
            sum += (i - from) % 2 == 0 ? static_cast<std::uint32_t>(frame[i] << 8) : frame[i];
    };
    add(v6 ? ip + 8 : ip + 12, udp);
    add(udp, frame.size());
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

TEST_F(FanOutTest, EthernetFramesCarryRightChecksums) {
    for (const char* remote : {"10.0.0.2", "fd00::2"}) {
        const bool v6 = remote[0] == 'f';
        for (const int header_bytes : {12, 13, 37}) {  // an odd header swaps the payload's sum
            for (const int bytes : {0, 1, 700, 701}) {
                const auto header = static_cast<std::uint16_t>(header_bytes);
                const auto size = static_cast<std::uint16_t>(bytes);
                sink_.packets.clear();
                open({.link_kind = LinkKind::ethernet});
                relay::ReceiverSlot slot;
                slot.offsets.ssrc = 0xabcdef01;
                link(slot, remote, 0);
                relay::Output out = output({&slot, 1}, 12, size);
                out.header.size = header;
                send(receive(800), {&out, 1});
                ASSERT_EQ(sink_.packets.size(), 1u);
                const auto& frame = sink_.packets[0].bytes;
                ASSERT_EQ(frame.size(), (v6 ? 62u : 42u) + header + size);
                EXPECT_EQ(verify_udp(frame, v6), 0xffffu) << remote << ' ' << header << ' ' << size;
                if (!v6) {
                    EXPECT_EQ(net::raw_sum(frame.data() + 14, 20), 0xffffu);
                }
            }
        }
    }
    EXPECT_TRUE(pools_.idle());
}

// IPv4 without UDP checksum is written in pieces of its own; IPv6 always has one.
TEST_F(FanOutTest, EthernetFramesWithoutUdpChecksum) {
    open({.link_kind = LinkKind::ethernet}, {.tiny_payload_bytes = 64}, kNoUdpChecksum);
    for (const bool v6 : {false, true})
        for (const int bytes : {0, 1, 15, 16, 17, 31, 32, 33, 48, 49, 63, 64, 65, 1'000}) {
            const auto size = static_cast<std::uint16_t>(bytes);
            std::vector<relay::ReceiverSlot> slots(70);
            for (std::size_t i = 0; i < slots.size(); ++i) {
                slots[i].offsets.ssrc = static_cast<std::uint32_t>(0x1000 + i);
                slots[i].offsets.sequence = static_cast<std::uint16_t>(100 + i);
                link(slots[i], v6 ? "fd00::2" : "10.0.0.2", i);
            }
            sink_.packets.clear();
            const relay::Output out = output(slots, 12, size);
            send(receive(1'100), {&out, 1});
            ASSERT_EQ(sink_.packets.size(), slots.size());
            for (std::size_t i = 0; i < slots.size(); ++i) {
                const auto& frame = sink_.packets[i].bytes;
                const std::size_t head = v6 ? 62 : 42, udp = head - 8;
                ASSERT_EQ(frame.size(), head + 12 + size);
                EXPECT_EQ(frame[5], 2) << "the next hop";
                EXPECT_EQ(frame[udp + 2] << 8 | frame[udp + 3], 6000 + static_cast<int>(i));
                EXPECT_EQ(frame[udp + 4] << 8 | frame[udp + 5], 8 + 12 + bytes);
                if (v6) {
                    EXPECT_EQ(verify_udp(frame, true), 0xffffu);
                } else {
                    EXPECT_EQ(net::raw_sum(frame.data() + 14, 20), 0xffffu);
                    EXPECT_EQ(frame[16] << 8 | frame[17], 20 + 8 + 12 + bytes);
                    EXPECT_EQ(frame[udp + 6] | frame[udp + 7], 0);
                }
                expect_packet({frame.begin() + static_cast<std::ptrdiff_t>(head), frame.end()}, i,
                              12, size);
            }
        }
    EXPECT_TRUE(pools_.idle());
}

// Receivers of both families where only IPv6 has UDP checksums. Frames of sinks are checked in
// order of receivers.
class MixedFanOut : public FanOutTest {
  protected:
    // 140 receivers, more than one chunk, every third of the other family.
    std::vector<relay::ReceiverSlot> mixed(bool v6_first) {
        std::vector<relay::ReceiverSlot> slots(140);
        v6_.clear();
        for (std::size_t i = 0; i < slots.size(); ++i) {
            v6_.push_back((i % 3 == 0) == v6_first);
            link(slots[i], v6_[i] ? "fd00::2" : "10.0.0.2", i);
        }
        return slots;
    }

    // Each frame has `bytes` behind its UDP header, summed up where it has to be.
    void expect_frames(std::size_t bytes) {
        ASSERT_EQ(sink_.packets.size(), v6_.size());
        for (std::size_t i = 0; i < v6_.size(); ++i) {
            const auto& frame = sink_.packets[i].bytes;
            ASSERT_EQ(frame.size(), (v6_[i] ? 62 : 42) + bytes);
            if (v6_[i]) {
                ASSERT_EQ(verify_udp(frame, true), 0xffffu) << i;
            } else {
                ASSERT_EQ(frame[40] | frame[41], 0) << i;
            }
        }
        sink_.packets.clear();
    }

    std::vector<bool> v6_;  // receiver i
};

// A payload that is chained, tiny, the spent input itself, or copied for a port without chains.
TEST_F(MixedFanOut, ReceiversOfOneOutputGetTheChecksumOfTheirFamily) {
    for (const bool chains : {true, false})
        for (const bool v6_first : {false, true})
            for (const auto input : {FanOut::Input::kept, FanOut::Input::spent})
                for (const std::uint16_t size : std::array<std::uint16_t, 4>{1, 63, 64, 701}) {
                    open({.link_kind = LinkKind::ethernet, .chains = chains},
                         {.tiny_payload_bytes = 64}, kNoUdpChecksum);
                    auto slots = mixed(v6_first);
                    relay::Output out = output(slots, 20, size);
                    out.header.size = 13;
                    rte_mbuf* packet = receive(800);
                    fan_out_->send(*packet, {&out, 1}, TxClass::base, 0, input);
                    rte_pktmbuf_free(packet);
                    fan_out_->flush(0);
                    expect_frames(13u + size);
                    EXPECT_TRUE(pools_.idle());
                }
}

// The variant that outputs share is summed for the one that needs it, whichever comes first.
TEST_F(MixedFanOut, OutputsShareAPayload) {
    for (const bool v6_first : {false, true}) {
        open({.link_kind = LinkKind::ethernet}, {}, kNoUdpChecksum);
        auto slots = mixed(v6_first);
        std::vector<relay::Output> outputs;
        for (relay::ReceiverSlot& slot : std::span(slots).first(6))
            outputs.push_back(output({&slot, 1}, 12, 500));
        v6_.resize(6);
        send(receive(500), outputs);
        expect_frames(12 + 500);
        EXPECT_TRUE(pools_.idle());
    }
}

// What is encrypted differs for each receiver, and so does its sum.
TEST_F(MixedFanOut, EncryptedPacketsAreSummedEachForItself) {
    for (const auto profile :
         {relay::SrtpProfile::aead_aes_128_gcm, relay::SrtpProfile::aes128_cm_sha1_80})
        for (const bool v6_first : {false, true}) {
            const auto cipher = make_cipher();
            relay::SrtpMasterKey master;
            master.profile = profile;
            const relay::SrtpKeys keys(master, *cipher);
            open({.link_kind = LinkKind::ethernet}, {.cipher = cipher.get()}, kNoUdpChecksum);
            auto slots = mixed(v6_first);
            std::vector<SecureLeg> legs(slots.size());
            for (std::size_t i = 0; i < slots.size(); ++i) {
                legs[i].keys = &keys;
                slots[i].seal = &legs[i];
                slots[i].offsets.ssrc = static_cast<std::uint32_t>(i);
            }
            const relay::Output out = output(slots, 12, 501);
            send(receive(600), {&out, 1});
            expect_frames(12 + 501 + relay::tag_size(profile));
            EXPECT_EQ(fan_out_->counters().encrypted, slots.size());
            EXPECT_TRUE(pools_.idle());
        }
}

}  // namespace
}  // namespace strata::dataplane
