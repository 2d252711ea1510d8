#pragma once

#include <rte_byteorder.h>
#include <rte_mbuf.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/net/checksum.h"
#include "dataplane/port/flow_key.h"
#include "dataplane/port/pools.h"

// Layers 2 to 4 of a receiver, as its 64 link bytes and as written in front of an RTP header.
//
//   link bytes        IPv4                         IPv6
//   0..1              neighbour index (host order), in the place of the destination MAC
//   6..11             source MAC
//   12..13            EtherType
//   14..              IPv4 header (20)             IPv6 header (40)
//                     UDP header (8)               UDP header (8)
//   62                size of the header: 42 or 62
//
// The template's lengths are 0, its IPv4 checksum is that of length 0, and its UDP checksum field
// holds the pseudo header's sum without lengths, ports included, not inverted. DF is set and the
// IPv4 identification is 0 (RFC 6864 section 4.1: atomic datagrams need none).
namespace strata::dataplane::net {

using MacAddress = std::array<std::uint8_t, 6>;

constexpr std::uint16_t kEthernetBytes = 14, kVlanBytes = 4;
constexpr std::uint16_t kIpv4Bytes = 20, kIpv6Bytes = 40, kUdpBytes = 8;
constexpr std::uint16_t kIpv4HeadBytes = kEthernetBytes + kIpv4Bytes + kUdpBytes;  // 42
constexpr std::uint16_t kIpv6HeadBytes = kEthernetBytes + kIpv6Bytes + kUdpBytes;  // 62
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800, kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeVlan = 0x8100, kEtherTypeIpv6 = 0x86dd;
constexpr std::uint8_t kProtocolIcmp = 1, kProtocolUdp = 17, kProtocolIcmpv6 = 58;
static_assert(kIpv6HeadBytes + kVlanBytes == kMaxLinkBytes);

// A next hop's MAC in the low 48 bits, and whether it is known; until then its index in the table,
// so that a frame that waits says for whom. One atomic word: written when a reply comes, read for
// every packet.
struct Neighbour {
    static constexpr std::uint64_t kResolved = std::uint64_t{1} << 63;
    std::atomic<std::uint64_t> word{0};
};

// What one queue needs per packet. `neighbours` is shared by all queues of the port.
struct EthernetContext {
    const Neighbour* neighbours = nullptr;
    std::uint16_t vlan = 0;         // 1..4094, 0: untagged
    bool udp_checksum = true;       // IPv6 has one whatever this says (RFC 8200 section 8.1)
    bool checksum_offload = false;  // the device fills UDP's in
};

// Writes the 64 link bytes for packets of `flow` from `source` to the next hop `neighbour`.
void make_ethernet_link(const FlowKey& flow, const MacAddress& source, std::uint16_t neighbour,
                        std::span<std::byte, 64> link);
std::uint16_t neighbour_of(std::span<const std::byte, 64> link);

// Writes the header of one packet in front of its RTP header.
// budget: 8 ns/packet without checksum, bench/pipeline
class EthernetWriter {
  public:
    explicit EthernetWriter(const EthernetContext& context) : context_(context) {}

    // Packets of `link` need the sum of their payload (once per variant) for write().
    bool wants_payload_sum(const std::byte* link) const {
        return !context_.checksum_offload && (context_.udp_checksum || is_v6(link));
    }

    // `rtp` points at the RTP header in `m`, already written, of `header_bytes`; `payload_bytes`
    // follow it with the folded sum `payload_sum`. Sets offload flags of `m`, nothing else of it.
    // Returns the link header's size.
    std::uint16_t write(rte_mbuf& m, std::uint8_t* rtp, const std::byte* link,
                        std::uint16_t header_bytes, std::uint16_t payload_bytes,
                        std::uint32_t payload_sum) {
        const bool v6 = is_v6(link);
        const std::uint16_t size = v6 ? kIpv6HeadBytes : kIpv4HeadBytes;
        std::uint8_t* head = rtp - size;
        if (v6)
            std::memcpy(head, link, kIpv6HeadBytes);
        else
            std::memcpy(head, link, kIpv4HeadBytes);
        const auto datagram = static_cast<std::uint16_t>(header_bytes + payload_bytes);
        const auto udp_bytes = static_cast<std::uint16_t>(kUdpBytes + datagram);
        std::uint8_t* udp = rtp - kUdpBytes;
        store(udp + 4, rte_cpu_to_be_16(udp_bytes));
        if (v6)
            store(head + 18, rte_cpu_to_be_16(udp_bytes));
        else
            set_ipv4_length(head + kEthernetBytes, udp_bytes);
        set_udp_checksum(m, udp, rtp, {v6, header_bytes, udp_bytes, payload_sum});
        return set_destination(head, link) + size;
    }

    // False when the last write()'s next hop had no address yet: Port::hold it.
    bool resolved() const { return resolved_; }

  private:
    struct Sizes {
        bool v6;
        std::uint16_t header_bytes, udp_bytes;
        std::uint32_t payload_sum;
    };

    static bool is_v6(const std::byte* link) {
        return link[62] == std::byte{static_cast<std::uint8_t>(kIpv6HeadBytes)};
    }
    static void store(std::uint8_t* at, std::uint16_t value) { std::memcpy(at, &value, 2); }
    static std::uint16_t load(const std::uint8_t* at) {
        std::uint16_t value;
        std::memcpy(&value, at, 2);
        return value;
    }

    // Total length, and the checksum moved from length 0 to it (RFC 1624).
    static void set_ipv4_length(std::uint8_t* ip, std::uint16_t udp_bytes) {
        const auto total = rte_cpu_to_be_16(static_cast<std::uint16_t>(kIpv4Bytes + udp_bytes));
        store(ip + 2, total);
        const std::uint32_t sum = static_cast<std::uint16_t>(~load(ip + 10)) + std::uint32_t{total};
        store(ip + 10, checksum(sum));
    }

    void set_udp_checksum(rte_mbuf& m, std::uint8_t* udp, const std::uint8_t* rtp, Sizes s) const {
        if (!context_.udp_checksum && !s.v6) {
            store(udp + 6, 0);
            return;
        }
        // The length counts twice: in the pseudo header and in UDP's own.
        const std::uint32_t length = rte_cpu_to_be_16(s.udp_bytes);
        const std::uint32_t pseudo = load(udp + 6) + length;
        if (context_.checksum_offload) {
            // The device sums up UDP's header itself: take its ports out of the template's sum.
            const std::uint32_t ports = load(udp) + std::uint32_t{load(udp + 2)};
            store(udp + 6, fold(pseudo + static_cast<std::uint16_t>(~fold(ports))));
            m.ol_flags |=
                RTE_MBUF_F_TX_UDP_CKSUM | (s.v6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
            m.tx_offload = 0;
            m.l2_len = (context_.vlan != 0 ? kEthernetBytes + kVlanBytes : kEthernetBytes) & 0x7f;
            m.l3_len = (s.v6 ? kIpv6Bytes : kIpv4Bytes) & 0x1ff;
            return;
        }
        const std::uint32_t body = raw_sum(rtp, s.header_bytes);
        const std::uint32_t payload =
            (s.header_bytes & 1) != 0 ? swap_bytes(s.payload_sum) : s.payload_sum;
        store(udp + 6, udp_checksum(pseudo + length + body + payload));
    }

    // Destination MAC, and the VLAN tag pushed in front of the EtherType. Returns bytes added.
    std::uint16_t set_destination(std::uint8_t* head, const std::byte* link) {
        std::uint16_t index;
        std::memcpy(&index, link, 2);
        const std::uint64_t word = context_.neighbours[index].word.load(std::memory_order_relaxed);
        resolved_ = (word & Neighbour::kResolved) != 0;
        std::memcpy(head, &word, 6);
        if (context_.vlan == 0) return 0;
        std::memmove(head - kVlanBytes, head, 12);
        store(head + 8, rte_cpu_to_be_16(kEtherTypeVlan));
        store(head + 10, rte_cpu_to_be_16(context_.vlan));
        return kVlanBytes;
    }

    const EthernetContext& context_;
    bool resolved_ = true;
};

}  // namespace strata::dataplane::net
