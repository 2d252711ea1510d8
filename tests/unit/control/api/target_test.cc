#include "control/api/target.h"

#include <gtest/gtest.h>

namespace strata::control {

TEST(Target, is_taken_apart) {
    const auto target = parse_target("/v1/tracks?room=a%20b&limit=5&flag");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, (std::vector<std::string>{"v1", "tracks"}));
    EXPECT_EQ(target->query.at("room"), "a b");
    EXPECT_EQ(target->query.at("flag"), "");
    EXPECT_EQ(parse_target("/")->path, (std::vector<std::string>{""}));
    EXPECT_EQ(parse_target("/a//b%2Fc?")->path, (std::vector<std::string>{"a", "", "b/c"}));
}

TEST(Target, bad_ones_are_refused) {
    for (const char* text :
         {"", "v1", "*", "http://x/v1", "/a%", "/a%2", "/a%zz", "/a%00", "/?a=%"})
        EXPECT_EQ(parse_target(text).error().code, ErrorCode::bad_request) << text;
    EXPECT_EQ(parse_target("/?a=1&a=2").error().code, ErrorCode::invalid_query);
}

TEST(Target, unknown_parameters_with_the_nearest) {
    const auto target = parse_target("/v1/tracks?rom=a");
    const auto ok = check_query(*target, {"room", "limit"});
    ASSERT_FALSE(ok);
    EXPECT_EQ(ok.error().hint, "did you mean 'room'?");
    EXPECT_EQ(check_query(*target, {}).error().hint, "it takes none");
    EXPECT_TRUE(check_query(*target, {"rom"}));
}

}  // namespace strata::control
