#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bench/generator/layer_bit.h"
#include "relay/codec/dependency_descriptor.h"
#include "relay/codec/packet_info.h"
#include "relay/rtp/sequence.h"
#include "relay/svc/frame_info.h"

namespace strata::gen {

// What one packet says about the layer frame that it belongs to.
struct FrameFacts {
    // Increases in decode order: frame_number, or picture id and spatial id, or the timestamp.
    std::int64_t id = 0;
    std::int64_t timestamp = 0;  // extended: names the picture
    std::uint8_t spatial_id = 0, temporal_id = 0;
    bool starts_frame = false, ends_frame = false;
    bool key_picture = false;
    bool references_known = false;
    std::vector<std::int64_t> references;  // ids
    // Bit layer_bit(s, t): receivers of the fixed set (s, t) get this frame.
    std::uint16_t wanted = 0;
    // The picture doesn't use lower layers' pictures: spatial switches need a key picture (C3).
    bool independent_layers = false;
    std::uint16_t width = 0, height = 0;  // of the frame's layer, 0: not known
    bool vp8 = false;                     // picture ids count every picture (C23)
    std::int64_t picture_id = -1;         // extended; -1: absent
    int tl0_pic_idx = -1;                 // -1: absent
};

// Reads the frames of one SSRC, from the dependency descriptor where there is one, else from the
// codec's payload descriptor. Used for what is sent and for what is received alike.
class FrameReader {
  public:
    enum class Result : std::uint8_t {
        read,
        empty,       // padding only
        unreadable,  // descriptor that doesn't fit what came before (C9)
    };
    Result read(std::span<const std::uint8_t> packet, const relay::PacketInfo& info,
                FrameFacts& facts);

  private:
    Result read_descriptor(std::span<const std::uint8_t> bytes, FrameFacts& facts);
    void read_vp9(const relay::PacketInfo& info, FrameFacts& facts);
    void read_vp8(const relay::PacketInfo& info, FrameFacts& facts);
    void read_plain(const relay::PacketInfo& info, FrameFacts& facts);
    void read_svc_layer(const relay::PacketInfo& info, FrameFacts& facts);
    void read_numbers(const relay::PacketInfo& info, FrameFacts& facts);
    void add_resolution(FrameFacts& facts) const;

    std::unique_ptr<relay::DependencyStructure> structure_;
    std::unique_ptr<relay::DependencyDescriptor> descriptor_ =
        std::make_unique<relay::DependencyDescriptor>();
    relay::TimestampUnwrapper timestamps_;
    relay::Unwrapper<16> frame_numbers_;
    relay::Unwrapper<15> picture_ids_;
    relay::Unwrapper<7> short_picture_ids_;
    std::int64_t key_timestamp_ = -1;   // of the last key picture
    std::int64_t last_timestamp_ = -1;  // where frames have no bits of their own
    struct {
        std::uint8_t spatial_id = 0, temporal_id = 0;
    } svc_;  // H.264 SVC: of the packet before
    std::uint8_t max_spatial_id_ = 0;
    std::uint16_t widths_[8] = {}, heights_[8] = {};
    bool independent_layers_ = false;
};

}  // namespace strata::gen
