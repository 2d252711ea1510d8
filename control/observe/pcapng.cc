#include "control/observe/pcapng.h"

#include <cstring>

namespace strata::control::pcapng {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a, kByteOrder = 0x1a2b3c4d;
constexpr std::uint32_t kInterfaceDescription = 1, kInterfaceStatistics = 5, kEnhancedPacket = 6;

enum Option : std::uint16_t {
    kEnd = 0,
    kComment = 1,
    kInterfaceName = 2,
    kInterfaceText = 3,
    kUserApplication = 4,  // of a section
    kPacketFlags = 2,
    kDropCount = 4,
    kReceived = 4,  // of statistics
    kDropped = 5,
};

template <typename T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void pad(std::string& out) { out.append((4 - out.size() % 4) % 4, '\0'); }

void option(std::string& out, std::uint16_t code, std::string_view text) {
    constexpr std::size_t kLongest = 65'535;
    text = text.substr(0, kLongest);
    put(out, code);
    put(out, static_cast<std::uint16_t>(text.size()));
    out += text;
    pad(out);
}

template <typename T>
void option(std::string& out, std::uint16_t code, T value) {
    option(out, code, std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

//  0                   1                   2                   3
// |                          Block Type                           |
// |                      Block Total Length                       |
// |                          Block Body …                         |
// |                      Block Total Length                       |
void block(std::string& out, std::uint32_t type, const std::string& body) {
    const auto total = static_cast<std::uint32_t>(body.size() + 12);
    put(out, type);
    put(out, total);
    out += body;
    put(out, total);
}

void put_time(std::string& body, std::uint64_t unix_us) {
    put(body, static_cast<std::uint32_t>(unix_us >> 32));
    put(body, static_cast<std::uint32_t>(unix_us));
}

void end_options(std::string& body) { option(body, kEnd, std::string_view()); }

}  // namespace

// | Byte-Order Magic | Major Version 1 | Minor Version 0 | Section Length (8 bytes, not known) |
void section(std::string& out, std::string_view program, std::string_view comment) {
    std::string body;
    put(body, kByteOrder);
    put(body, std::uint16_t{1});
    put(body, std::uint16_t{0});
    put(body, ~std::uint64_t{0});
    option(body, kUserApplication, program);
    option(body, kComment, comment);
    end_options(body);
    block(out, kSectionHeader, body);
}

// | LinkType (2) | Reserved (2) | SnapLen (4; 0: no limit) | options |
void interface(std::string& out, std::string_view name, std::string_view description) {
    std::string body;
    put(body, kLinkTypeRaw);
    put(body, std::uint16_t{0});
    put(body, std::uint32_t{0});
    option(body, kInterfaceName, name);
    option(body, kInterfaceText, description);
    end_options(body);
    block(out, kInterfaceDescription, body);
}

// | Interface ID | Timestamp (High) | Timestamp (Low) | Captured Length | Original Length | data |
void packet(std::string& out, const Packet& packet) {
    std::string body;
    put(body, packet.interface);
    put_time(body, packet.unix_us);
    put(body, static_cast<std::uint32_t>(packet.bytes.size()));
    put(body, packet.wire_bytes);
    body.append(reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size());
    pad(body);
    option(body, kComment, packet.comment);
    option(body, kPacketFlags, static_cast<std::uint32_t>(packet.direction));
    if (packet.lost != 0) option(body, kDropCount, packet.lost);
    end_options(body);
    block(out, kEnhancedPacket, body);
}

// | Interface ID | Timestamp (High) | Timestamp (Low) | options |
void statistics(std::string& out, const Statistics& statistics) {
    std::string body;
    put(body, statistics.interface);
    put_time(body, statistics.unix_us);
    option(body, kReceived, statistics.captured);
    option(body, kDropped, statistics.lost);
    end_options(body);
    block(out, kInterfaceStatistics, body);
}

}  // namespace strata::control::pcapng
