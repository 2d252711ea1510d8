#include "dataplane/replay/capture.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "relay/rtp/byte_order.h"

namespace strata::dataplane {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kPcapHeader = 24, kRecordHeader = 16;
constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4, kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kPcapng = 0x0a0d0d0a;
constexpr std::string_view kRtpdump = "#!rtpplay1.0 ";

std::uint32_t native32(const std::uint8_t* p, bool swapped) {
    std::uint32_t value;
    std::memcpy(&value, p, 4);
    return swapped ? std::byteswap(value) : value;
}

// Where the IP header begins, by link type (tcpdump.org/linktypes.html); nullopt: not IP.
std::optional<std::size_t> ip_offset(std::uint32_t link_type, Bytes frame) {
    const auto if_ip = [&](std::size_t type_at, std::size_t at) -> std::optional<std::size_t> {
        if (frame.size() < at) return std::nullopt;
        const std::uint16_t type = relay::load_be16(&frame[type_at]);
        return type == 0x0800 || type == 0x86dd ? std::optional(at) : std::nullopt;
    };
    switch (link_type) {
        case 12:
        case 14:
        case 101:
        case 228:
        case 229: return 0;  // raw IP
        case 0:
        case 108: return 4;              // loopback: a family first
        case 113: return if_ip(14, 16);  // Linux cooked v1
        case 276: return if_ip(0, 20);   // Linux cooked v2
        case 1:                          // Ethernet, one VLAN tag or none
            if (frame.size() >= 18 && relay::load_be16(&frame[12]) == 0x8100) return if_ip(16, 18);
            return if_ip(12, 14);
        default: return std::nullopt;
    }
}

bool known_link_type(std::uint32_t type) {
    constexpr std::uint32_t kKnown[] = {0, 1, 12, 14, 101, 108, 113, 228, 229, 276};
    return std::find(std::begin(kKnown), std::end(kKnown), type) != std::end(kKnown);
}

// The UDP part of an IP packet, addresses filled in; nullopt: skipped, and counted why.
std::optional<Bytes> udp_of(Bytes ip, CapturedPacket& packet, SkippedPackets& skipped) {
    if (ip.size() < 20) return ++skipped.truncated, std::nullopt;
    if (ip[0] >> 4 == 4) {
        const std::size_t header = std::size_t{ip[0] & 0xfu} * 4;
        const std::size_t total = relay::load_be16(&ip[2]);
        if (ip[9] != 17) return ++skipped.not_udp, std::nullopt;
        if ((relay::load_be16(&ip[6]) & 0x3fff) != 0) return ++skipped.fragment, std::nullopt;
        if (header < 20 || total < header || total > ip.size())
            return ++skipped.truncated, std::nullopt;
        packet.source.address = IpAddress::v4({ip[12], ip[13], ip[14], ip[15]});
        packet.destination.address = IpAddress::v4({ip[16], ip[17], ip[18], ip[19]});
        return ip.subspan(header, total - header);
    }
    if (ip[0] >> 4 != 6) return ++skipped.not_udp, std::nullopt;
    if (ip.size() < 40) return ++skipped.truncated, std::nullopt;
    if (ip[6] != 17) return ++skipped.not_udp, std::nullopt;
    const std::size_t size = relay::load_be16(&ip[4]);
    if (size > ip.size() - 40) return ++skipped.truncated, std::nullopt;
    std::copy_n(&ip[8], 16, packet.source.address.bytes.begin());
    std::copy_n(&ip[24], 16, packet.destination.address.bytes.begin());
    return ip.subspan(40, size);
}

void add_datagram(Capture& out, Bytes ip, CapturedPacket packet) {
    const auto udp = udp_of(ip, packet, out.skipped);
    if (!udp) return;
    if (udp->size() < 8 || relay::load_be16(&(*udp)[4]) < 8 ||
        relay::load_be16(&(*udp)[4]) > udp->size()) {
        ++out.skipped.truncated;
        return;
    }
    packet.source.port = relay::load_be16(udp->data());
    packet.destination.port = relay::load_be16(udp->data() + 2);
    packet.payload_at = static_cast<std::size_t>(udp->data() + 8 - out.bytes.data());
    packet.payload_size = relay::load_be16(udp->data() + 4) - std::size_t{8};
    out.packets.push_back(packet);
}

//  magic | version | zone | sigfigs | snaplen | link type, then per packet
//  seconds | fraction | captured bytes | bytes on the wire | data
std::expected<void, std::string> parse_pcap(Capture& out, const std::string& name) {
    const Bytes file = out.bytes;
    const std::uint32_t magic = native32(file.data(), false);
    const bool swapped =
        magic == std::byteswap(kMicroseconds) || magic == std::byteswap(kNanoseconds);
    const bool nanoseconds = magic == kNanoseconds || magic == std::byteswap(kNanoseconds);
    const std::uint32_t link_type = native32(&file[20], swapped) & 0x0fffffff;
    if (!known_link_type(link_type))
        return std::unexpected(name + ": link type " + std::to_string(link_type) +
                               " isn't read (raw IP, Ethernet, Linux cooked and loopback are)");
    for (std::size_t at = kPcapHeader; at + kRecordHeader <= file.size();) {
        const std::uint32_t captured = native32(&file[at + 8], swapped);
        if (captured > file.size() - at - kRecordHeader) {
            ++out.skipped.truncated;  // the file ends in the middle of a packet
            break;
        }
        CapturedPacket packet;
        const std::int64_t fraction = native32(&file[at + 4], swapped);
        packet.time_us = std::int64_t{native32(&file[at], swapped)} * 1'000'000 +
                         (nanoseconds ? fraction / 1000 : fraction);
        const Bytes frame = file.subspan(at + kRecordHeader, captured);
        if (const auto ip = ip_offset(link_type, frame); ip && *ip <= frame.size())
            add_datagram(out, frame.subspan(*ip), packet);
        else
            ++out.skipped.not_udp;
        at += kRecordHeader + captured;
    }
    return {};
}

//  "#!rtpplay1.0 address/port\n" | seconds, µs, address, port, padding: 16 bytes | then per packet
//  length with this header | bytes on the wire, 0 for RTCP | milliseconds since the start | data
std::expected<void, std::string> parse_rtpdump(Capture& out, const std::string& name) {
    const Bytes file = out.bytes;
    const auto line_end = std::find(file.begin(), file.end(), '\n');
    std::size_t at = static_cast<std::size_t>(line_end - file.begin()) + 1 + 16;
    if (at > file.size()) return std::unexpected(name + ": ends inside the rtpdump header");
    while (at + 8 <= file.size()) {
        const std::size_t length = relay::load_be16(&file[at]);
        const std::size_t on_wire = relay::load_be16(&file[at + 2]);
        if (length < 8 || length > file.size() - at) {
            ++out.skipped.truncated;
            break;
        }
        CapturedPacket packet;
        packet.time_us = std::int64_t{relay::load_be32(&file[at + 4])} * 1000;
        packet.source = {IpAddress::v4({10, 0, 0, 2}), 5000};
        packet.destination = {IpAddress::v4({10, 0, 0, 1}), 5000};
        packet.payload_at = at + 8;
        packet.payload_size = length - 8;
        if (on_wire > packet.payload_size)
            ++out.skipped.truncated;  // recorded with headers only
        else
            out.packets.push_back(packet);
        at += length;
    }
    return {};
}

}  // namespace

std::expected<Capture, std::string> parse_capture(std::vector<std::uint8_t> bytes,
                                                  const std::string& name) {
    Capture out;
    out.bytes = std::move(bytes);
    const std::string_view text(reinterpret_cast<const char*>(out.bytes.data()), out.bytes.size());
    std::expected<void, std::string> parsed;
    const std::uint32_t magic = out.bytes.size() >= 4 ? native32(out.bytes.data(), false) : 0;
    if (text.starts_with(kRtpdump)) {
        parsed = parse_rtpdump(out, name);
    } else if (magic == kPcapng) {
        return std::unexpected(name + ": is a pcapng file; convert it: editcap -F pcap IN OUT");
    } else if (out.bytes.size() >= kPcapHeader &&
               (magic == kMicroseconds || magic == kNanoseconds ||
                magic == std::byteswap(kMicroseconds) || magic == std::byteswap(kNanoseconds))) {
        parsed = parse_pcap(out, name);
    } else {
        return std::unexpected(name + ": neither a pcap nor an rtpdump file");
    }
    if (!parsed) return std::unexpected(parsed.error());
    return out;
}

std::expected<Capture, std::string> read_capture(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) return std::unexpected(path + ": " + std::strerror(errno));
    std::vector<std::uint8_t> bytes;
    std::uint8_t block[65536];
    for (std::size_t n; (n = std::fread(block, 1, sizeof(block), file)) > 0;)
        bytes.insert(bytes.end(), block, block + n);
    const bool failed = std::ferror(file) != 0;
    std::fclose(file);
    if (failed) return std::unexpected(path + ": can't be read");
    return parse_capture(std::move(bytes), path);
}

}  // namespace strata::dataplane
