#include "control/cli/names.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strata::control::cli {
namespace {

TEST(Names, Identifiers) {
    EXPECT_TRUE(is_id("p1", 'p'));
    EXPECT_TRUE(is_id("t1234567", 't'));
    EXPECT_FALSE(is_id("p", 'p'));
    EXPECT_FALSE(is_id("p1x", 'p'));
    EXPECT_FALSE(is_id("t1", 'p'));
    EXPECT_FALSE(is_id("", 'p'));
}

TEST(Names, Targets) {
    EXPECT_EQ(room_target("a b"), "/v1/rooms/a%20b");
    EXPECT_EQ(object_target("tracks", "../x"), "/v1/tracks/..%2Fx");
}

TEST(Names, NothingIsFoundWithoutAnApi) {
    const ApiClient nobody(*parse_endpoint("/nonexistent"), 100);
    for (const char* text : {"p7", "demo/p7", "alice", "demo/alice"})
        EXPECT_EQ(participant_id(nobody, text, "").error().exit_code, ExitCode::kUnreachable);
    EXPECT_EQ(track_id(nobody, "t7", "demo").error().exit_code, ExitCode::kUnreachable);
}

TEST(Names, UnknownOnesStayIdentifiers) { EXPECT_EQ(NameBook()("p3"), "p3"); }

}  // namespace
}  // namespace strata::control::cli
