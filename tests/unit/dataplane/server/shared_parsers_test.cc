#include "dataplane/server/shared_parsers.h"

#include <gtest/gtest.h>

#include <vector>

namespace strata::dataplane {
namespace {

relay::PacketParser with_payload_type(std::size_t payload_type) {
    relay::PacketParser parser;
    parser.payload_types[payload_type] = {relay::PayloadRole::media, relay::Codec::vp8};
    return parser;
}

TEST(SharedParsers, WhatIsAlikeIsOneObject) {
    SharedParsers parsers;
    const auto first = parsers.share(with_payload_type(96));
    EXPECT_EQ(parsers.share(with_payload_type(96)), first);
    EXPECT_EQ(first->payload_types[96].codec, relay::Codec::vp8);
    EXPECT_EQ(parsers.size(), 1u);
}

TEST(SharedParsers, AnyDifferenceMakesAnother) {
    SharedParsers parsers;
    const auto first = parsers.share(with_payload_type(96));
    EXPECT_NE(parsers.share(with_payload_type(97)), first);
    relay::PacketParser encrypted = with_payload_type(96);
    encrypted.end_to_end_encrypted = true;
    EXPECT_NE(parsers.share(encrypted), first);
    relay::PacketParser extended = with_payload_type(96);
    extended.extensions.set(3, relay::ExtensionKind::mid);
    EXPECT_NE(parsers.share(extended), first);
    EXPECT_EQ(parsers.size(), 4u);
}

TEST(SharedParsers, ThoseThatNobodyHasAreForgotten) {
    SharedParsers parsers;
    const auto kept = parsers.share(with_payload_type(0));
    constexpr std::uint8_t kIds = 200;
    for (std::uint8_t id = 16; id < kIds; ++id) {
        relay::PacketParser parser = with_payload_type(0);
        parser.extensions.set(id, relay::ExtensionKind::mid);
        (void)parsers.share(parser);
    }
    EXPECT_LE(parsers.size(), 65u);
    EXPECT_EQ(parsers.share(with_payload_type(0)), kept);
}

TEST(SharedParsers, OnesThatAreInUseOutliveThem) {
    std::shared_ptr<const relay::PacketParser> parser;
    {
        SharedParsers parsers;
        parser = parsers.share(with_payload_type(5));
    }
    EXPECT_EQ(parser->payload_types[5].role, relay::PayloadRole::media);
}

}  // namespace
}  // namespace strata::dataplane
