#pragma once

#include <cstddef>
#include <span>
#include <string_view>

// "did you mean": the nearest of the possible words.
namespace strata::api {

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, the first one on a tie; empty where none is near enough to be
// what was meant (one edit in words of up to four letters, a third of the letters in longer ones).
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace strata::api
