#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace strata::control::cli {

// The words of a command line, without the program's name. They outlive this.
struct Words {
    std::vector<std::string_view> plain;    // neither options nor their values
    std::vector<std::size_t> places;        // of these on the line
    std::vector<std::string_view> options;  // "--name", without "=value"
};
Words split(const std::vector<std::string>& words);

bool asks_for_help(const std::vector<std::string>& words);

// What people type for what a command is called here: "rooms", "room ls", "port", "help room",
// "--version". What nobody could mean otherwise stays as it is, for check_words.
std::vector<std::string> as_called(std::vector<std::string> words);

}  // namespace strata::control::cli
