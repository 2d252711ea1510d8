#include "dataplane/port/socket_batch.h"

#include <netinet/udp.h>

#include <cstring>

#include "dataplane/net/socket_link.h"

namespace strata::dataplane {

namespace {

const std::uint8_t* address_of(const rte_mbuf* m) {
    return rte_pktmbuf_mtod(m, const std::uint8_t*);
}

std::uint32_t datagram_bytes(const rte_mbuf* m) { return m->pkt_len - net::kSocketLinkBytes; }

bool same_destination(const rte_mbuf* a, const rte_mbuf* b) {
    return std::memcmp(address_of(a), address_of(b), net::kSocketLinkBytes) == 0;
}

socklen_t address_size(const rte_mbuf* m) {
    sa_family_t family;
    std::memcpy(&family, address_of(m), sizeof family);
    return family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

}  // namespace

SocketBatch::SocketBatch()
    : buckets_(kBuckets, kNone),
      used_(kMaxPackets),
      destinations_(kMaxPackets),
      next_(kMaxPackets),
      order_(kMaxPackets),
      messages_(kMaxPackets),
      headers_(kMaxPackets),
      vectors_(kMaxPackets * kMaxChain),
      first_vector_(kMaxPackets + 1),
      controls_(kMaxPackets),
      heads_(kMaxPackets) {}

void SocketBatch::arrange(std::span<rte_mbuf* const> packets, bool gso) {
    group(packets);
    lay_out(packets, gso);
}

std::uint32_t SocketBatch::destination_of(std::span<rte_mbuf* const> packets,
                                          std::uint32_t packet) {
    // Receivers choose their ports, but collisions cost a bounded probe over one batch only.
    auto at = net::socket_link_hash(address_of(packets[packet])) >> kHashShift;
    while (buckets_[at] != kNone) {
        const std::uint32_t d = buckets_[at];
        if (same_destination(packets[destinations_[d].first], packets[packet])) return d;
        at = (at + 1) & (kBuckets - 1);
    }
    buckets_[at] = destination_count_;
    used_[destination_count_] = at;
    destinations_[destination_count_] = {packet, kNone};
    return destination_count_++;
}

void SocketBatch::group(std::span<rte_mbuf* const> packets) {
    for (std::uint32_t i = 0; i < destination_count_; ++i) buckets_[used_[i]] = kNone;
    destination_count_ = 0;
    // Each packet of a train goes to the same receivers in the same order: behind the destination
    // of the packet before comes that of this one.
    std::uint32_t expected = 0;
    for (std::uint32_t i = 0; i < packets.size(); ++i) {
        if (expected == destination_count_) expected = 0;
        const bool known = expected < destination_count_ &&
                           same_destination(packets[destinations_[expected].first], packets[i]);
        const std::uint32_t at = known ? expected : destination_of(packets, i);
        expected = at + 1;
        Destination& d = destinations_[at];
        if (d.last != kNone) next_[d.last] = i;
        d.last = i;
        next_[i] = kNone;
    }
}

std::uint32_t SocketBatch::add_vectors(const rte_mbuf* packet) {
    const std::uint32_t begin = vector_count_;
    for (const rte_mbuf* s = packet; s != nullptr && vector_count_ - begin < kMaxChain;
         s = s->next) {
        const std::uint32_t skip = s == packet ? net::kSocketLinkBytes : 0;
        vectors_[vector_count_++] = {rte_pktmbuf_mtod_offset(s, char*, skip), s->data_len - skip};
    }
    return begin;
}

void SocketBatch::lay_out(std::span<rte_mbuf* const> packets, bool gso) {
    packet_count_ = message_count_ = vector_count_ = 0;
    for (std::uint32_t d = 0; d < destination_count_; ++d) {
        Run run;
        for (std::uint32_t p = destinations_[d].first; p != kNone; p = next_[p]) {
            const std::uint32_t size = datagram_bytes(packets[p]);
            if (!gso || !run.takes(size)) {
                if (run.packets != 0) close_message(run);
                run = {packet_count_, 0, size, 0, size};
            }
            ++run.packets;
            run.bytes += size;
            run.last = size;
            order_[packet_count_] = p;
            heads_[packet_count_] = packets[p];
            first_vector_[packet_count_++] = add_vectors(packets[p]);
        }
        close_message(run);
    }
    first_vector_[packet_count_] = vector_count_;
}

void SocketBatch::close_message(const Run& run) {
    const Message& message = messages_[message_count_] = {run.first, run.packets};
    const std::uint32_t begin = first_vector_[message.first];
    msghdr& header = headers_[message_count_].msg_hdr;
    const rte_mbuf* head = heads_[message.first];
    header = msghdr{};
    header.msg_name = const_cast<std::uint8_t*>(address_of(head));
    header.msg_namelen = address_size(head);
    header.msg_iov = &vectors_[begin];
    header.msg_iovlen = vector_count_ - begin;
    if (message.packets > 1) {
        Control& control = controls_[message_count_];
        header.msg_control = control.bytes;
        header.msg_controllen = sizeof control.bytes;
        control.header.cmsg_level = SOL_UDP;
        control.header.cmsg_type = UDP_SEGMENT;
        control.header.cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
        const auto size = static_cast<std::uint16_t>(run.segment);
        std::memcpy(CMSG_DATA(&control.header), &size, sizeof size);
    }
    ++message_count_;
}

msghdr SocketBatch::single(std::uint32_t order_index) {
    msghdr header{};
    const rte_mbuf* head = heads_[order_index];
    header.msg_name = const_cast<std::uint8_t*>(address_of(head));
    header.msg_namelen = address_size(head);
    header.msg_iov = &vectors_[first_vector_[order_index]];
    header.msg_iovlen = first_vector_[order_index + 1] - first_vector_[order_index];
    return header;
}

}  // namespace strata::dataplane
