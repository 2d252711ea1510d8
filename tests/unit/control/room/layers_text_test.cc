#include "control/room/layers_text.h"

#include <gtest/gtest.h>

namespace strata::control {
namespace {

const std::vector<Encoding> kOne = {{.ssrc = 1}};
const std::vector<Encoding> kRids = {{.rid = "q"}, {.rid = "h"}, {.rid = "f"}};
const std::vector<Encoding> kSsrcs = {{.ssrc = 1}, {.ssrc = 2}};

}  // namespace

TEST(LayersText, reads_every_form) {
    EXPECT_EQ(*parse_layers("S1T2", kOne), (relay::LayerTarget{0, 1, 2, false}));
    EXPECT_EQ(*parse_layers("S2", kOne), (relay::LayerTarget{0, 2, 3, false}));
    EXPECT_EQ(*parse_layers("T1", kOne), (relay::LayerTarget{0, 3, 1, false}));
    EXPECT_EQ(*parse_layers("max", kOne), (relay::LayerTarget{0, 3, 3, false}));
    EXPECT_TRUE(parse_layers("none", kOne)->paused);
    EXPECT_EQ(*parse_layers("q:T2", kRids), (relay::LayerTarget{0, 3, 2, false}));
    EXPECT_EQ(*parse_layers("h:S0T1", kRids), (relay::LayerTarget{1, 0, 1, false}));
    EXPECT_EQ(*parse_layers("max", kRids), (relay::LayerTarget{2, 3, 3, false}));
    EXPECT_EQ(*parse_layers("1:T0", kSsrcs), (relay::LayerTarget{1, 3, 0, false}));
}

TEST(LayersText, refuses_what_names_no_layers) {
    for (const char* text : {"", "S", "T", "S4", "T4", "S1T", "T1S1", "S1T2 ", "s1t2", "S01", "MAX",
                             "S1T2S1", "q:T2", ":T1", "S-1", "none:max"}) {
        const auto target = parse_layers(text, kOne);
        ASSERT_FALSE(target) << text;
        EXPECT_EQ(target.error().code, ErrorCode::invalid_layers);
    }
    // Several encodings: the rid can't be left out, and the hint lists what there is.
    const auto target = parse_layers("S1T2", kRids);
    ASSERT_FALSE(target);
    EXPECT_NE(target.error().hint.find("q: h: f:"), std::string::npos) << target.error().hint;
    EXPECT_FALSE(parse_layers("x:T1", kRids));
    EXPECT_FALSE(parse_layers("q:", kRids));
}

TEST(LayersText, writes_what_it_reads) {
    for (const char* text : {"S1T2", "S2", "T1", "max", "none"})
        EXPECT_EQ(layers_text(*parse_layers(text, kOne), kOne), text);
    for (const char* text : {"q:T2", "h:max", "max", "none", "q:none", "f:S0T0"})
        EXPECT_EQ(layers_text(*parse_layers(text, kRids), kRids), text);
    EXPECT_EQ(layers_text(*parse_layers("0:T2", kSsrcs), kSsrcs), "0:T2");
    EXPECT_EQ(exact_layers_text({0, 0, 2, false}, kRids), "q:S0T2");
    EXPECT_EQ(exact_layers_text({0, 3, 3, false}, kOne), "S3T3");
    EXPECT_EQ(exact_layers_text({0, 3, 3, true}, kOne), "none");
}

}  // namespace strata::control
