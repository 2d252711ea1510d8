#include "bench/generator/pcap_reader.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>

#include "bench/generator/bytes.h"
#include "relay/rtp/byte_order.h"

namespace strata::gen {
namespace {

using relay::load_be16;

constexpr std::size_t kFileHeaderSize = 24, kRecordHeaderSize = 16;
constexpr std::uint32_t kMagicUs = 0xa1b2c3d4, kMagicNs = 0xa1b23c4d;
constexpr std::uint8_t kUdp = 17;

// Link types: tcpdump.org/linktypes.html.
constexpr std::uint32_t kLinkEthernet = 1, kLinkRaw = 101, kLinkRawBsd = 12, kLinkLinuxCooked = 113;

struct FileHeader {
    bool big_endian = false;
    bool nanoseconds = false;
    std::uint32_t link_type = 0;
};

std::uint32_t load_u32(const std::uint8_t* p, bool big_endian) {
    const std::uint32_t big = relay::load_be32(p);
    return big_endian ? big : __builtin_bswap32(big);
}

std::optional<FileHeader> read_file_header(ByteView file) {
    if (file.size() < kFileHeaderSize) return std::nullopt;
    for (const bool big_endian : {false, true}) {
        const std::uint32_t magic = load_u32(file.data(), big_endian);
        if (magic != kMagicUs && magic != kMagicNs) continue;
        return FileHeader{big_endian, magic == kMagicNs, load_u32(file.data() + 20, big_endian)};
    }
    return std::nullopt;
}

// Cuts the link header off; empty when there is no IP packet behind it.
ByteView ip_packet(ByteView frame, std::uint32_t link_type) {
    std::size_t offset = 0;
    if (link_type == kLinkEthernet) {
        offset = 14;
        while (frame.size() >= offset + 4 && load_be16(&frame[offset - 2]) == 0x8100) offset += 4;
    } else if (link_type == kLinkLinuxCooked) {
        offset = 16;
    } else if (link_type != kLinkRaw && link_type != kLinkRawBsd) {
        return {};
    }
    return frame.size() > offset ? frame.subspan(offset) : ByteView{};
}

// Cuts the IP header off, leaving UDP; fills the addresses. Empty for anything else.
ByteView udp_segment(ByteView ip, CapturedDatagram& out) {
    const int version = ip.empty() ? 0 : ip[0] >> 4;
    if (version == 4 && ip.size() >= 20) {
        const std::size_t header = (ip[0] & 15u) * 4u;
        const bool fragment = (load_be16(&ip[6]) & 0x3fff) != 0;
        if (ip[9] != kUdp || fragment || header < 20 || ip.size() < header) return {};
        std::copy_n(&ip[12], 4, out.source.ip.begin());
        std::copy_n(&ip[16], 4, out.destination.ip.begin());
        return ip.subspan(header);
    }
    if (version == 6 && ip.size() >= 40 && ip[6] == kUdp) {
        out.source.v6 = out.destination.v6 = true;
        std::copy_n(&ip[8], 16, out.source.ip.begin());
        std::copy_n(&ip[24], 16, out.destination.ip.begin());
        return ip.subspan(40);
    }
    return {};
}

bool read_datagram(ByteView frame, std::uint32_t link_type, CapturedDatagram& out) {
    const ByteView udp = udp_segment(ip_packet(frame, link_type), out);
    if (udp.size() < 8) return false;
    const std::size_t size = load_be16(&udp[4]);
    if (size < 8 || size > udp.size()) return false;
    out.source.port = load_be16(&udp[0]);
    out.destination.port = load_be16(&udp[2]);
    out.payload.assign(udp.begin() + 8, udp.begin() + static_cast<std::ptrdiff_t>(size));
    return true;
}

}  // namespace

std::vector<CapturedDatagram> read_pcap(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw FileError(path + ": can't be opened");
    return parse_pcap(std::vector<std::uint8_t>{std::istreambuf_iterator<char>(in), {}}, path);
}

std::vector<CapturedDatagram> parse_pcap(ByteView file, const std::string& name) {
    const auto header = read_file_header(file);
    if (!header) throw FileError(name + ": not a classic pcap file (pcapng: convert it first)");

    std::vector<CapturedDatagram> datagrams;
    std::size_t at = kFileHeaderSize;
    while (at + kRecordHeaderSize <= file.size()) {
        const std::uint8_t* record = file.data() + at;
        const std::int64_t seconds = load_u32(record, header->big_endian);
        const std::int64_t fraction = load_u32(record + 4, header->big_endian);
        const std::size_t captured = load_u32(record + 8, header->big_endian);
        const std::size_t original = load_u32(record + 12, header->big_endian);
        at += kRecordHeaderSize;
        if (captured > file.size() - at) break;
        CapturedDatagram datagram;
        datagram.time_us = seconds * 1'000'000 + (header->nanoseconds ? fraction / 1000 : fraction);
        const ByteView frame(file.data() + at, captured);
        if (captured == original && read_datagram(frame, header->link_type, datagram))
            datagrams.push_back(std::move(datagram));
        at += captured;
    }
    return datagrams;
}

}  // namespace strata::gen
