#include "dataplane/worker/fanout.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "dataplane/net/ethernet_link.h"
#include "dataplane/net/socket_link.h"
#include "dataplane/port/link_limit.h"
#include "dataplane/worker/fanout_secure.h"
#include "dataplane/worker/header_mbuf.h"
#include "dataplane/worker/payload_copy.h"
#include "dataplane/worker/slot_header.h"
#include "relay/rewrite/header_template.h"

namespace strata::dataplane {

namespace {

constexpr std::uint32_t kChunk = 64;  // header mbufs taken from the pool at once
constexpr std::uint32_t kAhead = 4;   // receivers prefetched

// All receivers of an output are secure, or none is: it is part of their profile (leg).
bool is_secure(const relay::Output& output) { return output.receivers.front().seal != nullptr; }

}  // namespace

// One range of the received packet that outputs share, and what is left of its references.
struct FanOut::Payload {
    // Without initialisers: Payloads has room for many and would clear it all for each packet.
    std::uint16_t offset, size;
    std::uint32_t wanted;    // receivers still to be given a reference
    std::uint32_t granted;   // of them, references that `view` already has
    rte_mbuf* view;          // the published indirect mbuf
    net::PayloadSum shared;  // of the bytes

    static Payload of(rte_mbuf& packet, const relay::Output& output) {
        return {
            .offset = output.payload_offset,
            .size = output.payload_size,
            .wanted = 0,
            .granted = 0,
            .view = nullptr,
            .shared = {rte_pktmbuf_mtod_offset(&packet, const std::uint8_t*, output.payload_offset),
                       output.payload_size}};
    }

    // Makes sure that `view` has references to give: at most kMaxReferences for each indirect mbuf,
    // all of them raised at once. False: the pool is empty.
    bool take_view(rte_mempool* pool, rte_mbuf& packet) {
        if (granted != 0) return true;
        rte_mbuf* fresh = rte_pktmbuf_alloc(pool);
        if (fresh == nullptr) return false;
        rte_pktmbuf_attach(fresh, &packet);
        fresh->data_off = static_cast<std::uint16_t>(packet.data_off + offset);
        fresh->data_len = size;
        fresh->pkt_len = size;
        granted = std::min(wanted, kMaxReferences);
        rte_mbuf_refcnt_set(fresh, static_cast<std::uint16_t>(granted));
        view = fresh;
        return true;
    }

    // The received packet itself instead of a view, which saves making and undoing one: where it is
    // nobody's any more, and this is all that is sent of it. It is cut to the payload.
    void lend(rte_mbuf& packet) {
        if (wanted > kMaxReferences || rte_mbuf_refcnt_read(&packet) != 1) return;
        packet.data_off = static_cast<std::uint16_t>(packet.data_off + offset);
        packet.data_len = size;
        packet.pkt_len = size;
        granted = wanted;
        rte_mbuf_refcnt_set(&packet, static_cast<std::uint16_t>(1 + granted));
        view = &packet;
    }

    // Gives back references that no packet was made for.
    void give_back(std::uint32_t n) {
        wanted -= n;
        granted -= n;
        if (rte_mbuf_refcnt_update(view, static_cast<std::int16_t>(-static_cast<int>(n))) != 0)
            return;
        rte_mbuf_refcnt_set(view, 1);
        rte_pktmbuf_free_seg(view);
    }
};

// The variants of one packet, found by their range. A handful at most: outputs that keep or cut the
// same descriptor share one.
struct FanOut::Payloads {
    std::array<Payload, relay::kMaxOutputs> list;  // the first `count`
    std::size_t count = 0;

    Payload& of(rte_mbuf& packet, const relay::Output& output) {
        for (std::size_t i = 0; i < count; ++i)
            if (list[i].offset == output.payload_offset && list[i].size == output.payload_size)
                return list[i];
        list[count] = Payload::of(packet, output);
        return list[count++];
    }
};

FanOut::FanOut(Port& port, std::uint16_t queue, const Pools& pools, const FanOutConfig& config)
    : port_(port),
      pools_(pools),
      queue_index_(queue),
      tiny_payload_bytes_(std::min(config.tiny_payload_bytes, kTinyPayloadMax)),
      chains_(port.capabilities().chains && port.capabilities().max_segments >= 2),
      through_kernel_(port.capabilities().through_kernel),
      link_kind_(port.capabilities().link_kind),
      least_limit_(port.capabilities().max_datagram_bytes),
      queue_(port, queue, config.tx_queue),
      cipher_(config.cipher),
      jobs_(config.cipher ? kCounterBatch : 0),
      sealings_(config.cipher ? kCounterBatch : 0) {}

FanOut::~FanOut() = default;

FanOut::PayloadMode FanOut::mode_of(const relay::Output& output) const {
    if (output.payload_size == 0) return PayloadMode::none;
    const bool fits = output.header.size + output.payload_size <= kHeaderPayloadBytes;
    if (output.payload_size <= tiny_payload_bytes_ && fits) return PayloadMode::tiny;
    if (chains_) return PayloadMode::chain;
    return fits ? PayloadMode::linear_small : PayloadMode::linear;
}

void FanOut::shed(std::span<const relay::Output> outputs, const Burst& burst) {
    for (const relay::Output& output : outputs) {
        const auto n = static_cast<std::uint32_t>(output.receivers.size());
        counters_.selected += n;
        counters_.queued_for_tx += n;
        counters_.shed += n;
        queue_.refuse(n, burst.tx_class, burst.now);
    }
}

template <typename Writer>
[[gnu::always_inline]] inline void FanOut::send_output(Writer& writer, rte_mbuf& packet,
                                                       const relay::Output& output,
                                                       Payload& payload, PayloadMode mode,
                                                       const Burst& burst) {
    writer.begin(net::DatagramShape{output.header.size, output.payload_size, &payload.shared});
    if (mode == PayloadMode::chain && burst.input == Input::spent) payload.lend(packet);
    std::span<relay::ReceiverSlot> rest = output.receivers;
    while (!rest.empty()) {
        auto n = std::min(static_cast<std::uint32_t>(rest.size()), kChunk);
        if (mode == PayloadMode::chain) {
            if (!payload.take_view(pools_.indirect, packet)) {
                payload.wanted -= static_cast<std::uint32_t>(rest.size());
                counters_.no_payload_mbuf += rest.size();
                return;
            }
            n = std::min(n, payload.granted);
        }
        send_chunk(writer, output, {payload, mode, rest.first(n)}, burst);
        rest = rest.subspan(n);
    }
}

// Up to kChunk mbufs and what is put into them. Behind the last stands the last once more, so that
// fetching ahead needs no end.
struct FanOut::Heads {
    std::array<rte_mbuf*, kChunk + kAhead> m;
    std::uint32_t count;
    std::span<const relay::ReceiverSlot> receivers;
    rte_mbuf* chained;           // behind each; null: the payload is copied
    const std::uint8_t* copied;  // then: from here
    std::uint16_t header_bytes, payload_bytes;
    std::uint64_t unresolved;  // bit i: m[i]'s next hop isn't known
};

namespace {

// The loop that everything else is for. Arguments by value and in line: they stay in registers,
// where nothing that is written can lie.
// budget: 70 instructions/receiver, bench/pipeline
template <bool kChained, typename Writer, typename Header, typename Heads>
[[gnu::always_inline]] inline void write_heads(Writer link, Header header, Heads& heads) {
    const std::uint16_t own_bytes =
        static_cast<std::uint16_t>(heads.header_bytes + (kChained ? 0 : heads.payload_bytes));
    constexpr std::uint16_t kSegments = kChained ? 2 : 1;
    const HeadFields bare({.link_bytes = net::kIpv4HeadBytes,
                           .own_bytes = own_bytes,
                           .shared_bytes = kChained ? heads.payload_bytes : std::uint16_t{0},
                           .segments = kSegments});
    rte_mbuf* const* const mbufs = heads.m.data();
    const relay::ReceiverSlot* const slots = heads.receivers.data();
    rte_mbuf* const next = heads.chained;
    const PayloadCopy payload(heads.copied, kChained ? 0 : heads.payload_bytes);
    const std::size_t header_bytes = heads.header_bytes;
    const std::uint32_t n = heads.count;
    std::uint64_t unresolved = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
        prefetch_header(mbufs[i + kAhead]);
        rte_mbuf* const m = mbufs[i];
        const relay::ReceiverSlot& slot = slots[i];
        std::uint8_t* const rtp = rtp_room(m);
        bool resolved;
        if (link.is_bare(slot.link.data())) [[likely]] {
            resolved = link.template write_bare<net::LinkEnd::over>(rtp, slot.link.data());
            header.write(slot, rtp);
            bare.store(m);
        } else {
            header.write(slot, rtp);
            m->ol_flags = 0;
            set_lengths(m, link.write(*m, rtp, slot.link.data()), own_bytes);
            m->pkt_len += kChained ? heads.payload_bytes : 0u;
            m->nb_segs = kSegments;
            resolved = link.resolved();
        }
        if constexpr (kChained)
            m->next = next;
        else
            payload.write(rtp + header_bytes);
        if (!resolved) [[unlikely]]
            unresolved |= std::uint64_t{1} << i;
    }
    heads.unresolved = unresolved;
}

}  // namespace

template <typename Writer>
void FanOut::send_chunk(Writer& writer, const relay::Output& output, const Chunk& chunk,
                        const Burst& burst) {
    const auto n = static_cast<std::uint32_t>(chunk.receivers.size());
    Payload& payload = chunk.payload;
    const bool linear = chunk.mode == PayloadMode::linear;
    const bool chained = chunk.mode == PayloadMode::chain;
    Heads heads;
    if (!take_headers(linear ? linear_pool() : pools_.header, heads.m.data(), n)) {
        (linear ? counters_.no_payload_mbuf : counters_.no_header_mbuf) += n;
        if (chained) payload.give_back(n);
        return;
    }
    static_assert(kAhead == 4);
    rte_mbuf** const behind = heads.m.data() + n;
    behind[0] = behind[1] = behind[2] = behind[3] = behind[-1];
    for (std::uint32_t i = 0; i < std::min(n, kAhead); ++i) prefetch_header(heads.m[i]);
    heads.count = n;
    heads.receivers = chunk.receivers;
    heads.chained = chained ? payload.view : nullptr;
    heads.copied = payload.shared.bytes();
    heads.header_bytes = output.header.size;
    heads.payload_bytes = output.payload_size;
    with_slot_header(output.header, [&](const auto& header) __attribute__((always_inline)) {
        chained ? write_heads<true>(writer, header, heads)
                : write_heads<false>(writer, header, heads);
    });
    if (chained) {
        payload.wanted -= n;
        payload.granted -= n;
    }
    count(chunk.mode, n);
    if (heads.unresolved == 0) [[likely]]
        return queue_.push(heads.m.data(), n, burst.tx_class, burst.now);
    std::array<rte_mbuf*, kChunk> ready, unresolved;
    std::uint32_t ready_count = 0, unresolved_count = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
        if ((heads.unresolved >> i & 1) != 0)
            unresolved[unresolved_count++] = heads.m[i];
        else
            ready[ready_count++] = heads.m[i];
    }
    queue_.push(ready.data(), ready_count, burst.tx_class, burst.now);
    queue_.push_unresolved(unresolved.data(), unresolved_count, burst.now);
}

// Most packets become one output.
template <typename Writer>
[[gnu::always_inline]] inline void FanOut::send_only(Writer& writer, rte_mbuf& packet,
                                                     const relay::Output& output,
                                                     const Burst& burst) {
    const auto n = static_cast<std::uint32_t>(output.receivers.size());
    counters_.selected += n;
    if (is_secure(output)) return send_secure(packet, output, burst);
    if (!fits_port(output)) [[unlikely]] {
        counters_.too_large += n;
        return;
    }
    const PayloadMode mode = mode_of(output);
    Payload payload = Payload::of(packet, output);
    if (mode == PayloadMode::chain) payload.wanted = n;
    send_output(writer, packet, output, payload, mode, burst);
}

template <typename Writer>
[[gnu::noinline]] void FanOut::send_each(Writer& writer, rte_mbuf& packet,
                                         std::span<const relay::Output> outputs,
                                         const Burst& burst) {
    Payloads payloads;
    for (const relay::Output& output : outputs)
        if (!is_secure(output) && mode_of(output) == PayloadMode::chain && fits_port(output))
            payloads.of(packet, output).wanted +=
                static_cast<std::uint32_t>(output.receivers.size());
    for (const relay::Output& output : outputs) {
        const auto n = static_cast<std::uint32_t>(output.receivers.size());
        counters_.selected += n;
        if (is_secure(output)) {
            send_secure(packet, output, burst);
            continue;
        }
        if (!fits_port(output)) {
            counters_.too_large += n;
            continue;
        }
        send_output(writer, packet, output, payloads.of(packet, output), mode_of(output), burst);
    }
}

template <typename Writer>
[[gnu::always_inline]] inline void FanOut::send_with(Writer& writer, rte_mbuf& packet,
                                                     std::span<const relay::Output> outputs,
                                                     const Burst& burst) {
    if (outputs.size() == 1) [[likely]]
        return send_only(writer, packet, outputs.front(), burst);
    send_each(writer, packet, outputs, burst);
}

void FanOut::send(rte_mbuf& packet, std::span<const relay::Output> outputs, TxClass tx_class,
                  relay::TimeUs now, Input input) {
    assert(outputs.size() <= relay::kMaxOutputs);
    if (!queue_.admits(tx_class, now)) [[unlikely]]
        return shed(outputs, {tx_class, now, input});
    const bool limited = least_limit_ != port_.capabilities().max_datagram_bytes;
    if (limited && !fit_links(outputs)) [[unlikely]]
        return send_where_it_fits(packet, outputs, {tx_class, now, input});
    switch (link_kind_) {
        case LinkKind::flow_key: {
            net::FlowKeyWriter writer;
            return send_with(writer, packet, outputs, {tx_class, now, input});
        }
        case LinkKind::socket_address: {
            net::SocketWriter writer;
            return send_with(writer, packet, outputs, {tx_class, now, input});
        }
        case LinkKind::ethernet: {
            net::EthernetWriter writer(*port_.ethernet(queue_index_));
            return send_with(writer, packet, outputs, {tx_class, now, input});
        }
    }
}

void FanOut::count(PayloadMode mode, std::uint32_t n) {
    counters_.queued_for_tx += n;
    if (through_kernel_) counters_.through_kernel += n;
    switch (mode) {
        case PayloadMode::none: counters_.no_payload += n; break;
        case PayloadMode::tiny: counters_.copied_tiny += n; break;
        case PayloadMode::chain: counters_.chained += n; break;
        case PayloadMode::linear_small:
        case PayloadMode::linear: counters_.copied_linear += n; break;
    }
}

rte_mempool* FanOut::linear_pool() const {
    return pools_.linear != nullptr ? pools_.linear : pools_.rx;
}

bool FanOut::fits_port(const relay::Output& output) const {
    return output.header.size + output.payload_size <= port_.capabilities().max_datagram_bytes;
}

void FanOut::send_own(std::span<const std::byte, kLinkBytes> link,
                      std::span<const std::uint8_t> packet, TxClass tx_class, relay::TimeUs now) {
    ++counters_.selected;
    const std::uint16_t limit = link_limit(link_kind_, link);
    if (packet.size() > kOwnPacketBytes ||
        packet.size() > port_.capabilities().max_datagram_bytes ||
        (limit != 0 && packet.size() > limit)) {
        ++counters_.too_large;
        return;
    }
    const bool small = packet.size() <= kHeaderPayloadBytes;
    rte_mbuf* m;
    if (!take_headers(small ? pools_.header : linear_pool(), &m, 1)) {
        ++(small ? counters_.no_header_mbuf : counters_.no_payload_mbuf);
        return;
    }
    const auto bytes = static_cast<std::uint16_t>(packet.size());
    m->ol_flags = 0;
    std::memcpy(rtp_room(m), packet.data(), bytes);
    bool resolved = true;
    const auto write = [&](auto writer) {
        writer.begin(net::DatagramShape{bytes});
        set_lengths(m, writer.write(*m, rtp_room(m), link.data()), bytes);
        resolved = writer.resolved();
    };
    switch (link_kind_) {
        case LinkKind::flow_key: write(net::FlowKeyWriter{}); break;
        case LinkKind::socket_address: write(net::SocketWriter{}); break;
        case LinkKind::ethernet: write(net::EthernetWriter(*port_.ethernet(queue_index_))); break;
    }
    count(PayloadMode::none, 1);
    if (resolved)
        queue_.push(&m, 1, tx_class, now);
    else
        queue_.push_unresolved(&m, 1, now);
}

}  // namespace strata::dataplane
