#include "relay/srtp/framing.h"

#include <algorithm>
#include <cstring>

#include "relay/rtp/byte_order.h"
#include "relay/srtp/packet_iv.h"

namespace strata::relay {
namespace {

constexpr std::size_t kRtpFixed = 12;
constexpr std::size_t kRtcpClear = 8;
constexpr std::uint32_t kEncrypted = 0x8000'0000;  // E bit

std::uint16_t size16(std::size_t size) { return static_cast<std::uint16_t>(size); }

}  // namespace

std::optional<std::size_t> rtp_clear_size(std::span<const std::uint8_t> packet) {
    if (packet.size() < kRtpFixed || packet[0] >> 6 != 2) return std::nullopt;
    std::size_t size = kRtpFixed + std::size_t{4} * (packet[0] & 0x0f);
    if ((packet[0] & 0x10) != 0) {
        if (packet.size() < size + 4) return std::nullopt;
        size += 4 + std::size_t{4} * load_be16(&packet[size + 2]);
    }
    if (packet.size() < size) return std::nullopt;
    return size;
}

std::optional<std::size_t> frame_received_rtp(const SrtpKeys& keys, std::span<std::uint8_t> packet,
                                              std::uint64_t index, CipherJob& job) {
    const SrtpProfile profile = keys.profile();
    const std::size_t tag = tag_size(profile);
    const auto clear = rtp_clear_size(packet);
    if (!clear || packet.size() < *clear + tag || packet.size() > UINT16_MAX) return std::nullopt;
    const std::size_t plain = packet.size() - tag;
    std::uint8_t* const end = packet.data() + plain;
    job = CipherJob{};
    job.key = &keys.rtp;
    job.text = packet.data() + *clear;
    job.head_size = size16(plain - *clear);
    std::copy_n(end, tag, job.tag.begin());
    job.covered = packet.data();
    job.covered_size = size16(*clear);
    if (!is_gcm(profile)) {  // the MAC covers the packet and its roll-over counter
        store_be32(end, roc_of(index));
        job.covered_size = size16(plain + 4);
    }
    set_iv(keys.rtp, load_be32(&packet[8]), index, job.iv);
    return plain;
}

std::optional<ReceivedRtcp> read_rtcp_trailer(SrtpProfile profile,
                                              std::span<const std::uint8_t> packet) {
    if (packet.size() < kRtcpClear + rtcp_overhead(profile) || packet[0] >> 6 != 2 ||
        packet.size() > UINT16_MAX)
        return std::nullopt;
    const std::size_t plain = packet.size() - rtcp_overhead(profile);
    const std::size_t trailer = is_gcm(profile) ? packet.size() - kSrtcpIndexSize : plain;
    return ReceivedRtcp{load_be32(&packet[trailer]) & ~kEncrypted, plain};
}

void frame_received_rtcp(const SrtpKeys& keys, std::span<std::uint8_t> packet,
                         const ReceivedRtcp& read, CipherJob& job) {
    const SrtpProfile profile = keys.profile();
    std::uint8_t* const end = packet.data() + read.plain_size;
    job = CipherJob{};
    job.key = &keys.rtcp;
    job.text = packet.data() + kRtcpClear;
    job.covered = packet.data();
    std::uint32_t trailer = 0;
    if (is_gcm(profile)) {
        std::copy_n(end, tag_size(profile), job.tag.begin());
        trailer = load_be32(end + tag_size(profile));
    } else {
        trailer = load_be32(end);
        std::copy_n(end + kSrtcpIndexSize, tag_size(profile), job.tag.begin());
    }
    const bool encrypted = (trailer & kEncrypted) != 0;
    job.head_size = size16(encrypted ? read.plain_size - kRtcpClear : 0);
    job.covered_size = size16(read.plain_size + kSrtcpIndexSize);
    if (is_gcm(profile) && encrypted) {
        // Additional data are the first 8 bytes and the trailer: put together behind the text,
        // where tag and trailer were.
        std::memcpy(end, packet.data(), kRtcpClear);
        store_be32(end + kRtcpClear, trailer);
        job.covered = end;
        job.covered_size = kRtcpClear + kSrtcpIndexSize;
    } else if (is_gcm(profile)) {
        store_be32(end, trailer);
    }
    set_iv(keys.rtcp, load_be32(&packet[4]), read.index, job.iv);
}

std::size_t frame_sent_rtcp(const SrtpKeys& keys, std::span<std::uint8_t> packet, std::size_t size,
                            std::uint32_t index, CipherJob& job) {
    const SrtpProfile profile = keys.profile();
    std::uint8_t* const end = packet.data() + size;
    const std::size_t tag = tag_size(profile);
    job = CipherJob{};
    job.key = &keys.rtcp;
    job.text = packet.data() + kRtcpClear;
    job.head_size = size16(size - kRtcpClear);
    job.covered = packet.data();
    if (is_gcm(profile)) {
        // Read before the tag is written over it: the additional data of 8 + 4 bytes fit in there.
        std::memcpy(end, packet.data(), kRtcpClear);
        store_be32(end + kRtcpClear, kEncrypted | index);
        store_be32(end + tag, kEncrypted | index);
        job.covered = end;
        job.covered_size = kRtcpClear + kSrtcpIndexSize;
        job.tag_out = end;
    } else {
        store_be32(end, kEncrypted | index);
        job.covered_size = size16(size + kSrtcpIndexSize);
        job.tag_out = end + kSrtcpIndexSize;
    }
    set_iv(keys.rtcp, load_be32(&packet[4]), index, job.iv);
    return size + tag + kSrtcpIndexSize;
}

}  // namespace strata::relay
