#include "relay/svc/track_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace strata::relay {
namespace {

TEST(TrackMemory, LiesInOrderAndTakesMoreFromElsewhere) {
    TrackMemory memory(1'000);
    auto* const first = static_cast<std::uint8_t*>(memory.resource()->allocate(100, 64));
    auto* const second = static_cast<std::uint8_t*>(memory.resource()->allocate(700, 64));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 64, 0u);
    EXPECT_EQ(second, first + 128);
    void* const more = memory.resource()->allocate(100'000, 64);
    ASSERT_NE(more, nullptr);
    std::memset(more, 1, 100'000);
}

}  // namespace
}  // namespace strata::relay
