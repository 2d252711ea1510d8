#include "relay/rtp/extension_map.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

TEST(ExtensionMap, UrisRoundTrip) {
    for (std::size_t i = 1; i < static_cast<std::size_t>(ExtensionKind::kCount); ++i) {
        const auto kind = static_cast<ExtensionKind>(i);
        EXPECT_FALSE(extension_uri(kind).empty());
        EXPECT_FALSE(extension_name(kind).empty());
        EXPECT_EQ(extension_kind(extension_uri(kind)), kind);
    }
    EXPECT_EQ(extension_kind("urn:ietf:params:rtp-hdrext:sdes:mid "), ExtensionKind::none);
    EXPECT_EQ(extension_kind(""), ExtensionKind::none);
    EXPECT_EQ(extension_uri(ExtensionKind::kCount), "");
}

TEST(ExtensionMap, EndToEndAndHopByHop) {  // C37
    EXPECT_FALSE(is_hop_by_hop(ExtensionKind::dependency_descriptor));
    EXPECT_FALSE(is_hop_by_hop(ExtensionKind::audio_level));
    EXPECT_TRUE(is_hop_by_hop(ExtensionKind::transport_cc));
    EXPECT_TRUE(is_hop_by_hop(ExtensionKind::mid));
    EXPECT_TRUE(is_hop_by_hop(ExtensionKind::none));
}

TEST(ExtensionMap, OneIdPerKind) {
    ExtensionMap map;
    EXPECT_TRUE(map.set(3, ExtensionKind::mid));
    EXPECT_TRUE(map.set(200, ExtensionKind::mid));
    EXPECT_EQ(map.kind(3), ExtensionKind::none);
    EXPECT_EQ(map.id(ExtensionKind::mid), 200);
    EXPECT_TRUE(map.set(200, ExtensionKind::rid));
    EXPECT_EQ(map.id(ExtensionKind::mid), 0);
    EXPECT_EQ(map.kind(200), ExtensionKind::rid);
    EXPECT_TRUE(map.set(200, ExtensionKind::rid)) << "again";
    EXPECT_EQ(map.kind(200), ExtensionKind::rid);
    map.clear(200);
    EXPECT_EQ(map.id(ExtensionKind::rid), 0);
}

TEST(ExtensionMap, ReservedIds) {  // RFC 8285 sections 4.2, 4.3
    ExtensionMap map;
    EXPECT_FALSE(map.set(0, ExtensionKind::mid));
    EXPECT_FALSE(map.set(15, ExtensionKind::mid));
    EXPECT_FALSE(map.set(1, ExtensionKind::none));
    EXPECT_EQ(map.id(ExtensionKind::mid), 0);
    map.clear(9);
    EXPECT_EQ(map.kind(9), ExtensionKind::none);
}

}  // namespace
}  // namespace strata::relay
