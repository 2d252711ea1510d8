#include "bench/generator/pcap_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "source_folders.h"

namespace strata::gen {
namespace {

class PcapReader : public testing::Test {
  protected:
    void SetUp() override {
        path_ = testing::TempDir() + "strata-pcap-" + std::to_string(::getpid()) + ".pcap";
    }
    void TearDown() override { std::remove(path_.c_str()); }
    void write(const std::vector<std::uint8_t>& bytes) {
        std::ofstream(path_, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    std::string path_;
};

TEST_F(PcapReader, ReadsACaptureInOrder) {
    const auto all = read_pcap(STRATA_CAPTURES "/vp9-L3T3.pcap");
    EXPECT_GT(all.size(), 1000u);
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_GE(all[i].time_us, all[i - 1].time_us);
}

TEST_F(PcapReader, ReadsIpv6AndNanoseconds) {
    // Little-endian, nanoseconds, raw IP.
    std::vector<std::uint8_t> file{0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0,   0, 0, 0,
                                   0,    0,    0,    0,    0, 0, 1, 0, 101, 0, 0, 0};
    file.insert(file.end(), {2, 0, 0, 0, 0xb8, 0x0b, 0, 0, 49, 0, 0, 0, 49, 0, 0, 0});
    file.insert(file.end(), {0x60, 0, 0, 0, 0, 9, 17, 64});
    for (const int host : {1, 2}) {
        file.insert(file.end(), 15, 0);
        file.push_back(static_cast<std::uint8_t>(host));
    }
    file.insert(file.end(), {0x13, 0x88, 0x13, 0x89, 0, 9, 0, 0, 'x'});
    write(file);
    const auto all = read_pcap(path_);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(to_string(all[0].destination), "[::2]:5001");
    EXPECT_EQ(all[0].time_us, 2'000'003);
}

TEST_F(PcapReader, RefusesWhatIsNoCapture) {
    write({1, 2, 3});
    EXPECT_THROW(read_pcap(path_), FileError);
    EXPECT_THROW(read_pcap(path_ + ".absent"), FileError);
}

TEST_F(PcapReader, SurvivesEveryTruncation) {
    // Big-endian file, Ethernet with a VLAN tag, IPv4, UDP with 4 bytes.
    std::vector<std::uint8_t> file{0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0,    4,    0, 0, 0, 0,
                                   0,    0,    0,    0,    0, 0, 0xff, 0xff, 0, 0, 0, 1};
    file.insert(file.end(), {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 50, 0, 0, 0, 50});
    file.insert(file.end(), 12, 0);
    file.insert(file.end(), {0x81, 0, 0, 5, 8, 0});
    file.insert(file.end(), {0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2});
    file.insert(file.end(), {0x13, 0x88, 0x13, 0x89, 0, 12, 0, 0, 'a', 'b', 'c', 'd'});
    write(file);
    const auto whole = read_pcap(path_);
    ASSERT_EQ(whole.size(), 1u);
    EXPECT_EQ(whole[0].time_us, 1'000'002);
    EXPECT_EQ(to_string(whole[0].source), "10.0.0.1:5000");
    EXPECT_EQ(whole[0].payload, (std::vector<std::uint8_t>{'a', 'b', 'c', 'd'}));
    for (std::size_t size = 24; size < file.size(); ++size) {
        write({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)});
        EXPECT_TRUE(read_pcap(path_).empty());
    }
}

}  // namespace
}  // namespace strata::gen
