#include "bench/generator/h264_svc_writer.h"

#include <algorithm>
#include <array>
#include <bit>

#include "relay/codec/bit_writer.h"

namespace strata::gen {
namespace {

using Bytes = std::vector<std::uint8_t>;

// NAL unit types: H.264 table 7-1, RFC 6184 table 1, RFC 6190 section 4.
constexpr std::uint8_t kSlice = 1, kIdrSlice = 5, kPrefix = 14, kSliceExtension = 20, kStapA = 24,
                       kFuA = 28, kPacsi = 30;
constexpr std::uint8_t kHighestImportance = 3 << 5;  // nal_ref_idc

// Of an encoder's stream with two dependency layers; the slices' bodies are no video.
const std::vector<Bytes> kParameterSets{
    {0x67, 0x42, 0xe0, 0x0d, 0x8c, 0x8d, 0x70, 0xa0, 0xcb, 0xcf, 0x00, 0xf0, 0x88, 0x46, 0xe0},
    {0x6f, 0x53, 0x00, 0x1e, 0xac, 0x19, 0x1a, 0xe0, 0xa0, 0x2f, 0xf9, 0x50, 0xa4},
    {0x68, 0xce, 0x3c, 0x80},
    {0x68, 0x53, 0x8f, 0x20}};

// Adds a NAL unit of `unit` and `more` bytes that follow to a STAP-A, which is as important as its
// most important one; RFC 6184 section 5.7.1.
void aggregate(const Bytes& unit, std::size_t more, Bytes& out) {
    if (out.empty()) out.push_back(kStapA);
    const int importance = std::max(out[0] & kHighestImportance, unit[0] & kHighestImportance);
    out[0] = static_cast<std::uint8_t>(importance | kStapA);
    const std::size_t size = unit.size() + more;
    out.push_back(static_cast<std::uint8_t>(size >> 8));
    out.push_back(static_cast<std::uint8_t>(size));
    out.insert(out.end(), unit.begin(), unit.end());
}

void append(const Bytes& what, Bytes& out) { out.insert(out.end(), what.begin(), what.end()); }

// ue(v), H.264 section 9.1.
void write_exp_golomb(std::uint32_t value, relay::BitWriter& out) {
    const auto width = static_cast<unsigned>(std::bit_width(value + 1));
    out.write(value + 1, 2 * width - 1);
}

// Two bytes of a slice header: first_mb_in_slice, a multiple of 8, and ones.
Bytes slice_begin(std::size_t slice) {
    Bytes out(2);
    relay::BitWriter bits(out);
    write_exp_golomb(static_cast<std::uint32_t>(slice % 16 * 8), bits);
    bits.write(0xffff, static_cast<unsigned>(16 - bits.position()));
    return out;
}

// H.264 section 7.4.1: no 00 00 0x within a NAL unit.
Bytes without_start_codes(const Bytes& raw) {
    Bytes out;
    int zeros = 0;
    for (const std::uint8_t byte : raw) {
        if (zeros >= 2 && byte <= 3) {
            out.push_back(3);
            zeros = 0;
        }
        out.push_back(byte);
        zeros = byte == 0 ? zeros + 1 : 0;
    }
    return out;
}

}  // namespace

bool H264SvcWriter::disposable(const LayerFrame& frame) const {
    return frame.temporal_id > 0 && frame.temporal_id + 1 == mode_.temporal_layers;
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |F|NRI|  Type   |R|I|   PRID    |N| DID |  QID  | TID |U|D|O| RR|   RFC 6190 section 1.1.3
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
Bytes H264SvcWriter::nal_header(std::uint8_t type, const LayerFrame& frame) const {
    const int importance = disposable(frame) ? 0 : frame.key_picture ? kHighestImportance : 2 << 5;
    Bytes out{static_cast<std::uint8_t>(importance | type)};
    if (type != kPrefix && type != kSliceExtension && type != kPacsi) return out;
    const bool alone = !frame.inter_layer;
    const bool discardable = !frame.used_by_next_layer;
    out.push_back(static_cast<std::uint8_t>(0x80 | (frame.key_picture ? 0x40 : 0)));
    out.push_back(static_cast<std::uint8_t>((alone ? 0x80 : 0) | frame.spatial_id << 4));
    out.push_back(
        static_cast<std::uint8_t>(frame.temporal_id << 5 | (discardable ? 8 : 0) | 4 | 3));
    return out;
}

// H.264 section 7.3.2.12.1: store_ref_base_pic_flag and additional_prefix_nal_unit_extension_flag,
// both 0, where pictures refer to this one.
Bytes H264SvcWriter::prefix(const LayerFrame& frame) const {
    Bytes out = nal_header(kPrefix, frame);
    if (!disposable(frame)) out.push_back(0x20);
    return out;
}

//  |X|Y|T|A|P|C|S|E|   RFC 6190 section 4.9
Bytes H264SvcWriter::pacsi(const SvcSlice& slice) const {
    Bytes out = nal_header(kPacsi, slice.frame);
    out.push_back(static_cast<std::uint8_t>((slice.packet == 0 ? 2 : 0) | (slice.last ? 1 : 0)));
    return out;
}

//  |F|NRI|  28     |S|E|R|  Type   |   RFC 6184 section 5.8; the NAL unit's other bytes follow
void H264SvcWriter::fragment(const SvcSlice& slice, const Bytes& nal, Bytes& out) const {
    const bool first = slice.packet == 0;
    out.push_back(static_cast<std::uint8_t>((nal[0] & 0xe0) | kFuA));
    out.push_back(
        static_cast<std::uint8_t>((first ? 0x80 : 0) | (slice.last ? 0x40 : 0) | (nal[0] & 0x1f)));
    if (first) out.insert(out.end(), nal.begin() + 1, nal.end());
}

Bytes H264SvcWriter::header(const SvcSlice& slice) const {
    const bool base = slice.frame.spatial_id == 0;
    const std::uint8_t type = !base                     ? kSliceExtension
                              : slice.frame.key_picture ? kIdrSlice
                                                        : kSlice;
    Bytes nal = nal_header(type, slice.frame), out;
    append(slice_begin(pacsi_ ? slice.packet : 0), nal);
    const bool whole = pacsi_ || (slice.packet == 0 && slice.last);
    if (!whole) {
        fragment(slice, nal, out);
    } else if (pacsi_ || base) {
        if (pacsi_) aggregate(pacsi(slice), 0, out);
        if (base) aggregate(prefix(slice.frame), 0, out);
        aggregate(nal, slice.body_bytes, out);
    } else {
        out = nal;
    }
    return out;
}

Bytes H264SvcWriter::leading(const LayerFrame& frame, std::size_t packets) const {
    if (frame.spatial_id != 0) return {};
    const bool alone = !pacsi_ && packets > 1;
    if (!frame.key_picture) return alone ? prefix(frame) : Bytes{};
    Bytes out;
    for (const Bytes& unit : kParameterSets) aggregate(unit, 0, out);
    aggregate(scalability_information(), 0, out);
    if (alone) aggregate(prefix(frame), 0, out);
    return out;
}

// SEI message of payload type 24, H.264 section G.13.1.1: temporal layers are nested, and which
// layers there are.
Bytes H264SvcWriter::scalability_information() const {
    std::array<std::uint8_t, 128> buffer{};
    relay::BitWriter bits(buffer);
    bits.write(0b100, 3);  // temporal_id_nesting_flag; nothing on priorities
    const unsigned layers = unsigned{mode_.spatial_layers} * mode_.temporal_layers;
    write_exp_golomb(layers - 1, bits);
    for (unsigned i = 0; i < layers; ++i) {
        write_exp_golomb(i, bits);
        bits.write(0, 7);  // priority_id, discardable_flag
        bits.write(i / mode_.temporal_layers, 3);
        bits.write(0, 4);  // quality_id
        bits.write(i % mode_.temporal_layers, 3);
        bits.write(0, 11);    // sub_pic_layer_flag to exact_inter_layer_pred_flag
        bits.write(0b01, 2);  // layer_conversion_flag, layer_output_flag
        bits.write(0b11, 2);  // deltas of the layers with dependencies and parameter sets: 0
    }
    bits.write_bit(true);  // up to a whole byte
    const std::size_t size = bits.size_bytes();
    Bytes raw{24, static_cast<std::uint8_t>(size)};
    raw.insert(raw.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    raw.push_back(0x80);  // rbsp_trailing_bits
    Bytes out{6};
    append(without_start_codes(raw), out);
    return out;
}

}  // namespace strata::gen
