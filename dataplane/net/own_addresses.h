#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/port/flow_key.h"

namespace strata::dataplane::net {

// All addresses that begin with the first `bits` of `address`, of its own family's width.
struct Prefix {
    IpAddress address;
    std::uint8_t bits = 0;  // 0..32 or 0..128

    bool contains(const IpAddress& other) const;
    // `address` without the bits behind the prefix.
    IpAddress network() const;
    // As in 16 bytes, of all 128.
    unsigned bits_of_128() const { return address.is_v4() ? 96u + bits : bits; }
    // The same family, bits and network; the bits behind them don't count.
    bool same_as(const Prefix& other) const;
};

// `address` without its bits from `bits` on, of all 128: a v4-mapped one has 96 in front.
IpAddress network_of(IpAddress address, unsigned bits);

// The addresses of one port, IPv4 and IPv6, each with the prefix of its link. Filled on the main
// thread before the first packet; from then on only read, by any thread.
class OwnAddresses {
  public:
    static constexpr std::size_t kMost = 8;

    // False, and nothing changed: full, the address is there already, or another one has its
    // prefix.
    bool add(const Prefix& address);
    // What leaves the links by `gateway` comes from the address whose prefix contains it.
    void set_gateway(const IpAddress& gateway);

    // As they were added; the first one is what a peer is told that is told of one alone.
    std::span<const Prefix> all() const { return {all_.data(), size_}; }
    bool has_v4() const { return beyond_[0] != kNone; }
    bool has_v6() const { return beyond_[1] != kNone; }

    // Whether `address` is one of them. For every packet that is received: two words for each
    // address, in their order.
    bool has(const IpAddress& address) const {
        const auto [high, low] = std::bit_cast<Words>(address.bytes);
        for (std::size_t i = 0; i < size_; ++i) {
            const auto [own_high, own_low] = std::bit_cast<Words>(all_[i].address.bytes);
            if (((own_high ^ high) | (own_low ^ low)) == 0) return true;
        }
        return false;
    }

    // Whether nobody else sends from `source`: it is one of them, or the directed broadcast of a
    // link (RFC 1122 section 3.2.1.3 (g)). For every packet that is received to us, as `has`.
    bool refuses(const IpAddress& source) const {
        const auto [high, low] = std::bit_cast<Words>(source.bytes);
        for (std::size_t i = 0; i < size_; ++i) {
            const auto [own_high, own_low] = std::bit_cast<Words>(all_[i].address.bytes);
            const auto last = std::bit_cast<Words>(broadcasts_[i].bytes).low;
            if (high == own_high && (low == own_low || low == last)) return true;
        }
        return false;
    }

    // The one that packets to `remote` come from: of its family, with the longest prefix that
    // contains `remote`; else the one on the gateway's link; else the first one. Null: none is of
    // its family.
    const Prefix* towards(const IpAddress& remote) const;

  private:
    static constexpr std::uint8_t kNone = 0xff;
    struct Words {
        std::uint64_t high, low;
    };

    std::array<Prefix, kMost> all_{};
    std::array<IpAddress, kMost> broadcasts_{};  // of its link; the address itself: there is none
    std::uint8_t size_ = 0;
    std::array<std::uint8_t, 2> beyond_{kNone, kNone};  // IPv4, IPv6: see towards
};

}  // namespace strata::dataplane::net
