#include "bench/pipeline/baseline.h"

#include <rte_mempool.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dataplane/net/checksum.h"
#include "relay/rtp/packet.h"

namespace strata::bench {

namespace {

namespace net = dataplane::net;

constexpr std::uint16_t kUdpAt = 34, kUdpChecksumAt = 40;  // Ethernet and IPv4 in front

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "strata-bench-pipeline: %s\n", what);
    std::exit(1);
}

void take(rte_mempool* pool, rte_mbuf** m, std::uint32_t n) {
    if (rte_mempool_get_bulk(pool, reinterpret_cast<void**>(m), n) != 0) die("a pool is empty");
}

}  // namespace

Baseline::Baseline(Kind kind, const Shape& shape, std::uint16_t header_bytes,
                   const dataplane::Pools& pools)
    : kind_(kind),
      receivers_(shape.receivers / shape.rooms),
      udp_checksum_(shape.udp_checksum),
      header_bytes_(header_bytes),
      shared_offset_(
          static_cast<std::uint16_t>(relay::kRtpHeaderSize + rewritten_bytes(shape.media))),
      shared_bytes_(
          static_cast<std::uint16_t>(payload_bytes(shape.media) - rewritten_bytes(shape.media))),
      pools_(pools),
      port_(port_config(shape), port_options(shape)),
      stream_({.rooms = shape.rooms, .media = shape.media}) {
    if (!port_.start(pools) || header_bytes_ > header_.size()) die("the baseline doesn't start");
    for (std::size_t i = 0; i < header_.size(); ++i) header_[i] = static_cast<std::uint8_t>(i);
}

Baseline::~Baseline() { port_.drain(); }

void Baseline::send(rte_mbuf** packets, std::uint32_t n) {
    outputs_ += port_.tx_burst(0, packets, n).sent;
}

void Baseline::checksum(std::uint8_t* frame, std::uint32_t payload_sum) const {
    std::memset(frame + kUdpChecksumAt, 0, 2);
    const std::uint32_t head = net::raw_sum(frame + kUdpAt, header_bytes_ - kUdpAt);
    const std::uint16_t sum = net::udp_checksum(head + payload_sum);
    std::memcpy(frame + kUdpChecksumAt, &sum, 2);
}

// Both kinds in one function: they differ in the pool and in what follows the header.
void Baseline::fan_out(rte_mbuf* packet) {
    const bool copy = kind_ == Kind::copy;
    const auto* shared = rte_pktmbuf_mtod_offset(packet, const std::uint8_t*, shared_offset_);
    const std::uint32_t sum = udp_checksum_ && !copy ? net::raw_sum(shared, shared_bytes_) : 0;
    rte_mbuf* view = nullptr;
    if (!copy) {
        view = rte_pktmbuf_alloc(pools_.indirect);
        if (view == nullptr) die("the indirect pool is empty");
        rte_pktmbuf_attach(view, packet);
        view->data_off = static_cast<std::uint16_t>(packet->data_off + shared_offset_);
        view->data_len = shared_bytes_;
        view->pkt_len = shared_bytes_;
        rte_mbuf_refcnt_set(view, static_cast<std::uint16_t>(receivers_));
    }
    for (std::uint32_t done = 0; done < receivers_;) {
        const std::uint32_t n =
            std::min(receivers_ - done, static_cast<std::uint32_t>(batch_.size()) - batched_);
        rte_mbuf** heads = batch_.data() + batched_;
        take(copy ? pools_.rx : pools_.header, heads, n);
        for (std::uint32_t i = 0; i < n; ++i) {
            if (i + 4 < n) {
                rte_prefetch0(heads[i + 4]);
                rte_prefetch0(reinterpret_cast<char*>(heads[i + 4]) + 64);
            }
            rte_mbuf* m = heads[i];
            m->data_off = dataplane::kRtpOffset - 42;
            m->ol_flags = 0;
            auto* frame = rte_pktmbuf_mtod(m, std::uint8_t*);
            std::memcpy(frame, header_.data(), header_bytes_);
            if (copy) {
                std::memcpy(frame + header_bytes_, shared, shared_bytes_);
                m->data_len = static_cast<std::uint16_t>(header_bytes_ + shared_bytes_);
                if (udp_checksum_)
                    checksum(frame, net::raw_sum(frame + header_bytes_, shared_bytes_));
            } else {
                m->data_len = header_bytes_;
                m->nb_segs = 2;
                m->next = view;
                if (udp_checksum_) checksum(frame, sum);
            }
            m->pkt_len = static_cast<std::uint32_t>(header_bytes_ + shared_bytes_);
        }
        done += n;
        batched_ += n;
        if (batched_ == batch_.size()) {
            send(batch_.data(), batched_);
            batched_ = 0;
        }
    }
}

std::uint64_t Baseline::run(std::uint64_t inputs) {
    outputs_ = 0;
    std::array<rte_mbuf*, kBurst> packets;
    while (inputs != 0) {
        const auto n = static_cast<std::uint16_t>(std::min<std::uint64_t>(inputs, kBurst));
        if (!stream_.feed(port_, pools_.rx, n)) die("the receive pool is empty");
        const std::uint16_t received = port_.rx_burst(0, packets.data(), n, 0);
        for (std::uint16_t i = 0; i < received; ++i)
            rte_prefetch0(rte_pktmbuf_mtod(packets[i], void*));
        for (std::uint16_t i = 0; i < received; ++i) fan_out(packets[i]);
        rte_pktmbuf_free_bulk(packets.data(), received);
        send(batch_.data(), batched_);
        batched_ = 0;
        inputs -= n;
    }
    return outputs_;
}

}  // namespace strata::bench
