#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "relay/codec/dependency_descriptor.h"
#include "relay/codec/packet_info.h"
#include "relay/codec/vp9.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/sequence.h"
#include "relay/svc/frame_info.h"
#include "relay/svc/frame_kinds.h"
#include "relay/svc/frame_ring.h"
#include "relay/svc/h264_layers.h"
#include "relay/svc/predicate.h"
#include "relay/svc/prefetch.h"

namespace strata::relay {

enum class TrackingError : std::uint8_t {
    none,
    no_structure,  // C9
    malformed_descriptor,
    too_old,        // a frame beyond what is remembered
    unknown_layer,  // a fragment that tells no layer, and what came before it is missing
};

// What one packet is, in the order of arrival.
struct TrackedPacket {
    TrackingError error = TrackingError::none;
    FrameRecord* frame = nullptr;  // its frame; valid until the next packet
    bool new_frame = false;        // the first packet of it that arrived
    bool newest = false;           // with new_frame: no later frame came before it
    bool ends_frame = false;
    // The source has changed what frames are identified by: nothing before counts.
    bool restarted = false;
    // Of this packet, null without one.
    const DependencyDescriptor* descriptor = nullptr;
    const TargetMap* targets = nullptr;  // of the structure it refers to
    std::uint8_t decode_target_count = 0;
    std::int64_t picture_id = -1;  // extended, VP8 and VP9 without descriptor
};

// Makes frames of one encoding's packets, whatever the codec: from the dependency descriptor, else
// from the payload descriptor, else from timestamps. Packets may be reordered, lost, or come late.
class alignas(64) FrameTracker {
  public:
    // Main thread.
    FrameTracker(Codec codec, bool end_to_end_encrypted);

    // `n`: extended sequence number, seen for the first time. `packet` are the bytes of `info`.
    TrackedPacket on_packet(std::int64_t n, std::span<const std::uint8_t> packet,
                            const PacketInfo& info);

    // Whether it tells nothing but how its frame goes on: that of the newest packet, which is the
    // newest frame as well.
    bool continues(std::span<const std::uint8_t> packet, const PacketInfo& info) const {
        const std::uint64_t is = frame_key(packet, info);
        return is != 0 && is == newest_key_;
    }
    // Whether there may be packets that do.
    bool may_continue() const { return newest_key_ != 0; }
    bool uses_descriptor() const { return uses_descriptor_; }
    // Instead of on_packet, of those that continue and come right behind the newest packet, up to
    // n.
    void take_next(std::int64_t n, bool ended) {
        last_n_ = n;
        if (ended) ring_.newest_frame().ended = true;
    }

    // The newest frame, which the newest packet begins, as a kind of which more may come: all that
    // FrameRest doesn't tell of it. False: others could differ in more than numbers.
    bool describe(FrameKind& kind, FrameKindLayout& layout, const FrameRecord& newest,
                  const PacketInfo& info) const;
    // Instead of on_packet, of the packet behind the newest one, which begins a frame of `kind`;
    // `ended` is the frame before. take_next tells of its number later. Null: it has to be looked
    // at, and nothing has changed.
    const FrameRecord* begin(const FrameKind& kind, const FrameKindLayout& layout,
                             std::span<const std::uint8_t> packet, RtpTimestamp timestamp,
                             bool ended);
    // TrackedPacket's, of the newest packet.
    std::int64_t picture_id() const { return newest_picture_id_; }

    // The frame of the last packet with new_frame.
    FrameInfo& frame() { return frame_; }
    const FrameInfo& frame() const { return frame_; }
    const FrameRing& ring() const { return ring_; }
    // Packets before the newest frame are given up.
    void give_up() { ring_.give_up_before(ring_.newest()); }
    // Brings near what the next packet of the newest frame touches, or one that begins another.
    [[gnu::always_inline]] void prefetch(bool begins) const {
        constexpr std::size_t kGoesOn = 2 * kCacheLine, kBegins = 4 * kCacheLine;
        prefetch_lines(this, begins ? kBegins : kGoesOn);
        if (begins) __builtin_prefetch(&frame_, 1);
    }
    // Behind it, of a first packet: what stands in memory of its own, or what only those need that
    // are of no known kind, or have a descriptor.
    [[gnu::always_inline]] void prefetch_records(bool known) const {
        ring_.prefetch();
        if (uses_descriptor_) {
            __builtin_prefetch(&frame_.chain_diff, 1);
            if (known) return;
            __builtin_prefetch(&bulk_[0].structures[current_], 1);
            __builtin_prefetch(&bulk_[0].descriptor, 1);
        } else if (!known) {
            __builtin_prefetch(&known_sets_, 1);
        }
    }
    // Everything is forgotten but counters' ranges (a source that restarts, C24).
    void reset();

  private:
    struct Structure {
        std::int64_t from_id = -1;  // frame that it came with; -1: there is none
        std::int64_t picture = -1;
        SpatialMode mode = SpatialMode::unknown;
        DependencyStructure templates;
        TargetMap targets;
        // Of frames that are what their template says, by its place.
        std::uint64_t sets_known = 0;
        std::array<LayerSets, kMaxTemplates> sets;
    };
    // Frames without an id of their own: known by timestamp and layer.
    struct Timed {
        std::int64_t picture = -1;
        std::int64_t id = -1;
        SpatialId spatial_id = 0;
        bool vcl = false;   // H.264: a slice was seen
        bool told = false;  // … or something else that tells its layer
    };

    // Large, and of a packet of most streams not needed.
    struct Bulk {
        std::array<Structure, 2> structures;  // the one in force and the one before
        DependencyDescriptor descriptor;
        std::array<Timed, 32> timed{};
    };

    std::uint64_t frame_key(std::span<const std::uint8_t> packet, const PacketInfo& info) const;
    static constexpr std::uint32_t kVp8Key = 1u << 30, kVp9Key = 2u << 30,
                                   kDescriptorKey = 3u << 30;
    static std::uint64_t make_key(std::uint32_t kind, std::uint32_t id, RtpTimestamp timestamp) {
        return std::uint64_t{kind | id} << 32 | timestamp.value;
    }
    static std::uint64_t picture_key(std::uint32_t kind, std::uint32_t id, std::uint8_t bits,
                                     std::uint32_t layer, RtpTimestamp timestamp) {
        return make_key(kind, layer << 16 | (bits == 7 ? 0x8000u : 0u) | id, timestamp);
    }
    // `bytes`: the mandatory part.
    static std::uint64_t descriptor_key(const std::uint8_t* bytes, RtpTimestamp timestamp) {
        return make_key(kDescriptorKey,
                        (bytes[0] & 0x3fu) << 16 | static_cast<std::uint32_t>(load_be16(bytes + 1)),
                        timestamp);
    }
    TrackedPacket look_at(std::int64_t n, std::span<const std::uint8_t> packet,
                          const PacketInfo& info);
    bool goes_on_alike(std::int64_t n, const PacketInfo& info) const;
    TrackedPacket take_alike(std::int64_t n, const PacketInfo& info);
    void with_descriptor(std::span<const std::uint8_t> bytes, const PacketInfo& info,
                         TrackedPacket& out);
    Structure* read_descriptor(std::span<const std::uint8_t> bytes, std::int64_t id,
                               TrackedPacket& out);
    void describe(const Structure& structure, std::int64_t id, std::int64_t picture);
    void vp9(std::int64_t n, std::span<const std::uint8_t> packet, const PacketInfo& info,
             TrackedPacket& out);
    void describe_vp9(const PacketInfo& info, std::int64_t picture_id);
    void refer_vp9(const Vp9Info& vp9, std::int64_t picture_id);
    void learn_vp9_mode(const Vp9Info& vp9);
    void vp8(std::int64_t n, const PacketInfo& info, TrackedPacket& out);
    void timed(std::int64_t n, std::span<const std::uint8_t> packet, const PacketInfo& info,
               TrackedPacket& out);
    bool ends_svc_layer(std::int64_t n, std::span<const std::uint8_t> packet,
                        const PacketInfo& info, SpatialId spatial);
    void describe_timed(const PacketInfo& info, bool starts);
    void describe_h264(const H264Info& h264);
    std::optional<SpatialId> timed_spatial(std::int64_t n, const PacketInfo& info);
    bool accessory(const H264Info& h264) const;
    bool layer_is_missing(const H264Info& h264) const;
    bool tells_more(const Timed& timed, const PacketInfo& info) const;
    bool continues_timed(Timed& timed, const PacketInfo& info, TrackedPacket& out);
    bool starts_timed(std::int64_t n, const PacketInfo& info, std::int64_t picture) const;
    Timed* find_timed(std::int64_t picture, SpatialId spatial);
    std::int64_t extend_picture_id(std::int32_t id, std::uint8_t bits);
    void refer(const FrameDependencies& dependencies);
    void enter_frame(TrackedPacket& out);
    void fill(FrameRecord& record, const LayerSets& sets) const;
    TrackedPacket go_on(std::int64_t n, const PacketInfo& info);
    LayerSets known_layer_sets();
    LayerSets described_layer_sets();

    // What every packet touches first, what a descriptor or a new frame needs behind it.
    Codec codec_;
    bool encrypted_;
    bool uses_descriptor_ = false;
    bool adjacent_ = false;  // this packet comes right behind the newest one
    std::uint8_t picture_id_bits_ = 0;
    TemporalId top_temporal_ = 0;
    SpatialMode vp9_mode_ = SpatialMode::unknown;
    SpatialId vp9_top_ = kMaxSpatialLayers - 1;
    std::uint32_t active_targets_ = ~0u;
    std::int64_t last_n_ = -1, last_picture_ = -1;
    // What frame_key says of the packet last_n_, if it is of the newest frame, else 0.
    std::uint64_t newest_key_ = 0;
    std::int64_t newest_picture_id_ = -1;  // TrackedPacket's, of the same packet
    FrameRing ring_;
    Unwrapper<15> long_picture_ids_;
    Unwrapper<7> short_picture_ids_;
    TimestampUnwrapper timestamps_;
    SequenceUnwrapper frame_numbers_;
    // Of the structure in force: the frame that it came with, and that one's picture; -1: none.
    std::int64_t structure_from_ = -1, structure_picture_ = -1;
    std::vector<Bulk> bulk_;
    std::size_t current_ = 0;                  // of Bulk::structures
    std::int64_t key_picture_ = -1;            // timestamp of the last one
    std::int64_t group_of_frames_at_ = -1;     // picture id that it begins with
    std::vector<Vp9Structure> vp9_structure_;  // one, of VP9 only
    std::vector<H264Layers> h264_layers_;      // one, of H.264 only
    std::size_t timed_next_ = 0;

    struct alignas(32) KnownSets {
        std::uint64_t kind = 0;  // 0: none
        LayerSets sets;
    };
    alignas(64) FrameInfo frame_;
    alignas(64) std::array<KnownSets, 4> known_sets_{};  // by temporal layer
};

// What two packets of one frame have in common, and no two of different frames of late: 0 where
// there is no such thing, or the packet tells more.
inline std::uint64_t FrameTracker::frame_key(std::span<const std::uint8_t> packet,
                                             const PacketInfo& info) const {
    if (uses_descriptor_) {
        const ExtensionLocation* at = info.find(ExtensionKind::dependency_descriptor);
        if (at == nullptr || at->size != kMandatoryDescriptorSize) return 0;
        return descriptor_key(&packet[at->offset], info.timestamp);
    }
    if (codec_ == Codec::vp8 && info.vp8.picture_id >= 0)
        return picture_key(kVp8Key, static_cast<std::uint32_t>(info.vp8.picture_id),
                           info.vp8.picture_id_bits, 0, info.timestamp);
    if (codec_ == Codec::vp9 && info.vp9.picture_id >= 0 && !info.vp9.has_structure)
        return picture_key(kVp9Key, static_cast<std::uint32_t>(info.vp9.picture_id),
                           info.vp9.picture_id_bits, info.spatial_id, info.timestamp);
    return 0;
}

}  // namespace strata::relay
