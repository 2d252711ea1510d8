#include "bench/generator/faults.h"

#include <gtest/gtest.h>

#include <set>

namespace strata::gen {
namespace {

TEST(FaultNames, EveryFaultHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kFaults; ++i) {
        const auto fault = static_cast<Fault>(i);
        EXPECT_TRUE(names.insert(fault_name(fault)).second) << i;
        EXPECT_EQ(fault_of_name(fault_name(fault)), fault);
    }
    EXPECT_EQ(fault_of_name("nothing"), Fault::kCount);
    EXPECT_EQ(fault_of_name(""), Fault::kCount);
}

}  // namespace
}  // namespace strata::gen
