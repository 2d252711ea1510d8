#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "control/cli/command_line.h"

using namespace strata::control::cli;

namespace {

// --output json asks for errors in JSON too, also where the rest of the command line is wrong.
bool wants_json(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--output=json" || words[i] == "-ojson" || words[i] == "-o=json")
            return true;
        if ((words[i] == "-o" || words[i] == "--output") && i + 1 < words.size()) {
            if (words[i + 1] == "json") return true;
        }
    }
    return false;
}

int fail(const CliError& error, bool json) {
    std::cout.flush();
    std::cerr << (json ? error_json(error) : error_text(error));
    return static_cast<int>(error.exit_code);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    const bool json = wants_json(words);
    auto invocation = parse_command_line(words, isatty(STDOUT_FILENO) == 1);
    if (!invocation) return fail(invocation.error(), json);
    if (invocation->command == nullptr) {
        std::cout << invocation->text << std::flush;
        return static_cast<int>(ExitCode::kOk);
    }
    Session session(invocation->options, std::cout);
    const auto done = invocation->command->handler(session, invocation->values);
    if (!done) return fail(done.error(), json);
    // A full disk must not look like success.
    if (!std::cout.flush()) {
        return fail({ExitCode::kRefused, "output", "standard output can't be written", {}}, json);
    }
    return static_cast<int>(ExitCode::kOk);
}
