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

    // The same, without bits of up to two bytes: made at once, so that it can be loaded at once.
    struct Bits {
        std::uint8_t at = 0, bits = 0;
    };
    [[gnu::always_inline]] static PacketHead of_without(std::span<const std::uint8_t> packet,
                                                        const PacketHead& mask,
                                                        const std::array<Bits, 2>& without) {
        PacketHead head;
        for (std::size_t i = 0; i < kPieces; ++i) {
            const Piece cleared = of_bits(without[0], i) | of_bits(without[1], i);
            head.pieces[i] = load(packet, i) & mask.pieces[i] & ~cleared;
        }
        return head;
    }
    bool is(const PacketHead& other) const {
        const Piece differs = (pieces[0] ^ other.pieces[0]) | (pieces[1] ^ other.pieces[1]) |
                              (pieces[2] ^ other.pieces[2]);
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
    // From kBytes - 1 - n on the byte n is set.
    static constexpr std::array<std::uint8_t, 2 * kBytes> kOneByte = [] {
        std::array<std::uint8_t, 2 * kBytes> bytes{};
        bytes[kBytes - 1] = 0xff;
        return bytes;
    }();
    // In piece `i`.
    [[gnu::always_inline]] static Piece of_bits(Bits bits, std::size_t i) {
        const Piece byte = load(std::span(kOneByte).subspan(kBytes - 1 - bits.at), i);
        return byte & (bits.bits * 0x0101'0101'0101'0101u);
    }
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
