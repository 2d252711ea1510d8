#pragma once

#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <smmintrin.h>

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
//   2                 size of the header: 42 or 62
//   6..11             source MAC
//   12..13            EtherType
//   14..              IPv4 header (20)             IPv6 header (40)
//                     UDP header (8)               UDP header (8)
//
// The template's lengths are 0, and its UDP checksum field holds the pseudo header's sum without
// lengths, ports included, not inverted. DF is set, so that the IPv4 identification means nothing
// (RFC 6864 section 4.1: atomic datagrams may have any): it is the complement of the length, and
// the header's checksum, which stands in the template, is the same for all lengths.
namespace strata::dataplane::net {

constexpr std::uint8_t kHopLimit = 64;  // of what is sent beyond the link: RFC 1700's default

using MacAddress = std::array<std::uint8_t, 6>;

constexpr std::uint16_t kEthernetBytes = 14, kVlanBytes = 4;
constexpr std::uint16_t kIpv4Bytes = 20, kIpv6Bytes = 40, kUdpBytes = 8;
constexpr std::uint16_t kIpv4HeadBytes = kEthernetBytes + kIpv4Bytes + kUdpBytes;  // 42
constexpr std::uint16_t kIpv6HeadBytes = kEthernetBytes + kIpv6Bytes + kUdpBytes;  // 62
constexpr std::size_t kHeadBytesAt = 2;                                            // of a link
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800, kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeVlan = 0x8100, kEtherTypeIpv6 = 0x86dd;
constexpr std::uint8_t kProtocolIcmp = 1, kProtocolUdp = 17, kProtocolIcmpv6 = 58;
static_assert(kIpv6HeadBytes + kVlanBytes == kMaxLinkBytes);

// A next hop's MAC in the low 48 bits, and whether it is known; until then what Awaited is made of,
// so that a frame that waits says for whom. One atomic word: written when a reply comes, read for
// every packet.
//
//    63   62         48 47                    32 31           16 15            0
//   +---+--------------+------------------------------------------------------+
//   | 1 |  generation  |                        MAC                           |
//   | 0 |  generation  |           0            |   generation  |     index   |
//   +---+--------------+------------------------------------------------------+
struct Neighbour {
    static constexpr std::uint64_t kResolved = std::uint64_t{1} << 63;
    static constexpr std::uint16_t kMostGeneration = 0x7fff;  // 0 comes next
    static constexpr std::uint16_t generation_of(std::uint64_t word) {
        return static_cast<std::uint16_t>(word >> 48 & kMostGeneration);
    }
    static constexpr std::uint64_t unresolved(std::uint16_t index, std::uint16_t generation) {
        return index | std::uint64_t{generation} << 16 | std::uint64_t{generation} << 48;
    }
    static std::uint64_t resolved(const MacAddress& mac, std::uint16_t generation) {
        std::uint64_t word = 0;
        std::memcpy(&word, mac.data(), mac.size());
        return word | std::uint64_t{generation} << 48 | kResolved;
    }

    std::atomic<std::uint64_t> word{0};
};

// Whom a frame waits for, in the place of its destination MAC: an entry of the table, and of which
// generation, since it may become another's meanwhile.
struct Awaited {
    std::uint16_t index = 0;
    std::uint16_t generation = 0;

    static Awaited of(const std::uint8_t* frame) {
        Awaited awaited;
        std::memcpy(&awaited.index, frame, 2);
        std::memcpy(&awaited.generation, frame + 2, 2);
        return awaited;
    }
    // Whether the entry with `word` is still the one.
    bool is(std::uint64_t word) const { return Neighbour::generation_of(word) == generation; }
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

// Bytes that packets share, and their sum: taken when the first packet needs it, since receivers
// with and without UDP checksum may stand in one output.
class PayloadSum {
  public:
    // Without initialisers: a fan-out has room for many and would clear it all for each packet.
    PayloadSum() = default;
    PayloadSum(const std::uint8_t* bytes, std::uint16_t size)
        : bytes_(bytes), size_(size), taken_(false) {}

    const std::uint8_t* bytes() const { return bytes_; }
    // Folded.
    std::uint32_t get() {
        if (!taken_) [[unlikely]]
            take();
        return sum_;
    }

  private:
    [[gnu::noinline]] void take() {
        sum_ = raw_sum(bytes_, size_);
        taken_ = true;
    }

    const std::uint8_t* bytes_;
    std::uint32_t sum_;
    std::uint16_t size_;
    bool taken_;
};

// What the packets of one output have in common.
struct DatagramShape {
    std::uint16_t header_bytes = 0;   // written per receiver: the RTP header
    std::uint16_t payload_bytes = 0;  // shared
    PayloadSum* payload = nullptr;    // of these; may be null where there are none
};

// How a link header that is written in whole pieces ends.
enum class LinkEnd : std::uint8_t {
    exact,
    over,  // it runs over the first six bytes of the RTP header, which is written behind it
};

// Writes the header of one packet in front of its RTP header.
// budget: 20 instructions/packet without checksum, bench/pipeline
class EthernetWriter {
  public:
    explicit EthernetWriter(const EthernetContext& context)
        : context_(context),
          neighbours_(context.neighbours),
          bare_{static_cast<std::uint8_t>(
              context.vlan == 0 && !context.udp_checksum ? kIpv4HeadBytes : 0xff)} {}

    // The packets that write() is called for next.
    void begin(const DatagramShape& shape) {
        shape_ = shape;
        const std::uint16_t udp_bytes =
            static_cast<std::uint16_t>(kUdpBytes + shape.header_bytes + shape.payload_bytes);
        udp_length_ = rte_cpu_to_be_16(udp_bytes);
        ip_length_ = rte_cpu_to_be_16(static_cast<std::uint16_t>(kIpv4Bytes + udp_bytes));
        // Length and identification are bytes 16 to 19 of the link, UDP's length bytes 38 and 39.
        second_ =
            _mm_cvtsi32_si128(static_cast<int>(ip_length_ | ~std::uint32_t{ip_length_} << 16));
        third_ = _mm_insert_epi16(_mm_setzero_si128(), udp_length_, 3);
    }

    // Whether write_bare does for the link: IPv4 on a port without VLAN and without UDP checksums.
    bool is_bare(const std::byte* link) const { return link[kHeadBytesAt] == bare_; }

    // As write(), in pieces of 16 bytes. The link header's size is kIpv4HeadBytes; of the link only
    // the first 40 bytes are looked at. False: the next hop has no address yet.
    template <LinkEnd kEnd>
    [[gnu::always_inline]] bool write_bare(std::uint8_t* rtp, const std::byte* link) const {
        const auto* from = reinterpret_cast<const __m128i*>(link);
        auto* to = reinterpret_cast<__m128i*>(rtp - kIpv4HeadBytes);
        std::uint16_t index;
        std::memcpy(&index, link, 2);
        const std::uint64_t word = neighbours_[index].word.load(std::memory_order_relaxed);
        const __m128i mac = _mm_cvtsi64_si128(static_cast<long long>(word));
        constexpr int kMacWords = 0b111;
        _mm_storeu_si128(to, _mm_blend_epi16(_mm_loadu_si128(from), mac, kMacWords));
        _mm_storeu_si128(to + 1, _mm_or_si128(_mm_loadu_si128(from + 1), second_));
        // Up to UDP's checksum, which is 0: none.
        const __m128i third = _mm_or_si128(third_, _mm_loadl_epi64(from + 2));
        if constexpr (kEnd == LinkEnd::exact) {
            _mm_storel_epi64(to + 2, third);
            store(rtp - 2, 0);
        } else {
            _mm_storeu_si128(to + 2, third);
        }
        return (word & Neighbour::kResolved) != 0;
    }

    // `rtp` points at the RTP header in `m`, already written. Sets offload flags of `m`, nothing
    // else of it. Returns the link header's size. Fields are computed from the link, not read back
    // from what was just written.
    [[gnu::always_inline]] std::uint16_t write(rte_mbuf& m, std::uint8_t* rtp,
                                               const std::byte* link) {
        if (is_v6(link)) [[unlikely]] {
            std::memcpy(rtp - kIpv6HeadBytes, link, kIpv6HeadBytes);
            store(rtp - kIpv6HeadBytes + 18, udp_length_);
            return finish(m, rtp, link, kIpv6HeadBytes);
        }
        std::uint8_t* head = rtp - kIpv4HeadBytes;
        std::memcpy(head, link, kIpv4HeadBytes);
        store(head + 16, ip_length_);
        store(head + 18, static_cast<std::uint16_t>(~ip_length_));
        return finish(m, rtp, link, kIpv4HeadBytes);
    }

    // False when the last write()'s next hop had no address yet: Port::hold it.
    bool resolved() const { return resolved_; }

  private:
    static bool is_v6(const std::byte* link) {
        return link[kHeadBytesAt] == std::byte{static_cast<std::uint8_t>(kIpv6HeadBytes)};
    }
    static void store(std::uint8_t* at, std::uint16_t value) { std::memcpy(at, &value, 2); }
    static std::uint16_t load(const std::byte* at) {
        std::uint16_t value;
        std::memcpy(&value, at, 2);
        return value;
    }

    [[gnu::always_inline]] std::uint16_t finish(rte_mbuf& m, std::uint8_t* rtp,
                                                const std::byte* link, std::uint16_t size) {
        std::uint8_t* udp = rtp - kUdpBytes;
        store(udp + 4, udp_length_);
        if (!context_.udp_checksum && size == kIpv4HeadBytes)
            store(udp + 6, 0);
        else
            set_udp_checksum(m, rtp, link, size);
        std::uint8_t* head = rtp - size;
        std::uint16_t index;
        std::memcpy(&index, link, 2);
        const std::uint64_t word = context_.neighbours[index].word.load(std::memory_order_relaxed);
        resolved_ = (word & Neighbour::kResolved) != 0;
        std::memcpy(head, &word, 6);
        if (context_.vlan == 0) [[likely]]
            return size;
        push_vlan(head);
        return static_cast<std::uint16_t>(size + kVlanBytes);
    }

    [[gnu::always_inline]] void set_udp_checksum(rte_mbuf& m, std::uint8_t* rtp,
                                                 const std::byte* link, std::uint16_t size) const {
        std::uint8_t* udp = rtp - kUdpBytes;
        const std::byte* template_udp = link + size - kUdpBytes;
        const std::uint32_t pseudo = load(template_udp + 6) + std::uint32_t{udp_length_};
        if (context_.checksum_offload) {
            // The device sums up UDP's header itself: take its ports out of the template's sum.
            const std::uint32_t ports = load(template_udp) + std::uint32_t{load(template_udp + 2)};
            store(udp + 6, fold(pseudo + static_cast<std::uint16_t>(~fold(ports))));
            const bool v6 = size == kIpv6HeadBytes;
            m.ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM | (v6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
            m.tx_offload = 0;
            m.l2_len = (context_.vlan != 0 ? kEthernetBytes + kVlanBytes : kEthernetBytes) & 0x7f;
            m.l3_len = (v6 ? kIpv6Bytes : kIpv4Bytes) & 0x1ff;
            return;
        }
        // The length counts twice: in the pseudo header and in UDP's own.
        const std::uint32_t body = raw_sum(rtp, shape_.header_bytes);
        const std::uint32_t sum = shape_.payload_bytes != 0 ? shape_.payload->get() : 0;
        const std::uint32_t payload = (shape_.header_bytes & 1) != 0 ? swap_bytes(sum) : sum;
        store(udp + 6, udp_checksum(pseudo + udp_length_ + body + payload));
    }

    // Moves the addresses in front of a tag; the EtherType stays where it is.
    void push_vlan(std::uint8_t* head) const {
        std::memmove(head - kVlanBytes, head, 12);
        store(head + 8, rte_cpu_to_be_16(kEtherTypeVlan));
        store(head + 10, rte_cpu_to_be_16(context_.vlan));
    }

    const EthernetContext& context_;
    const Neighbour* neighbours_;
    std::byte bare_;
    __m128i second_{}, third_{};  // what write_bare adds to the link's second and third piece
    DatagramShape shape_;
    std::uint16_t udp_length_ = 0, ip_length_ = 0;  // network order
    bool resolved_ = true;
};

}  // namespace strata::dataplane::net
