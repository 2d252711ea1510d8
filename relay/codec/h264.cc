#include "relay/codec/h264.h"

#include <bit>

#include "relay/codec/bit_reader.h"
#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

using Bytes = std::span<const std::uint8_t>;

// NAL unit types: H.264 table 7-1, RFC 6184 table 1, RFC 6190 section 4.
enum NalType : std::uint8_t {
    kSlice = 1,
    kPartitionA = 2,
    kPartitionC = 4,
    kIdrSlice = 5,
    kSei = 6,
    kSps = 7,
    kPps = 8,
    kAccessUnitDelimiter = 9,
    kPrefix = 14,
    kSubsetSps = 15,
    kSliceExtension = 20,
    kStapA = 24,
    kStapB = 25,
    kMtap16 = 26,
    kMtap24 = 27,
    kFuA = 28,
    kFuB = 29,
    kPacsi = 30,
};

constexpr std::size_t kSvcHeaderSize = 3;

//   0                   1                   2
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |R|I|   PRID    |N| DID |  QID  | TID |U|D|O| RR|   RFC 6190 section 1.1.3
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
void read_svc_header(const std::uint8_t* bytes, PacketInfo& info) {
    H264Info& h264 = info.h264;
    const std::uint8_t dependency = bytes[1] >> 4 & 7, quality = bytes[1] & 15;
    const std::uint8_t temporal = bytes[2] >> 5;
    const bool first = !h264.has_svc_header;
    if (first || dependency < h264.dependency_id ||
        (dependency == h264.dependency_id && quality < h264.quality_id)) {
        h264.dependency_id = dependency;
        h264.quality_id = quality;
        h264.no_inter_layer_prediction = (bytes[1] & 0x80) != 0;
    }
    if (first || temporal < info.temporal_id) info.temporal_id = temporal;
    h264.has_svc_header = true;
    h264.svc_idr |= (bytes[0] & 0x40) != 0;
    h264.use_ref_base_pic |= (bytes[2] & 0x10) != 0;
    // Only what is discardable as a whole is.
    h264.discardable = (first || h264.discardable) && (bytes[2] & 0x08) != 0;
    h264.output |= (bytes[2] & 0x04) != 0;
    info.spatial_id = h264.dependency_id;
}

//  +-+-+-+-+-+-+-+-+
//  |X|Y|T|A|P|C|S|E|   RFC 6190 section 4.9, behind the PACSI NAL unit's header
//  +-+-+-+-+-+-+-+-+
void read_pacsi(Bytes body, H264Info& h264) {
    h264.pacsi = true;
    if (body.empty()) return;
    h264.layer_starts = (body[0] & 0x02) != 0;
    h264.layer_ends = (body[0] & 0x01) != 0;
}

// The first SEI message, if it is the scalability information: payloadType, payloadSize of one
// byte, temporal_id_nesting_flag as the first bit; H.264 sections 7.3.2.3.1 and G.13.1.1.
void read_sei(Bytes body, H264Info& h264) {
    constexpr std::uint8_t kScalabilityInfo = 24;
    if (body.size() < 3 || body[0] != kScalabilityInfo || body[1] == 0xFF) return;
    h264.scalability_info = true;
    h264.temporal_nesting = (body[2] & 0x80) != 0;
}

// first_mb_in_slice is the slice header's first ue(v): zero is a single 1 bit.
void read_slice_begin(Bytes body, PacketInfo& info) {
    if (body.empty() || !(body[0] & 0x80)) return;
    info.h264.first_slice = true;
    info.starts_frame = true;
}

// Facts of one NAL unit whose first byte (F, NRI, type) is `header` and whose bytes behind it are
// `body`; with `begins` false it is the middle of one. False: truncated.
bool read_nal(std::uint8_t header, Bytes body, bool begins, PacketInfo& info) {
    H264Info& h264 = info.h264;
    const std::uint8_t type = header & 0x1F;
    const bool svc = type == kPrefix || type == kSliceExtension || type == kPacsi;
    if (svc || (type >= kSlice && type <= kIdrSlice)) h264.reference |= (header & 0x60) != 0;
    if (svc && begins) {
        if (body.size() < kSvcHeaderSize) return false;
        read_svc_header(body.data(), info);
        body = body.subspan(kSvcHeaderSize);
    }
    if (type == kPacsi) read_pacsi(body, h264);
    if (type == kSei && begins) read_sei(body, h264);
    if ((type >= kSlice && type <= kIdrSlice) || type == kSliceExtension) {
        h264.vcl = true;
        h264.extension |= type == kSliceExtension;
        h264.idr |= type == kIdrSlice;
        const bool has_slice_header = type <= kPartitionA || type >= kIdrSlice;
        if (begins && has_slice_header) read_slice_begin(body, info);
        return true;
    }
    h264.sps |= type == kSps;
    h264.pps |= type == kPps;
    h264.subset_sps |= type == kSubsetSps;
    // These can only stand before the first slice of an access unit or of a layer of it.
    const bool leads = (type >= kSei && type <= kAccessUnitDelimiter) || type == kPrefix ||
                       type == kSubsetSps || type == kPacsi;
    if (begins && leads) info.starts_frame = true;
    return true;
}

// Units of `unit_header` bytes (16 bits of size, then DOND and timestamp offset in MTAPs) and a NAL
// unit each; RFC 6184 section 5.7.
bool read_aggregate(Bytes units, std::size_t unit_header, PacketInfo& info) {
    if (units.empty()) return false;
    while (!units.empty()) {
        if (units.size() < unit_header) return false;
        const std::size_t size = load_be16(units.data());
        units = units.subspan(unit_header);
        if (size == 0 || size > units.size()) return false;
        if (!read_nal(units[0], units.subspan(1, size - 1), true, info)) return false;
        units = units.subspan(size);
    }
    info.h264.starts_nal = info.h264.ends_nal = true;
    return true;
}

//   0                   1
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |F|NRI|  28/29  |S|E|R|  Type   |   RFC 6184 section 5.8; FU-B adds a 16-bit DON
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
bool read_fragment(Bytes payload, std::size_t header, PacketInfo& info) {
    if (payload.size() <= header) return false;
    info.h264.starts_nal = (payload[1] & 0x80) != 0;
    info.h264.ends_nal = (payload[1] & 0x40) != 0;
    if (info.h264.starts_nal && info.h264.ends_nal) return false;
    const auto nal_header = static_cast<std::uint8_t>((payload[0] & 0xE0) | (payload[1] & 0x1F));
    return read_nal(nal_header, payload.subspan(header), info.h264.starts_nal, info);
}

// first_mb_in_slice, ue(v), of a NAL unit whose bytes behind the first are `body`: H.264 sections
// 7.3.3 and 9.1. A picture has at most 139,264 macroblocks (table A-1): 18 leading zeros are wrong.
std::optional<std::uint32_t> slice_begin(std::uint8_t type, Bytes body) {
    const bool slice =
        type == kSlice || type == kPartitionA || type == kIdrSlice || type == kSliceExtension;
    const std::size_t header = type == kSliceExtension ? kSvcHeaderSize : 0;
    if (!slice || body.size() <= header) return std::nullopt;
    BitReader bits(body.subspan(header));
    unsigned zeros = 0;
    while (bits.ok() && !bits.read_bit())
        if (++zeros > 17) return std::nullopt;
    const std::uint32_t value = (std::uint32_t{1} << zeros) - 1 + bits.read(zeros);
    return bits.ok() ? std::optional(value) : std::nullopt;
}

// How an aggregate's units begin: 16 bits of size, and DOND and timestamp offset in MTAPs.
std::size_t unit_header_size(std::uint8_t type) {
    return type == kMtap16 ? 5 : type == kMtap24 ? 6 : 2;
}

bool read_payload(Bytes payload, PacketInfo& info) {
    const std::uint8_t type = payload[0] & 0x1F;
    const std::size_t don = type == kStapA || type == kFuA ? 0 : 2;
    switch (type) {
        case 0: return false;
        case kFuA:
        case kFuB: return read_fragment(payload, 2 + don, info);
        case kStapA:
        case kStapB:
        case kMtap16:
        case kMtap24: {
            if (payload.size() < 1 + don) return false;
            return read_aggregate(payload.subspan(1 + don), unit_header_size(type), info);
        }
        default:
            info.h264.starts_nal = info.h264.ends_nal = true;
            return read_nal(payload[0], payload.subspan(1), true, info);
    }
}

}  // namespace

bool parse_h264(Bytes payload, bool encrypted, PacketInfo& info) {
    info.ends_frame = info.marker;
    info.h264 = kNoH264;
    if (encrypted) return true;
    if (payload.empty() || !read_payload(payload, info)) return false;
    const H264Info& h264 = info.h264;
    const bool layer_reset = h264.svc_idr && h264.no_inter_layer_prediction && h264.vcl;
    if (h264.pacsi) {
        info.starts_frame = h264.layer_starts;
        info.ends_frame |= h264.layer_ends;
    }
    info.key_frame = h264.starts_nal && (h264.idr || h264.sps || layer_reset);
    return true;
}

std::optional<std::uint32_t> last_slice_begin(Bytes payload) {
    const std::uint8_t type = payload[0] & 0x1F;
    if (type == kFuA || type == kFuB) {
        if (!(payload[1] & 0x80)) return std::nullopt;
        return slice_begin(payload[1] & 0x1F, payload.subspan(type == kFuA ? 2 : 4));
    }
    if (type < kStapA || type > kMtap24) return slice_begin(type, payload.subspan(1));
    std::optional<std::uint32_t> last;
    const std::size_t unit_header = unit_header_size(type);
    for (Bytes units = payload.subspan(type == kStapA ? 1 : 3); units.size() > unit_header;) {
        const std::size_t size = load_be16(units.data());
        units = units.subspan(unit_header);
        if (size == 0 || size > units.size()) break;
        const auto begin = slice_begin(units[0] & 0x1F, units.subspan(1, size - 1));
        if (begin) last = begin;
        units = units.subspan(size);
    }
    return last;
}

}  // namespace strata::relay
