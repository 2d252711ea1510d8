#include "relay/ice/framing.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

void append(Bytes& to, const Bytes& datagram) {
    const auto head = frame_head(static_cast<std::uint16_t>(datagram.size()));
    to.insert(to.end(), head.begin(), head.end());
    to.insert(to.end(), datagram.begin(), datagram.end());
}

TEST(FrameReader, HoweverTheStreamIsCut) {  // C40
    std::mt19937 random(3);
    Bytes stream;
    std::vector<Bytes> sent;
    for (int i = 0; i < 200; ++i) {
        Bytes datagram(random() % 1'400, static_cast<std::uint8_t>(i));
        append(stream, datagram);
        if (!datagram.empty()) sent.push_back(datagram);
    }
    for (const std::size_t most : {1u, 2u, 3u, 100u, 3'000u, 1'000'000u}) {
        FrameReader reader(1'400);
        std::vector<Bytes> got;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t n = std::min(stream.size() - at, 1 + random() % most);
            ASSERT_TRUE(reader.read(std::span(stream).subspan(at, n), [&](auto datagram) {
                got.emplace_back(datagram.begin(), datagram.end());
            }));
            at += n;
        }
        EXPECT_EQ(got, sent) << most;
        EXPECT_EQ(reader.waiting(), 0u);
    }
}

TEST(FrameReader, ATooLongDatagramBreaksTheStream) {
    for (const std::size_t step : {1u, 2u, 64u}) {
        FrameReader reader(100);
        Bytes stream;
        append(stream, Bytes(100, 1));
        append(stream, Bytes(101, 2));
        append(stream, Bytes(5, 3));
        int got = 0;
        bool whole = true;
        for (std::size_t at = 0; at < stream.size(); at += step)
            whole = reader.read(std::span(stream).subspan(at, std::min(step, stream.size() - at)),
                                [&](auto) { ++got; });
        EXPECT_FALSE(whole);
        EXPECT_EQ(got, 1);
    }
}

TEST(ClassifyStream, TlsStunOrNeither) {
    EXPECT_EQ(classify_stream({}), StreamKind::undecided);
    EXPECT_EQ(classify_stream(hex_bytes("16")), StreamKind::tls);
    EXPECT_EQ(classify_stream(hex_bytes("160301")), StreamKind::tls);
    EXPECT_EQ(classify_stream(as_bytes("GET / HTTP/1.1\r\n")), StreamKind::unknown);
    EXPECT_EQ(classify_stream(as_bytes("SSH-2.0")), StreamKind::unknown);
    Bytes stream;
    append(stream, sample_request());
    for (std::size_t n = 0; n < kStreamKindBytes; ++n)
        EXPECT_EQ(classify_stream(std::span(stream).first(n)), StreamKind::undecided) << n;
    EXPECT_EQ(classify_stream(std::span(stream).first(kStreamKindBytes)), StreamKind::stun);
    EXPECT_EQ(classify_stream(stream), StreamKind::stun);
    EXPECT_EQ(classify_stream(hex_bytes("0013")), StreamKind::unknown);  // shorter than a header
    stream[9] ^= 1;
    EXPECT_EQ(classify_stream(stream), StreamKind::unknown);
    stream.clear();
    append(stream, sample_answer_v4());
    EXPECT_EQ(classify_stream(stream), StreamKind::unknown);  // an answer to nothing
}

}  // namespace
}  // namespace strata::relay
