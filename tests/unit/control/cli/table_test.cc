#include "control/cli/table.h"

#include <gtest/gtest.h>

namespace strata::control::cli {
namespace {

Table sample() {
    Table table({{"NAME"}, {"PACKETS", true}, {"STATE"}});
    table.add({"demo", "7", "applied"});
    table.add({"lesson-12", "1,234", ""});
    return table;
}

TEST(Table, AlignsColumnsAndLeavesNoBlanksAtTheEnd) {
    EXPECT_EQ(sample().text({}),
              "NAME       PACKETS  STATE\n"
              "demo             7  applied\n"
              "lesson-12    1,234  -\n");
}

TEST(Table, WithoutHeadersIsAsWideAsItsCells) {
    EXPECT_EQ(sample().text({.headers = false}),
              "demo           7  applied\n"
              "lesson-12  1,234  -\n");
}

TEST(Table, ColourIsOnTheHeadersOnly) {
    EXPECT_EQ(Table({{"A"}, {"B"}}).text({.colour = true}), "\033[1mA  B\033[0m\n");
}

TEST(Table, Empty) {
    EXPECT_EQ(Table({{"A"}, {"B"}}).text({}), "A  B\n");
    EXPECT_EQ(Table({{"A"}}).text({.headers = false}), "");
}

TEST(Table, CountsCharactersNotBytes) {
    Table table({{"N"}, {"X"}});
    table.add({"zoë", "1"});
    table.add({"anne", "2"});
    EXPECT_EQ(table.text({.headers = false}), "zoë   1\nanne  2\n");
}

TEST(Table, ForeignTextCantSteerTheTerminal) {
    Table table({{"N"}});
    table.add({"\033[2Jx\n"});
    EXPECT_EQ(table.text({.headers = false}), "?[2Jx?\n");
}

TEST(Quantities, Grouped) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(18446744073709551615u), "18,446,744,073,709,551,615");
}

TEST(Quantities, BitRate) {
    EXPECT_EQ(bit_rate(0), "0 bit/s");
    EXPECT_EQ(bit_rate(532), "532 bit/s");
    EXPECT_EQ(bit_rate(1234), "1.23 kbit/s");
    EXPECT_EQ(bit_rate(12345678), "12.3 Mbit/s");
    EXPECT_EQ(bit_rate(123456789012), "123 Gbit/s");
}

}  // namespace
}  // namespace strata::control::cli
