#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "relay/codec/dependency_descriptor.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/sequence.h"
#include "relay/svc/track.h"

namespace strata::relay {

// The receiving end of one leg: parses what it is sent, without knowing how it was made, and says
// what a decoder would trip over.
class Listener {
  public:
    struct Frame {
        SpatialId spatial_id = 0;
        TemporalId temporal_id = 0;
        std::uint32_t timestamp = 0;
        bool ended = false;
    };

    explicit Listener(PacketParser parser) : parser_(std::move(parser)) {}

    // The packet that `output` means for `slot`.
    void receive(const Output& output, const ReceiverSlot& slot,
                 std::span<const std::uint8_t> input) {
        std::vector<std::uint8_t> bytes(HeaderTemplate::kMaxSize);
        write_header(output.header, slot.offsets, bytes.data());
        bytes.resize(output.header.size);
        const auto payload = input.subspan(output.payload_offset, output.payload_size);
        bytes.insert(bytes.end(), payload.begin(), payload.end());
        receive(bytes);
    }

    void receive(std::span<const std::uint8_t> packet) {
        PacketInfo info;
        if (parse_packet(packet, parser_, info) != ParseError::none) return fail("unreadable");
        ++packets;
        ssrcs.insert(info.ssrc.value);
        const std::int64_t sequence = sequence_.unwrap(info.sequence.value);
        if (!sequences.insert(sequence).second) fail("number sent twice");
        if (info.payload_size == 0) {
            ++empty_packets;
            return;
        }
        check_marker(info, sequence);
        if (info.find(ExtensionKind::dependency_descriptor) != nullptr)
            read_descriptor(packet, info);
        else if (info.codec == Codec::vp9)
            read_vp9(info);
        else
            read_vp8(info);
    }

    // Numbers between the first and last one that never came.
    std::size_t gaps() const {
        if (sequences.empty()) return 0;
        return static_cast<std::size_t>(*sequences.rbegin() - *sequences.begin() + 1) -
               sequences.size();
    }
    // Pictures without a marker, but for the last one, which may be cut off.
    std::size_t unmarked() const {
        std::size_t count = 0;
        for (const auto& [timestamp, markers] : markers_)
            if (markers == 0 && timestamp != markers_.rbegin()->first) ++count;
        return count;
    }

    std::size_t packets = 0, empty_packets = 0;
    std::set<std::int64_t> sequences;
    std::set<std::uint32_t> ssrcs;
    std::map<std::int64_t, Frame> frames;  // by frame number, or picture id * 8 + spatial id
    std::set<std::int64_t> picture_ids;
    std::uint32_t active_targets = ~0u;
    std::vector<std::string> problems;
    // Frames may be late: references are checked at the end.
    void check_references() {
        for (const auto& [frame, reference] : references_)
            if (!frames.contains(reference))
                fail("frame " + std::to_string(frame) + " refers to " + std::to_string(reference) +
                     ", which was dropped");
        references_.clear();
    }

  private:
    void fail(std::string problem) { problems.push_back(std::move(problem)); }

    void check_marker(const PacketInfo& info, std::int64_t sequence) {
        const std::int64_t timestamp = timestamps_.unwrap(info.timestamp.value);
        if (sequence > newest_sequence_) {
            if (timestamp < newest_timestamp_) fail("timestamp goes back");
            newest_sequence_ = sequence;
            newest_timestamp_ = timestamp;
        }
        int& markers = markers_[timestamp];
        if (info.marker && ++markers > 1) fail("two markers in one picture");
    }

    void read_descriptor(std::span<const std::uint8_t> packet, const PacketInfo& info) {
        const ExtensionLocation* at = info.find(ExtensionKind::dependency_descriptor);
        DependencyDescriptor descriptor;
        const DescriptorError error = read_dependency_descriptor(
            packet.subspan(at->offset, at->size), structure_ ? &*structure_ : nullptr, descriptor);
        if (error != DescriptorError::none) return fail("descriptor without its structure");
        const std::int64_t id = numbers_.unwrap(descriptor.frame_number);
        if (descriptor.has_structure) {
            structure_ = descriptor.attached_structure;
            active_targets = descriptor.active_decode_targets;
            if (!descriptor.start_of_frame) fail("structure in mid-frame");
        }
        if (descriptor.has_active_targets) active_targets = descriptor.active_decode_targets;
        Frame& frame = frames[id];
        frame.spatial_id = descriptor.frame.spatial_id;
        frame.temporal_id = descriptor.frame.temporal_id;
        frame.timestamp = info.timestamp.value;
        frame.ended |= descriptor.end_of_frame;
        for (std::size_t i = 0; i < descriptor.frame.fdiff_count; ++i)
            references_.insert({id, id - descriptor.frame.fdiffs[i]});
    }

    void read_vp9(const PacketInfo& info) {
        const std::int64_t picture =
            picture_ids_.unwrap(static_cast<std::uint32_t>(info.vp9.picture_id));
        picture_ids.insert(picture);
        const std::int64_t id = picture * 8 + info.spatial_id;
        Frame& frame = frames[id];
        frame.spatial_id = info.spatial_id;
        frame.temporal_id = info.temporal_id;
        frame.timestamp = info.timestamp.value;
        frame.ended |= info.ends_frame;
        for (std::size_t i = 0; i < info.vp9.p_diff_count; ++i)
            references_.insert({id, id - 8 * info.vp9.p_diff[i]});
        if (info.vp9.inter_layer_dependency) references_.insert({id, id - 1});
    }

    void read_vp8(const PacketInfo& info) {
        const bool numbered = info.codec == Codec::vp8 && info.vp8.picture_id >= 0;
        const std::int64_t id =
            numbered ? picture_ids_.unwrap(static_cast<std::uint32_t>(info.vp8.picture_id))
                     : timestamps_.peek(info.timestamp.value);
        if (numbered) picture_ids.insert(id);
        Frame& frame = frames[id];
        frame.spatial_id = info.spatial_id;
        frame.temporal_id = info.temporal_id;
        frame.timestamp = info.timestamp.value;
        frame.ended |= info.ends_frame;
    }

    PacketParser parser_;
    SequenceUnwrapper sequence_, numbers_;
    TimestampUnwrapper timestamps_;
    Unwrapper<15> picture_ids_;
    std::optional<DependencyStructure> structure_;
    std::int64_t newest_sequence_ = -1, newest_timestamp_ = -1;
    std::map<std::int64_t, int> markers_;  // by timestamp
    std::set<std::pair<std::int64_t, std::int64_t>> references_;
};

}  // namespace strata::relay
