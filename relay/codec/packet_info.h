#pragma once

#include <array>
#include <cstdint>

#include "relay/rtp/types.h"

namespace strata::relay {

enum class Codec : std::uint8_t { vp8, vp9, av1, h264, h264_svc, opus, opaque };

// Header extensions the relay knows by URI. `none` are unknown ids: they never leave (C37).
enum class ExtensionKind : std::uint8_t {
    none,
    dependency_descriptor,  // end to end
    video_orientation,
    abs_capture_time,
    playout_delay,
    color_space,
    video_content_type,
    audio_level,
    transport_cc,  // hop by hop, from here on
    abs_send_time,
    mid,
    rid,
    repaired_rid,
    video_layers_allocation,
    transmission_offset,
    video_timing,
    kCount
};

// Where one header extension's data lies in the packet.
struct ExtensionLocation {
    ExtensionKind kind = ExtensionKind::none;
    std::uint8_t id = 0;       // as received, 1..255
    std::uint16_t offset = 0;  // of its data, from the packet's first byte
    std::uint8_t size = 0;     // data bytes, 0..255
};

constexpr std::size_t kMaxExtensions = 16;  // more are counted and ignored

// VP8 payload descriptor, RFC 7741 section 4.2.
struct Vp8Info {
    bool start_of_partition0 = false;  // S=1 and PID=0: the frame's first packet
    bool non_reference = false;        // N
    bool key_frame = false;            // P=0 of the payload header; only on a frame's first packet
    bool layer_sync = false;           // Y
    bool has_tid = false, has_key_idx = false, has_tl0_pic_idx = false;
    std::int32_t picture_id = -1;        // -1: absent
    std::uint8_t picture_id_bits = 0;    // 0, 7 or 15
    std::uint8_t picture_id_offset = 0;  // bytes from the payload's first byte
    std::uint8_t tl0_pic_idx = 0, tl0_pic_idx_offset = 0;
    std::uint8_t key_idx = 0;             // 0..31
    std::uint8_t tid_key_idx_offset = 0;  // of the TID|Y|KEYIDX byte, 0: absent
    std::uint16_t width = 0, height = 0;  // key frames, 0 if unknown
};

// VP9 payload descriptor, RFC 9628 section 4.2.
struct Vp9Info {
    bool inter_picture_predicted = false;  // P
    bool flexible = false;                 // F
    bool begin_of_frame = false;           // B
    bool end_of_frame = false;             // E
    bool not_for_inter_layer = false;      // Z
    bool has_layer_indices = false;        // L
    bool switching_up_point = false;       // U
    bool inter_layer_dependency = false;   // D
    bool has_structure = false;            // V
    std::int32_t picture_id = -1;
    std::uint8_t picture_id_bits = 0, picture_id_offset = 0;
    bool has_tl0_pic_idx = false;
    std::uint8_t tl0_pic_idx = 0, tl0_pic_idx_offset = 0;
    std::uint8_t p_diff_count = 0;
    std::array<std::uint8_t, 3> p_diff{};  // picture ids back
    // Scalability structure, only when has_structure.
    std::uint8_t spatial_layers = 0;  // N_S + 1
    bool has_resolutions = false;
    std::array<std::uint16_t, 8> width{}, height{};
    std::uint16_t structure_offset = 0;  // of the SS, from the payload's first byte
    bool has_gof = false;
};

// H.264, RFC 6184 and RFC 6190. Aggregates are summed up over their NAL units.
struct H264Info {
    bool idr = false, sps = false, pps = false, subset_sps = false;
    bool starts_nal = false;      // not the middle of an FU
    bool ends_nal = false;        // not the start or middle of an FU
    bool vcl = false;             // carries a slice
    bool reference = false;       // nal_ref_idc is not 0: pictures may refer to this one
    bool extension = false;       // one of NAL 20, maybe the middle of an FU: above the base
    bool first_slice = false;     // first_mb_in_slice == 0 at this packet's begin of a slice
    bool has_svc_header = false;  // NAL 14, 20 or PACSI: the four below are known
    std::uint8_t dependency_id = 0, quality_id = 0;
    bool svc_idr = false;  // idr_flag
    bool use_ref_base_pic = false, discardable = false, output = false;
    bool no_inter_layer_prediction = false;
    // PACSI, RFC 6190 section 4.9.
    bool pacsi = false;
    bool layer_starts = false, layer_ends = false;  // S, E: of a layer's part of a picture
    // Scalability information SEI message, H.264 section G.13.1.1.
    bool scalability_info = false, temporal_nesting = false;
};

// AV1 aggregation header, AV1 RTP payload specification section 4.4.
struct Av1Info {
    bool continues_obu = false;  // Z: the first element continues the previous packet's last OBU
    bool obu_continues = false;  // Y: the last element goes on in the next packet
    bool new_coded_sequence = false;  // N: first packet of a coded video sequence
    std::uint8_t obu_count = 0;       // W; 0: any number, each with its length
};

// What the infos above begin as: copied, where one made in place would be stored in pieces and then
// loaded as a whole, which waits for the cache.
inline constinit const Vp8Info kNoVp8{};
inline constinit const Vp9Info kNoVp9{};
inline constinit const H264Info kNoH264{};

// One RTP packet, parsed once (life of a packet, step 3). Offsets count from the RTP header's first
// byte. What needs state (the dependency descriptor, a VP9 group of frames) is only located here
// and read by the encoding's FrameTracker.
struct PacketInfo {
    Ssrc ssrc;
    SequenceNumber sequence;
    RtpTimestamp timestamp;
    std::uint8_t payload_type = 0;  // 0..127
    bool marker = false;
    Codec codec = Codec::opaque;

    std::uint8_t csrc_count = 0;          // 0..15
    bool padding = false;                 // P bit
    std::uint16_t extension_profile = 0;  // 0xBEDE, 0x100x or a foreign one; 0: no X bit
    std::uint8_t extension_count = 0;
    // Elements with an unknown id, beyond kMaxExtensions, or that overrun the block; saturates.
    std::uint8_t extensions_ignored = 0;
    // Of the RED payload (its first block header); 0: not RED. Then payload_type, payload_offset
    // and payload_size are those of the primary block, which ends where the RED payload ends (B7).
    std::uint16_t red_offset = 0;
    std::uint8_t red_payload_type = 0;  // as in the RTP header, when red_offset != 0
    bool rtx = false;  // RFC 4588: the payload starts with the 2-byte OSN, nothing else
                       // of the payload was read; codec is that of the original
    std::uint16_t payload_offset =
        0;                           // after header and extensions (and RED header once unwrapped)
    std::uint16_t payload_size = 0;  // without padding
    std::uint8_t padding_size = 0;   // RFC 3550 section 5.1, P bit
    std::uint16_t descriptor_size = 0;  // leading payload bytes that are the codec's RTP descriptor

    // Layer facts that stand in the packet itself; frame facts come from FrameTracker.
    SpatialId spatial_id = 0;
    TemporalId temporal_id = 0;
    bool starts_frame = false;  // first packet of its layer frame, as far as this packet tells
    bool ends_frame = false;    // last packet of its layer frame, as far as this packet tells
    bool key_frame = false;     // of a frame that resets decoding; on its first packet

    bool audio_level_known = false;
    std::uint8_t audio_level_dbov = 127;  // 0 (loud) .. 127 (silence), RFC 6464
    bool voice_activity = false;

    // [kind]: one more than the place in `extensions` of the first one; 0: the packet has none.
    std::array<std::uint8_t, static_cast<std::size_t>(ExtensionKind::kCount)> first_of{};

    // By `codec`: one of these was filled, if there was a payload. What stands in the others, and
    // behind the first extension_count extensions, is left over from other packets.
    Vp8Info vp8;
    Vp9Info vp9;
    H264Info h264;
    Av1Info av1;
    // Known kinds only, in the packet's order; a kind may occur twice, the first one counts.
    std::array<ExtensionLocation, kMaxExtensions> extensions{};

    // Null when the packet doesn't carry it.
    const ExtensionLocation* find(ExtensionKind kind) const {
        const std::size_t at = first_of[static_cast<std::size_t>(kind)];
        return at != 0 ? &extensions[at - 1] : nullptr;
    }
};

}  // namespace strata::relay
