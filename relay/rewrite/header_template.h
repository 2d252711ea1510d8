#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "relay/rewrite/header_profile.h"
#include "relay/rtp/byte_order.h"

namespace strata::relay {

// What one receiver's copy of a packet differs in: added to the group's numbers, modulo each
// field's width. Lives in ReceiverSlot.
struct ReceiverOffsets {
    std::uint32_t ssrc = 0;              // outgoing, absolute
    std::uint32_t timestamp = 0;         // added
    std::uint16_t sequence = 0;          // added (design.md: out(n) = n - dropped(n) + offset)
    std::uint16_t frame_number = 0;      // added to the dependency descriptor's frame_number (C10)
    std::uint16_t picture_id = 0;        // added, then cut to the picture id's width (C23)
    std::uint8_t tl0_pic_idx = 0;        // added
    std::uint8_t key_idx = 0;            // added, modulo 32
    std::uint8_t template_id_shift = 0;  // added, modulo 64 (C10)
};

// What differs per receiver besides sequence number, timestamp and SSRC: decided once per template,
// so that its receivers don't pay for fields that it doesn't have.
enum class HeaderPatch : std::uint8_t {
    none,
    picture,     // VP8's and VP9's fields, the picture id of 15 bits if there is one
    descriptor,  // a dependency descriptor without structure
    any,         // what else there may be
};

// The RTP header of one (packet, group, header profile): bytes that all its receivers share, with
// the few places that differ per receiver. Built once (header_builder.h, empty_packet.h), patched
// per receiver by write_header. The group's own values of the patched fields stand beside the
// bytes, so that patching never reads what the copy has just written.
struct HeaderTemplate {
    static constexpr std::size_t kBlock = 32;  // write_header copies whole blocks
    static constexpr std::size_t kMaxSize =
        320;  // with 62 bytes of layers 2 to 4: one 384-byte mbuf

    std::uint16_t size = 0;      // header, extensions and payload descriptor bytes
    std::uint16_t sequence = 0;  // n - dropped(n): low 16 bits
    std::uint32_t timestamp = 0;
    // Offsets of what is patched; 0: not there (no patched field lies at offset 0).
    std::uint16_t descriptor_at = 0;  // dependency descriptor: its first byte
    std::uint16_t picture_id_at = 0;
    std::uint16_t tl0_pic_idx_at = 0;
    std::uint16_t key_idx_at = 0;  // VP8: the byte with TID, Y and KEYIDX
    std::uint16_t frame_number = 0;
    std::uint16_t picture_id = 0;
    std::uint8_t template_byte = 0;        // start, end, template id (low 6 bits)
    bool has_structure = false;            // template_id_offset stands at bit 29 of the descriptor
    std::uint8_t structure_id_offset = 0;  // its 6 bits
    std::uint8_t picture_id_bits = 0;      // 7 or 15
    std::uint8_t tl0_pic_idx = 0;
    std::uint8_t key_idx_byte = 0;
    HeaderPatch patch = HeaderPatch::none;  // of the fields above: see patch_of
    bool stamped = false;                   // either of the two below, see stamp_header
    std::uint8_t mid_size = 0;
    std::uint16_t mid_at = 0;                 // 0: not there
    std::uint16_t transport_sequence_at = 0;  // of the transport-wide number, 0: not there
    alignas(kBlock) std::array<std::uint8_t, kMaxSize> bytes{};
};

namespace detail {

// Dependency descriptor, AV1 RTP payload specification, appendix A.8.2:
//   byte 0: start_of_frame(1) end_of_frame(1) frame_dependency_template_id(6)
//   bytes 1..2: frame_number
//   bits 24..28: flags; with a structure, bits 29..34: template_id_offset
inline void patch_descriptor(const HeaderTemplate& t, const ReceiverOffsets& r, std::uint8_t* at) {
    at[0] = static_cast<std::uint8_t>((t.template_byte & 0xc0) |
                                      ((t.template_byte + r.template_id_shift) & 0x3f));
    store_be16(at + 1, static_cast<std::uint16_t>(t.frame_number + r.frame_number));
    if (!t.has_structure) return;
    const unsigned id_offset = (t.structure_id_offset + r.template_id_shift) & 0x3fu;
    at[3] = static_cast<std::uint8_t>((at[3] & 0xf8) | (id_offset >> 3));
    at[4] = static_cast<std::uint8_t>((at[4] & 0x1f) | ((id_offset & 7) << 5));
}

// VP8 and VP9 payload descriptors, RFC 7741 section 4.2, RFC 9628 section 4.2. The picture id keeps
// its width: 7 bits in a byte with the top bit clear, 15 bits in two with the top bit set (C23).
inline void patch_picture(const HeaderTemplate& t, const ReceiverOffsets& r, std::uint8_t* out) {
    if (t.picture_id_at != 0) {
        const auto id = static_cast<std::uint16_t>(t.picture_id + r.picture_id);
        if (t.picture_id_bits == 15)
            store_be16(out + t.picture_id_at, static_cast<std::uint16_t>(id | 0x8000));
        else
            out[t.picture_id_at] = static_cast<std::uint8_t>(id & 0x7f);
    }
    if (t.tl0_pic_idx_at != 0)
        out[t.tl0_pic_idx_at] = static_cast<std::uint8_t>(t.tl0_pic_idx + r.tl0_pic_idx);
    if (t.key_idx_at != 0)
        out[t.key_idx_at] = static_cast<std::uint8_t>((t.key_idx_byte & 0xe0) |
                                                      ((t.key_idx_byte + r.key_idx) & 0x1f));
}

}  // namespace detail

// What stamp_header puts into one receiver's packets.
struct HopStamp {
    std::array<std::uint8_t, kMaxMidSize> mid{};
    std::uint16_t* transport_sequence = nullptr;  // its transport's next number
};

// After write_header and last of all, of a packet that will be sent: what belongs to this hop (C29,
// C37). Only where `t.stamped`.
inline void stamp_header(const HeaderTemplate& t, const HopStamp& stamp, std::uint8_t* out) {
    if (t.mid_at != 0) std::memcpy(out + t.mid_at, stamp.mid.data(), t.mid_size);
    if (t.transport_sequence_at != 0)
        store_be16(out + t.transport_sequence_at, (*stamp.transport_sequence)++);
}

// What receivers differ in by the fields of a VP8 or VP9 payload descriptor: a picture id of 7 or
// 15 bits (0: none), and `others`.
constexpr HeaderPatch picture_patch(std::uint8_t picture_id_bits, bool others) {
    if (picture_id_bits == 7) return HeaderPatch::any;
    return picture_id_bits != 0 || others ? HeaderPatch::picture : HeaderPatch::none;
}

// What receivers of `t` differ in, where `picture` is what its payload descriptor adds to that.
constexpr HeaderPatch patch_of(const HeaderTemplate& t, HeaderPatch picture) {
    const bool room = t.size + 2u <= HeaderTemplate::kMaxSize;  // for a field that isn't there
    if (t.descriptor_at == 0)
        return picture == HeaderPatch::none || room ? picture : HeaderPatch::any;
    return picture != HeaderPatch::none || t.has_structure ? HeaderPatch::any
                                                           : HeaderPatch::descriptor;
}

namespace detail {

// What a template's receivers differ in, as registers: see HeaderPatch. A field that the template
// doesn't have goes behind it, where it harms nobody: see patch_of.
struct NoPatch {
    explicit NoPatch(const HeaderTemplate&) {}
    void write(const ReceiverOffsets&, std::uint8_t*) const {}
};

class PicturePatch {
  public:
    explicit PicturePatch(const HeaderTemplate& t)
        : id_(t.picture_id),
          id_at_(t.picture_id_at != 0 ? t.picture_id_at : t.size),
          tl0_pic_idx_at_(t.tl0_pic_idx_at != 0 ? t.tl0_pic_idx_at : t.size),
          key_idx_at_(t.key_idx_at != 0 ? t.key_idx_at : t.size),
          tl0_pic_idx_(t.tl0_pic_idx),
          key_idx_byte_(t.key_idx_byte) {}

    [[gnu::always_inline]] void write(const ReceiverOffsets& r, std::uint8_t* out) const {
        const auto id = static_cast<std::uint16_t>(id_ + r.picture_id);
        store_be16(out + id_at_, static_cast<std::uint16_t>(id | 0x8000));
        out[tl0_pic_idx_at_] = static_cast<std::uint8_t>(tl0_pic_idx_ + r.tl0_pic_idx);
        out[key_idx_at_] = static_cast<std::uint8_t>((key_idx_byte_ & 0xe0) |
                                                     ((key_idx_byte_ + r.key_idx) & 0x1f));
    }

  private:
    std::uint16_t id_, id_at_, tl0_pic_idx_at_, key_idx_at_;
    std::uint8_t tl0_pic_idx_, key_idx_byte_;
};

class DescriptorPatch {
  public:
    explicit DescriptorPatch(const HeaderTemplate& t)
        : at_(t.descriptor_at), frame_number_(t.frame_number), template_byte_(t.template_byte) {}

    [[gnu::always_inline]] void write(const ReceiverOffsets& r, std::uint8_t* out) const {
        std::uint8_t* const at = out + at_;
        at[0] = static_cast<std::uint8_t>((template_byte_ & 0xc0) |
                                          ((template_byte_ + r.template_id_shift) & 0x3f));
        store_be16(at + 1, static_cast<std::uint16_t>(frame_number_ + r.frame_number));
    }

  private:
    std::uint16_t at_, frame_number_;
    std::uint8_t template_byte_;
};

class AnyPatch {
  public:
    explicit AnyPatch(const HeaderTemplate& t) : t_(t) {}
    void write(const ReceiverOffsets& r, std::uint8_t* out) const {
        if (t_.descriptor_at != 0) patch_descriptor(t_, r, out + t_.descriptor_at);
        patch_picture(t_, r, out);
    }

  private:
    const HeaderTemplate& t_;
};

template <HeaderPatch kPatch>
struct PatchOf;
template <>
struct PatchOf<HeaderPatch::none> : std::type_identity<NoPatch> {};
template <>
struct PatchOf<HeaderPatch::picture> : std::type_identity<PicturePatch> {};
template <>
struct PatchOf<HeaderPatch::descriptor> : std::type_identity<DescriptorPatch> {};
template <>
struct PatchOf<HeaderPatch::any> : std::type_identity<AnyPatch> {};

}  // namespace detail

// Writes one template for many receivers: what they share is at hand, outside of any memory that
// what is written might lie in. kPatch: that of the template.
// budget: 40 instructions/receiver at 32 bytes, bench/micro/write_header
template <HeaderPatch kPatch>
class HeaderWriter {
  public:
    explicit HeaderWriter(const HeaderTemplate& t)
        : bytes_(t.bytes.data()),
          size_(t.size),
          timestamp_(t.timestamp),
          sequence_(t.sequence),
          patch_(t) {
        std::uint16_t first;  // V, P, X, CC, M and PT
        std::uint32_t behind;
        std::memcpy(&first, bytes_, sizeof first);
        std::memcpy(&behind, bytes_ + kFixedSize, sizeof behind);
        low_ = Half{first, std::uint64_t{behind} << 32};
        std::memcpy(&high_, bytes_ + sizeof low_, sizeof high_);
    }

    // t.size bytes count, but `out` needs room for kMaxSize: whole blocks are copied.
    [[gnu::always_inline]] void write(const ReceiverOffsets& receiver, std::uint8_t* out) const {
        constexpr std::size_t kBlock = HeaderTemplate::kBlock;
        std::memcpy(out, &low_, sizeof low_);
        std::memcpy(out + sizeof low_, &high_, sizeof high_);
        store_be16(out + 2, static_cast<std::uint16_t>(sequence_ + receiver.sequence));
        store_be32(out + 4, timestamp_ + receiver.timestamp);
        store_be32(out + 8, receiver.ssrc);
        for (std::size_t at = kBlock; at < size_; at += kBlock)
            std::memcpy(out + at, bytes_ + at, kBlock);
        patch_.write(receiver, out);
    }

  private:
    static constexpr std::size_t kFixedSize = 12;  // RFC 3550 section 5.1
    // Half of a block, as a register. The first one is put together from what its template was
    // stored in: to load it whole would mean to wait for that.
    typedef std::uint64_t Half __attribute__((vector_size(16)));
    static_assert(2 * sizeof(Half) == HeaderTemplate::kBlock);
    static_assert(std::endian::native == std::endian::little);

    const std::uint8_t* bytes_;
    std::size_t size_;
    std::uint32_t timestamp_;
    std::uint16_t sequence_;
    Half low_, high_;
    [[no_unique_address]] typename detail::PatchOf<kPatch>::type patch_;
};

// Calls use(HeaderWriter) with the one that `t` needs.
template <typename Use>
void with_header_writer(const HeaderTemplate& t, Use use) {
    switch (t.patch) {
        case HeaderPatch::none: return use(HeaderWriter<HeaderPatch::none>(t));
        case HeaderPatch::picture: return use(HeaderWriter<HeaderPatch::picture>(t));
        case HeaderPatch::descriptor: return use(HeaderWriter<HeaderPatch::descriptor>(t));
        case HeaderPatch::any: return use(HeaderWriter<HeaderPatch::any>(t));
    }
}

// Writes `t` for one receiver.
inline void write_header(const HeaderTemplate& t, const ReceiverOffsets& receiver,
                         std::uint8_t* out) {
    with_header_writer(t, [&](const auto& writer) { writer.write(receiver, out); });
}

}  // namespace strata::relay
