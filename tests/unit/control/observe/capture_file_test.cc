#include "control/observe/capture_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

namespace strata::control {
namespace {

template <typename T>
T load(std::string_view bytes, std::size_t at) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

struct Block {
    std::uint32_t type = 0;
    std::string body;
    std::map<std::uint16_t, std::string> options;
};

// The blocks of a file; each says its length twice.
std::vector<Block> blocks_of(std::string_view file) {
    std::vector<Block> blocks;
    while (!file.empty()) {
        const auto total = load<std::uint32_t>(file, 4);
        EXPECT_EQ(total % 4, 0u);
        EXPECT_EQ(load<std::uint32_t>(file, total - 4), total);
        Block block{load<std::uint32_t>(file, 0), std::string(file.substr(8, total - 12)), {}};
        std::size_t at = block.type == 0x0a0d0d0a ? 16 : block.type == 1 ? 8 : 12;
        if (block.type == 6) at = 20 + (load<std::uint32_t>(block.body, 12) + 3) / 4 * 4;
        while (at + 4 <= block.body.size()) {
            const auto code = load<std::uint16_t>(block.body, at);
            const auto size = load<std::uint16_t>(block.body, at + 2);
            if (code == 0) break;
            block.options[code] = block.body.substr(at + 4, size);
            at += 4 + (size + 3u) / 4 * 4;
        }
        blocks.push_back(std::move(block));
        file.remove_prefix(total);
    }
    return blocks;
}

ObservedPacket packet_in() {
    ObservedPacket packet;
    packet.worker = 1;
    packet.head.at_us = 5'000'000;
    packet.head.fate = {.fate = api::ObservedFate::dropped,
                        .reason = static_cast<std::uint8_t>(api::RxDrop::layer_not_wanted)};
    packet.head.transport = 3;
    packet.head.track = 9;
    packet.head.remote = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
    packet.head.local = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    packet.head.remote_port = 5'004;
    packet.head.local_port = 21'000;
    packet.head.wire_bytes = 1'200;
    packet.head.captured_bytes = 13;
    packet.tail.assign(16, 0xab);
    return packet;
}

TEST(CaptureFile, BeginsWithASectionAndAnInterfaceForEachWorker) {
    const Observations::Observation observation{.spec = {.room = "demo", .sample = 100},
                                                .workers = 2};
    const auto blocks = blocks_of(capture_head(observation, "idc-7"));
    ASSERT_EQ(blocks.size(), 3u);
    EXPECT_EQ(blocks[0].type, 0x0a0d0d0au);
    EXPECT_EQ(load<std::uint32_t>(blocks[0].body, 0), 0x1a2b3c4du);
    EXPECT_EQ(
        blocks[0].options.at(1).find("node idc-7; received and sent, room demo, one packet of "
                                     "100; SRTP is shown decrypted"),
        0u);
    for (const int i : {1, 2}) {
        EXPECT_EQ(blocks[static_cast<std::size_t>(i)].type, 1u);
        EXPECT_EQ(load<std::uint16_t>(blocks[static_cast<std::size_t>(i)].body, 0), 101u);
        EXPECT_EQ(blocks[static_cast<std::size_t>(i)].options.at(2),
                  "worker " + std::to_string(i - 1));
    }
}

TEST(CaptureFile, APacketHasItsHeadersItsTimeAndItsFate) {
    std::string file;
    ObservedPacket packet = packet_in();
    packet.lost_before = 4;
    append_packets(file, {&packet, 1}, 1'700'000'000'000'000);
    const auto blocks = blocks_of(file);
    ASSERT_EQ(blocks.size(), 1u);
    const Block& block = blocks[0];
    EXPECT_EQ(block.type, 6u);
    EXPECT_EQ(load<std::uint32_t>(block.body, 0), 1u);
    const std::uint64_t us = std::uint64_t{load<std::uint32_t>(block.body, 4)} << 32 |
                             load<std::uint32_t>(block.body, 8);
    EXPECT_EQ(us, 1'700'000'005'000'000u);
    EXPECT_EQ(load<std::uint32_t>(block.body, 12), 28u + 13);
    EXPECT_EQ(load<std::uint32_t>(block.body, 16), 28u + 1'200);
    const auto* ip = reinterpret_cast<const std::uint8_t*>(block.body.data()) + 20;
    EXPECT_EQ(ip[0], 0x45);
    EXPECT_EQ(ip[2] << 8 | ip[3], 28 + 1'200);
    EXPECT_EQ(ip[9], 17);
    EXPECT_EQ(ip[15], 7);  // from the peer
    EXPECT_EQ(ip[20] << 8 | ip[21], 5'004);
    EXPECT_EQ(ip[22] << 8 | ip[23], 21'000);
    EXPECT_EQ(ip[24] << 8 | ip[25], 8 + 1'200);
    EXPECT_EQ(ip[28], 0xab);
    std::uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) sum += static_cast<std::uint32_t>(ip[i] << 8 | ip[i + 1]);
    EXPECT_EQ((sum & 0xffff) + (sum >> 16), 0xffffu);
    EXPECT_EQ(block.options.at(1), "dropped: layer_not_wanted; participant p3; track t9");
    EXPECT_EQ(load<std::uint32_t>(block.options.at(2), 0), 1u);
    EXPECT_EQ(load<std::uint64_t>(block.options.at(4), 0), 4u);
}

TEST(CaptureFile, SentPacketsOverIpv6GoTheOtherWay) {
    std::string file;
    ObservedPacket packet = packet_in();
    packet.head.direction = api::ObservedDirection::out;
    packet.head.remote = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    packet.head.local = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    packet.head.subscription = 12;
    packet.head.secure = true;
    packet.head.fate = {.fate = api::ObservedFate::sent};
    append_packets(file, {&packet, 1}, 0);
    const auto blocks = blocks_of(file);
    ASSERT_EQ(blocks.size(), 1u);
    EXPECT_EQ(load<std::uint32_t>(blocks[0].body, 16), 48u + 1'200);
    const auto* ip = reinterpret_cast<const std::uint8_t*>(blocks[0].body.data()) + 20;
    EXPECT_EQ(ip[0], 0x60);
    EXPECT_EQ(ip[23], 1);  // from the relay
    EXPECT_EQ(ip[39], 9);
    EXPECT_EQ(ip[40] << 8 | ip[41], 21'000);
    EXPECT_EQ(load<std::uint32_t>(blocks[0].options.at(2), 0), 2u);
    EXPECT_EQ(blocks[0].options.at(1),
              "sent; participant p3; track t9; subscription s12; SRTP on the wire");
    EXPECT_FALSE(blocks[0].options.contains(4));
}

// A record that says more than it has.
TEST(CaptureFile, AShortRecordIsTakenAsItIs) {
    std::string file;
    ObservedPacket packet = packet_in();
    packet.head.captured_bytes = 2'000;
    append_packets(file, {&packet, 1}, 0);
    EXPECT_EQ(load<std::uint32_t>(blocks_of(file)[0].body, 12), 28u + 16);
}

TEST(CaptureFile, EndsWithWhatWasLost) {
    const Observations::Observation observation{.packets = 90, .lost = 10};
    const auto blocks = blocks_of(capture_end(observation, 5));
    ASSERT_EQ(blocks.size(), 1u);
    EXPECT_EQ(blocks[0].type, 5u);
    EXPECT_EQ(load<std::uint64_t>(blocks[0].options.at(4), 0), 100u);
    EXPECT_EQ(load<std::uint64_t>(blocks[0].options.at(5), 0), 10u);
}

}  // namespace
}  // namespace strata::control
