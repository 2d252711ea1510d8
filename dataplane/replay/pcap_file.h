#pragma once

#include <cstdint>
#include <cstdio>
#include <expected>
#include <span>
#include <string>

#include "dataplane/port/flow_key.h"

namespace strata::dataplane {

// A classic pcap file being written: raw IP, microseconds, little endian whatever the machine.
class PcapFile {
  public:
    static std::expected<PcapFile, std::string> create(const std::string& path);
    ~PcapFile();
    PcapFile(PcapFile&& other) noexcept;
    PcapFile& operator=(PcapFile&&) = delete;

    // One UDP datagram in IPv4 with both checksums right. Addresses must be IPv4.
    void write(std::int64_t time_us, const Endpoint& source, const Endpoint& destination,
               std::span<const std::uint8_t> payload);
    // Empty when everything was written, else the reason.
    std::string finish();

  private:
    PcapFile(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
    std::FILE* file_;
    std::string path_;
    bool failed_ = false;
};

}  // namespace strata::dataplane
