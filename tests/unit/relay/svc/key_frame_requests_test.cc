#include "relay/svc/key_frame_requests.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

constexpr TimeUs kInterval = 300'000, kRetry = 1'000'000;

TEST(KeyFrameRequests, AskedAtOnceThenThrottled) {  // C33
    KeyFrameRequests requests(kInterval, kRetry);
    EXPECT_FALSE(requests.next(0));
    requests.ask(1);
    EXPECT_EQ(requests.next(0), 1);
    EXPECT_FALSE(requests.next(0));
    requests.ask(1);
    EXPECT_FALSE(requests.next(kInterval - 1));
    EXPECT_EQ(requests.next(kInterval), 1);
}

TEST(KeyFrameRequests, RepeatedWhileWaitingForgottenWhenOneComes) {  // C33
    KeyFrameRequests requests(kInterval, kRetry);
    requests.set_waiting(0, true);
    EXPECT_EQ(requests.next(0), 0);
    requests.set_waiting(0, true);
    EXPECT_FALSE(requests.next(kRetry - 1));
    EXPECT_EQ(requests.next(kRetry), 0);
    requests.ask(0);
    requests.on_key_frame(0);
    requests.set_waiting(0, false);
    EXPECT_FALSE(requests.next(10 * kRetry));
}

TEST(KeyFrameRequests, EncodingsDoNotStarveOneAnother) {
    KeyFrameRequests requests(kInterval, kRetry);
    for (std::size_t e = 0; e < kMaxEncodings; ++e) requests.ask(e);
    for (std::uint8_t e = 0; e < kMaxEncodings; ++e) EXPECT_EQ(requests.next(0), e);
}

}  // namespace
}  // namespace strata::relay
