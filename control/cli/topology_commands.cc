#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "control/cli/command.h"
#include "control/cli/plan_drawing.h"
#include "control/cli/session.h"

extern char** environ;

namespace strata::control::cli {
namespace {

constexpr const char* kProgram = "strata-dataplane";

struct Output {
    int status = 0;  // as wait() gives it
    std::string text;
};

std::unexpected<CliError> cant_run(const std::string& program, int error) {
    return std::unexpected(CliError{ExitCode::kRefused, "no-dataplane-program",
                                    program + " can't be run: " + strerror(error),
                                    "it is looked for beside this program, then in PATH"});
}

// The data plane's program beside this one (as it was called, which may be a link, then where it
// is), else as PATH finds it.
std::string program_path() {
    std::error_code error;
    const std::filesystem::path called = program_invocation_name;
    const std::filesystem::path real = std::filesystem::read_symlink("/proc/self/exe", error);
    for (const std::filesystem::path& self : {called, real}) {
        if (!self.has_parent_path()) continue;
        const std::filesystem::path beside = self.parent_path() / kProgram;
        if (access(beside.c_str(), X_OK) == 0) return beside;
    }
    return kProgram;
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 65536> part{};
    while (true) {
        const ssize_t size = read(fd, part.data(), part.size());
        if (size > 0) text.append(part.data(), static_cast<std::size_t>(size));
        if (size == 0 || (size < 0 && errno != EINTR)) return text;
    }
}

// Runs a program to its end; its standard output is read, its errors go where ours go.
Result<Output> run(std::vector<std::string> words) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return cant_run(words[0], errno);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
        return cant_run(words[0], error);
    }
    Output output{.status = 0, .text = read_all(ends[0])};
    close(ends[0]);
    while (waitpid(child, &output.status, 0) < 0 && errno == EINTR) {
    }
    return output;
}

Result<void> topology(Session& session, const Values&) {
    std::vector<std::string> words = {program_path(), "--print-plan", "-o", "json"};
    if (!session.options().config.empty()) {
        words.insert(words.end(), {"--config", session.options().config});
    }
    const auto output = run(std::move(words));
    if (!output) return std::unexpected(output.error());
    // It has said what is wrong.
    if (!WIFEXITED(output->status) || WEXITSTATUS(output->status) != 0) {
        const bool config = WIFEXITED(output->status) && WEXITSTATUS(output->status) == 78;
        return std::unexpected(
            CliError{config ? ExitCode::kConfig : ExitCode::kRefused, "no-plan", {}, {}});
    }
    const Json plan = Json::parse(output->text, nullptr, false);
    if (plan.is_discarded()) {
        return std::unexpected(
            CliError{ExitCode::kRefused,
                     "bad-plan",
                     std::string(kProgram) + " printed something that isn't JSON",
                     {}});
    }
    if (session.as_json()) {
        session.print(plan);
    } else {
        session.out() << draw_plan(plan);
    }
    return {};
}

}  // namespace

std::vector<Command> topology_commands() {
    return {
        {"topology",
         "",
         "Show the pinning plan: sockets, NUMA nodes, cores and what would run on each; nothing is "
         "touched",
         {},
         {},
         {"topology", "topology --config strata.toml", "topology -o json"},
         topology}};
}

}  // namespace strata::control::cli
