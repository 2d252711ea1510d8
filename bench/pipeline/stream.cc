#include "bench/pipeline/stream.h"

#include <cstring>

#include "relay/codec/dependency_descriptor.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"

namespace strata::bench {

namespace {

using dataplane::IpAddress;

constexpr IpAddress kWorker = IpAddress::v4({10, 0, 0, 1});

IpAddress address(std::uint8_t net, std::uint32_t number) {
    return IpAddress::v4({10, static_cast<std::uint8_t>(net + (number >> 16)),
                          static_cast<std::uint8_t>(number >> 8),
                          static_cast<std::uint8_t>(number)});
}

// Behind the mandatory part of a key frame's dependency descriptor: the structure of L1T2 with
// templates for the key frame, the lower and the upper layer, in this order, and one chain.
constexpr std::array<std::uint8_t, 8> kStructure{0x80, 0x01, 0x1e, 0xa8, 0x51, 0x41, 0x01, 0x08};
constexpr std::uint8_t kKeyTemplate = 0, kLowerTemplate = 1, kUpperTemplate = 2;

}  // namespace

dataplane::FlowKey publisher_flow(std::uint32_t room) {
    return {address(64, room), kWorker, 5'000, kWorkerPort};
}

dataplane::FlowKey receiver_flow(std::uint32_t room, std::uint32_t receiver) {
    return {address(128, room), kWorker, static_cast<std::uint16_t>(1'024 + receiver), kWorkerPort};
}

std::uint32_t publisher_ssrc(std::uint32_t room) { return 0x5000'0000 + room; }

Stream::Stream(const Options& options)
    : options_(options),
      rooms_(options.rooms),
      in_turn_(options.random_order ? std::uint64_t{2} * kPacketsPerFrame * options.rooms : ~0ull) {
    for (std::uint32_t i = 0; i < options.rooms; ++i) {
        rooms_[i].flow = publisher_flow(i);
        rooms_[i].ssrc = publisher_ssrc(i);
    }
}

// RFC 7741 section 4.2: X S, I L T K, 15 bits of picture id, TL0PICIDX, TID and KEYIDX; then the
// payload header of a frame's first packet, whose last bit is 0 on key frames.
std::uint16_t Stream::write_vp8(const Room& room, bool upper, std::uint8_t* to) const {
    to[0] = static_cast<std::uint8_t>(0x80 | (upper ? 0x20 : 0) | (room.first() ? 0x10 : 0));
    to[1] = 0xf0;
    relay::store_be16(to + 2, static_cast<std::uint16_t>(0x8000 | (room.picture_id & 0x7fff)));
    to[4] = room.tl0_pic_idx;
    to[5] = static_cast<std::uint8_t>(upper ? 0x60 : 0x00);
    to[6] = room.key() ? 0x00 : 0x01;
    return payload_bytes(options_.media);
}

// A header extension block with the dependency descriptor alone, then the aggregation header of one
// OBU (AV1 RTP payload specification, section 4.4).
std::uint16_t Stream::write_av1(const Room& room, bool upper, bool last, std::uint8_t* to) const {
    const bool structure = room.key() && room.first();
    const std::size_t size =
        relay::kMandatoryDescriptorSize + (structure ? kStructure.size() : std::size_t{0});
    const std::size_t words = (1 + size + 3) / 4;
    relay::store_be16(to, 0xbede);
    relay::store_be16(to + 2, static_cast<std::uint16_t>(words));
    std::memset(to + 4, 0, words * 4);
    std::uint8_t* const at = to + 4;
    at[0] = static_cast<std::uint8_t>(kDescriptorExtension << 4 | (size - 1));
    at[1] = static_cast<std::uint8_t>((room.first() ? 0x80 : 0) | (last ? 0x40 : 0) |
                                      (room.key() ? kKeyTemplate
                                       : upper    ? kUpperTemplate
                                                  : kLowerTemplate));
    relay::store_be16(at + 2, room.picture_id);
    if (structure) std::memcpy(at + 4, kStructure.data(), kStructure.size());
    at[words * 4] = static_cast<std::uint8_t>(0x10 | (structure ? 0x08 : 0));
    return static_cast<std::uint16_t>(4 + words * 4 + payload_bytes(options_.media));
}

// A header extension block (RFC 8285 section 4.2) with a send time and a transport-wide number.
std::uint16_t Stream::write_hop(Room& room, std::uint8_t* to) {
    constexpr std::uint16_t kWords = 2;
    relay::store_be16(to, 0xbede);
    relay::store_be16(to + 2, kWords);
    std::uint8_t* const at = to + 4;
    at[0] = kSendTimeExtension << 4 | 2;
    at[1] = static_cast<std::uint8_t>(room.timestamp >> 8);
    relay::store_be16(at + 2, room.transport_number);
    at[4] = kTransportCcExtension << 4 | 1;
    relay::store_be16(at + 5, room.transport_number++);
    at[7] = 0;
    return 4 + kWords * 4;
}

// RFC 3550 section 5.1.
std::uint16_t Stream::write(Room& room, std::uint8_t* to) const {
    const bool audio = options_.media == Media::audio;
    const bool last = audio || room.packet == kPacketsPerFrame - 1;
    const bool upper = !room.key() && (options_.upper_only || room.frame % 2 == 1);
    if (room.first()) {
        room.timestamp += audio ? 960 : 3'000;
        ++room.picture_id;
        if (!upper) ++room.tl0_pic_idx;
    }
    const bool extended = options_.media == Media::descriptor || options_.media == Media::browser;
    to[0] = static_cast<std::uint8_t>(0x80 | (extended ? 0x10 : 0));
    to[1] = static_cast<std::uint8_t>((last && !audio ? 0x80 : 0) | kPayloadType);
    relay::store_be16(to + 2, room.sequence++);
    relay::store_be32(to + 4, room.timestamp);
    relay::store_be32(to + 8, room.ssrc);
    std::uint8_t* const behind = to + relay::kRtpHeaderSize;
    std::uint16_t bytes = payload_bytes(options_.media);
    if (options_.media == Media::vp8) bytes = write_vp8(room, upper, behind);
    if (options_.media == Media::descriptor) bytes = write_av1(room, upper, last, behind);
    if (options_.media == Media::browser) {
        const std::uint16_t block = write_hop(room, behind);
        bytes = static_cast<std::uint16_t>(block + write_vp8(room, upper, behind + block));
    }
    if (last) {
        room.packet = 0;
        ++room.frame;
    } else {
        ++room.packet;
    }
    return static_cast<std::uint16_t>(relay::kRtpHeaderSize + bytes);
}

Stream::Room& Stream::next_room() {
    Room& room = rooms_[next_];
    if (in_turn_ == 0) {
        random_ = random_ * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;  // Knuth's MMIX
        next_ = static_cast<std::size_t>(random_ >> 33) % rooms_.size();
        return room;
    }
    --in_turn_;
    if (++next_ == rooms_.size()) next_ = 0;
    return room;
}

bool Stream::feed(dataplane::MemoryPort& port, rte_mempool* pool, std::uint16_t n) {
    std::array<rte_mbuf*, kBurst> packets;
    if (rte_pktmbuf_alloc_bulk(pool, packets.data(), n) != 0) return false;
    for (std::uint16_t i = 0; i < n; ++i) {
        Room& room = next_room();
        rte_mbuf* m = packets[i];
        m->data_len = write(room, rte_pktmbuf_mtod(m, std::uint8_t*));
        m->pkt_len = m->data_len;
        port.push(0, room.flow, m);
    }
    return true;
}

}  // namespace strata::bench
