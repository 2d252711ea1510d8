#include "dataplane/watchdog.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "dataplane/log.h"
#include "dataplane/stuck_report.h"

namespace strata::dataplane {
namespace {

constexpr unsigned kReportSeconds = 10;  // a report that takes longer hangs

void write_text(int fd, const std::string& text) {
    [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

}  // namespace

Watchdog::Watchdog(const WatchdogConfig& config, std::span<const std::unique_ptr<WorkerLoop>> loops)
    : config_(config) {
    for (const auto& loop : loops) watched_.push_back({.loop = loop.get()});
    prepare_stack_report();
}

void Watchdog::look() {
    for (Watched& watched : watched_) {
        const std::uint64_t turns = watched.loop->turns();
        const auto cpu_ns = watched.loop->cpu_ns();
        if (!cpu_ns) continue;  // not begun yet
        if (turns != watched.turns) {
            watched.turns = turns;
            watched.cpu_ns = *cpu_ns;
        } else if (*cpu_ns - watched.cpu_ns >= std::uint64_t{config_.stuck_ms} * 1'000'000) {
            give_up(*watched.loop, *cpu_ns - watched.cpu_ns);
        }
    }
}

void Watchdog::give_up(const WorkerLoop& loop, std::uint64_t stuck_ns) const {
    ::alarm(kReportSeconds);  // SIGALRM ends the process as well
    const Worker& worker = loop.worker();
    const std::string name = "stuck-worker-" + std::to_string(worker.config().id) + ".txt";
    const std::string path = config_.report_folder + "/" + name;
    const std::string what = "worker " + std::to_string(worker.config().id) +
                             " has completed no turn in " + std::to_string(stuck_ns / 1'000'000) +
                             " ms of its CPU time, after " + std::to_string(loop.turns()) +
                             " turns";
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    log_error(what + ": aborting; " + (file < 0 ? "its stack follows" : "see " + path));
    const int report = file < 0 ? STDERR_FILENO : file;
    write_text(report, what + "\nstack:\n");
    if (!write_stack(report, loop.thread())) write_text(report, "none: it takes no signal\n");
    write_text(report, "step: " + describe(worker.step_in_work()) + "\n");
    write_text(report, packet_report(worker.packet_in_work()));
    if (file >= 0) ::fsync(file);
    std::abort();
}

}  // namespace strata::dataplane
