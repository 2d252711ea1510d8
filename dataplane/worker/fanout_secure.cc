#include "dataplane/worker/fanout_secure.h"

#include <algorithm>
#include <array>

#include "dataplane/net/ethernet_link.h"
#include "dataplane/net/socket_link.h"
#include "dataplane/worker/header_mbuf.h"
#include "dataplane/worker/secure_transport.h"
#include "dataplane/worker/slot_header.h"
#include "relay/rewrite/header_template.h"
#include "relay/rtp/byte_order.h"
#include "relay/srtp/framing.h"

// Receivers whose packets are encrypted: headers are written as for the others, the payload goes
// through the cipher from the shared packet into each receiver's own, many packets per call.
namespace strata::dataplane {
namespace {

// Mbufs taken from the pool at once: as many as are encrypted at once, so that what is written next
// was freed just now and is still in the first-level cache.
constexpr std::uint32_t kSecureChunk = kGcmBatch;
constexpr std::uint32_t kLegsAhead = 2;

// Where the RTP header goes, so that what is encrypted begins with a cache line: wide vectors are
// stored in one piece then.
std::uint16_t aligned_rtp_offset(std::uint16_t clear_size) {
    constexpr unsigned kLine = 64;
    const unsigned text = kRtpOffset + clear_size + kLine - 1;
    return static_cast<std::uint16_t>(text / kLine * kLine - clear_size);
}

// Its keys aren't fetched ahead: the cipher reads their 16 lines in order, and to ask for each
// costs more than it saves (1.52 times raw ipsec-mb instead of 1.46, at 100 receivers).
void prefetch_leg(const relay::ReceiverSlot& slot) {
    const auto* leg = static_cast<const char*>(slot.seal);
    rte_prefetch0(leg);
    rte_prefetch0(leg + 64);
    rte_prefetch0(leg + 128);
}

}  // namespace

// What the receivers of one output have in common.
struct FanOut::SecureOutput {
    const relay::Output& output;
    const std::uint8_t* payload;
    std::uint16_t clear_size;
    std::uint16_t size;  // without a tag
    std::uint16_t rtp_offset;
    std::uint32_t largest;  // that port and mbufs have room for; the tag counts (C46)
    Burst burst;
    // Of a link that says nothing about what is encrypted: written with the RTP header, for packets
    // with the tag of the first receiver's profile. Null: links of another kind.
    const net::EthernetWriter* links = nullptr;
    std::uint16_t linked_size = 0;

    // Fits a header mbuf, where nothing is gained by room in front.
    bool small() const { return size + relay::kMaxSrtpTag <= kHeaderPayloadBytes; }
};

void FanOut::send_secure(rte_mbuf& packet, const relay::Output& output, const Burst& burst) {
    const relay::HeaderTemplate& header = output.header;
    const auto clear = relay::rtp_clear_size(std::span(header.bytes).first(header.size));
    SecureOutput common{
        .output = output,
        .payload = rte_pktmbuf_mtod_offset(&packet, const std::uint8_t*, output.payload_offset),
        .clear_size = static_cast<std::uint16_t>(clear.value_or(header.size)),
        .size = static_cast<std::uint16_t>(header.size + output.payload_size),
        .rtp_offset = kRtpOffset,
        .largest = port_.capabilities().max_datagram_bytes,
        .burst = burst};
    if (!common.small()) common.rtp_offset = aligned_rtp_offset(common.clear_size);
    rte_mempool* pool = common.small() ? pools_.header : linear_pool();
    common.largest = std::min<std::uint32_t>(common.largest,
                                             rte_pktmbuf_data_room_size(pool) - common.rtp_offset);
    const auto send = [&] {
        with_slot_header(header, [&](const auto& writer) { send_secure_with(common, writer); });
    };
    const relay::SrtpKeys* first = static_cast<SecureLeg*>(output.receivers.front().seal)->keys;
    if (port_.capabilities().link_kind != LinkKind::ethernet || first == nullptr) return send();
    net::EthernetWriter links(*port_.ethernet(queue_index_));
    common.linked_size =
        static_cast<std::uint16_t>(common.size + relay::tag_size(first->profile()));
    links.begin(net::DatagramShape{common.linked_size});
    common.links = &links;
    send();
}

template <typename Header>
void FanOut::send_secure_with(const SecureOutput& common, const Header& header) {
    const relay::Output& output = common.output;
    const bool small = common.small();
    std::span<relay::ReceiverSlot> rest = output.receivers;
    for (const relay::ReceiverSlot& slot :
         rest.first(std::min<std::size_t>(rest.size(), kLegsAhead)))
        prefetch_leg(slot);
    while (!rest.empty()) {
        const auto n = std::min(static_cast<std::uint32_t>(rest.size()), kSecureChunk);
        std::array<rte_mbuf*, kSecureChunk> m;
        if (!take_headers(small ? pools_.header : linear_pool(), m.data(), n)) {
            (small ? counters_.no_header_mbuf : counters_.no_payload_mbuf) += n;
        } else {
            std::uint32_t unused = 0;
            for (std::uint32_t i = 0; i < n; ++i) {
                if (i + kLegsAhead < rest.size()) prefetch_leg(rest[i + kLegsAhead]);
                if (!add_secure(common, header, rest[i], m[i])) m[unused++] = m[i];
            }
            if (unused != 0) rte_pktmbuf_free_bulk(m.data(), unused);
        }
        rest = rest.subspan(n);
    }
}

// False: this receiver gets nothing, counted; `m` isn't used.
template <typename Header>
[[gnu::always_inline]] inline bool FanOut::add_secure(const SecureOutput& common,
                                                      const Header& header,
                                                      const relay::ReceiverSlot& slot,
                                                      rte_mbuf* m) {
    const relay::Output& output = common.output;
    auto& leg = *static_cast<SecureLeg*>(slot.seal);
    if (!leg.keys) [[unlikely]]
        return ++counters_.unkeyed, false;
    const relay::SrtpProfile profile = leg.keys->profile();
    const auto size = static_cast<std::uint16_t>(common.size + relay::tag_size(profile));
    if (size > common.largest) [[unlikely]]
        return ++counters_.too_large, false;
    const auto index = leg.stream.claim(
        static_cast<std::uint16_t>(output.header.sequence + slot.offsets.sequence));
    if (!index) [[unlikely]]
        return ++counters_.index_used, false;

    std::uint8_t* rtp = rtp_room(m, common.rtp_offset);
    m->ol_flags = 0;
    Sealing& sealing = sealings_[waiting_];
    sealing.packet = m;
    sealing.tx_class = common.burst.tx_class;
    if (common.links && size == common.linked_size && common.links->is_bare(slot.link.data()))
        [[likely]] {
        const bool resolved = common.links->write_bare<net::LinkEnd::over>(rtp, slot.link.data());
        set_lengths(m, net::kIpv4HeadBytes, size, common.rtp_offset);
        sealing.linked = resolved ? Sealing::Linked::resolved : Sealing::Linked::unresolved;
    } else {
        sealing.bytes = size;
        sealing.rtp_offset = common.rtp_offset;
        sealing.link = slot.link;
        sealing.linked = Sealing::Linked::no;
    }
    header.write(slot, rtp);
    const auto head = static_cast<std::uint16_t>(output.header.size - common.clear_size);
    relay::frame_sent_rtp(*leg.keys,
                          {rtp, common.clear_size, head, common.payload, output.payload_size},
                          *index, jobs_[waiting_]);
    ++waiting_;
    if (waiting_ == (relay::is_gcm(profile) ? kGcmBatch : kCounterBatch) ||
        waiting_ == kCounterBatch)
        seal(common.burst.now);
    return true;
}

void FanOut::seal(relay::TimeUs now) {
    if (waiting_ == 0) return;
    cipher_->seal(std::span(jobs_).first(waiting_));
    switch (port_.capabilities().link_kind) {
        case LinkKind::flow_key: finish_sealed(net::FlowKeyWriter{}, now); break;
        case LinkKind::socket_address: finish_sealed(net::SocketWriter{}, now); break;
        case LinkKind::ethernet:
            finish_sealed(net::EthernetWriter(*port_.ethernet(queue_index_)), now);
            break;
    }
    counters_.encrypted += waiting_;
    counters_.queued_for_tx += waiting_;
    if (through_kernel_) counters_.through_kernel += waiting_;
    waiting_ = 0;
}

// Links with a checksum come last: it is that of the ciphertext. Runs of one class leave together.
template <typename Writer>
void FanOut::finish_sealed(Writer&& writer, relay::TimeUs now) {
    std::array<rte_mbuf*, kCounterBatch> ready, unresolved;
    std::uint32_t ready_count = 0, unresolved_count = 0;
    std::uint16_t shaped = 0;  // size that the writer was told of
    for (std::uint32_t i = 0; i < waiting_; ++i) {
        const Sealing& sealing = sealings_[i];
        rte_mbuf* m = sealing.packet;
        bool resolved = sealing.linked == Sealing::Linked::resolved;
        if (sealing.linked == Sealing::Linked::no) {
            if (sealing.bytes != shaped) {
                shaped = sealing.bytes;
                writer.begin(net::DatagramShape{shaped});
            }
            std::uint8_t* const rtp = rtp_room(m, sealing.rtp_offset);
            set_lengths(m, writer.write(*m, rtp, sealing.link.data()), sealing.bytes,
                        sealing.rtp_offset);
            resolved = writer.resolved();
        }
        if (resolved) [[likely]]
            ready[ready_count++] = m;
        else
            unresolved[unresolved_count++] = m;
        const bool last = i + 1 == waiting_ || sealings_[i + 1].tx_class != sealing.tx_class;
        if (!last) continue;
        queue_.push(ready.data(), ready_count, sealing.tx_class, now);
        ready_count = 0;
    }
    if (unresolved_count != 0) queue_.push_unresolved(unresolved.data(), unresolved_count, now);
}

}  // namespace strata::dataplane
