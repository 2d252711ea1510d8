#include "bench/generator/pcap_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/generator/pcap_reader.h"

namespace strata::gen {
namespace {

class PcapWriterTest : public testing::TestWithParam<std::pair<const char*, const char*>> {};

std::vector<std::uint8_t> bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_P(PcapWriterTest, IsReadBackAsItWas) {
    const std::string path = testing::TempDir() + "writer" +
                             std::to_string(testing::UnitTest::GetInstance()->random_seed()) +
                             (GetParam().first[0] == '[' ? "6" : "4") + ".pcap";
    const Address from = *parse_address(GetParam().first), to = *parse_address(GetParam().second);
    MacAddress source{}, destination{};
    ASSERT_TRUE(parse_mac("02:00:00:00:00:0a", source));
    ASSERT_TRUE(parse_mac("02:00:00:00:00:0b", destination));
    PcapWriter writer(path, source, destination);
    writer.write(1'500'000, from, to, std::vector<std::uint8_t>{1, 2, 3});
    writer.write(1'500'020, to, from, std::vector<std::uint8_t>(1'200, 7));
    writer.close();
    const auto read = read_pcap(path);
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[0].time_us, 1'500'000);
    EXPECT_EQ(read[0].source, from);
    EXPECT_EQ(read[0].destination, to);
    EXPECT_EQ(read[0].payload, (std::vector<std::uint8_t>{1, 2, 3}));
    EXPECT_EQ(read[1].payload.size(), 1'200u);
    const auto file = bytes_of(path);
    EXPECT_EQ(file[24 + 16], 0x02) << "the destination's MAC comes first";
    EXPECT_EQ(file[24 + 16 + 5], 0x0b);
    std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, PcapWriterTest,
                         testing::Values(std::pair("10.0.0.1:5000", "10.0.0.2:6000"),
                                         std::pair("[fd00::1]:5000", "[fd00::2]:6000")));

// 0x4500 0x001f 0x0000 0x4000 0x4011 0x0a000001 0x0a000002: summed up by hand.
TEST(PcapWriter, Ipv4ChecksumIsRight) {
    const std::string path = testing::TempDir() + "checksum.pcap";
    PcapWriter writer(path, {}, {});
    writer.write(0, *parse_address("10.0.0.1:1"), *parse_address("10.0.0.2:2"),
                 std::vector<std::uint8_t>{1, 2, 3});
    writer.close();
    const auto file = bytes_of(path);
    const std::size_t ip = 24 + 16 + 14;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 20; i += 2)
        sum += static_cast<std::uint32_t>(file[ip + i] << 8 | file[ip + i + 1]);
    EXPECT_EQ((sum & 0xffff) + (sum >> 16), 0xffffu);
    std::filesystem::remove(path);
}

TEST(PcapWriter, MacAddresses) {
    MacAddress mac{};
    EXPECT_FALSE(parse_mac("02:00:00:00:00", mac));
    EXPECT_FALSE(parse_mac("02:00:00:00:00:01:", mac));
    EXPECT_FALSE(parse_mac("", mac));
    EXPECT_THROW(PcapWriter("/nowhere/file.pcap", {}, {}), FileError);
}

}  // namespace
}  // namespace strata::gen
