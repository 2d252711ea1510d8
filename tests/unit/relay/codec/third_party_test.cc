// Streams of other makers, beside the source tree where they are present (they aren't ours to
// copy): RFC 6190 from a libwebrtc test, non-flexible VP9 from Jitsi's, descriptors from LiveKit's.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "relay/codec/dependency_descriptor.h"
#include "relay/codec/vp9.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"
#include "source_folders.h"
#include "tests/unit/relay/hex_bytes.h"

namespace strata::relay::third_party_test {
namespace {

using Bytes = std::vector<std::uint8_t>;

const std::filesystem::path kFolder =
    std::string(STRATA_TEST_DATA) + "/../../../shared/data/third-party";

// RTP packets of an rtpdump file: a line of text, a 16-byte header, then records.
std::vector<Bytes> read_rtpdump(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const Bytes file{std::istreambuf_iterator<char>(in), {}};
    constexpr std::ptrdiff_t kFileHeader = 16, kRecordHeader = 8;
    auto at = std::find(file.begin(), file.end(), '\n');
    std::vector<Bytes> packets;
    if (file.end() - at <= kFileHeader) return packets;
    for (at += 1 + kFileHeader; file.end() - at > kRecordHeader;) {
        const std::ptrdiff_t size = load_be16(&*at);
        if (size <= kRecordHeader || size > file.end() - at) break;
        packets.emplace_back(at + kRecordHeader, at + size);
        at += size;
    }
    return packets;
}

// First word of each line that isn't a comment.
std::vector<Bytes> read_hex_lines(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::vector<Bytes> lines;
    for (std::string line; std::getline(in, line);)
        if (!line.empty() && line[0] != '#')
            lines.push_back(hex_bytes(std::string_view(line).substr(0, line.find(' '))));
    return lines;
}

PacketParser parser_for(std::uint8_t payload_type, Codec codec) {
    PacketParser parser;
    parser.payload_types[payload_type] = {PayloadRole::media, codec};
    return parser;
}

// Said of each test that can't run: these files are used where they lie and never copied.
#define SKIP_WITHOUT_FOLDER()              \
    if (!std::filesystem::exists(kFolder)) \
    GTEST_SKIP() << "other makers' streams are not beside this checkout"

TEST(ThirdParty, H264Svc) {  // C13
    SKIP_WITHOUT_FOLDER();
    const auto packets = read_rtpdump(kFolder / "libwebrtc" / "h264-svc-99-640x360.rtpdump");
    const PacketParser parser = parser_for(99, Codec::h264_svc);
    std::set<int> dependency_ids, temporal_ids;
    bool subset_sps = false;
    int key_frames = 0;
    for (const Bytes& packet : packets) {
        PacketInfo info;
        ASSERT_EQ(parse_packet(packet, parser, info), ParseError::none);
        EXPECT_TRUE(info.h264.has_svc_header);
        key_frames += info.key_frame;
        subset_sps |= info.h264.subset_sps;
        dependency_ids.insert(info.spatial_id);
        temporal_ids.insert(info.temporal_id);
    }
    EXPECT_EQ(packets.size(), 1'417u);
    EXPECT_EQ(dependency_ids, (std::set<int>{0, 1}));
    EXPECT_EQ(temporal_ids, (std::set<int>{0, 2, 3}));
    EXPECT_TRUE(subset_sps);
    EXPECT_GT(key_frames, 0);
}

TEST(ThirdParty, NonFlexibleVp9) {  // B1
    SKIP_WITHOUT_FOLDER();
    for (const Bytes& packet : read_hex_lines(kFolder / "jitsi" / "vp9_rtp_hex.txt")) {
        PacketInfo info;
        const PacketParser parser = parser_for(packet.at(1) & 0x7F, Codec::vp9);
        ASSERT_EQ(parse_packet(packet, parser, info), ParseError::none);
        EXPECT_EQ(info.vp9.has_tl0_pic_idx, info.vp9.has_layer_indices && !info.vp9.flexible);
        EXPECT_GE(info.vp9.picture_id, 0);
        Vp9Structure structure;
        EXPECT_EQ(
            read_vp9_structure(std::span(packet).subspan(info.payload_offset, info.payload_size),
                               info.vp9, structure),
            info.vp9.has_structure);
    }
}

TEST(ThirdParty, ConsecutiveDescriptors) {
    SKIP_WITHOUT_FOLDER();
    DependencyStructure structure;
    bool known = false;
    for (const Bytes& bytes : read_hex_lines(kFolder / "livekit" / "dd_capture_hex.txt")) {
        DependencyDescriptor d;
        ASSERT_EQ(read_dependency_descriptor(bytes, known ? &structure : nullptr, d),
                  DescriptorError::none);
        EXPECT_EQ((d.size_bits + 7) / 8, static_cast<int>(bytes.size()));
        if (d.has_structure) structure = d.attached_structure;
        known = true;
    }
}

}  // namespace
}  // namespace strata::relay::third_party_test
