#include "bench/generator/throughput/send_ledger.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

SentFrame frame_of(std::uint8_t encoding, std::uint16_t wanted) {
    SentFrame frame;
    frame.encoding = encoding;
    frame.wanted = wanted;
    return frame;
}

TEST(SendLedger, FindsFramesAndTimesByTheStamp) {
    SendLedger ledger;
    const Stamp stamp{.stream = 7, .frame = 100'000, .encoding = 1, .packet = 65'535};
    ledger.note(stamp, frame_of(1, layer_bit(0, 0)), 42);
    ASSERT_NE(ledger.frame(stamp), nullptr);
    EXPECT_EQ(ledger.frame(stamp)->encoding, 1);
    EXPECT_EQ(ledger.sent_us(stamp), 42);
    Stamp other = stamp;
    other.stream = 8;
    EXPECT_EQ(ledger.frame(other), nullptr) << "another publisher's";
    other = stamp;
    other.frame = 100'001;
    EXPECT_EQ(ledger.frame(other), nullptr) << "never sent";
}

TEST(SendLedger, CountsWhatEachSetOfLayersIsOwedInATrial) {
    SendLedger ledger;
    const int low = layer_bit(0, 0) | layer_bit(0, 1), high = layer_bit(0, 1);
    Stamp stamp{.stream = 7, .frame = 9};
    ledger.note(stamp, frame_of(0, static_cast<std::uint16_t>(low)), 1);  // before the trial
    ledger.begin_trial(10);
    for (stamp.frame = 10; stamp.frame < 20; ++stamp.frame)
        ledger.note(stamp, frame_of(0, static_cast<std::uint16_t>(stamp.frame % 2 ? high : low)),
                    1);
    ledger.end_trial(20);
    ledger.note(stamp, frame_of(0, static_cast<std::uint16_t>(low)), 1);  // behind it
    EXPECT_EQ(ledger.owed({0, 0, 0, false}), 5u);
    EXPECT_EQ(ledger.owed({0, 0, 1, false}), 10u);
    EXPECT_EQ(ledger.owed({1, 0, 1, false}), 0u) << "another encoding";
    EXPECT_EQ(ledger.owed({0, 0, 1, true}), 0u) << "paused";
    EXPECT_FALSE(ledger.in_trial(9));
    EXPECT_TRUE(ledger.in_trial(10));
    EXPECT_FALSE(ledger.in_trial(20));
}

}  // namespace
}  // namespace strata::gen
