#pragma once

#include <cstdint>

#include "relay/rtp/types.h"

namespace strata::relay {

// How a receiver's own stream goes on when it starts again: the numbers it was sent last. Outlives
// the layer group, the encoding, the track, whatever its codec, and, kept outside of it (C53), the
// process. What a codec has no field for stays as the one before left it.
struct Continuation {
    static constexpr std::uint8_t kNoEncoding = 0xff;

    bool ever = false;              // it was sent something; else only next_sequence counts
    bool unfinished_frame = false;  // its last frame wasn't complete (C20)
    std::uint8_t encoding = kNoEncoding;
    std::uint16_t next_sequence = 0;
    RtpTimestamp timestamp;
    TimeUs sent_at = 0;
    std::uint16_t frame_number = 0;
    std::uint16_t next_picture_id = 0;
    std::uint8_t tl0_pic_idx = 0, key_idx = 0;
    std::uint8_t next_template_id = 0;
    // As counted for sender reports.
    std::uint32_t packets = 0, octets = 0;
    std::uint64_t bytes = 0;
    std::uint32_t switches = 0;  // between layer groups, encodings and sources
};

}  // namespace strata::relay
