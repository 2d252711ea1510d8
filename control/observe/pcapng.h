#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), in this machine's byte order, appended to a
// text of bytes.
namespace strata::control::pcapng {

constexpr std::uint16_t kLinkTypeRaw = 101;  // IPv4 or IPv6, by the first four bits

// Section header block: begins a file.
void section(std::string& out, std::string_view program, std::string_view comment);

// Interface description block: the first one is interface 0. Timestamps are in microseconds.
void interface(std::string& out, std::string_view name, std::string_view description);

enum class Direction : std::uint8_t { inbound = 1, outbound = 2 };

struct Packet {
    std::uint32_t interface = 0;
    std::uint64_t unix_us = 0;
    std::span<const std::uint8_t> bytes;  // those that were captured
    std::uint32_t wire_bytes = 0;         // as long as it was
    Direction direction = Direction::inbound;
    std::string_view comment;
    std::uint64_t lost = 0;  // packets missing between the one before and this one
};

// Enhanced packet block.
void packet(std::string& out, const Packet& packet);

// Interface statistics block: ends an interface.
struct Statistics {
    std::uint32_t interface = 0;
    std::uint64_t unix_us = 0;
    std::uint64_t captured = 0, lost = 0;
};
void statistics(std::string& out, const Statistics& statistics);

}  // namespace strata::control::pcapng
