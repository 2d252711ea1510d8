#include "control/api/json_body.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strata::control {
namespace {

ErrorCode code_of(std::string_view body) {
    const auto object = parse_json_object(body);
    return object ? ErrorCode::kCount : object.error().code;
}

}  // namespace

TEST(JsonBody, only_one_whole_object) {
    EXPECT_EQ(code_of("{}"), ErrorCode::kCount);
    EXPECT_EQ(code_of(" {\"a\": 1} \n"), ErrorCode::kCount);
    for (const char* body : {"",
                             " ",
                             "{",
                             "}",
                             "{}{}",
                             "{} x",
                             "[]",
                             "1",
                             "\"x\"",
                             "null",
                             "{a:1}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{\"a\":01}",
                             "{\"a\":NaN}",
                             "{'a':1}",
                             "\xef\xbb{}",
                             "{\"a\":\"\xff\"}",
                             "{\"a\":\"\\ud800\"}",
                             "{\"a\":1e999}"})
        EXPECT_EQ(code_of(body), ErrorCode::invalid_json) << body;
}

TEST(JsonBody, a_name_may_stand_once) {
    const auto object = parse_json_object(R"({"a":{"b":1},"c":{"b":2,"b":3}})");
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().object, "b");
    EXPECT_EQ(code_of(R"({"a":{"b":1},"c":{"b":2}})"), ErrorCode::kCount);
}

TEST(JsonBody, depth_is_bounded) {
    const auto nested = [](int depth) {
        return "{\"a\":" + std::string(static_cast<std::size_t>(depth), '[') +
               std::string(static_cast<std::size_t>(depth), ']') + "}";
    };
    EXPECT_EQ(code_of(nested(kMaxJsonDepth - 1)), ErrorCode::kCount);
    EXPECT_EQ(code_of(nested(kMaxJsonDepth + 2)), ErrorCode::invalid_json);
    EXPECT_EQ(code_of(nested(30'000)), ErrorCode::invalid_json);
}

TEST(JsonFields, unknown_names_with_the_nearest) {
    const nlohmann::json object = {{"layer", "S1"}};
    const JsonFields fields(object, "", {"track", "layers"});
    ASSERT_TRUE(fields.error());
    EXPECT_EQ(fields.error()->code, ErrorCode::unknown_field);
    EXPECT_EQ(fields.error()->hint, "did you mean 'layers'?");
    const nlohmann::json other = {{"xyzzy", 1}};
    const JsonFields none(other, "", {"track", "layers"});
    EXPECT_EQ(none.error()->hint, "known here: track layers");
}

TEST(JsonFields, types_and_ranges) {
    const auto object = nlohmann::json::parse(
        R"({"text":1,"number":"1","low":-1,"high":300,"real":1.5,"flag":"yes","null":null,"ok":7})");
    const auto fields = [&] {
        return JsonFields(object, "x[0]",
                          {"text", "number", "low", "high", "real", "flag", "null", "ok"});
    };
    {
        auto f = fields();
        EXPECT_FALSE(f.text("text"));
        EXPECT_EQ(f.error()->code, ErrorCode::invalid_field);
        EXPECT_EQ(f.error()->object, "x[0].text");
        EXPECT_FALSE(f.integer("ok", 0, 10));  // after an error everything is absent
    }
    for (const char* name : {"number", "low", "high", "real", "null"}) {
        auto f = fields();
        EXPECT_FALSE(f.integer(name, 0, 255)) << name;
        EXPECT_EQ(f.error()->code, ErrorCode::invalid_field) << name;
    }
    auto f = fields();
    EXPECT_FALSE(f.boolean("flag"));
    auto g = fields();
    EXPECT_EQ(g.integer("ok", 7, 7), 7u);
    g.require("missing");
    EXPECT_EQ(g.error()->code, ErrorCode::missing_field);
}

}  // namespace strata::control
