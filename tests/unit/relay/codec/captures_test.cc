// What browsers send, read by parse_packet and the dependency descriptor reader, against the
// encoder's own frame list beside each capture.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "relay/codec/dependency_descriptor.h"
#include "relay/rtp/demux.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/rtcp/compound.h"
#include "source_folders.h"
#include "tests/unit/relay/svc/capture.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Json = nlohmann::json;

const std::filesystem::path kFolder = std::string(STRATA_TEST_DATA) + "/captures";

std::vector<std::string> capture_names() {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder, error))
        if (entry.path().extension() == ".pcap") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

PacketParser make_parser(const Json& capture) {
    PacketParser parser;
    for (const auto& [id, uri] : capture["headerExtensions"].items())
        parser.extensions.set(static_cast<std::uint8_t>(std::stoi(id)),
                              extension_kind(uri.get<std::string>()));
    const std::map<std::string, PayloadFormat> formats = {
        {"VP8", {PayloadRole::media, Codec::vp8}},   {"VP9", {PayloadRole::media, Codec::vp9}},
        {"AV1", {PayloadRole::media, Codec::av1}},   {"H264", {PayloadRole::media, Codec::h264}},
        {"opus", {PayloadRole::media, Codec::opus}}, {"red", {PayloadRole::red, Codec::opaque}},
        {"rtx", {PayloadRole::rtx, Codec::opaque}}};
    for (const auto& [type, format] : capture["payloadTypes"].items()) {
        const auto codec = format["codec"].get<std::string>();
        parser.payload_types[static_cast<std::size_t>(std::stoi(type))] =
            formats.at(codec.substr(0, codec.find('/')));
    }
    return parser;
}

// One row of the encoder's frame list.
struct Frame {
    bool key = false;
    std::int64_t id = 0;
    TemporalId temporal_id = 0;
    std::set<std::int64_t> dependencies;
    int width = 0;
    unsigned starts = 0, ends = 0;  // packets seen so marked
};
using FrameKey = std::tuple<std::uint32_t, std::uint32_t, int>;  // SSRC, RTP timestamp, spatial

std::map<FrameKey, Frame> read_frames(const Json& capture) {
    std::map<FrameKey, Frame> frames;
    for (const Json& row : capture["frames"]) {
        Frame& frame =
            frames[{row[2].get<std::uint32_t>(), row[1].get<std::uint32_t>(), row[4].get<int>()}];
        frame.key = row[0] == "key";
        frame.id = row[3].get<std::int64_t>();
        frame.temporal_id = row[5].get<TemporalId>();
        for (const Json& id : row[6]) frame.dependencies.insert(id.get<std::int64_t>());
        frame.width = row[7].get<int>();
    }
    return frames;
}

// Follows one SSRC's descriptors: the structure in force, and frame numbers by the encoder's ids.
struct DescriptorState {
    DependencyStructure structure;
    bool known = false;
    std::map<std::uint16_t, std::int64_t> frame_ids;
};

class Captures : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        const auto path = kFolder / GetParam();
        std::ifstream file(path.string() + ".json");
        capture_ = Json::parse(file);
        for (CapturedPacket& packet : read_capture(path.string() + ".pcap"))
            packets_.push_back(std::move(packet.bytes));
        parser_ = make_parser(capture_);
        frames_ = read_frames(capture_);
        ASSERT_GT(packets_.size(), 50u);
    }

    bool has_descriptor() const {
        return parser_.extensions.id(ExtensionKind::dependency_descriptor) != 0;
    }

    std::optional<DependencyDescriptor> descriptor_of(const Bytes& packet, const PacketInfo& info) {
        const ExtensionLocation* extension = info.find(ExtensionKind::dependency_descriptor);
        if (!extension) return std::nullopt;
        DescriptorState& state = states_[info.ssrc.value];
        DependencyDescriptor descriptor;
        const auto error = read_dependency_descriptor(
            std::span(packet).subspan(extension->offset, extension->size),
            state.known ? &state.structure : nullptr, descriptor);
        EXPECT_EQ(error, DescriptorError::none);
        EXPECT_EQ(extension->size, (descriptor.size_bits + 7) / 8) << "no more than padding bits";
        if (error != DescriptorError::none) return std::nullopt;
        if (descriptor.has_structure) {
            state.structure = descriptor.attached_structure;
            state.known = true;
        }
        return descriptor;
    }

    // The descriptor's references are the encoder's dependencies.
    void check_references(const PacketInfo& info, const DependencyDescriptor& d,
                          const Frame& frame) {
        // Frame numbers are common to all SSRCs of a simulcast (B3), frame ids too.
        std::set<std::int64_t> ids;
        auto& numbers = states_[info.ssrc.value].frame_ids;
        numbers[d.frame_number] = frame.id;
        for (std::size_t i = 0; i < d.frame.fdiff_count; ++i) {
            const auto number = static_cast<std::uint16_t>(d.frame_number - d.frame.fdiffs[i]);
            ASSERT_TRUE(numbers.contains(number)) << "frame " << frame.id;
            ids.insert(numbers[number]);
        }
        EXPECT_EQ(ids, frame.dependencies) << "frame " << frame.id;
    }

    Json capture_;
    std::vector<Bytes> packets_;
    PacketParser parser_;
    std::map<FrameKey, Frame> frames_;
    std::map<std::uint32_t, DescriptorState> states_;
};

TEST_P(Captures, EveryPacketParses) {
    std::size_t media = 0;
    for (const Bytes& packet : packets_) {
        switch (classify(packet)) {
            case PacketClass::rtcp: {
                RtcpCompound compound(packet);
                while (compound.next()) {
                }
                EXPECT_EQ(compound.damaged(), 0u);
                break;
            }
            case PacketClass::rtp: {
                PacketInfo info;
                EXPECT_EQ(parse_packet(packet, parser_, info), ParseError::none);
                EXPECT_EQ(info.extensions_ignored, 0) << "the relay knows all that browsers send";
                const PayloadFormat format = parser_.payload_types[packet[1] & 0x7F];
                if (format.role == PayloadRole::red && info.payload_size > 0) {
                    EXPECT_EQ(info.codec, Codec::opus) << "B7";
                }
                ++media;
                break;
            }
            default: break;
        }
    }
    EXPECT_GT(media, 50u);
}

TEST_P(Captures, FramesAreTheEncodersFrames) {  // B1, B4, B9
    // Plain H.264 has no layers in its packets, and several of a frame may look like its first.
    const bool h264 = capture_["codec"] == "H264";
    const bool layers_known = !h264, exact_starts = !h264 || has_descriptor();
    for (const Bytes& packet : packets_) {
        PacketInfo info;
        if (classify(packet) != PacketClass::rtp ||
            parse_packet(packet, parser_, info) != ParseError::none || info.rtx ||
            info.payload_size == 0 || info.codec == Codec::opus)
            continue;
        const auto descriptor = descriptor_of(packet, info);
        const SpatialId spatial = descriptor ? descriptor->frame.spatial_id : info.spatial_id;
        const auto found = frames_.find({info.ssrc.value, info.timestamp.value, spatial});
        if (found == frames_.end()) continue;  // cut at either end
        Frame& frame = found->second;
        if (descriptor) {
            EXPECT_EQ(descriptor->frame.temporal_id, frame.temporal_id);
            if (states_[info.ssrc.value].structure.has_resolutions) {
                EXPECT_EQ(descriptor->width, frame.width);
            }
            if (descriptor->start_of_frame) check_references(info, *descriptor, frame);
        } else if (layers_known) {
            EXPECT_EQ(info.temporal_id, frame.temporal_id);
        }
        frame.starts += info.starts_frame;
        frame.ends += info.ends_frame;
        if (info.starts_frame) {
            EXPECT_EQ(info.key_frame, frame.key) << "frame " << frame.id;
        }
    }
    for (const auto& [key, frame] : frames_) {
        if (frame.starts == 0 || frame.ends == 0) continue;  // lost, or beyond the cut
        if (exact_starts) {
            EXPECT_EQ(frame.starts, 1u) << "frame " << frame.id;
        }
        EXPECT_EQ(frame.ends, 1u) << "frame " << frame.id;
    }
}

TEST_P(Captures, StructuresAreTheOnesListed) {
    if (!capture_.contains("ddStructures")) return;
    std::set<int> seen;
    for (const Bytes& packet : packets_) {
        PacketInfo info;
        if (classify(packet) != PacketClass::rtp ||
            parse_packet(packet, parser_, info) != ParseError::none || info.rtx)
            continue;
        const auto descriptor = descriptor_of(packet, info);
        if (!descriptor || !descriptor->has_structure) continue;
        const DependencyStructure& s = descriptor->attached_structure;
        bool listed = false;
        for (const Json& row : capture_["ddStructures"]) {
            if (row["off"] != s.template_id_offset || row["tl"].size() != s.template_count)
                continue;
            listed = true;
            EXPECT_EQ(row["ndt"], s.decode_target_count);
            EXPECT_EQ(row["nc"], s.chain_count);
            for (std::size_t t = 0; t < s.template_count; ++t) {
                EXPECT_EQ(row["tl"][t][0], s.templates[t].spatial_id);
                EXPECT_EQ(row["tl"][t][1], s.templates[t].temporal_id);
                ASSERT_EQ(row["fd"][t].size(), s.templates[t].fdiff_count);
                for (std::size_t i = 0; i < s.templates[t].fdiff_count; ++i)
                    EXPECT_EQ(row["fd"][t][i], s.templates[t].fdiffs[i]);
                for (std::size_t dt = 0; dt < s.decode_target_count; ++dt)
                    EXPECT_EQ(row["dti"][t][dt], static_cast<int>(s.templates[t].dtis[dt]));
                for (std::size_t c = 0; c < s.chain_count; ++c)
                    EXPECT_EQ(row["chain"][t][c], s.templates[t].chain_diffs[c]);
            }
        }
        EXPECT_TRUE(listed);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Captures, testing::ValuesIn(capture_names()), [](const auto& test) {
    std::string name = test.param;
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
});

}  // namespace
}  // namespace strata::relay
