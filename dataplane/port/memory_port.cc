#include "dataplane/port/memory_port.h"

#include <rte_prefetch.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "dataplane/net/ethernet_link.h"

namespace strata::dataplane {

namespace {

// Packets in order of arrival, in a ring of fixed capacity.
class PacketRing {
  public:
    explicit PacketRing(std::size_t capacity)
        : ring_(std::bit_ceil(std::max<std::size_t>(capacity, 1))) {}
    bool full() const { return tail_ - head_ == ring_.size(); }
    bool empty() const { return head_ == tail_; }
    std::size_t size() const { return tail_ - head_; }
    void push(rte_mbuf* m) { ring_[tail_++ & (ring_.size() - 1)] = m; }
    rte_mbuf* pop() { return ring_[head_++ & (ring_.size() - 1)]; }

  private:
    std::vector<rte_mbuf*> ring_;
    std::size_t head_ = 0, tail_ = 0;
};

constexpr net::MacAddress kOurMac{2, 0, 0, 0, 0, 1};
constexpr std::uint64_t kTheirMac = 0x02'00'00'00'00'02 | net::Neighbour::kResolved;
constexpr std::size_t kMaxPacketBytes = 65'535;
constexpr std::size_t kFreedAtOnce = 32;
constexpr IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

}  // namespace

struct MemoryPort::State {
    Options options;
    const Pools* pools = nullptr;
    std::vector<PacketRing> input;
    PacketRing in_flight;
    net::Neighbour neighbour;
    net::EthernetContext ethernet;
    std::vector<std::uint8_t> bytes;  // a packet in one piece, for the sink

    State(const PortConfig& config, const Options& o)
        : options(o), in_flight(o.in_flight), bytes(kMaxPacketBytes) {
        for (std::uint16_t q = 0; q < config.workers; ++q) input.emplace_back(kMaxInput);
        neighbour.word = kTheirMac;
        ethernet = {&neighbour, 0, config.udp_checksum, false};
    }

    // What was sent is freed as drivers do: so many at once, fetched before the first of them is
    // looked at.
    void finish(std::span<rte_mbuf*> packets) {
        if (options.in_flight == 0)
            return rte_pktmbuf_free_bulk(packets.data(), static_cast<unsigned>(packets.size()));
        while (!packets.empty()) {
            const std::size_t n =
                std::min({packets.size(), kFreedAtOnce, std::size_t{options.in_flight}});
            make_room(n);
            for (rte_mbuf* packet : packets.first(n)) in_flight.push(packet);
            packets = packets.subspan(n);
        }
    }

    void make_room(std::size_t n) {
        std::array<rte_mbuf*, kFreedAtOnce> sent;
        std::uint32_t count = 0;
        while (in_flight.size() + n > options.in_flight) {
            sent[count] = in_flight.pop();
            rte_prefetch0(sent[count++]);
        }
        rte_pktmbuf_free_bulk(sent.data(), count);
    }
};

MemoryPort::MemoryPort(const PortConfig& config) : MemoryPort(config, Options{}) {}

MemoryPort::MemoryPort(const PortConfig& config, const Options& options)
    : Port("memory", config), state_(std::make_unique<State>(config, options)) {
    addresses_ = options.addresses;
    if (addresses_.all().empty()) addresses_.add({kLoopback, 8});
    capabilities_.link_kind = options.link_kind;
    capabilities_.chains = options.chains;
    needs_.tx_mbufs = options.in_flight;
}

MemoryPort::~MemoryPort() {
    drain();
    for (PacketRing& ring : state_->input)
        while (!ring.empty()) rte_pktmbuf_free(ring.pop());
}

bool MemoryPort::push(const FlowKey& flow, std::span<const std::uint8_t> payload) {
    if (state_->input[0].full()) return false;
    rte_mbuf* m = rte_pktmbuf_alloc(state_->pools->rx);
    if (m == nullptr) return false;
    char* data = payload.size() <= rte_pktmbuf_tailroom(m)
                     ? rte_pktmbuf_append(m, static_cast<std::uint16_t>(payload.size()))
                     : nullptr;
    if (data == nullptr) {
        rte_pktmbuf_free(m);
        return false;
    }
    std::copy(payload.begin(), payload.end(), reinterpret_cast<std::uint8_t*>(data));
    return push(0, flow, m);
}

bool MemoryPort::push(std::uint16_t queue, const FlowKey& flow, rte_mbuf* packet) {
    PacketRing& ring = state_->input[queue];
    if (ring.full()) return false;
    meta(packet).flow = flow;
    ring.push(packet);
    return true;
}

void MemoryPort::drain() {
    while (!state_->in_flight.empty()) rte_pktmbuf_free(state_->in_flight.pop());
}

std::expected<void, PortError> MemoryPort::start(const Pools& pools) {
    state_->pools = &pools;
    return {};
}

Endpoint MemoryPort::local_endpoint(std::uint16_t queue) const {
    return {addresses_.all()[0].address, static_cast<std::uint16_t>(config_.base_udp_port + queue)};
}

std::uint16_t MemoryPort::rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                                   relay::TimeUs now) {
    PacketRing& ring = state_->input[queue];
    PortCounters& counters = counters_[queue];
    // As a card's driver does, which knows from the descriptors what it is about to fill.
    const auto count = static_cast<std::uint16_t>(std::min<std::size_t>(n, ring.size()));
    for (std::uint16_t i = 0; i < count; ++i) {
        packets[i] = ring.pop();
        rte_prefetch0(packets[i]);
        rte_prefetch0(&meta(packets[i]));
    }
    for (std::uint16_t i = 0; i < count; ++i) {
        rte_mbuf* const m = packets[i];
        PacketMeta& about = meta(m);
        about.queue = queue;
        about.port_index = config_.index;
        about.received_us = now;
        counters[PortCounter::rx_bytes] += m->pkt_len;
    }
    counters[PortCounter::rx_frames] += count;
    counters[PortCounter::rx_delivered] += count;
    return count;
}

TxResult MemoryPort::tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) {
    const auto taken =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(std::min(n, tx_limit_), tx_room_));
    tx_room_ -= taken;
    PortCounters& counters = counters_[queue];
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < taken; ++i) {
        bytes += packets[i]->pkt_len;
        if (sink_ != nullptr) show(packets[i]);
    }
    state_->finish({packets, taken});
    counters[PortCounter::tx_packets] += taken;
    counters[PortCounter::tx_bytes] += bytes;
    if (taken < n) ++counters[PortCounter::tx_short];
    return {taken, 0};
}

void MemoryPort::show(rte_mbuf* m) {
    FlowKey flow;
    std::size_t size = 0;
    for (const rte_mbuf* s = m; s != nullptr && size + s->data_len <= kMaxPacketBytes;
         s = s->next) {
        std::memcpy(state_->bytes.data() + size, rte_pktmbuf_mtod(s, const void*), s->data_len);
        size += s->data_len;
    }
    std::span<const std::uint8_t> packet(state_->bytes.data(), size);
    if (capabilities_.link_kind == LinkKind::flow_key) {
        std::memcpy(&flow, packet.data(), sizeof flow);
        packet = packet.subspan(sizeof flow);
    }
    sink_->on_packet(flow, packet);
}

LinkState MemoryPort::make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) {
    FlowKey full = flow;
    if (full.local_port == 0) full.local_port = local_endpoint(0).port;
    if (full.local == IpAddress{}) full.local = addresses_.all()[0].address;
    if (capabilities_.link_kind == LinkKind::ethernet) {
        if (full.local.is_v4() != full.remote.is_v4()) return LinkState::refused;
        net::make_ethernet_link(full, kOurMac, 0, link);
        ++links_;
        ++links_made_;
        return LinkState::ready;
    }
    std::memset(link.data(), 0, link.size());
    std::memcpy(link.data(), &full, sizeof full);
    ++links_;
    ++links_made_;
    return LinkState::ready;
}

net::EthernetContext* MemoryPort::ethernet(std::uint16_t) { return &state_->ethernet; }

}  // namespace strata::dataplane
