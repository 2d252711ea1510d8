#include "dataplane/port/kernel_link.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <vector>

#include "dataplane/port/kernel_mirror.h"

namespace strata::dataplane {
namespace {

using Frame = std::vector<std::uint8_t>;
using Given = KernelLink::Given;

Frame frame_of(std::size_t size) {
    Frame frame(size);
    std::iota(frame.begin(), frame.end(), std::uint8_t{0});
    return frame;
}

TEST(FrameRing, KeepsOrderAndIsBounded) {
    FrameRing ring(3, 100);  // four
    EXPECT_TRUE(ring.front().empty());
    for (std::uint8_t round = 0; round < 3; ++round) {
        for (std::uint8_t i = 0; i < 4; ++i) {
            const auto room = ring.room();
            ASSERT_EQ(room.size(), 100u);
            room[0] = i;
            ring.push(i + 1u);
        }
        EXPECT_TRUE(ring.room().empty());
        for (std::uint8_t i = 0; i < 4; ++i) {
            ASSERT_EQ(ring.front().size(), i + 1u);
            EXPECT_EQ(ring.front()[0], i);
            ring.pop();
        }
        EXPECT_TRUE(ring.front().empty());
    }
}

class KernelLinkTest : public testing::Test {
  protected:
    KernelLinkTest() {
        // One message per read and write, like a TAP.
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_),
                  0);
        KernelRates rates;
        rates.icmp = 3;
        link_ = std::make_unique<KernelLink>(net::Tap(ends_[0]), rates, 16, 2'000);
        link_->set_bell(bell_);
    }
    ~KernelLinkTest() override { ::close(ends_[1]); }

    int ends_[2] = {-1, -1};
    Doorbell bell_;
    std::unique_ptr<KernelLink> link_;
};

TEST_F(KernelLinkTest, EachKindHasItsOwnRate) {
    const Frame frame = frame_of(60);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(link_->give(net::Punt::icmp, frame, 0, 1'000), Given::taken);
    EXPECT_EQ(link_->give(net::Punt::icmp, frame, 0, 1'000), Given::limited);
    EXPECT_EQ(link_->give(net::Punt::tcp, frame, 0, 1'000), Given::taken);
    EXPECT_EQ(link_->give(net::Punt::icmp, frame, 0, 1'001'000), Given::taken);
}

TEST_F(KernelLinkTest, WhatTheKernelDoesNotTakeIsNotWaitedFor) {
    const Frame frame = frame_of(60);
    for (int i = 0; i < 16; ++i) EXPECT_EQ(link_->give(net::Punt::tcp, frame, 0, 0), Given::taken);
    EXPECT_EQ(link_->give(net::Punt::tcp, frame, 0, 0), Given::full);
    EXPECT_EQ(link_->give(net::Punt::tcp, frame_of(2'001), 0, 0), Given::full);
}

TEST_F(KernelLinkTest, TheTagIsTakenOff) {
    const Frame frame = frame_of(64);
    ASSERT_EQ(link_->give(net::Punt::other, frame, 4, 0), Given::taken);
    Frame untagged = frame;
    untagged.erase(untagged.begin() + 12, untagged.begin() + 16);
    const auto there = link_->to_kernel().front();
    EXPECT_EQ(Frame(there.begin(), there.end()), untagged);
}

// Reads one frame within a bounded time.
Frame read_frame(int fd) {
    Frame frame(2'000);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
        const ssize_t size = ::read(fd, frame.data(), frame.size());
        if (size > 0) {
            frame.resize(static_cast<std::size_t>(size));
            return frame;
        }
        ::usleep(1'000);
    }
    return {};
}

TEST_F(KernelLinkTest, TheMirrorCarriesFramesBothWays) {
    std::atomic<int> woken{0};
    KernelMirror mirror({link_.get()}, [&] { ++woken; });
    mirror.start();
    // More than the rings hold, in both directions.
    for (std::size_t size = 60; size < 160; ++size) {
        const Frame frame = frame_of(size);
        ASSERT_EQ(link_->give(net::Punt::tcp, frame, 0, 0), Given::taken);
        ASSERT_EQ(read_frame(ends_[1]), frame);
    }
    constexpr std::size_t kFrames = 40;
    for (std::size_t i = 0; i < kFrames; ++i) {
        const Frame frame = frame_of(60 + i);
        ASSERT_EQ(::write(ends_[1], frame.data(), frame.size()), static_cast<ssize_t>(60 + i));
    }
    std::size_t taken = 0;
    for (int i = 0; i < 30'000 && taken < kFrames; ++i) {
        const auto front = link_->from_kernel().front();
        if (front.empty()) {
            ::usleep(1'000);
            continue;
        }
        const Frame expected = frame_of(60 + taken);
        ASSERT_EQ(Frame(front.begin(), front.end()), expected);
        link_->from_kernel().pop();
        ++taken;
    }
    EXPECT_EQ(taken, kFrames);
    EXPECT_GT(woken.load(), 0);
}

}  // namespace
}  // namespace strata::dataplane
