#include "bench/generator/address.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

TEST(Address, ReadsAndWritesBothFamilies) {
    for (const char* text : {"127.0.0.1:5000", "[::1]:65535", "10.0.0.1:0"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(to_string(*address), text);
    }
}

TEST(Address, RefusesWhatIsNone) {
    for (const char* text :
         {"", "127.0.0.1", "localhost:1", "127.0.0.1:70000", "::1:5", "1.2.3.4:5x"})
        EXPECT_FALSE(parse_address(text)) << text;
}

}  // namespace
}  // namespace strata::gen
