#include "relay/ice/stream_opening.h"

#include <gtest/gtest.h>

#include "relay/ice/framing.h"
#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

using Kind = StreamOpening::Kind;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMost = 1'024;

Bytes framed(const Bytes& datagram) {
    const auto head = frame_head(static_cast<std::uint16_t>(datagram.size()));
    Bytes out(head.begin(), head.end());
    out.insert(out.end(), datagram.begin(), datagram.end());
    return out;
}

TEST(StreamOpening, ACheckIsReadWhole) {  // C40
    const Bytes stream = framed(make_check({.username = "ours:theirs"}));
    for (std::size_t n = 0; n < stream.size(); ++n) {
        const auto opening = read_opening(std::span(stream).first(n), kMost);
        EXPECT_EQ(opening.kind, Kind::undecided) << n;
        EXPECT_GT(opening.needed, n);
        EXPECT_LE(opening.needed, stream.size());
    }
    const auto opening = read_opening(stream, kMost);
    EXPECT_EQ(opening.kind, Kind::check);
    EXPECT_EQ(opening.username, "ours:theirs");
    Bytes longer = stream;
    longer.resize(longer.size() + 500, 0xaa);
    EXPECT_EQ(read_opening(longer, kMost).kind, Kind::check);
}

TEST(StreamOpening, TlsByItsFirstByte) {
    EXPECT_EQ(read_opening(Bytes{0x16}, kMost).kind, Kind::tls);
    EXPECT_EQ(read_opening(Bytes{0x16, 3, 1, 0, 200}, kMost).kind, Kind::tls);
}

TEST(StreamOpening, WhatDoesntFitIsUnknown) {  // C52
    const Bytes stream = framed(make_check({}));
    EXPECT_EQ(read_opening(stream, stream.size()).kind, Kind::check);
    EXPECT_EQ(read_opening(stream, stream.size() - 1).kind, Kind::unknown);
    // Already when it says how long it will be.
    EXPECT_EQ(read_opening(std::span(stream).first(10), stream.size() - 1).kind, Kind::unknown);
}

TEST(StreamOpening, ChecksThatAreNone) {
    Bytes damaged = framed(make_check({}));
    damaged.back() ^= 1;  // its fingerprint
    EXPECT_EQ(read_opening(damaged, kMost).kind, Kind::unknown);
    Bytes anonymous(512);
    StunWriter writer(anonymous, StunClass::request, {1});
    writer.fingerprint();
    const auto written = writer.written();
    EXPECT_EQ(read_opening(framed({written.begin(), written.end()}), kMost).kind, Kind::unknown);
    EXPECT_EQ(read_opening(framed(Bytes(50, 0x80)), kMost).kind, Kind::unknown);
}

}  // namespace
}  // namespace strata::relay
