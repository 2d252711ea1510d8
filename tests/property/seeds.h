#pragma once

#include <cstdint>
#include <cstdlib>
#include <ranges>

namespace strata::relay {

inline std::uint64_t seed_setting(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The seeds of a property test: kFirstSeed, kFirstSeed + 1, …, `cases` of them. A failure names its
// seed. STRATA_PROPERTY_SEED=20260447 STRATA_PROPERTY_CASES=1 shows that one again, a large number
// of cases searches for more.
constexpr std::uint64_t kFirstSeed = 20'260'000;

inline auto seeds(std::uint64_t cases) {
    const std::uint64_t first = seed_setting("STRATA_PROPERTY_SEED", kFirstSeed);
    return std::views::iota(first, first + seed_setting("STRATA_PROPERTY_CASES", cases));
}

}  // namespace strata::relay
