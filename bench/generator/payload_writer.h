#pragma once

#include <cstdint>
#include <vector>

#include "bench/generator/h264_svc_writer.h"
#include "bench/generator/profile.h"
#include "bench/generator/stamp.h"

namespace strata::gen {

// What a payload descriptor needs to know of one packet of one frame.
struct PayloadContext {
    const LayerFrame* frame = nullptr;
    bool first_packet = false, last_packet = false;  // of the frame
    std::size_t packet = 0;                          // of the frame, parameter sets not counted
    std::size_t body_bytes = 0;                      // the stamped part
    std::uint16_t picture_id = 0;                    // 15 bits
    std::uint8_t tl0_pic_idx = 0, key_idx = 0;
};

// Payloads of one codec, valid as far as RTP goes: payload descriptor or header, then the check
// pattern of stamp.h where coded media would be.
class PayloadWriter {
  public:
    explicit PayloadWriter(const Profile& profile)
        : profile_(profile), svc_(profile.mode, profile.pacsi) {}

    // Bytes in front of the stamped part of that packet.
    std::vector<std::uint8_t> header(const PayloadContext& context, std::uint8_t encoding) const;
    // A packet of its own in front of a frame of `packets`; empty when the codec needs none. H.264:
    // SPS and PPS of a key frame.
    std::vector<std::uint8_t> leading(const LayerFrame& frame, std::size_t packets) const;

  private:
    void vp8(const PayloadContext& c, std::uint8_t encoding, std::vector<std::uint8_t>& out) const;
    void vp9(const PayloadContext& c, std::vector<std::uint8_t>& out) const;
    void vp9_structure(std::vector<std::uint8_t>& out) const;
    void av1(const PayloadContext& c, std::vector<std::uint8_t>& out) const;
    void h264(const PayloadContext& c, std::vector<std::uint8_t>& out) const;

    const Profile& profile_;
    H264SvcWriter svc_;
};

}  // namespace strata::gen
