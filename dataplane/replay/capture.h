#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "dataplane/port/flow_key.h"

namespace strata::dataplane {

// One UDP datagram of a capture. Its payload lies in Capture::bytes.
struct CapturedPacket {
    std::int64_t time_us = 0;  // Unix time, or since the recording began (rtpdump)
    Endpoint source, destination;
    std::size_t payload_at = 0;
    std::size_t payload_size = 0;
};

// What isn't replayed, by reason.
struct SkippedPackets {
    std::uint64_t not_udp = 0;    // other protocols, IPv6 with extension headers
    std::uint64_t fragment = 0;   // IP fragments
    std::uint64_t truncated = 0;  // not captured whole, or lengths that contradict each other
};

struct Capture {
    std::vector<std::uint8_t> bytes;  // the file
    std::vector<CapturedPacket> packets;
    SkippedPackets skipped;
};

// Reads a classic pcap file (raw IP, Ethernet, Linux cooked v1 and v2, loopback; either byte order,
// micro- or nanoseconds) or an rtpdump file. The error names the file and what is wrong with it.
std::expected<Capture, std::string> read_capture(const std::string& path);

// The same from memory; `name` is for messages.
std::expected<Capture, std::string> parse_capture(std::vector<std::uint8_t> bytes,
                                                  const std::string& name);

}  // namespace strata::dataplane
