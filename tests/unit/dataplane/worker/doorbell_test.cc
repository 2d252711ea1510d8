#include "dataplane/worker/doorbell.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "dataplane/worker/spsc_ring.h"

namespace strata::dataplane {
namespace {

bool rings(const Doorbell& bell, int wait_ms = 0) {
    pollfd one{bell.fd(), POLLIN, 0};
    return ::poll(&one, 1, wait_ms) == 1;
}

TEST(Doorbell, RingsUntilItIsAnswered) {
    Doorbell bell;
    EXPECT_FALSE(rings(bell));
    bell.answer();  // nobody rang
    bell.ring();
    bell.ring();
    EXPECT_TRUE(rings(bell));
    bell.answer();
    EXPECT_FALSE(rings(bell));
    bell.ring();
    EXPECT_TRUE(rings(bell));
}

// Whatever is pushed between two looks: nobody waits with something in the ring.
TEST(Doorbell, NothingThatWasPushedIsSleptThrough) {
    constexpr std::uint32_t kMany = 200'000;
    Doorbell bell;
    SpscRing<std::uint32_t> ring(64);
    std::thread pusher([&] {
        for (std::uint32_t i = 0; i < kMany; ++i) {
            while (!ring.push(i)) std::this_thread::yield();
            bell.ring();
        }
    });
    std::uint32_t next = 0;
    while (next < kMany) {
        if (!rings(bell, 20'000)) break;  // slept through
        bell.answer();
        for (std::uint32_t got; ring.pop(got);) ASSERT_EQ(got, next++);
    }
    EXPECT_EQ(next, kMany);
    for (std::uint32_t got; next < kMany;)
        if (ring.pop(got)) ++next;
    pusher.join();
}

}  // namespace
}  // namespace strata::dataplane
