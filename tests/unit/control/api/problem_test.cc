#include "control/api/problem.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "control/api/api.h"
#include "control/api/timestamp.h"

namespace strata::control {

TEST(Problem, is_a_document_of_rfc_9457) {
    const HttpResponse response =
        problem({ErrorCode::ssrc_collision, "encodings[0]", "SSRC 7 \xff is in use", "another"});
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto body = nlohmann::json::parse(response.body);
    EXPECT_EQ(body["type"], "urn:strata:problem:ssrc-collision");
    EXPECT_EQ(body["status"], 409);
    EXPECT_EQ(body["code"], "ssrc-collision");
    EXPECT_EQ(body["hint"], "another");
    EXPECT_EQ(body["object"], "encodings[0]");
    EXPECT_FALSE(body["title"].get<std::string>().empty());
    EXPECT_FALSE(nlohmann::json::parse(problem({}).body).contains("hint"));
}

TEST(Problem, every_code_is_documented_once) {
    std::set<std::string_view> codes;
    for (std::size_t i = 0; i < static_cast<std::size_t>(ErrorCode::kCount); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        EXPECT_TRUE(codes.insert(error_code_text(code)).second);
        EXPECT_NE(Api::document().find("`" + std::string(error_code_text(code)) + "`"),
                  std::string_view::npos)
            << error_code_text(code);
        EXPECT_GE(http_status(code), 400);
    }
}

TEST(Timestamp, is_rfc_3339) {
    EXPECT_EQ(timestamp_text(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(timestamp_text(1'700'000'000'007), "2023-11-14T22:13:20.007Z");
}

}  // namespace strata::control
