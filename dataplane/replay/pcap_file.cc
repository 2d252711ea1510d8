#include "dataplane/replay/pcap_file.h"

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "relay/rtp/byte_order.h"

namespace strata::dataplane {
namespace {

constexpr std::uint32_t kLinkTypeRaw = 101;

void put_le32(std::uint8_t* at, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// RFC 1071.
std::uint32_t sum_words(std::span<const std::uint8_t> bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    return sum;
}
std::uint16_t fold(std::uint32_t sum) {
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::expected<PcapFile, std::string> PcapFile::create(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (!file) return std::unexpected(path + ": " + std::strerror(errno));
    PcapFile out(file, path);
    std::uint8_t header[24] = {};
    put_le32(&header[0], 0xa1b2c3d4);
    header[4] = 2;  // version 2.4
    header[6] = 4;
    put_le32(&header[16], 65'535);
    put_le32(&header[20], kLinkTypeRaw);
    out.failed_ = std::fwrite(header, sizeof(header), 1, file) != 1;
    return out;
}

PcapFile::PcapFile(PcapFile&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      path_(std::move(other.path_)),
      failed_(other.failed_) {}

PcapFile::~PcapFile() {
    if (file_) std::fclose(file_);
}

void PcapFile::write(std::int64_t time_us, const Endpoint& source, const Endpoint& destination,
                     std::span<const std::uint8_t> payload) {
    std::vector<std::uint8_t> record(16 + 28 + payload.size());
    const auto ip_size = static_cast<std::uint32_t>(record.size() - 16);
    put_le32(&record[0], static_cast<std::uint32_t>(time_us / 1'000'000));
    put_le32(&record[4], static_cast<std::uint32_t>(time_us % 1'000'000));
    put_le32(&record[8], ip_size);
    put_le32(&record[12], ip_size);

    std::uint8_t* ip = &record[16];
    ip[0] = 0x45;
    relay::store_be16(&ip[2], static_cast<std::uint16_t>(ip_size));
    ip[6] = 0x40;  // don't fragment
    ip[8] = 64;
    ip[9] = 17;
    std::memcpy(&ip[12], source.address.v4_bytes(), 4);
    std::memcpy(&ip[16], destination.address.v4_bytes(), 4);
    relay::store_be16(&ip[10], fold(sum_words({ip, 20})));

    std::uint8_t* udp = ip + 20;
    relay::store_be16(&udp[0], source.port);
    relay::store_be16(&udp[2], destination.port);
    relay::store_be16(&udp[4], static_cast<std::uint16_t>(ip_size - 20));
    std::memcpy(&udp[8], payload.data(), payload.size());
    const std::uint16_t sum =
        fold(sum_words({ip + 12, 8}) + 17 + (ip_size - 20) + sum_words({udp, ip_size - 20}));
    relay::store_be16(&udp[6], sum == 0 ? 0xffff : sum);
    if (std::fwrite(record.data(), record.size(), 1, file_) != 1) failed_ = true;
}

std::string PcapFile::finish() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0) failed_ = true;
    return failed_ ? path_ + ": couldn't be written whole" : std::string();
}

}  // namespace strata::dataplane
