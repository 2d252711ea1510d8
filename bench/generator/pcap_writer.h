#pragma once

#include <array>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>

#include "bench/generator/address.h"

namespace strata::gen {

using MacAddress = std::array<std::uint8_t, 6>;
// "02:00:00:00:00:01"; false: it isn't one.
bool parse_mac(const std::string& text, MacAddress& out);

// Writes UDP datagrams to a classic pcap file (µs, Ethernet, IPv4 or IPv6), for other generators to
// replay. Throws FileError.
class PcapWriter {
  public:
    PcapWriter(const std::string& path, const MacAddress& source, const MacAddress& destination);
    // Both addresses are of one family. UDP checksum: 0 on IPv4, computed on IPv6.
    void write(std::int64_t at_us, const Address& from, const Address& to,
               std::span<const std::uint8_t> payload);
    // Everything is in the file.
    void close();

  private:
    std::string path_;
    std::ofstream file_;
    MacAddress source_, destination_;
};

}  // namespace strata::gen
