#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/generator/address.h"

namespace strata::gen {

// A file isn't what it should be; the text names the file and what was expected.
struct FileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One UDP datagram of a capture.
struct CapturedDatagram {
    std::int64_t time_us = 0;  // since the epoch, as captured
    Address source, destination;
    std::vector<std::uint8_t> payload;
};

// All whole UDP datagrams of a classic pcap file (both byte orders, µs or ns; Ethernet with or
// without VLAN tags, raw IP, Linux cooked), in file order. Fragments, truncated records and
// anything else are skipped. Throws FileError when it isn't a pcap file.
std::vector<CapturedDatagram> read_pcap(const std::string& path);
// The same from memory; `name` is for messages.
std::vector<CapturedDatagram> parse_pcap(std::span<const std::uint8_t> file,
                                         const std::string& name);

}  // namespace strata::gen
