#include "control/room/limits.h"

#include <gtest/gtest.h>

namespace strata::control {

TEST(Limits, counts_and_names_the_key) {  // C52
    Limits limits(api::LimitsConfig{.rooms = 2});
    EXPECT_TRUE(limits.check_one_more(Limit::rooms, 1));
    EXPECT_EQ(limits.hits(Limit::rooms), 0u);
    const auto refused = limits.check_one_more(Limit::rooms, 2);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::limit_reached);
    EXPECT_EQ(refused.error().object, "rooms");
    EXPECT_NE(refused.error().hint.find("limits.rooms"), std::string::npos);
    EXPECT_EQ(limits.hits(Limit::rooms), 1u);
    EXPECT_EQ(limits.value(Limit::rooms), 2u);
}

TEST(Limits, every_one_has_a_name_and_a_value) {
    const Limits limits(api::LimitsConfig{});
    for (std::size_t i = 0; i < kLimitCount; ++i) {
        EXPECT_FALSE(Limits::name(static_cast<Limit>(i)).empty());
        EXPECT_GT(limits.value(static_cast<Limit>(i)), 0u);
    }
}

}  // namespace strata::control
