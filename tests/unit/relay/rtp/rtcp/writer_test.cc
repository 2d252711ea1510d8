#include "relay/rtp/rtcp/writer.h"

#include <gtest/gtest.h>

#include <vector>

namespace strata::relay {
namespace {

TEST(RtcpWriter, CompoundReadsBack) {
    std::array<std::uint8_t, 1'500> buffer;
    RtcpWriter writer(buffer);
    SenderReport sr{.sender = {1},
                    .ntp = 0x0102030405060708,
                    .rtp_timestamp = 9,
                    .packets = 10,
                    .octets = 11,
                    .block_count = 1,
                    .blocks = {}};
    sr.blocks[0] = {.ssrc = {2}, .fraction_lost = 3, .cumulative_lost = -4};
    ASSERT_TRUE(writer.sender_report(sr));
    ASSERT_TRUE(writer.cname({1}, "strata"));
    ASSERT_TRUE(writer.receiver_report({1}, {}));
    ASSERT_TRUE(writer.bye(std::vector<Ssrc>{{1}, {2}}, "done"));
    ASSERT_TRUE(writer.app(3, {1}, "strt", std::vector<std::uint8_t>{1, 2, 3, 4}));
    ASSERT_TRUE(writer.picture_loss({{1}, {2}}));
    ASSERT_TRUE(writer.full_intra_request({1}, {2}, 200));
    ASSERT_TRUE(writer.receiver_estimate({1}, 5'000'000, std::vector<Ssrc>{{7}}));
    ASSERT_TRUE(writer.receiver_reference_time({1}, 42));
    ASSERT_TRUE(writer.delay_since_last_report({1}, {2}, 3, 4));
    EXPECT_EQ(writer.size() % 4, 0u);

    RtcpCompound compound(writer.written());
    SenderReport sr2;
    ASSERT_TRUE(read_sender_report(*compound.next(), sr2));
    EXPECT_EQ(sr2.ntp, sr.ntp);
    EXPECT_EQ(sr2.octets, 11u);
    EXPECT_EQ(sr2.blocks[0].cumulative_lost, -4);
    SdesItems items(*compound.next());
    EXPECT_EQ(items.next()->text, "strata");
    EXPECT_FALSE(items.next());
    EXPECT_TRUE(items.ok());
    ReceiverReport rr;
    ASSERT_TRUE(read_receiver_report(*compound.next(), rr));
    Bye bye;
    ASSERT_TRUE(read_bye(*compound.next(), bye));
    EXPECT_EQ(bye.reason, "done");
    EXPECT_EQ(bye.ssrc(1).value, 2u);
    AppPacket app;
    ASSERT_TRUE(read_app(*compound.next(), app));
    EXPECT_EQ(app.name, "strt");
    FeedbackParties parties;
    ASSERT_TRUE(read_picture_loss(*compound.next(), parties));
    FullIntraRequest fir;
    ASSERT_TRUE(read_full_intra_request(*compound.next(), fir));
    EXPECT_EQ(fir.sequence(0), 200);
    ReceiverEstimate estimate;
    ASSERT_TRUE(read_receiver_estimate(*compound.next(), estimate));
    EXPECT_NEAR(static_cast<double>(estimate.bitrate_bps), 5e6, 32);
    ExtendedReport xr;
    ASSERT_TRUE(read_extended_report(*compound.next(), xr));
    EXPECT_EQ(xr.ntp, 42u);
    ASSERT_TRUE(read_extended_report(*compound.next(), xr));
    EXPECT_EQ(xr.delay_since_last_rr(0), 4u);
    EXPECT_FALSE(compound.next());
    EXPECT_EQ(compound.damaged(), 0u);
}

TEST(RtcpWriter, EveryCnameLengthEndsInAZero) {
    for (std::size_t size = 0; size <= 255; ++size) {
        std::array<std::uint8_t, 300> buffer;
        buffer.fill(0xEE);
        RtcpWriter writer(buffer);
        const std::string name(size, 'x');
        ASSERT_TRUE(writer.cname({1}, name));
        SdesItems items(*RtcpCompound(writer.written()).next());
        ASSERT_EQ(items.next()->text, name);
        ASSERT_FALSE(items.next());
        ASSERT_TRUE(items.ok());
    }
    std::array<std::uint8_t, 300> buffer;
    RtcpWriter writer(buffer);
    EXPECT_FALSE(writer.cname({1}, std::string(256, 'x')));
}

TEST(RtcpWriter, NackItemsAreShared) {
    std::array<std::uint8_t, 100> buffer;
    RtcpWriter writer(buffer);
    const std::vector<SequenceNumber> missing = {{65'530}, {65'531}, {10}, {11}, {300}};
    ASSERT_TRUE(writer.generic_nack({{1}, {2}}, missing));
    GenericNack nack;
    ASSERT_TRUE(read_generic_nack(*RtcpCompound(writer.written()).next(), nack));
    EXPECT_EQ(nack.items.size(), 3u * 4u) << "10 is 16 behind 65530, 11 is 17";
    std::vector<SequenceNumber> asked;
    nack.for_each([&asked](SequenceNumber n) { asked.push_back(n); });
    EXPECT_EQ(asked, missing);
    EXPECT_FALSE(writer.generic_nack({}, {}));
}

TEST(RtcpWriter, NothingIsWrittenWithoutRoom) {
    const std::vector<ReportBlock> blocks(32);
    for (std::size_t room = 0; room < 32; ++room) {
        std::vector<std::uint8_t> buffer(room);
        RtcpWriter writer(buffer);
        EXPECT_EQ(writer.receiver_report({1}, std::span(blocks).first(1)), room >= 32);
        EXPECT_EQ(writer.size(), 0u);
        EXPECT_EQ(writer.picture_loss({}), room >= 12);
    }
    std::vector<std::uint8_t> buffer(1'000);
    RtcpWriter writer(buffer);
    EXPECT_FALSE(writer.receiver_report({1}, blocks)) << "RC has 5 bits";
    EXPECT_TRUE(writer.receiver_report({1}, std::span(blocks).first(31)));
}

TEST(RtcpWriter, EstimateKeepsEighteenBits) {
    for (const std::uint64_t bitrate :
         {std::uint64_t{0}, std::uint64_t{0x3FFFF}, std::uint64_t{0x40000}, ~std::uint64_t{0}}) {
        std::array<std::uint8_t, 100> buffer;
        RtcpWriter writer(buffer);
        ASSERT_TRUE(writer.receiver_estimate({1}, bitrate, {}));
        ReceiverEstimate estimate;
        ASSERT_TRUE(read_receiver_estimate(*RtcpCompound(writer.written()).next(), estimate));
        EXPECT_LE(estimate.bitrate_bps, bitrate);
        EXPECT_LE(bitrate - estimate.bitrate_bps, bitrate >> 17);
    }
}

}  // namespace
}  // namespace strata::relay
