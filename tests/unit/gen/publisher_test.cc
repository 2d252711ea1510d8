#include "bench/generator/publisher.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/generator/synthetic_source.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"
#include "source_folders.h"
#include "tests/unit/gen/virtual_link.h"

namespace strata::gen {
namespace {

struct Wire final : PublisherOutput {
    void send(std::span<const std::uint8_t> packet) override {
        sent.emplace_back(packet.begin(), packet.end());
    }
    std::uint16_t next_transport_sequence() override { return sequence++; }
    std::vector<Packet> sent;
    std::uint16_t sequence = 0;
};

class PublisherTest : public testing::Test {
  protected:
    PublisherTest() {
        const Profile profile = load_profile(STRATA_PROFILES "/vp8-l1t3.json");
        publisher_ = std::make_unique<Publisher>(
            PublisherConfig{"p", 500'000, 2'500'000},
            std::make_unique<SyntheticSource>(
                profile, numbers_near_wrap(profile.track.encodings.size()), std::uint16_t{0}),
            wire_);
        publisher_->begin(kBegin, std::uint64_t{4'000'000'000} << 32);
    }
    void pass_until(std::int64_t us) {
        for (std::int64_t now = kBegin; now <= kBegin + us; now += 1'000) {
            while (publisher_->send_due(now)) {
            }
            publisher_->send_reports(now);
        }
    }
    std::size_t count(relay::PacketClass kind) const {
        std::size_t n = 0;
        for (const Packet& packet : wire_.sent) n += relay::classify(packet) == kind ? 1 : 0;
        return n;
    }

    static constexpr std::int64_t kBegin = 7'000'000;
    Wire wire_;
    std::unique_ptr<Publisher> publisher_;
};

TEST_F(PublisherTest, SendsWithinItsTimeWithAReportEachSecond) {
    pass_until(400'000);
    EXPECT_EQ(count(relay::PacketClass::rtp), 0u) << "it starts later";
    pass_until(4'000'000);
    EXPECT_TRUE(publisher_->finished());
    EXPECT_EQ(count(relay::PacketClass::rtp), publisher_->totals().packets);
    EXPECT_GT(publisher_->totals().frames, 50u);
    EXPECT_EQ(count(relay::PacketClass::rtcp), publisher_->totals().sender_reports);
    EXPECT_GE(publisher_->totals().sender_reports, 2u);
}

TEST_F(PublisherTest, AnswersPictureLossWithAKeyFrame) {
    pass_until(1'500'000);
    const std::uint64_t before = publisher_->totals().key_pictures;
    RtcpContents asked;
    asked.key_frame_requests.push_back({publisher_->track().encodings[0].ssrc, false});
    publisher_->on_rtcp(asked);
    pass_until(2'400'000);
    EXPECT_EQ(publisher_->totals().plis, 1u);
    EXPECT_EQ(publisher_->totals().key_pictures, before + 1);
}

}  // namespace
}  // namespace strata::gen
