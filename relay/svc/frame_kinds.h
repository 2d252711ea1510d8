#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"
#include "relay/rtp/byte_order.h"
#include "relay/svc/frame_info.h"
#include "relay/svc/packet_head.h"
#include "relay/svc/predicate.h"
#include "relay/svc/prefetch.h"

namespace strata::relay {

// Frames that nobody wants, of which one is like the other: what their first packets have in
// common, and what such a frame is. They differ in numbers alone: those in which packets of one
// frame do, and the picture's (timestamp, picture id, TL0PICIDX, KEYIDX, frame_number).
// Two cache lines.
struct alignas(64) FrameKind {
    static constexpr std::size_t kMostChains = 8;

    PacketHead head;  // of the first packet
    LayerSets sets;
    FrameFacts frame;  // but for id, picture and leads_picture
    // With a descriptor, and as many as `frame` says.
    std::array<std::uint16_t, kMaxReferences> frame_diff{};  // how many frames back
    std::array<std::uint8_t, kMostChains> chain_diff{};
};
static_assert(sizeof(FrameKind) == 128);

// How the first packets of all kinds of one encoding are read.
struct FrameKindLayout {
    PacketHead mask;  // what of their heads counts
    // Where the picture id stands, or the descriptor's frame_number, and how many bits it has.
    std::uint8_t id_at = 0, id_bits = 0;
    std::int64_t structure_from = -1;  // frame that the descriptor's structure came with

    // Nothing that differs from frame to frame counts any more. `mask` and `head` are of a whole
    // first packet before. False: it isn't known what does.
    bool ignore_numbers(PacketHead& head, const PacketInfo& info, bool by_descriptor,
                        bool encrypted);
    std::uint32_t id_of(std::span<const std::uint8_t> packet) const {
        if (id_bits == 7) return packet[id_at] & 0x7fu;
        return load_be16(&packet[id_at]) & ((1u << id_bits) - 1);
    }
    bool is(const FrameKindLayout& other) const {
        return id_at == other.id_at && id_bits == other.id_bits &&
               structure_from == other.structure_from && mask.is(other.mask);
    }
};

// The kinds that came last of one encoding's frames, as long as nobody comes, goes or changes his
// mind. The owning worker only.
class alignas(64) FrameKinds {
  public:
    static constexpr std::size_t kKinds = 4;  // temporal layers

    // Null: the packet begins none of them. `likely`: where to look first, then where it was found.
    [[gnu::always_inline]] const FrameKind* find(std::span<const std::uint8_t> packet,
                                                 std::uint8_t& likely) {
        for (std::uint8_t i = 0; i < kKinds; ++i) {
            const auto at = static_cast<std::uint8_t>((likely + i) % kKinds);
            if (at >= count_ || !kinds_[at].head.is_of(packet, layout_.mask)) continue;
            likely = at;
            fruitless_ = 0;
            return &kinds_[at];
        }
        return nullptr;
    }
    // Of them all.
    const FrameKindLayout& layout() const { return layout_; }

    // Where what `packet` begins is to be kept; kNone for most where what was kept so far was of no
    // use.
    static constexpr std::uint8_t kNone = 0xff;
    std::uint8_t place_for(std::span<const std::uint8_t> packet);
    // Those of another layout are forgotten.
    void keep(std::uint8_t place, const FrameKind& kind, const FrameKindLayout& layout);
    void forget() { count_ = next_ = 0; }

    // Brings near the one that is looked at first.
    [[gnu::always_inline]] void prefetch(std::uint8_t likely) const {
        const FrameKind& kind = kinds_[likely % kKinds];
        __builtin_prefetch(this, 1);
        prefetch_lines(&kind, sizeof kind);
    }

  private:
    static constexpr std::uint8_t kPatience = 2 * kKinds;

    FrameKindLayout layout_;
    std::uint8_t count_ = 0, next_ = 0;
    std::uint8_t fruitless_ = 0;  // kept since one was found
    std::uint8_t refused_ = 0;
    std::array<FrameKind, kKinds> kinds_;
};

}  // namespace strata::relay
