#include "bench/generator/throughput/flow.h"

#include <gtest/gtest.h>

#include "bench/generator/rtp_writer.h"

namespace strata::gen {
namespace {

constexpr std::uint32_t kPublished = 0x1234, kReceived = 0x9999;

// One publisher's frames in two temporal layers, and a flow that gets them.
struct Link {
    explicit Link(relay::TemporalId temporal = 3) : flow(config(temporal)) {}

    static FlowConfig config(relay::TemporalId temporal) {
        FlowConfig c;
        c.ssrc = kReceived;
        c.target.temporal = temporal;
        return c;
    }
    // A frame as the relay sends it; every second one is of layer 1.
    std::vector<std::uint8_t> packet(std::uint32_t frame) {
        Stamp stamp{.stream = kPublished, .frame = frame};
        stamp.temporal_id = frame % 2;
        SentFrame sent;
        for (std::size_t t = stamp.temporal_id; t < kLayerLimit; ++t)
            for (std::size_t s = 0; s < kLayerLimit; ++s)
                sent.wanted = static_cast<std::uint16_t>(sent.wanted | layer_bit(s, t));
        ledger.note(stamp, sent, 1'000);
        std::vector<std::uint8_t> payload(100);
        write_stamp(stamp, payload, 4);
        RtpFields fields;
        fields.ssrc = kReceived;
        fields.sequence = sequence++;
        return write_rtp(fields, {}, payload);
    }
    void deliver(const std::vector<std::uint8_t>& bytes, std::int64_t now_us = 1'500) {
        flow.on_rtp(now_us, bytes, ledger, counts, latency);
    }
    SendLedger ledger;
    Flow flow;
    FlowCounts counts;
    Histogram latency;
    std::uint16_t sequence = 65'530;
};

TEST(Flow, CleanStreamIsRight) {
    Link link;
    link.deliver(link.packet(0));
    link.ledger.begin_trial(1);
    link.flow.begin_trial(0);
    for (std::uint32_t i = 1; i <= 200; ++i) link.deliver(link.packet(i));
    EXPECT_EQ(link.counts.faults(), 0u);
    EXPECT_EQ(link.flow.trial_gaps(), 0u);
    EXPECT_EQ(link.flow.trial_packets(), 200u);
    EXPECT_EQ(link.ledger.owed(link.flow.config().target), 200u);
    EXPECT_TRUE(link.flow.steady());
    EXPECT_EQ(link.latency.quantile_us(0.5), 500);
}

TEST(Flow, SeesGapsDuplicatesAndOrder) {
    Link link;
    link.ledger.begin_trial(0);
    link.deliver(link.packet(0));
    link.flow.begin_trial(0);
    const auto early = link.packet(1), late = link.packet(2);
    link.packet(3);  // lost
    link.deliver(late);
    link.deliver(early);
    link.deliver(early);
    link.deliver(link.packet(4));
    EXPECT_EQ(link.counts.reordered, 1u);
    EXPECT_EQ(link.counts.duplicates, 1u);
    EXPECT_EQ(link.flow.trial_gaps(), 1u);
    EXPECT_EQ(link.flow.trial_packets(), 3u);
}

TEST(Flow, EmptyPacketsCloseHolesLate) {
    Link link;
    link.deliver(link.packet(0));
    link.flow.begin_trial(0);
    RtpFields fields;
    fields.ssrc = kReceived;
    fields.sequence = link.sequence++;
    link.deliver(link.packet(1));
    EXPECT_EQ(link.flow.trial_gaps(), 1u);
    link.deliver(write_rtp(fields, {}, {}));
    EXPECT_EQ(link.flow.trial_gaps(), 0u);
    EXPECT_EQ(link.counts.faults(), 0u);
    EXPECT_EQ(link.counts.empty, 1u);
}

TEST(Flow, SeesLayersThatNobodyAskedFor) {
    Link link(0);
    link.deliver(link.packet(0));
    link.deliver(link.packet(1));
    EXPECT_EQ(link.counts.illegal_layers, 1u);
    link.flow.set_target({});
    link.deliver(link.packet(3));
    EXPECT_EQ(link.counts.illegal_layers, 1u);
    link.flow.set_target({0, 3, 0, false});
    link.deliver(link.packet(5), 2'000);
    EXPECT_EQ(link.counts.illegal_layers, 1u) << "on the way down the old layers are right";
    link.flow.settle(3'000);
    link.deliver(link.packet(7), 3'000);
    EXPECT_EQ(link.counts.illegal_layers, 2u) << "afterwards they aren't";
    link.ledger.begin_trial(8);
    link.flow.begin_trial(3'000);
    EXPECT_TRUE(link.flow.steady());
    link.flow.leave();
    EXPECT_FALSE(link.flow.steady()) << "nothing is owed to one that leaves";
    link.deliver(link.packet(9), 4'000);
    EXPECT_EQ(link.counts.illegal_layers, 2u) << "one that leaves wants nothing more";
}

TEST(Flow, SeesForeignAndDamagedPackets) {
    Link link;
    auto damaged = link.packet(0);
    damaged[20] ^= 1;  // the first packet's whole pattern is compared
    link.deliver(damaged);
    EXPECT_EQ(link.counts.foreign_content, 1u);
    auto foreign = link.packet(1);
    foreign[foreign.size() - 20] ^= 1;  // the stamp itself
    link.deliver(foreign);
    EXPECT_EQ(link.counts.foreign_content, 2u);
    link.deliver({0x80, 98, 0});
    EXPECT_EQ(link.counts.unreadable, 1u);
}

TEST(Flow, AsksForAKeyFrameUntilSomethingComes) {
    Link link;
    const std::size_t asking = link.flow.make_rtcp().size();
    link.deliver(link.packet(0));
    EXPECT_EQ(link.flow.make_rtcp().size(), asking + 24 - 12) << "a block, and no PLI";
}

}  // namespace
}  // namespace strata::gen
