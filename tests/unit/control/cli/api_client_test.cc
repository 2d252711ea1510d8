#include "control/cli/api_client.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strata::control::cli {
namespace {

TEST(Problem, DocumentBecomesOneError) {
    const CliError error =
        problem_of({409, "application/problem+json",
                    R"({"type":"urn:strata:problem:already-exists","title":"Exists","status":409,
             "code":"already-exists","detail":"there is a room demo already","hint":"choose another"})"});
    EXPECT_EQ(error.exit_code, ExitCode::kConflict);
    EXPECT_EQ(error_text(error), "strata: there is a room demo already\n  hint: choose another\n");
    EXPECT_EQ(
        error_json(error),
        "{\"error\":{\"code\":\"already-exists\",\"exit\":4,\"message\":\"there is a room demo "
        "already\",\"hint\":\"choose another\"}}\n");
}

TEST(Problem, ExitCodesByStatus) {
    const auto code = [](int status) { return problem_of({status, "", ""}).exit_code; };
    EXPECT_EQ(code(400), ExitCode::kRefused);
    EXPECT_EQ(code(404), ExitCode::kNotFound);
    EXPECT_EQ(code(409), ExitCode::kConflict);
    EXPECT_EQ(code(422), ExitCode::kRefused);
    EXPECT_EQ(code(503), ExitCode::kRefused);
}

TEST(Problem, WithoutADocument) {
    EXPECT_EQ(error_text(problem_of({500, "text/html", "<h1>no</h1>"})),
              "strata: refused with HTTP status 500\n");
    EXPECT_EQ(error_text(problem_of({400, "application/json", R"({"title":"Bad"})"})),
              "strata: Bad\n");
    EXPECT_EQ(error_text(problem_of({400, "", R"({"detail":"a\u001b[2Jb"})"})), "strata: a?[2Jb\n");
}

TEST(Field, AsText) {
    const Json object = {
        {"a", "x"}, {"b", 7}, {"c", nullptr}, {"d", true}, {"e", Json::array({1})}};
    EXPECT_EQ(field_text(object, "a"), "x");
    EXPECT_EQ(field_text(object, "b"), "7");
    EXPECT_EQ(field_text(object, "c"), "");
    EXPECT_EQ(field_text(object, "d"), "true");
    EXPECT_EQ(field_text(object, "e"), "[1]");
    EXPECT_EQ(field_text(object, "f"), "");
    EXPECT_EQ(field_text(Json(3), "f"), "");
}

}  // namespace
}  // namespace strata::control::cli
