#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace strata::relay {

// The first bytes of an RTP packet, or which of their bits count, in pieces that are compared at
// once.
struct PacketHead {
    static constexpr std::size_t kBytes = 48;
    using Piece [[gnu::vector_size(16)]] = std::uint64_t;
    static constexpr std::size_t kPieces = 3;
    static_assert(kBytes == kPieces * sizeof(Piece));
    // In the first piece: all but the marker and the sequence number, and the timestamp as well.
    static constexpr Piece kNoMarkerNoNumber{0xffff'ffff'0000'7fff, ~std::uint64_t{0}};
    static constexpr Piece kNoTimestamp{0x0000'0000'ffff'ffff, ~std::uint64_t{0}};
    static_assert(std::endian::native == std::endian::little);

    std::array<Piece, kPieces> pieces{};

    // Of one that is longer, those bits that count.
    [[gnu::always_inline]] static PacketHead of(std::span<const std::uint8_t> packet,
                                                const PacketHead& mask) {
        PacketHead head;
        for (std::size_t i = 0; i < kPieces; ++i) head.pieces[i] = load(packet, i) & mask.pieces[i];
        return head;
    }
    // Whether a longer packet has the same bits where they count.
    [[gnu::always_inline]] bool is_of(std::span<const std::uint8_t> packet,
                                      const PacketHead& mask) const {
        const Piece differs =
            differing(packet, mask, 0) | differing(packet, mask, 1) | differing(packet, mask, 2);
        return (differs[0] | differs[1]) == 0;
    }

    // These bits of a byte don't count, in a mask; are 0, in a head.
    void clear(std::size_t at, std::uint8_t bits) {
        reinterpret_cast<std::uint8_t*>(pieces.data())[at] &= static_cast<std::uint8_t>(~bits);
    }
    void set(std::size_t at, std::uint8_t bits) {
        reinterpret_cast<std::uint8_t*>(pieces.data())[at] |= bits;
    }
    std::uint8_t byte(std::size_t at) const {
        return reinterpret_cast<const std::uint8_t*>(pieces.data())[at];
    }

  private:
    [[gnu::always_inline]] static Piece load(std::span<const std::uint8_t> packet, std::size_t i) {
        Piece piece;
        std::memcpy(&piece, packet.data() + i * sizeof piece, sizeof piece);
        return piece;
    }
    [[gnu::always_inline]] Piece differing(std::span<const std::uint8_t> packet,
                                           const PacketHead& mask, std::size_t i) const {
        return (load(packet, i) & mask.pieces[i]) ^ pieces[i];
    }
};

}  // namespace strata::relay
