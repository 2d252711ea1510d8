#include "dataplane/worker/checkpoint.h"

#include <gtest/gtest.h>

#include <cstring>

namespace strata::dataplane::checkpoint_test {
namespace {

constexpr relay::TimeUs kNow = 50'000'000;
constexpr CheckpointClaim kStream{.ssrc = 0x1234, .clock_rate_hz = 90'000};

relay::Continuation some_numbers() {
    relay::Continuation last;
    last.ever = true;
    last.next_sequence = 0xfff0;
    last.timestamp = {900'000};
    last.sent_at = kNow - 5'000;
    last.frame_number = 65'500;
    last.next_picture_id = 100;
    last.tl0_pic_idx = 250;
    last.key_idx = 30;
    last.next_template_id = 9;
    last.packets = 77;
    last.octets = 1'000;
    last.bytes = 2'000;
    return last;
}

CheckpointNumbers some_state() { return to_checkpoint(some_numbers(), 0x2'fff0, kStream, kNow); }

TEST(Checkpoint, TheNewestWholeStateCounts) {
    CheckpointRecord record;
    EXPECT_FALSE(read_checkpoint(record));
    for (std::uint64_t n = 1; n <= 5; ++n) {
        CheckpointNumbers numbers = some_state();
        numbers.extended_sequence = n;
        write_checkpoint(record, numbers);
        EXPECT_EQ(read_checkpoint(record)->extended_sequence, n);
    }
}

TEST(Checkpoint, ATornStateLeavesTheOneBefore) {
    for (std::size_t byte = 0; byte < sizeof(CheckpointNumbers); ++byte) {
        CheckpointRecord record;
        CheckpointNumbers numbers = some_state();
        numbers.extended_sequence = 1;
        write_checkpoint(record, numbers);
        numbers.extended_sequence = 2;
        write_checkpoint(record, numbers);
        CheckpointNumbers& newest =
            record.states[1].serial == 2 ? record.states[1] : record.states[0];
        reinterpret_cast<std::uint8_t*>(&newest)[byte] ^= 0x40;
        const auto read = read_checkpoint(record);
        ASSERT_TRUE(read) << byte;
        EXPECT_EQ(read->extended_sequence, 1u) << byte;
        // The next one replaces what is damaged.
        numbers.extended_sequence = 3;
        write_checkpoint(record, numbers);
        EXPECT_EQ(read_checkpoint(record)->extended_sequence, 3u) << byte;
    }
}

TEST(Checkpoint, ExtendedNumbersFollowTheWire) {  // C24
    EXPECT_EQ(extend_forward(0x1'fffe, 0xffff), 0x1'ffffu);
    EXPECT_EQ(extend_forward(0x1'fffe, 0x0003), 0x2'0003u);
    EXPECT_EQ(extend_forward(0x1'fffe, 0xfffe), 0x1'fffeu);
}

TEST(Checkpoint, EveryNumberJumpsForward) {  // C25, C53
    CheckpointNumbers stored = some_state();
    stored.packets_per_interval = 300;
    auto fault = CheckpointFault::none;
    const auto resumption = resume_from(stored, kStream, kNow + 400'000, fault);
    ASSERT_TRUE(resumption);
    const std::uint64_t jump = resumption->granted.extended_sequence - stored.extended_sequence;
    EXPECT_GT(jump, 4u * 300);
    EXPECT_LT(jump, 1u << 15);
    const relay::Continuation& from = resumption->from;
    EXPECT_TRUE(from.ever);
    EXPECT_FALSE(from.unfinished_frame);
    EXPECT_EQ(from.encoding, relay::Continuation::kNoEncoding);
    EXPECT_EQ(from.next_sequence, static_cast<std::uint16_t>(0xfff0 + jump));
    EXPECT_EQ(from.timestamp.value, 900'000u);
    EXPECT_LT(from.sent_at, kNow - 5'000) << "a packet may have been ahead of its time";
    const auto forward = [](auto to, auto of) { return static_cast<decltype(to)>(to - of); };
    EXPECT_LT(forward(from.frame_number, std::uint16_t{65'500}), 1 << 15);
    EXPECT_GT(forward(from.frame_number, std::uint16_t{65'500}), 60);
    EXPECT_LT(forward(from.next_picture_id, std::uint16_t{100}), 1 << 6) << "7-bit picture ids";
    EXPECT_LT(forward(from.tl0_pic_idx, std::uint8_t{250}), 1 << 7);
    EXPECT_LT(forward(from.key_idx, std::uint8_t{30}), 1 << 4);
    EXPECT_EQ(from.packets, 77u);
}

// A process that dies before it has told what it sent: the next one jumps over what it may have.
TEST(Checkpoint, JumpsAddUpUntilThereWouldBeTooMany) {  // C25
    CheckpointNumbers stored = some_state();
    std::uint64_t last = stored.extended_sequence;
    auto fault = CheckpointFault::none;
    int restarts = 0;
    while (const auto resumption = resume_from(stored, kStream, kNow, fault)) {
        EXPECT_GT(resumption->granted.extended_sequence, last);
        stored = resumption->granted;
        last = stored.extended_sequence;
        ++restarts;
    }
    EXPECT_GE(restarts, 10);
    EXPECT_LT(last - some_state().extended_sequence, 1u << 15);
    EXPECT_EQ(fault, CheckpointFault::too_many_jumps);
}

TEST(Checkpoint, OnlyWhatFitsIsGoneOnFrom) {
    const CheckpointNumbers stored = some_state();
    auto fault = CheckpointFault::none;
    const auto refused = [&](const CheckpointClaim& claim, relay::TimeUs now) {
        EXPECT_FALSE(resume_from(stored, claim, now, fault));
        return fault;
    };
    EXPECT_EQ(refused({.ssrc = 0x1235}, kNow), CheckpointFault::other_stream);
    EXPECT_EQ(refused({.ssrc = 0x1234, .clock_rate_hz = 48'000}, kNow),
              CheckpointFault::other_stream);
    EXPECT_EQ(refused(kStream, kNow - 1), CheckpointFault::too_old) << "from the future";
    EXPECT_EQ(refused({.ssrc = 0x1234, .max_age_us = 10}, kNow + 11), CheckpointFault::too_old);
}

}  // namespace
}  // namespace strata::dataplane::checkpoint_test
