#include "bench/generator/command_reader.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace strata::gen {

bool CommandReader::poll(Run& run) {
    pollfd ready{descriptor_, POLLIN, 0};
    while (!ended_ && ::poll(&ready, 1, 0) > 0) {
        char buffer[4096];
        const ssize_t got = ::read(descriptor_, buffer, sizeof(buffer));
        if (got <= 0) {
            ended_ = true;
            break;
        }
        pending_.append(buffer, static_cast<std::size_t>(got));
    }
    for (std::size_t end = pending_.find('\n'); end != std::string::npos;
         end = pending_.find('\n')) {
        const std::string line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        if (!line.empty() && !obey(line, run)) return false;
    }
    return true;
}

bool CommandReader::obey(const std::string& line, Run& run) {
    const auto command = nlohmann::json::parse(line, nullptr, false);
    if (command.is_object() && command.value("stop", false)) return false;
    const bool whole = command.is_object() && command.contains("receiver") &&
                       command.contains("target") && command["receiver"].is_string() &&
                       command["target"].is_string();
    if (!whole || !run.set_target(command["receiver"], command["target"]))
        fmt::print(stderr, "strata-gen: no such command, receiver or target: {}\n", line);
    return true;
}

}  // namespace strata::gen
