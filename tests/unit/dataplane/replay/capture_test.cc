#include "dataplane/replay/capture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "dataplane/replay/pcap_file.h"

namespace strata::dataplane {
namespace {

const Endpoint kFrom{IpAddress::v4({10, 0, 0, 2}), 5000}, kTo{IpAddress::v4({10, 0, 0, 1}), 4000};

std::vector<std::uint8_t> file_with(const std::vector<std::vector<std::uint8_t>>& payloads) {
    const std::string path = testing::TempDir() + "strata-pcap-" + std::to_string(::getpid());
    auto file = PcapFile::create(path).value();
    std::int64_t time = 1'700'000'000'123'456;
    for (const auto& payload : payloads) file.write(time += 1000, kFrom, kTo, payload);
    EXPECT_EQ(file.finish(), "");
    std::vector<std::uint8_t> bytes = read_capture(path).value().bytes;
    ::unlink(path.c_str());
    return bytes;
}

TEST(Capture, ReadsWhatPcapFileWrote) {
    const auto capture = parse_capture(file_with({{1, 2, 3}, {4}}), "test");
    ASSERT_TRUE(capture) << capture.error();
    ASSERT_EQ(capture->packets.size(), 2u);
    const CapturedPacket& packet = capture->packets[0];
    EXPECT_EQ(packet.time_us, 1'700'000'000'124'456);
    EXPECT_EQ(packet.source, kFrom);
    EXPECT_EQ(packet.destination, kTo);
    ASSERT_EQ(packet.payload_size, 3u);
    EXPECT_EQ(capture->bytes[packet.payload_at], 1);
}

TEST(Capture, ReadsEthernetAndCookedFrames) {
    const std::vector<std::uint8_t> raw = file_with({{9}});
    for (const auto& [type, size] : {std::pair{1, 14}, {113, 16}, {276, 20}}) {
        std::vector<std::uint8_t> file(raw.begin(), raw.begin() + 40);
        file[20] = static_cast<std::uint8_t>(type & 0xff);
        file[21] = static_cast<std::uint8_t>(type >> 8);
        std::vector<std::uint8_t> link(static_cast<std::size_t>(size));
        const std::size_t at = type == 276 ? 0 : link.size() - 2;
        link[at] = 0x08;
        file[32] = static_cast<std::uint8_t>(file[32] + size);
        file.insert(file.end(), link.begin(), link.end());
        file.insert(file.end(), raw.begin() + 40, raw.end());
        const auto capture = parse_capture(file, "test");
        ASSERT_TRUE(capture) << capture.error();
        EXPECT_EQ(capture->packets.size(), 1u) << "link type " << type;
    }
}

TEST(Capture, ReadsRtpdump) {
    std::string text = "#!rtpplay1.0 127.0.0.1/5000\n" + std::string(16, '\0');
    text += std::string(
        "\0\x0b\0\x03\0\0\0\x07"
        "abc",
        11);
    const auto capture = parse_capture({text.begin(), text.end()}, "test");
    ASSERT_TRUE(capture) << capture.error();
    ASSERT_EQ(capture->packets.size(), 1u);
    EXPECT_EQ(capture->packets[0].time_us, 7'000);
    EXPECT_EQ(capture->packets[0].payload_size, 3u);
}

TEST(Capture, NamesWhatItCannotRead) {
    EXPECT_NE(parse_capture({0x0a, 0x0d, 0x0d, 0x0a}, "x").error().find("pcapng"),
              std::string::npos);
    EXPECT_EQ(parse_capture({1, 2, 3}, "x").error(), "x: neither a pcap nor an rtpdump file");
    std::vector<std::uint8_t> unknown = file_with({});
    unknown[20] = 147;
    EXPECT_NE(parse_capture(unknown, "x").error().find("link type 147"), std::string::npos);
    EXPECT_NE(read_capture("/nonexistent.pcap").error().find("/nonexistent.pcap"),
              std::string::npos);
}

TEST(Capture, DamagedFilesAreReadAsFarAsTheyGo) {
    const std::vector<std::uint8_t> whole = file_with({{1, 2, 3, 4}, {5, 6}, {7}});
    std::mt19937 random(3);
    for (int i = 0; i < 5'000; ++i) {
        std::vector<std::uint8_t> damaged = whole;
        for (auto flips = random() % 6; flips > 0; --flips)
            damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
        damaged.resize(random() % (damaged.size() + 1));
        const auto capture = parse_capture(damaged, "test");
        if (!capture) continue;
        for (const CapturedPacket& packet : capture->packets)
            ASSERT_LE(packet.payload_at + packet.payload_size, capture->bytes.size());
    }
}

}  // namespace
}  // namespace strata::dataplane
