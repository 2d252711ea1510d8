#include "dataplane/tcp/uring.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <vector>

namespace strata::dataplane {
namespace {

constexpr std::uint16_t kBuffers = 4;
constexpr std::uint32_t kBufferBytes = 16;

class UringTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(ring_.open(8, kBuffers, kBufferBytes), 0);
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0);
    }
    ~UringTest() override {
        for (const int end : ends_) ::close(end);
    }
    void receive() {
        io_uring_sqe& sqe = ring_.next();
        io_uring_prep_recv_multishot(&sqe, ends_[0], nullptr, 0, 0);
        sqe.flags |= IOSQE_BUFFER_SELECT;
        sqe.buf_group = Uring::kBufferGroup;
        sqe.user_data = 1;
    }
    void send(const std::vector<std::uint8_t>& bytes) {
        ASSERT_EQ(::send(ends_[1], bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
    }
    // Completions until there are `n`.
    std::vector<io_uring_cqe> wait_for(std::size_t n) {
        std::vector<io_uring_cqe> all;
        for (int i = 0; i < 200 && all.size() < n; ++i) {
            ring_.wait(100'000);
            ring_.completions([&](const io_uring_cqe& cqe) { all.push_back(cqe); });
        }
        return all;
    }

    Uring ring_;
    std::array<int, 2> ends_{};
};

TEST_F(UringTest, BytesComeInBuffersThatTheKernelPicks) {
    receive();
    std::vector<std::uint8_t> sent(kBufferBytes * 2 + 3);
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<std::uint8_t>(i + 1);
    send(sent);
    std::vector<std::uint8_t> came;
    std::set<const std::uint8_t*> places;
    for (const io_uring_cqe& cqe : wait_for(3)) {
        ASSERT_GT(cqe.res, 0);
        const auto bytes = ring_.buffer(cqe, static_cast<std::uint32_t>(cqe.res));
        EXPECT_LE(bytes.size(), kBufferBytes);
        came.insert(came.end(), bytes.begin(), bytes.end());
        places.insert(bytes.data());
        ring_.give_back(cqe);
    }
    EXPECT_EQ(came, sent);
    EXPECT_EQ(places.size(), 3u) << "each a buffer of its own";
}

// Nobody gives buffers back: receiving ends and says so, and goes on with those that come back.
TEST_F(UringTest, WithoutBuffersReceivingEndsAndNothingIsLost) {
    receive();
    std::vector<std::uint8_t> sent(kBufferBytes * (kBuffers + 2));
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<std::uint8_t>(i);
    send(sent);
    std::vector<std::uint8_t> came;
    const auto take = [&](const std::vector<io_uring_cqe>& completions) {
        for (const io_uring_cqe& cqe : completions) {
            if (cqe.res <= 0) continue;
            const auto bytes = ring_.buffer(cqe, static_cast<std::uint32_t>(cqe.res));
            came.insert(came.end(), bytes.begin(), bytes.end());
        }
    };
    const auto first = wait_for(kBuffers + 1);
    ASSERT_EQ(first.size(), kBuffers + 1u);
    EXPECT_EQ(first.back().res, -ENOBUFS);
    EXPECT_EQ(first.back().flags & IORING_CQE_F_MORE, 0u);
    take(first);
    EXPECT_EQ(came.size(), kBufferBytes * kBuffers);
    for (const io_uring_cqe& cqe : first)
        if (cqe.res > 0) ring_.give_back(cqe);
    receive();
    take(wait_for(2));
    EXPECT_EQ(came, sent);
}

TEST_F(UringTest, MoreOperationsThanThereAreEntriesAreSubmittedOnTheWay) {
    constexpr std::uint64_t kMany = 50;
    for (std::uint64_t i = 0; i < kMany; ++i) {
        io_uring_sqe& sqe = ring_.next();
        io_uring_prep_nop(&sqe);
        sqe.user_data = 100 + i;
    }
    std::set<std::uint64_t> done;
    for (const io_uring_cqe& cqe : wait_for(kMany)) done.insert(cqe.user_data);
    EXPECT_EQ(done.size(), kMany);
    EXPECT_EQ(*done.begin(), 100u);
    EXPECT_EQ(*done.rbegin(), 100u + kMany - 1);
}

TEST_F(UringTest, WaitingEndsWithoutACompletion) {
    ring_.wait(1'000);
    int completions = 0;
    ring_.completions([&](const io_uring_cqe&) { ++completions; });
    EXPECT_EQ(completions, 0);
}

TEST(Uring, WhatTheKernelRefusesIsItsErrno) {
    Uring ring;
    EXPECT_EQ(ring.open(8, 3, 16), EINVAL);  // buffers: no power of two
}

}  // namespace
}  // namespace strata::dataplane
