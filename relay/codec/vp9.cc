#include "relay/codec/vp9.h"

#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

using Bytes = std::span<const std::uint8_t>;

// Bytes of the descriptor, read in order; past the end zeros, and not ok.
class Cursor {
  public:
    Cursor(Bytes bytes, std::size_t at) : bytes_(bytes), at_(at) {}
    std::uint8_t next() {
        if (at_ < bytes_.size()) return bytes_[at_++];
        ok_ = false;
        return 0;
    }
    std::uint16_t next16() {
        const std::uint8_t high = next();
        return static_cast<std::uint16_t>(high << 8 | next());
    }
    void skip(std::size_t count) {
        if (count > bytes_.size() - at_)
            ok_ = false;
        else
            at_ += count;
    }
    std::size_t at() const { return at_; }
    bool ok() const { return ok_; }

  private:
    Bytes bytes_;
    std::size_t at_;
    bool ok_ = true;
};

//       +-+-+-+-+-+-+-+-+
//  I:   |M| PICTURE ID  |
//       +-+-+-+-+-+-+-+-+
//  M:   | EXTENDED PID  |
//       +-+-+-+-+-+-+-+-+
void read_picture_id(Cursor& cursor, Vp9Info& vp9) {
    vp9.picture_id_offset = static_cast<std::uint8_t>(cursor.at());
    const std::uint8_t first = cursor.next();
    vp9.picture_id = first & 0x7F;
    vp9.picture_id_bits = 7;
    if (first & 0x80) {
        vp9.picture_id = vp9.picture_id << 8 | cursor.next();
        vp9.picture_id_bits = 15;
    }
}

//       +-+-+-+-+-+-+-+-+
//  L:   | TID |U| SID |D|
//       +-+-+-+-+-+-+-+-+
//       |   TL0PICIDX   |   non-flexible mode only
//       +-+-+-+-+-+-+-+-+
void read_layer_indices(Cursor& cursor, PacketInfo& info) {
    const std::uint8_t indices = cursor.next();
    info.temporal_id = indices >> 5;
    info.spatial_id = indices >> 1 & 7;
    info.vp9.switching_up_point = (indices & 0x10) != 0;
    info.vp9.inter_layer_dependency = (indices & 1) != 0;
    if (info.vp9.flexible) return;
    info.vp9.has_tl0_pic_idx = true;
    info.vp9.tl0_pic_idx_offset = static_cast<std::uint8_t>(cursor.at());
    info.vp9.tl0_pic_idx = cursor.next();
}

//       +-+-+-+-+-+-+-+-+
//  P,F: | P_DIFF      |N|   up to 3 times
//       +-+-+-+-+-+-+-+-+
bool read_p_diffs(Cursor& cursor, Vp9Info& vp9) {
    for (bool more = true; more;) {
        if (vp9.p_diff_count == vp9.p_diff.size()) return false;
        const std::uint8_t diff = cursor.next();
        vp9.p_diff[vp9.p_diff_count++] = diff >> 1;
        more = (diff & 1) != 0;
    }
    return true;
}

// Scalability structure:
//      +-+-+-+-+-+-+-+-+
//      | N_S |Y|G|-|-|-|
//      +-+-+-+-+-+-+-+-+
//  Y:  |     WIDTH     |   2 bytes each, N_S + 1 times
//      |     HEIGHT    |
//      +-+-+-+-+-+-+-+-+
//  G:  |      N_G      |
//      +-+-+-+-+-+-+-+-+
void read_structure_head(Cursor& cursor, Vp9Info& vp9) {
    vp9.structure_offset = static_cast<std::uint16_t>(cursor.at());
    const std::uint8_t head = cursor.next();
    vp9.spatial_layers = static_cast<std::uint8_t>((head >> 5) + 1);
    vp9.has_resolutions = (head & 0x10) != 0;
    vp9.has_gof = (head & 0x08) != 0;
    if (!vp9.has_resolutions) return;
    for (std::size_t i = 0; i < vp9.spatial_layers; ++i) {
        vp9.width[i] = cursor.next16();
        vp9.height[i] = cursor.next16();
    }
}

//      +-+-+-+-+-+-+-+-+
//  N_G:| TID |U| R |-|-|
//      +-+-+-+-+-+-+-+-+
//  R:  |    P_DIFF     |   R times
//      +-+-+-+-+-+-+-+-+
void skip_gof(Cursor& cursor) {
    for (unsigned left = cursor.next(); left > 0 && cursor.ok(); --left)
        cursor.skip(cursor.next() >> 2 & 3);
}

void read_gof(Cursor& cursor, Vp9Structure& out) {
    out.picture_count = cursor.next();
    for (std::size_t i = 0; i < out.picture_count && cursor.ok(); ++i) {
        Vp9GofPicture& picture = out.pictures[i];
        const std::uint8_t head = cursor.next();
        picture.temporal_id = head >> 5;
        picture.switching_up_point = (head & 0x10) != 0;
        picture.reference_count = head >> 2 & 3;
        for (std::size_t r = 0; r < picture.reference_count; ++r) picture.p_diff[r] = cursor.next();
    }
}

}  // namespace

//   0 1 2 3 4 5 6 7
//  +-+-+-+-+-+-+-+-+
//  |I|P|L|F|B|E|V|Z|
//  +-+-+-+-+-+-+-+-+
bool parse_vp9(Bytes payload, PacketInfo& info) {
    Vp9Info& vp9 = info.vp9;
    vp9 = kNoVp9;
    Cursor cursor(payload, 0);
    const std::uint8_t head = cursor.next();
    vp9.inter_picture_predicted = (head & 0x40) != 0;
    vp9.has_layer_indices = (head & 0x20) != 0;
    vp9.flexible = (head & 0x10) != 0;
    vp9.begin_of_frame = (head & 0x08) != 0;
    vp9.end_of_frame = (head & 0x04) != 0;
    vp9.has_structure = (head & 0x02) != 0;
    vp9.not_for_inter_layer = (head & 0x01) != 0;

    if (head & 0x80) read_picture_id(cursor, vp9);
    if (vp9.has_layer_indices) read_layer_indices(cursor, info);
    if (vp9.flexible && vp9.inter_picture_predicted && !read_p_diffs(cursor, vp9)) return false;
    if (vp9.has_structure) {
        read_structure_head(cursor, vp9);
        if (vp9.has_gof) skip_gof(cursor);
    }
    if (!cursor.ok()) return false;

    info.descriptor_size = static_cast<std::uint16_t>(cursor.at());
    info.starts_frame = vp9.begin_of_frame;
    info.ends_frame = vp9.end_of_frame;
    info.key_frame =
        vp9.begin_of_frame && !vp9.inter_picture_predicted && !vp9.inter_layer_dependency;
    return true;
}

bool read_vp9_structure(Bytes payload, const Vp9Info& vp9, Vp9Structure& out) {
    if (!vp9.has_structure || vp9.structure_offset >= payload.size()) return false;
    Cursor cursor(payload, vp9.structure_offset);
    Vp9Info head;
    read_structure_head(cursor, head);
    out.spatial_layers = head.spatial_layers;
    out.has_resolutions = head.has_resolutions;
    out.width = head.width;
    out.height = head.height;
    out.picture_count = 0;
    if (head.has_gof) read_gof(cursor, out);
    return cursor.ok();
}

}  // namespace strata::relay
