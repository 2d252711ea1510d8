#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "control/api/api.h"
#include "control/front.h"
#include "control/link/dataplane_link.h"
#include "control/node/node.h"
#include "control/node/worker_load.h"
#include "control/signalling/signalling.h"
#include "control/store/sqlite_store.h"
#include "dataplane/api/config/config.h"

// strata-control: who is in which room, and what the data plane shall do about it. One thread.
namespace strata::control {
namespace {

constexpr const char* kUsage =
    "usage: strata-control [--config FILE]\n"
    "\n"
    "Serves the HTTP API and keeps strata-dataplane at the desired state until SIGTERM.\n"
    "\n"
    "  --config FILE  configuration (default: /etc/strata/strata.toml, else built-in defaults)\n"
    "  --version      print the version\n"
    "  --help         print this text\n"
    "\n"
    "exit status: 0 ended by a signal, 64 wrong arguments, 74 store or socket unusable,\n"
    "             78 wrong configuration\n";

// For what members of meetings are told at the end.
constexpr std::chrono::milliseconds kDrainTime{200};

// Between two looks at how busy the workers are.
constexpr std::chrono::seconds kLoadPeriod{2};

constexpr int kExitUsage = 64;  // sysexits.h EX_USAGE
constexpr int kExitIo = 74;     // EX_IOERR

void set_up_logging(api::LogLevel level) {
    auto logger = spdlog::stderr_logger_mt("strata-control");
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    switch (level) {
        case api::LogLevel::kDebug: logger->set_level(spdlog::level::debug); break;
        case api::LogLevel::kInfo: logger->set_level(spdlog::level::info); break;
        case api::LogLevel::kWarning: logger->set_level(spdlog::level::warn); break;
        case api::LogLevel::kError: logger->set_level(spdlog::level::err); break;
    }
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

int fail(const Error& error) {
    std::fprintf(stderr, "strata-control: %s: %s\n", error.object.c_str(), error.detail.c_str());
    if (!error.hint.empty()) std::fprintf(stderr, "  hint: %s\n", error.hint.c_str());
    return kExitIo;
}

template <typename Clock>
std::int64_t now_in(auto unit) {
    return std::chrono::duration_cast<decltype(unit)>(Clock::now().time_since_epoch()).count();
}

int run(const api::Config& config) {
    auto store = SqliteStore::open(config.control.database);
    if (!store) return fail(store.error());

    boost::asio::io_context loop(1);
    std::random_device random;
    std::optional<DataplaneLink> link;
    const auto after = [&loop](std::chrono::milliseconds time, std::function<void()> run_then) {
        auto timer = std::make_shared<boost::asio::steady_timer>(loop, time);
        timer->async_wait([timer, run_then = std::move(run_then)](auto error) {
            if (!error) run_then();
        });
    };
    auto node = Node::load(
        config, **store,
        {.random = [&random] { return random(); },
         .unix_ms = [] { return now_in<std::chrono::system_clock>(std::chrono::milliseconds{}); },
         .control_epoch = std::uint64_t{random()} << 32 | random(),
         .after = after,
         .wake_link = [&link] { link->wake(); }});
    if (!node) return fail(node.error());

    link.emplace(loop, (*node)->session(),
                 DataplaneLinkOptions{.socket = config.control.dataplane_socket,
                                      .reconnect_ms = config.control.reconnect_ms,
                                      .resync_timeout_ms = config.control.resync_timeout_ms});
    (*node)->link_counters = [&link] {
        return Node::LinkCounters{link->connects(), link->last_resync_us()};
    };
    StatisticsView statistics(
        [] { return now_in<std::chrono::steady_clock>(std::chrono::microseconds{}); });
    Api api(**node, statistics);
    WorkerLoad load;
    const std::function<void()> measure = [&] {
        statistics.use_segment((*node)->session().statistics_segment());
        (*node)->directory().note_load(load.update(statistics.workers()));
        after(kLoadPeriod, measure);
    };
    measure();
    auto signalling = Signalling::make(loop, **node, statistics, after);
    if (!signalling) return fail(signalling.error());
    Front front(loop, **node, api, **signalling);
    if (auto ok = front.start(); !ok) return fail(ok.error());
    link->start();
    (*signalling)->start();

    boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
    signals.async_wait([&](auto error, int signal) {
        if (error) return;
        spdlog::info("{}: ending; the data plane keeps forwarding", strsignal(signal));
        after((*signalling)->drain() ? kDrainTime : std::chrono::milliseconds(0), [&] {
            front.stop();
            link->stop();
            (*signalling)->stop();
            loop.stop();
        });
    });
    const Directory& directory = (*node)->directory();
    spdlog::info("serving {} rooms, {} participants, {} tracks, {} subscriptions at {} {}",
                 directory.rooms().size(), directory.participants().size(),
                 directory.tracks().size(), directory.subscriptions().size(),
                 config.control.api_socket, config.control.api_tcp);
    loop.run();
    return 0;
}

int main_of(int argc, char** argv) {
    std::string path;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--help") {
            std::fputs(kUsage, stdout);
            return 0;
        }
        if (argument == "--version") {
            std::puts("strata-control " STRATA_VERSION);
            return 0;
        }
        if (argument != "--config" || i + 1 == argc) {
            std::fprintf(stderr, "strata-control: unexpected argument '%s'\n%s", argv[i], kUsage);
            return kExitUsage;
        }
        path = argv[++i];
    }
    const auto config = api::load_program_config(path);
    if (!config) {
        std::fputs(config.error().text().c_str(), stderr);
        return api::kExitConfig;
    }
    std::signal(SIGPIPE, SIG_IGN);  // a reader of our log that went away
    set_up_logging(config->node.log_level);
    return run(*config);
}

}  // namespace
}  // namespace strata::control

int main(int argc, char** argv) {
    try {
        return strata::control::main_of(argc, argv);
    } catch (const std::exception& e) {  // of a library: nothing of ours throws
        std::fprintf(stderr, "strata-control: %s\n", e.what());
        return 70;  // sysexits.h EX_SOFTWARE
    }
}
