#include "bench/generator/receiver.h"

#include <gtest/gtest.h>

#include "bench/generator/synthetic_source.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"
#include "source_folders.h"
#include "tests/unit/gen/virtual_link.h"

// One fault at a time is put between publisher and receiver; the receiver must name it.
namespace strata::gen {
namespace {

using Deliver = std::function<void(const Packet&)>;

class Faults : public testing::Test {
  protected:
    explicit Faults(const std::string& profile = "vp9-l3t3") {
        const Profile p = load_profile(STRATA_PROFILES "/" + profile + ".json");
        track_ = p.track;
        link_ = std::make_unique<VirtualLink>(std::make_unique<SyntheticSource>(
            p, numbers_near_wrap(p.track.encodings.size()), 0xfff0));
    }
    // Lets a clean second pass, then `harm` sees each RTP packet with its number from 0.
    void harm(const std::function<void(int, Packet, const Deliver&)>& harm) {
        link_->run(1);
        int n = 0;
        link_->set_middle([=](const Packet& packet, const Deliver& deliver) mutable {
            if (relay::classify(packet) == relay::PacketClass::rtcp) return deliver(packet);
            harm(n++, packet, deliver);
        });
        link_->run(2);
        link_->finish();
    }
    std::uint64_t count(Fault fault) const { return link_->faults(fault); }

    TrackDescription track_;
    std::unique_ptr<VirtualLink> link_;
};

TEST_F(Faults, NoneIsFoundWhereThereIsNone) {
    harm([](int, const Packet& p, const Deliver& deliver) { deliver(p); });
    EXPECT_EQ(link_->wrong(), "");
    EXPECT_EQ(link_->receiver().pictures().width, 1280);
    EXPECT_EQ(link_->receiver().pictures().spatial_id, 2);
    EXPECT_EQ(link_->receiver().latency().quantile_us(0.5), 1000);
    EXPECT_EQ(link_->receiver().totals().plis_sent, 0u);
}

TEST_F(Faults, Loss) {
    harm([](int n, const Packet& p, const Deliver& deliver) {
        if (n % 50 != 7) deliver(p);
    });
    EXPECT_GT(count(Fault::lost), 5u);
    EXPECT_GT(count(Fault::incomplete_frames), 5u);
    EXPECT_EQ(count(Fault::reordered) + count(Fault::duplicates), 0u);
    EXPECT_GT(link_->receiver().totals().plis_sent, 0u);
}

TEST_F(Faults, Duplicates) {
    harm([](int n, const Packet& p, const Deliver& deliver) {
        deliver(p);
        if (n == 20) deliver(p);
    });
    EXPECT_EQ(count(Fault::duplicates), 1u);
    EXPECT_EQ(count(Fault::lost), 0u);
}

TEST_F(Faults, Reordering) {
    Packet held;
    harm([held](int n, const Packet& p, const Deliver& deliver) mutable {
        if (n == 30) {
            held = p;
            return;
        }
        deliver(p);
        if (n == 31) deliver(held);
    });
    EXPECT_EQ(count(Fault::reordered), 1u);
    EXPECT_EQ(count(Fault::lost) + count(Fault::incomplete_frames), 0u);
}

TEST_F(Faults, SequenceJump) {
    harm([](int n, Packet p, const Deliver& deliver) {
        if (n >= 40)
            relay::store_be16(&p[2], static_cast<std::uint16_t>(relay::load_be16(&p[2]) + 20'000));
        deliver(p);
    });
    EXPECT_EQ(count(Fault::sequence_jumps), 1u);
    EXPECT_EQ(count(Fault::lost), 0u);
}

TEST_F(Faults, MissingMarker) {
    harm([](int, Packet p, const Deliver& deliver) {
        p[1] &= 0x7f;
        deliver(p);
    });
    EXPECT_GT(count(Fault::missing_markers), 20u);
}

TEST_F(Faults, MarkerBeforeThePicturesEnd) {
    harm([](int n, Packet p, const Deliver& deliver) {
        if (n == 3) p[1] ^= 0x80;
        deliver(p);
    });
    EXPECT_EQ(count(Fault::extra_markers) + count(Fault::missing_markers), 1u);
}

TEST_F(Faults, WrongLayer) {
    link_->set_target("S1T2");
    harm([](int, const Packet& p, const Deliver& deliver) { deliver(p); });
    EXPECT_GT(count(Fault::wrong_layer_frames), 10u);
}

TEST_F(Faults, TargetNeverReached) {
    link_->set_middle(relay_for(track_, 0, 2));
    link_->run(4);
    link_->finish();
    EXPECT_EQ(count(Fault::targets_not_reached), 1u);
    EXPECT_EQ(count(Fault::wrong_layer_frames), 0u);
}

// A policy that drops a base layer frame and closes the gap: no loss, and yet wrong.
TEST_F(Faults, MissingReferenceWithoutALoss) {
    relay::PacketParser parser = track_.parser();
    auto reader = std::make_shared<FrameReader>();
    std::uint16_t dropped = 0;
    std::int64_t victim = -1;
    link_->set_middle([=](const Packet& packet, const Deliver& deliver) mutable {
        relay::PacketInfo info;
        FrameFacts facts;
        if (relay::classify(packet) == relay::PacketClass::rtcp) return;
        ASSERT_EQ(relay::parse_packet(packet, parser, info), relay::ParseError::none);
        ASSERT_EQ(reader->read(packet, info, facts), FrameReader::Result::read);
        if (victim < 0 && !facts.key_picture && facts.temporal_id == 0 && facts.spatial_id == 1)
            victim = facts.id;
        if (facts.id == victim) {
            ++dropped;
            return;
        }
        Packet out = packet;
        relay::store_be16(&out[2], static_cast<std::uint16_t>(info.sequence.value - dropped));
        deliver(out);
    });
    link_->run(3);
    link_->finish();
    EXPECT_EQ(count(Fault::lost), 0u);
    EXPECT_GT(count(Fault::missing_references), 0u);
    EXPECT_EQ(count(Fault::incomplete_frames), 1u);
}

TEST_F(Faults, TimestampsThatGoBackOrStep) {
    harm([](int n, Packet p, const Deliver& deliver) {
        const std::uint32_t timestamp = relay::load_be32(&p[4]);
        if (n >= 60) relay::store_be32(&p[4], timestamp + 90'000);
        if (n >= 120) relay::store_be32(&p[4], timestamp - 9'000);
        deliver(p);
    });
    EXPECT_GE(count(Fault::timestamp_steps), 1u);
    EXPECT_EQ(count(Fault::timestamps_backward), 1u);
}

TEST_F(Faults, DamagedAndForeignPayload) {
    harm([](int n, Packet p, const Deliver& deliver) {
        if (n == 10) p[p.size() - 60] ^= 4;
        if (n == 20) p[p.size() - 1] ^= 4;
        deliver(p);
    });
    EXPECT_EQ(count(Fault::damaged_content), 1u);
    EXPECT_EQ(count(Fault::unknown_content), 1u);
}

TEST_F(Faults, PayloadTypeAndExtensionsThatWereNotNegotiated) {
    harm([](int n, Packet p, const Deliver& deliver) {
        if (n == 10) p[1] = static_cast<std::uint8_t>((p[1] & 0x80) | 77);
        if (n == 20) p[16] = static_cast<std::uint8_t>((p[16] & 0x0f) | 0x70);
        deliver(p);
    });
    EXPECT_EQ(count(Fault::wrong_payload_type), 1u);
    EXPECT_EQ(count(Fault::unknown_extensions), 1u);
}

TEST_F(Faults, StartWithoutAKeyFrameIsNamedAndAsksForOne) {
    link_->set_middle([](const Packet&, const Deliver&) {});
    link_->run(0.5);
    link_->set_middle([](const Packet& p, const Deliver& deliver) { deliver(p); });
    link_->run(3);
    link_->finish();
    EXPECT_GT(count(Fault::unreadable_descriptors), 0u);  // C9
    EXPECT_GT(link_->receiver().totals().plis_sent, 0u);
    EXPECT_GT(link_->publisher().totals().key_frames_given, 0u);
    EXPECT_GT(link_->receiver().pictures().key_pictures, 0u) << "it recovered";
}

TEST_F(Faults, Silence) {
    link_->set_middle([](const Packet&, const Deliver&) {});
    link_->run(2);
    link_->finish();
    EXPECT_EQ(count(Fault::silence), 1u);
}

class Vp8Faults : public Faults {
  protected:
    Vp8Faults() : Faults("vp8-l1t3") {}
};

// A relay that drops T2 pictures and leaves holes in the picture ids.
TEST_F(Vp8Faults, PictureIdGaps) {  // C23
    link_->set_target("T1");
    link_->set_middle(relay_for(track_, 0, 1));
    link_->run(3);
    link_->finish();
    EXPECT_GT(count(Fault::picture_id_gaps), 10u);
    EXPECT_EQ(count(Fault::lost) + count(Fault::tl0_pic_idx_gaps), 0u);
}

}  // namespace
}  // namespace strata::gen
