#include "bench/generator/payload_writer.h"

#include <array>

#include "bench/generator/bytes.h"

namespace strata::gen {
namespace {

std::uint8_t bits(std::initializer_list<bool> from_the_top) {
    std::uint8_t byte = 0;
    int shift = 7;
    for (const bool bit : from_the_top) byte = static_cast<std::uint8_t>(byte | bit << shift--);
    return byte;
}

}  // namespace

std::vector<std::uint8_t> PayloadWriter::header(const PayloadContext& context,
                                                std::uint8_t encoding) const {
    std::vector<std::uint8_t> out;
    switch (profile_.codec) {
        case relay::Codec::vp8: vp8(context, encoding, out); break;
        case relay::Codec::vp9: vp9(context, out); break;
        case relay::Codec::av1: av1(context, out); break;
        case relay::Codec::h264: h264(context, out); break;
        case relay::Codec::h264_svc:
            return svc_.header(
                {*context.frame, context.packet, context.last_packet, context.body_bytes});
        default:
            out.push_back(0x78);  // Opus TOC: CELT, 20 ms, mono, one frame; RFC 6716 section 3.1
    }
    return out;
}

//  |X|R|N|S|R| PID |   RFC 7741 section 4.2; with the dependency descriptor nothing follows (B9)
//  |I|L|T|K| RSV   |
//  |M| PictureID 15|
//  |   TL0PICIDX   |
//  |TID|Y| KEYIDX  |
void PayloadWriter::vp8(const PayloadContext& c, std::uint8_t encoding,
                        std::vector<std::uint8_t>& out) const {
    const std::uint8_t tid = c.frame->temporal_id;
    const bool non_reference = tid > 0 && tid + 1 == profile_.mode.temporal_layers;
    out.push_back(bits({!profile_.descriptor, false, non_reference, c.first_packet}));
    if (!profile_.descriptor) {
        out.push_back(0xF0);
        put16(static_cast<std::uint16_t>(0x8000 | c.picture_id), out);
        out.push_back(c.tl0_pic_idx);
        out.push_back(
            static_cast<std::uint8_t>(tid << 6 | c.frame->from_base << 5 | (c.key_idx & 31)));
    }
    if (!c.first_packet) return;
    // Frame tag, RFC 6386 section 9.1: P, version 0, show_frame, first partition size.
    out.push_back(c.frame->key_picture ? 0x10 : 0x11);
    out.push_back(0x20);
    out.push_back(0);
    if (!c.frame->key_picture) return;
    const LayerProfile& layer = profile_.layers[profile_.simulcast ? encoding : 0];
    out.insert(out.end(), {0x9d, 0x01, 0x2a});
    for (const std::uint16_t side : {layer.width, layer.height}) {
        out.push_back(static_cast<std::uint8_t>(side));
        out.push_back(static_cast<std::uint8_t>(side >> 8 & 0x3f));
    }
}

//  |I|P|L|F|B|E|V|Z|   RFC 9628 section 4.2
//  |M| PictureID 15|
//  | TID |U| SID |D|
//  |   TL0PICIDX   |   non-flexible
//  |   P_DIFF    |N|   flexible, P=1
void PayloadWriter::vp9(const PayloadContext& c, std::vector<std::uint8_t>& out) const {
    const LayerFrame& f = *c.frame;
    const bool predicted = !f.picture_diffs.empty();
    const bool structure = f.key_picture && f.fdiffs.empty() && c.first_packet;
    out.push_back(bits({true, predicted, true, profile_.flexible, c.first_packet, c.last_packet,
                        structure, !f.used_by_next_layer}));
    put16(static_cast<std::uint16_t>(0x8000 | c.picture_id), out);
    out.push_back(static_cast<std::uint8_t>(f.temporal_id << 5 | 1 << 4 | f.spatial_id << 1 |
                                            (f.inter_layer ? 1 : 0)));
    if (!profile_.flexible) out.push_back(c.tl0_pic_idx);
    if (profile_.flexible && predicted) {
        for (std::size_t i = 0; i < f.picture_diffs.size(); ++i)
            out.push_back(static_cast<std::uint8_t>(f.picture_diffs[i] << 1 |
                                                    (i + 1 < f.picture_diffs.size() ? 1 : 0)));
    }
    if (structure) vp9_structure(out);
}

//  | N_S |Y|G|-|-|-|   RFC 9628 section 4.2.1
void PayloadWriter::vp9_structure(std::vector<std::uint8_t>& out) const {
    const std::uint8_t layers = profile_.simulcast ? 1 : profile_.mode.spatial_layers;
    out.push_back(
        static_cast<std::uint8_t>((layers - 1) << 5 | 1 << 4 | (profile_.flexible ? 0 : 8)));
    for (std::uint8_t s = 0; s < layers; ++s) {
        put16(profile_.layers[s].width, out);
        put16(profile_.layers[s].height, out);
    }
    if (profile_.flexible) return;
    // Group of frames: | T |U| R |-|-| then R times P_DIFF.
    constexpr std::array<std::array<std::uint8_t, 4>, 3> kTemporal{{{0}, {0, 1}, {0, 2, 1, 2}}};
    constexpr std::array<std::array<std::uint8_t, 4>, 3> kBack{{{1}, {2, 1}, {4, 1, 2, 1}}};
    constexpr std::array<std::uint8_t, 3> kPictures{1, 2, 4};
    const std::size_t pattern = profile_.mode.temporal_layers - 1u;
    out.push_back(kPictures[pattern]);
    for (std::size_t i = 0; i < kPictures[pattern]; ++i) {
        out.push_back(static_cast<std::uint8_t>(kTemporal[pattern][i] << 5 | 1 << 4 | 1 << 2));
        out.push_back(kBack[pattern][i]);
    }
}

//  |Z|Y| W |N|-|-|-|   AV1 RTP payload specification section 4.4; one OBU per frame, in fragments
void PayloadWriter::av1(const PayloadContext& c, std::vector<std::uint8_t>& out) const {
    const bool new_sequence = c.frame->key_picture && c.frame->spatial_id == 0 && c.first_packet;
    out.push_back(bits({!c.first_packet, !c.last_packet, false, true, new_sequence}));
    if (!c.first_packet) return;
    out.push_back(0x34);  // OBU_FRAME with an extension, without a size
    out.push_back(static_cast<std::uint8_t>(c.frame->temporal_id << 5 | c.frame->spatial_id << 3));
}

//  |F|NRI|  Type   |   RFC 6184 sections 5.3 and 5.8; always FU-A unless one packet is all
void PayloadWriter::h264(const PayloadContext& c, std::vector<std::uint8_t>& out) const {
    const bool discardable =
        c.frame->temporal_id > 0 && c.frame->temporal_id + 1 == profile_.mode.temporal_layers;
    const auto importance = static_cast<std::uint8_t>(c.frame->key_picture ? 3 << 5
                                                      : discardable        ? 0
                                                                           : 2 << 5);
    const std::uint8_t type = c.frame->key_picture ? 5 : 1;
    if (c.first_packet && c.last_packet) {
        out.push_back(static_cast<std::uint8_t>(importance | type));
        return;
    }
    out.push_back(static_cast<std::uint8_t>(importance | 28));
    out.push_back(static_cast<std::uint8_t>(c.first_packet << 7 | c.last_packet << 6 | type));
}

std::vector<std::uint8_t> PayloadWriter::leading(const LayerFrame& frame,
                                                 std::size_t packets) const {
    if (profile_.codec == relay::Codec::h264_svc) return svc_.leading(frame, packets);
    if (profile_.codec != relay::Codec::h264 || !frame.key_picture) return {};
    // STAP-A of SPS (baseline, level 3.1) and PPS, RFC 6184 section 5.7.1.
    return {0x78, 0,    8, 0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d,
            0x40, 0x50, 0, 4,    0x68, 0xce, 0x3c, 0x80};
}

}  // namespace strata::gen
