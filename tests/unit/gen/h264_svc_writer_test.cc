#include "bench/generator/h264_svc_writer.h"

#include <gtest/gtest.h>

#include "relay/codec/h264.h"

namespace strata::gen {
namespace {

using relay::PacketInfo;
using Bytes = std::vector<std::uint8_t>;

constexpr ScalabilityMode kMode{2, 3, LayerPrediction::full};

LayerFrame frame(std::uint8_t spatial, std::uint8_t temporal, bool key) {
    LayerFrame out;
    out.spatial_id = spatial;
    out.temporal_id = temporal;
    out.key_picture = key;
    out.inter_layer = spatial > 0;
    out.used_by_next_layer = spatial == 0;
    return out;
}

PacketInfo parse(Bytes payload, std::size_t body_bytes = 0) {
    payload.resize(payload.size() + body_bytes, 0xaa);
    PacketInfo info;
    EXPECT_TRUE(relay::parse_h264(payload, false, info));
    return info;
}

TEST(H264SvcWriter, PacsiSaysWhereALayerBeginsAndEnds) {
    const H264SvcWriter writer(kMode, true);
    const LayerFrame upper = frame(1, 1, false);
    for (std::size_t i = 0; i < 3; ++i) {
        const PacketInfo info = parse(writer.header({upper, i, i == 2, 100}), 100);
        EXPECT_TRUE(info.h264.pacsi && info.h264.extension && info.h264.reference);
        EXPECT_EQ(info.spatial_id, 1);
        EXPECT_EQ(info.temporal_id, 1);
        EXPECT_EQ(info.h264.layer_starts, i == 0);
        EXPECT_EQ(info.h264.layer_ends, i == 2);
        EXPECT_EQ(info.h264.first_slice, i == 0);
        EXPECT_FALSE(info.h264.no_inter_layer_prediction);
        EXPECT_TRUE(info.h264.discardable) << "no layer above it";
    }
}

TEST(H264SvcWriter, BaseSlicesStandBehindTheirPrefix) {
    const H264SvcWriter writer(kMode, false);
    const LayerFrame base = frame(0, 0, true);
    const Bytes header = writer.header({base, 0, true, 50});
    EXPECT_EQ(Bytes(header.begin(), header.begin() + 8),
              (Bytes{0x78, 0, 5, 0x6e, 0xc0, 0x80, 0x07, 0x20}))
        << "as encoders write it";
    const PacketInfo info = parse(header, 50);
    EXPECT_TRUE(info.key_frame && info.h264.svc_idr && info.h264.idr && info.h264.first_slice);
    EXPECT_TRUE(writer.leading(frame(0, 0, false), 1).empty());
}

TEST(H264SvcWriter, WithoutPacsiLongSlicesAreFragments) {
    const H264SvcWriter writer(kMode, false);
    const LayerFrame top = frame(1, 2, false);
    const PacketInfo first = parse(writer.header({top, 0, false, 90}), 90);
    EXPECT_TRUE(first.h264.starts_nal && !first.h264.ends_nal && first.h264.has_svc_header);
    EXPECT_EQ(first.temporal_id, 2);
    EXPECT_FALSE(first.h264.reference) << "nothing refers to the highest temporal layer";
    const PacketInfo middle = parse(writer.header({top, 1, false, 90}), 90);
    EXPECT_FALSE(middle.h264.starts_nal || middle.h264.ends_nal || middle.h264.has_svc_header);
    const PacketInfo last = parse(writer.header({top, 2, true, 90}), 90);
    EXPECT_TRUE(last.h264.ends_nal && last.h264.extension);
    // The prefix of a base slice can't be in a fragment.
    const PacketInfo prefix = parse(writer.leading(frame(0, 1, false), 2));
    EXPECT_TRUE(prefix.h264.has_svc_header && !prefix.h264.vcl);
    EXPECT_EQ(prefix.temporal_id, 1);
    EXPECT_TRUE(writer.leading(top, 2).empty());
}

TEST(H264SvcWriter, KeyPicturesBeginWithParameterSetsAndScalabilityInformation) {
    for (const bool pacsi : {false, true}) {
        const PacketInfo info = parse(H264SvcWriter(kMode, pacsi).leading(frame(0, 0, true), 3));
        EXPECT_TRUE(info.key_frame && info.h264.sps && info.h264.subset_sps && info.h264.pps);
        EXPECT_TRUE(info.h264.scalability_info && info.h264.temporal_nesting);
        EXPECT_EQ(info.h264.has_svc_header, !pacsi);
    }
}

TEST(H264SvcWriter, NoStartCodeIsInsideANalUnit) {
    const ScalabilityMode most{3, 3, LayerPrediction::full};
    const Bytes payload = H264SvcWriter(most, true).leading(frame(0, 0, true), 1);
    std::size_t at = 1;
    while (at < payload.size()) {
        const std::size_t size = payload[at] * 256u + payload[at + 1], end = at + 2 + size;
        ASSERT_LE(end, payload.size());
        for (std::size_t i = at + 2; i + 2 < end; ++i)
            EXPECT_FALSE(payload[i] == 0 && payload[i + 1] == 0 && payload[i + 2] < 3) << i;
        EXPECT_NE(payload[end - 1], 0);
        at = end;
    }
}

}  // namespace
}  // namespace strata::gen
