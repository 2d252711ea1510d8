#include "bench/generator/content_key.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/generator/rtp_writer.h"
#include "relay/rtp/packet.h"

namespace strata::gen {
namespace {

// VP8 with a 15-bit picture id in front of `media`.
std::vector<std::uint8_t> vp8(std::uint16_t sequence, std::uint16_t picture,
                              const std::vector<std::uint8_t>& media) {
    std::vector<std::uint8_t> payload{0x90, 0x80, static_cast<std::uint8_t>(0x80 | picture >> 8),
                                      static_cast<std::uint8_t>(picture)};
    payload.insert(payload.end(), media.begin(), media.end());
    return write_rtp({.payload_type = 96, .sequence = sequence, .ssrc = sequence + 1u}, {},
                     payload);
}

std::uint64_t key_of(const std::vector<std::uint8_t>& packet) {
    relay::PacketParser parser;
    parser.payload_types[96] = {relay::PayloadRole::media, relay::Codec::vp8};
    relay::PacketInfo info;
    EXPECT_EQ(relay::parse_packet(packet, parser, info), relay::ParseError::none);
    return content_key(packet, info);
}

TEST(ContentKey, SurvivesWhatARelayRewrites) {
    const std::vector<std::uint8_t> media(50, 0x21);
    EXPECT_EQ(key_of(vp8(1, 77, media)), key_of(vp8(900, 4000, media)));
}

TEST(ContentKey, EveryByteAndTheLengthCount) {
    std::set<std::uint64_t> keys;
    for (std::size_t size = 1; size < 20; ++size)
        keys.insert(key_of(vp8(1, 1, std::vector<std::uint8_t>(size, 0))));
    for (std::size_t at = 0; at < 19; ++at) {
        std::vector<std::uint8_t> media(19, 0);
        media[at] = 1;
        keys.insert(key_of(vp8(1, 1, media)));
    }
    EXPECT_EQ(keys.size(), 38u);
}

}  // namespace
}  // namespace strata::gen
