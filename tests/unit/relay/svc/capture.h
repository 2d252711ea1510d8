#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// A UDP payload of a capture.
struct CapturedPacket {
    TimeUs time_us = 0;
    std::vector<std::uint8_t> bytes;
};

// Reads the UDP payloads of a classic little-endian pcap file with raw IPv4 or Ethernet packets.
inline std::vector<CapturedPacket> read_capture(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::vector<std::uint8_t> file{std::istreambuf_iterator<char>(in), {}};
    std::vector<CapturedPacket> packets;
    const auto little = [&file](std::size_t at) {
        return file[at] | static_cast<std::uint32_t>(file[at + 1]) << 8 |
               static_cast<std::uint32_t>(file[at + 2]) << 16 |
               static_cast<std::uint32_t>(file[at + 3]) << 24;
    };
    constexpr std::size_t kFileHeader = 24, kRecordHeader = 16, kUdpHeader = 8;
    if (file.size() < kFileHeader) return packets;
    constexpr std::uint32_t kEthernet = 1;
    const std::size_t link = little(20) == kEthernet ? 14 : 0;
    for (std::size_t at = kFileHeader; at + kRecordHeader <= file.size();) {
        const TimeUs time_us = TimeUs{little(at)} * 1'000'000 + little(at + 4);
        const std::size_t size = little(at + 8);
        const std::size_t ip = at + kRecordHeader + link;
        at += kRecordHeader + size;
        if (at > file.size() || size < link + 28) break;
        constexpr std::uint8_t kUdp = 17;
        if (file[ip] >> 4 != 4 || file[ip + 9] != kUdp) continue;
        const std::size_t udp = ip + (file[ip] & 15) * 4u;
        const std::size_t length = load_be16(&file[udp + 4]);
        if (length < kUdpHeader || udp + length > at) continue;
        packets.push_back({time_us,
                           {file.begin() + static_cast<std::ptrdiff_t>(udp + kUdpHeader),
                            file.begin() + static_cast<std::ptrdiff_t>(udp + length)}});
    }
    return packets;
}

}  // namespace strata::relay
