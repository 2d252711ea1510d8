#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "relay/codec/packet_info.h"
#include "relay/rtp/byte_order.h"
#include "relay/svc/frame_info.h"
#include "relay/svc/media_drop.h"
#include "relay/svc/packet_head.h"
#include "relay/svc/predicate.h"

namespace strata::relay {

// Frames that nobody wants, of which one is like the other: what their first packets have in
// common, and what such a frame is. They differ in numbers alone: those in which packets of one
// frame do, and the picture's (timestamp, picture id, TL0PICIDX, KEYIDX, frame_number).
struct alignas(64) FrameKind {
    // Of the first packet; of those behind it, and what of the first one they have in common.
    PacketHead mask, head, rest_mask, rest_head;
    // As FrameRest's.
    std::uint8_t end_at = 0, end_bit = 0;
    std::uint8_t transport_cc_at = 0, extensions_ignored = 0, head_bytes = 0;
    MediaDrop why = MediaDrop::none;
    // Where the picture id stands, or the descriptor's frame_number, and how many bits it has.
    std::uint8_t id_at = 0, id_bits = 0;
    std::uint8_t template_place = 0;   // with a descriptor
    std::int64_t structure_from = -1;  // frame that its structure came with
    LayerSets sets;
    FrameFacts frame;  // but for id, picture and leads_picture

    // Nothing that differs from frame to frame counts in `mask` any more. False: it isn't known
    // what does.
    bool ignore_numbers(const PacketInfo& info, bool by_descriptor, bool encrypted);
    std::uint32_t id_of(std::span<const std::uint8_t> packet) const {
        if (id_bits == 7) return packet[id_at] & 0x7fu;
        return load_be16(&packet[id_at]) & ((1u << id_bits) - 1);
    }
};

// The kinds that came last of one encoding's frames, as long as nobody comes, goes or changes his
// mind. The owning worker only.
class FrameKinds {
  public:
    static constexpr std::size_t kKinds = 4;  // temporal layers

    // Null: the packet begins none of them. `likely`: where to look first, then where it was found.
    [[gnu::always_inline]] const FrameKind* find(std::span<const std::uint8_t> packet,
                                                 std::uint8_t& likely) {
        for (std::uint8_t i = 0; i < kKinds; ++i) {
            const auto at = static_cast<std::uint8_t>((likely + i) % kKinds);
            if (at >= count_ || !kinds_[at].head.is_of(packet, kinds_[at].mask)) continue;
            likely = at;
            fruitless_ = 0;
            return &kinds_[at];
        }
        return nullptr;
    }

    // Where what `packet` begins is to be kept; kNone for most where what was kept so far was of no
    // use.
    static constexpr std::uint8_t kNone = 0xff;
    std::uint8_t place_for(std::span<const std::uint8_t> packet);
    void keep(std::uint8_t place, const FrameKind& kind);
    void forget() { count_ = next_ = 0; }

    // Brings near the one that is looked at first.
    [[gnu::always_inline]] void prefetch(std::uint8_t likely) const {
        __builtin_prefetch(this, 1);
        const char* const at = reinterpret_cast<const char*>(&kinds_[likely % kKinds]);
        for (std::size_t i = 0; i < sizeof(FrameKind); i += 64) __builtin_prefetch(at + i);
    }

  private:
    static constexpr std::uint8_t kPatience = 2 * kKinds;

    std::uint8_t count_ = 0, next_ = 0;
    std::uint8_t fruitless_ = 0;  // kept since one was found
    std::uint8_t refused_ = 0;
    std::array<FrameKind, kKinds> kinds_;
};

}  // namespace strata::relay
