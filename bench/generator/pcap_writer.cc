#include "bench/generator/pcap_writer.h"

#include <cstdio>
#include <cstring>
#include <vector>

#include "bench/generator/pcap_reader.h"
#include "relay/rtp/byte_order.h"

namespace strata::gen {
namespace {

constexpr std::uint32_t kMagic_us = 0xa1b2'c3d4, kEthernet = 1, kSnapLength = 65'535;
constexpr std::uint8_t kUdpProtocol = 17, kHops = 64;

void add16(std::vector<std::uint8_t>& out, std::size_t value) {
    out.resize(out.size() + 2);
    relay::store_be16(&out.back() - 1, static_cast<std::uint16_t>(value));
}
void add32(std::vector<std::uint8_t>& out, std::size_t value) {
    out.resize(out.size() + 4);
    relay::store_be32(&out.back() - 3, static_cast<std::uint32_t>(value));
}
void add(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

std::uint32_t sum_of(std::span<const std::uint8_t> bytes, std::uint32_t sum) {
    for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
    return sum;
}
// RFC 1071.
std::uint16_t checksum(std::uint32_t sum) {
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

// RFC 791 section 3.1, without options.
void add_ipv4(std::vector<std::uint8_t>& out, const Address& from, const Address& to,
              std::size_t udp_bytes) {
    const std::size_t at = out.size();
    add16(out, 0x4500);
    add16(out, 20 + udp_bytes);
    add32(out, 0x4000);  // identification 0, don't fragment
    out.push_back(kHops);
    out.push_back(kUdpProtocol);
    add16(out, 0);
    add(out, std::span(from.ip).first(4));
    add(out, std::span(to.ip).first(4));
    relay::store_be16(&out[at + 10], checksum(sum_of({&out[at], 20}, 0)));
}

// RFC 8200 section 3.
void add_ipv6(std::vector<std::uint8_t>& out, const Address& from, const Address& to,
              std::size_t udp_bytes) {
    add32(out, 0x6000'0000);
    add16(out, udp_bytes);
    out.push_back(kUdpProtocol);
    out.push_back(kHops);
    add(out, from.ip);
    add(out, to.ip);
}

}  // namespace

bool parse_mac(const std::string& text, MacAddress& out) {
    int end = 0;
    const int read = std::sscanf(text.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &out[0],
                                 &out[1], &out[2], &out[3], &out[4], &out[5], &end);
    return read == 6 && static_cast<std::size_t>(end) == text.size();
}

PcapWriter::PcapWriter(const std::string& path, const MacAddress& source,
                       const MacAddress& destination)
    : path_(path), file_(path, std::ios::binary), source_(source), destination_(destination) {
    std::vector<std::uint8_t> header;
    add32(header, kMagic_us);
    add32(header, 2 << 16 | 4);  // version
    add32(header, 0);
    add32(header, 0);
    add32(header, kSnapLength);
    add32(header, kEthernet);
    file_.write(reinterpret_cast<const char*>(header.data()), static_cast<long>(header.size()));
    if (!file_) throw FileError(path_ + ": can't be written");
}

void PcapWriter::write(std::int64_t at_us, const Address& from, const Address& to,
                       std::span<const std::uint8_t> payload) {
    std::vector<std::uint8_t> frame;
    add(frame, destination_);
    add(frame, source_);
    add16(frame, from.v6 ? 0x86dd : 0x0800);
    const std::size_t udp_bytes = 8 + payload.size();
    (from.v6 ? add_ipv6 : add_ipv4)(frame, from, to, udp_bytes);
    const std::size_t udp = frame.size();
    add16(frame, from.port);
    add16(frame, to.port);
    add16(frame, udp_bytes);
    add16(frame, 0);
    add(frame, payload);
    if (from.v6) {
        const auto pseudo = static_cast<std::uint32_t>(udp_bytes + kUdpProtocol);
        const std::uint32_t sum = sum_of(from.ip, sum_of(to.ip, pseudo));
        const std::uint16_t value = checksum(sum_of({&frame[udp], udp_bytes}, sum));
        relay::store_be16(&frame[udp + 6], value == 0 ? 0xffff : value);
    }
    std::vector<std::uint8_t> record;
    add32(record, static_cast<std::size_t>(at_us / 1'000'000));
    add32(record, static_cast<std::size_t>(at_us % 1'000'000));
    add32(record, frame.size());
    add32(record, frame.size());
    add(record, frame);
    file_.write(reinterpret_cast<const char*>(record.data()), static_cast<long>(record.size()));
}

void PcapWriter::close() {
    file_.close();
    if (!file_) throw FileError(path_ + ": can't be written");
}

}  // namespace strata::gen
