// strata-bench-workers: whether workers share nothing, and what a room costs that they share.
// Without --room, each has rooms of its own on an in-memory
// port of its own, and the pools that all workers have; in each round the first turns alone, then
// both at once, on a CPU each. Rates are outputs per second of a thread's own CPU time, so that a
// machine that has something else to do doesn't show. With --room, one room on one worker, and the
// same room spread over both, in turns. Prints one row of JSON.
#include <rte_launch.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "bench/pipeline/pairs.h"
#include "bench/pipeline/product.h"
#include "bench/workers/shared_room.h"
#include "dataplane/eal.h"
#include "dataplane/port/port.h"

namespace strata::bench {
namespace {

constexpr const char* kUsage = "usage: strata-bench-workers [--quick] [--room] [--receivers N]\n";
constexpr int kRounds = 11;
constexpr std::uint32_t kRooms = 10;

double thread_cpu_s() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// A worker and what it did in the last round.
struct Runner {
    std::unique_ptr<Product> product;
    std::uint64_t inputs = 0;
    double outputs_per_cpu_s = 0;

    void run() {
        const double begin = thread_cpu_s();
        const std::uint64_t outputs = product->run(inputs);
        outputs_per_cpu_s = static_cast<double>(outputs) / (thread_cpu_s() - begin);
    }
    static int on_lcore(void* runner) {
        static_cast<Runner*>(runner)->run();
        return 0;
    }
};

struct Rates {
    std::vector<double> alone, together, ratio;
};

// `alone` and `together` measure once each, in turns.
template <typename Alone, typename Together>
Rates run_rounds(Alone alone, Together together) {
    Rates rates;
    for (int round = -1; round < kRounds; ++round) {  // the first one warms up
        const double one = alone();
        const double both = together();
        if (round < 0) continue;
        rates.alone.push_back(one);
        rates.together.push_back(both);
        rates.ratio.push_back(both / one);
    }
    return rates;
}

// `setting`: the row's first fields.
void report(const std::string& setting, const Rates& rates) {
    const Spread alone = spread(rates.alone), both = spread(rates.together);
    const Spread ratio = spread(rates.ratio);
    std::printf(
        "{\"bench\":\"workers\",%s,\"rounds\":%d,\"one_outputs_per_cpu_s\":%.4g,"
        "\"two_outputs_per_cpu_s\":%.4g,\"ratio\":%.4g,\"ratio_low\":%.4g,"
        "\"ratio_high\":%.4g}\n",
        setting.c_str(), kRounds, alone.median, both.median, ratio.median, ratio.low, ratio.high);
}

struct Options {
    bool quick = false;
    bool room = false;
    std::uint32_t receivers = 10;
    std::uint64_t inputs() const { return (quick ? 400'000 : 2'000'000) / receivers; }
};

void measure_rooms(const Options& options, const dataplane::Pools& pools) {
    std::array<Runner, 2> runners;
    const Shape shape{.receivers = options.receivers * kRooms, .rooms = kRooms, .in_flight = 1'024};
    for (Runner& runner : runners) {
        runner.product = std::make_unique<Product>(shape, pools);
        runner.inputs = options.inputs();
    }
    const auto alone = [&] {
        runners[0].run();
        return runners[0].outputs_per_cpu_s;
    };
    const auto together = [&] {
        rte_eal_remote_launch(Runner::on_lcore, &runners[1], 1);
        runners[0].run();
        rte_eal_wait_lcore(1);
        return runners[0].outputs_per_cpu_s + runners[1].outputs_per_cpu_s;
    };
    report("\"workers\":2,\"receivers\":" + std::to_string(options.receivers) +
               ",\"rooms\":" + std::to_string(kRooms),
           run_rounds(alone, together));
}

void measure_shared_room(const Options& options, const dataplane::Pools& pools) {
    SharedRoom one(options.receivers, 1, pools), two(options.receivers, 2, pools);
    const auto run_one = [&] { return one.run(options.inputs()); };
    const auto run_two = [&] { return two.run(options.inputs()); };
    report("\"name\":\"one room over two\",\"receivers\":" + std::to_string(options.receivers),
           run_rounds(run_one, run_two));
}

int run(const Options& options) {
    const std::vector<std::string> devices = dataplane::eal_device_arguments({});
    const auto started =
        dataplane::start_eal({.program = "strata-bench-workers",
                              .file_prefix = "strata-bench-workers-" + std::to_string(::getpid()),
                              .lcores = "0,1",
                              .devices = devices,
                              .telemetry = false});
    if (!started) {
        std::fprintf(stderr, "strata-bench-workers: %s\n", started.error().c_str());
        return 1;
    }
    const auto pools = dataplane::Pools::create({.name = "bench",
                                                 .rx_mbufs = 16'383,
                                                 .header_mbufs = 32'767,
                                                 .indirect_mbufs = 8'191,
                                                 .cache_mbufs = 256});
    if (!pools) {
        std::fprintf(stderr, "strata-bench-workers: %s\n", pools.error().message.c_str());
        return 1;
    }
    if (options.room)
        measure_shared_room(options, *pools);
    else
        measure_rooms(options, *pools);
    return 0;
}

}  // namespace
}  // namespace strata::bench

int main(int argc, char** argv) {
    strata::bench::Options options;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--quick") == 0) {
            options.quick = true;
        } else if (std::strcmp(argv[i], "--room") == 0) {
            options.room = true;
        } else if (std::strcmp(argv[i], "--receivers") == 0 && i + 1 < argc) {
            options.receivers = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
        } else {
            std::fputs(strata::bench::kUsage, stderr);
            return 64;
        }
    }
    return options.receivers == 0 ? 64 : strata::bench::run(options);
}
