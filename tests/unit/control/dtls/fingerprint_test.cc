#include "control/dtls/fingerprint.h"

#include <gtest/gtest.h>

namespace strata::control {
namespace {

TEST(Fingerprint, RoundTrip) {
    Fingerprint fingerprint{};
    for (std::size_t i = 0; i < fingerprint.size(); ++i)
        fingerprint[i] = static_cast<std::uint8_t>(i * 37);
    const std::string text = fingerprint_text(fingerprint);
    EXPECT_EQ(text.substr(0, 8), "00:25:4A");
    EXPECT_EQ(text.size(), 95u);
    EXPECT_EQ(parse_fingerprint(text), fingerprint);
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(parse_fingerprint(lower), fingerprint);
}

TEST(Fingerprint, RefusesAnythingElse) {
    const std::string text = fingerprint_text(Fingerprint{});
    EXPECT_FALSE(parse_fingerprint(""));
    EXPECT_FALSE(parse_fingerprint(text.substr(3)));
    EXPECT_FALSE(parse_fingerprint(text + ":00"));
    EXPECT_FALSE(parse_fingerprint("G" + text.substr(1)));
    std::string spaced = text;
    spaced[2] = ' ';
    EXPECT_FALSE(parse_fingerprint(spaced));
}

}  // namespace
}  // namespace strata::control
