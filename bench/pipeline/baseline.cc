#include "bench/pipeline/baseline.h"

#include <rte_mempool.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dataplane/net/checksum.h"

namespace strata::bench {

namespace {

namespace net = dataplane::net;

constexpr std::uint16_t kUdpAt = 34, kUdpChecksumAt = 40;  // Ethernet and IPv4 in front
constexpr std::uint16_t kDescriptorBytes = 6;              // counted as header, see Product
constexpr std::uint16_t kSharedOffset = 12 + kDescriptorBytes;
constexpr std::uint16_t kSharedBytes = kPayloadBytes - kDescriptorBytes;

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "strata-bench-pipeline: %s\n", what);
    std::exit(1);
}

void take(rte_mempool* pool, rte_mbuf** m, std::uint32_t n) {
    if (rte_mempool_get_bulk(pool, reinterpret_cast<void**>(m), n) != 0) die("a pool is empty");
}

}  // namespace

Baseline::Baseline(Kind kind, std::uint32_t receivers, std::uint32_t rooms, std::uint32_t in_flight,
                   bool udp_checksum, std::uint16_t header_bytes, const dataplane::Pools& pools)
    : kind_(kind),
      receivers_(receivers / rooms),
      udp_checksum_(udp_checksum),
      header_bytes_(header_bytes),
      pools_(pools),
      port_({.base_udp_port = kWorkerPort, .udp_checksum = udp_checksum},
            {.link_kind = dataplane::LinkKind::ethernet, .in_flight = in_flight}),
      stream_(rooms, false) {
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
    const auto* shared = rte_pktmbuf_mtod_offset(packet, const std::uint8_t*, kSharedOffset);
    const std::uint32_t sum = udp_checksum_ && !copy ? net::raw_sum(shared, kSharedBytes) : 0;
    rte_mbuf* view = nullptr;
    if (!copy) {
        view = rte_pktmbuf_alloc(pools_.indirect);
        if (view == nullptr) die("the indirect pool is empty");
        rte_pktmbuf_attach(view, packet);
        view->data_off = static_cast<std::uint16_t>(packet->data_off + kSharedOffset);
        view->data_len = kSharedBytes;
        view->pkt_len = kSharedBytes;
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
                std::memcpy(frame + header_bytes_, shared, kSharedBytes);
                m->data_len = static_cast<std::uint16_t>(header_bytes_ + kSharedBytes);
                if (udp_checksum_)
                    checksum(frame, net::raw_sum(frame + header_bytes_, kSharedBytes));
            } else {
                m->data_len = header_bytes_;
                m->nb_segs = 2;
                m->next = view;
                if (udp_checksum_) checksum(frame, sum);
            }
            m->pkt_len = static_cast<std::uint32_t>(header_bytes_ + kSharedBytes);
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
