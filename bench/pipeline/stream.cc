#include "bench/pipeline/stream.h"

#include "relay/rtp/byte_order.h"

namespace strata::bench {

namespace {

using dataplane::IpAddress;

constexpr IpAddress kWorker = IpAddress::v4({10, 0, 0, 1});

IpAddress address(std::uint8_t net, std::uint32_t number) {
    return IpAddress::v4({10, static_cast<std::uint8_t>(net + (number >> 16)),
                          static_cast<std::uint8_t>(number >> 8),
                          static_cast<std::uint8_t>(number)});
}

}  // namespace

dataplane::FlowKey publisher_flow(std::uint32_t room) {
    return {address(64, room), kWorker, 5'000, kWorkerPort};
}

dataplane::FlowKey receiver_flow(std::uint32_t room, std::uint32_t receiver) {
    return {address(128, room), kWorker, static_cast<std::uint16_t>(1'024 + receiver), kWorkerPort};
}

std::uint32_t publisher_ssrc(std::uint32_t room) { return 0x5000'0000 + room; }

Stream::Stream(std::uint32_t rooms, bool upper_only) : upper_only_(upper_only), rooms_(rooms) {
    for (std::uint32_t i = 0; i < rooms; ++i) {
        rooms_[i].flow = publisher_flow(i);
        rooms_[i].ssrc = publisher_ssrc(i);
    }
}

// RFC 3550 section 5.1, then RFC 7741 section 4.2: X S, I L T K, 15 bits of picture id, TL0PICIDX,
// TID and KEYIDX; then the payload header of a frame's first packet, whose last bit is 0 on key
// frames.
void Stream::write(Room& room, std::uint8_t* to) const {
    const bool first = room.packet == 0, last = room.packet == kPacketsPerFrame - 1;
    const bool key = room.frame == 0;
    const bool upper = !key && (upper_only_ || room.frame % 2 == 1);
    if (first) {
        room.timestamp += 3'000;
        ++room.picture_id;
        if (!upper) ++room.tl0_pic_idx;
    }
    to[0] = 0x80;
    to[1] = static_cast<std::uint8_t>((last ? 0x80 : 0) | kPayloadType);
    relay::store_be16(to + 2, room.sequence++);
    relay::store_be32(to + 4, room.timestamp);
    relay::store_be32(to + 8, room.ssrc);
    to[12] = static_cast<std::uint8_t>(0x80 | (upper ? 0x20 : 0) | (first ? 0x10 : 0));
    to[13] = 0xf0;
    relay::store_be16(to + 14, static_cast<std::uint16_t>(0x8000 | (room.picture_id & 0x7fff)));
    to[16] = room.tl0_pic_idx;
    to[17] = static_cast<std::uint8_t>(upper ? 0x60 : 0x00);
    to[18] = key ? 0x00 : 0x01;
    if (last) {
        room.packet = 0;
        ++room.frame;
    } else {
        ++room.packet;
    }
}

bool Stream::feed(dataplane::MemoryPort& port, rte_mempool* pool, std::uint16_t n) {
    std::array<rte_mbuf*, kBurst> packets;
    if (rte_pktmbuf_alloc_bulk(pool, packets.data(), n) != 0) return false;
    for (std::uint16_t i = 0; i < n; ++i) {
        Room& room = rooms_[next_];
        if (++next_ == rooms_.size()) next_ = 0;
        rte_mbuf* m = packets[i];
        m->data_len = 12 + kPayloadBytes;
        m->pkt_len = m->data_len;
        write(room, rte_pktmbuf_mtod(m, std::uint8_t*));
        port.push(0, room.flow, m);
    }
    return true;
}

}  // namespace strata::bench
