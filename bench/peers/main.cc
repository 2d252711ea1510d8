// strata-bench-peers: Strata's socket port beside a plain kernel relay, on equal I/O. `pairs` has
// both in one process, in turns; `relay` and `load` are parts for comparison with other programs.
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/generator/pcap_reader.h"
#include "bench/peers/kernel_relay.h"
#include "bench/peers/strata_relay.h"
#include "bench/peers/traffic.h"
#include "bench/pipeline/pairs.h"
#include "dataplane/eal.h"
#include "dataplane/port/port.h"

namespace strata::bench {
namespace {

constexpr int kRounds = 15;
constexpr int kMostTurns = 1'000;  // of a relay that was given a train: it has lost it

volatile sig_atomic_t stopped = 0;

double thread_cpu_ns() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

std::vector<sockaddr_in> receivers_at(std::uint32_t count, std::uint16_t sink_port) {
    std::vector<sockaddr_in> receivers;
    for (std::uint32_t i = 0; i < count; ++i) receivers.push_back(receiver_address(i, sink_port));
    return receivers;
}

// One relay in this process: `turn` does what there is to do and returns how much was sent.
struct Entrant {
    sockaddr_in address;
    std::function<std::uint64_t()> turn;
};

// The publisher and the receivers of one comparison.
struct Course {
    std::vector<Train> trains;
    std::uint32_t receivers;
    Feeder feeder;
    Sink sink;
    std::uint64_t expected = 0, missing = 0;
};

// Thread CPU time per packet sent, nothing but the relay's turns counted.
double run_once(Entrant& entrant, Course& course, std::size_t trains) {
    course.feeder.set_relay(entrant.address);
    double ns = 0;
    std::uint64_t sent = 0;
    for (std::size_t i = 0; i < trains; ++i) {
        const Train& train = course.trains[i % course.trains.size()];
        course.feeder.send(train);
        const std::uint64_t wanted = train.sizes.size() * course.receivers;
        std::uint64_t done = 0;
        const double begin = thread_cpu_ns();
        for (int turn = 0; done < wanted && turn < kMostTurns; ++turn) done += entrant.turn();
        ns += thread_cpu_ns() - begin;
        sent += done;
        course.expected += wanted;
        if (!course.sink.wait_for(course.expected)) {
            course.missing += course.expected - course.sink.received();
            course.expected = course.sink.received();
        }
    }
    return ns / static_cast<double>(std::max<std::uint64_t>(sent, 1));
}

struct Compared {
    std::vector<double> strata, kernel, kernel_messages, ratio;
};

Compared compare(Course& course, const dataplane::Pools& pools, std::size_t trains) {
    const auto receivers = receivers_at(course.receivers, course.sink.port());
    StrataRelay strata(loopback(0x7f00'0001, course.feeder.port()), receivers, pools);
    KernelRelay gso(loopback(0x7f00'0001, 0), receivers, KernelRelay::Mode::gso);
    KernelRelay messages(loopback(0x7f00'0001, 0), receivers, KernelRelay::Mode::messages);
    Entrant ours{strata.address(), [&] { return strata.turn(); }};
    Entrant kernel{gso.address(), [&] { return gso.turn(); }};
    Entrant plain{messages.address(), [&] { return messages.turn(); }};
    Compared found;
    for (Entrant* one : {&ours, &kernel, &plain}) run_once(*one, course, trains / 4 + 1);  // warm
    for (int round = 0; round < kRounds; ++round) {
        // Each goes first as often as the other.
        const bool first = round % 2 == 0;
        const double a = run_once(first ? ours : kernel, course, trains);
        const double b = run_once(first ? kernel : ours, course, trains);
        found.strata.push_back(first ? a : b);
        found.kernel.push_back(first ? b : a);
        found.kernel_messages.push_back(run_once(plain, course, trains));
        found.ratio.push_back(found.strata.back() / found.kernel.back());
    }
    return found;
}

struct Case {
    std::string name;
    std::vector<Train> trains;
    double aim;  // Strata's cost as a multiple of the kernel relay's; 0: none
};

double mean_packets(const std::vector<Train>& trains) {
    std::size_t packets = 0;
    for (const Train& t : trains) packets += t.sizes.size();
    return static_cast<double>(packets) / static_cast<double>(trains.size());
}

void print(std::FILE* out, const Case& c, const Course& course, const Compared& found, bool first) {
    const Spread ours = spread(found.strata), kernel = spread(found.kernel),
                 plain = spread(found.kernel_messages), ratio = spread(found.ratio);
    std::fprintf(stderr,
                 "%-10s %4.1f packets, %u receivers: strata %5.0f ns, kernel relay %5.0f (without "
                 "GSO %5.0f), ratio %.2f (%.2f-%.2f)%s\n",
                 c.name.c_str(), mean_packets(c.trains), course.receivers, ours.median,
                 kernel.median, plain.median, ratio.median, ratio.low, ratio.high,
                 c.aim == 0              ? ""
                 : ratio.median <= c.aim ? "  aim met"
                                         : "  aim MISSED");
    std::fprintf(out,
                 "%s\n  {\"bench\":\"peers_pair\",\"trains\":\"%s\",\"packets_per_train\":%.3g,"
                 "\"receivers\":%u,\"rounds\":%d,\"lost\":%lu,\"ns_per_output\":%.4g,"
                 "\"kernel_ns_per_output\":%.4g,\"kernel_messages_ns_per_output\":%.4g,"
                 "\"ratio_to_kernel\":%.4g,\"ratio_to_kernel_low\":%.4g,"
                 "\"ratio_to_kernel_high\":%.4g,\"aim\":%.4g}",
                 first ? "[" : ",", c.name.c_str(), mean_packets(c.trains), course.receivers,
                 kRounds, course.missing, ours.median, kernel.median, plain.median, ratio.median,
                 ratio.low, ratio.high, c.aim);
}

int pairs(std::uint32_t receivers, std::size_t outputs, const std::string& capture) {
    const std::vector<std::string> devices = dataplane::eal_device_arguments({});
    const auto started =
        dataplane::start_eal({.program = "strata-bench-peers",
                              .memory_mb = 256,
                              .file_prefix = "strata-peers-" + std::to_string(getpid()),
                              .devices = devices,
                              .telemetry = false});
    if (!started) {
        std::fprintf(stderr, "strata-bench-peers: %s\n", started.error().c_str());
        return 1;
    }
    auto pools = dataplane::Pools::create({.name = "peers",
                                           .rx_mbufs = 8'191,
                                           .header_mbufs = 32'767,
                                           .indirect_mbufs = 8'191,
                                           .linear_mbufs = 4'095});
    if (!pools) {
        std::fprintf(stderr, "strata-bench-peers: %s\n", pools.error().message.c_str());
        return 1;
    }
    std::vector<Case> cases{{"single", even_trains(1, 0), 1.15},
                            {"burst8", even_trains(8, 0), 1.25}};
    if (!capture.empty()) cases.push_back({"chromium", captured_trains(capture), 0});
    bool first = true;
    for (const Case& c : cases) {
        Course course{c.trains, receivers, Feeder(0, {}), Sink(0)};
        const double per_train = mean_packets(c.trains) * receivers;
        const auto trains = static_cast<std::size_t>(static_cast<double>(outputs) / per_train) + 1;
        print(stdout, c, course, compare(course, *pools, trains), first);
        first = false;
    }
    std::puts("\n]");
    return 0;
}

// The plain kernel relay as a program of its own; waits in poll when there is nothing to do.
int relay(std::uint32_t receivers, std::uint16_t sink_port, bool gso) {
    KernelRelay relay(loopback(0x7f00'0001, 0), receivers_at(receivers, sink_port),
                      gso ? KernelRelay::Mode::gso : KernelRelay::Mode::messages);
    struct sigaction action{};
    action.sa_handler = [](int) { stopped = 1; };
    sigaction(SIGTERM, &action, nullptr);
    std::printf("ready %u\n", ntohs(relay.address().sin_port));
    std::fflush(stdout);
    pollfd ready{relay.descriptor(), POLLIN, 0};
    while (stopped == 0)
        if (poll(&ready, 1, 100) > 0) relay.turn();
    return 0;
}

struct LoadOptions {
    std::uint16_t from = 0, to = 0, sink = 0;
    std::uint32_t receivers = 50, packets = 8;
    std::int64_t every_us = 1'000;
    double seconds = 2;
    std::uint64_t first = 0;
    std::string capture;
};

// Trains at their times, whoever forwards them; prints what was sent and what came.
int load(const LoadOptions& options) {
    const auto trains = options.capture.empty() ? even_trains(options.packets, options.every_us)
                                                : captured_trains(options.capture);
    Feeder feeder(options.from, loopback(0x7f00'0001, options.to), options.first);
    Sink sink(options.sink);
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    auto due = begin;
    const auto until = begin + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(options.seconds));
    for (std::size_t i = 0; due < until; ++i) {
        const Train& train = trains[i % trains.size()];
        due += std::chrono::microseconds(std::max<std::int64_t>(train.after_us, 1));
        std::this_thread::sleep_until(due);
        feeder.send(train);
    }
    sink.wait_for(feeder.sent() * options.receivers);
    std::printf("{\"sent\":%lu,\"expected\":%lu,\"received\":%lu}\n", feeder.sent(),
                feeder.sent() * options.receivers, sink.received());
    return 0;
}

int command_line(int argc, char** argv) {
    CLI::App app{"strata-bench-peers: Strata's socket port beside other relays, on equal I/O"};
    app.require_subcommand(1);
    std::uint32_t receivers = 50;
    std::size_t outputs = 40'000;
    std::string capture;
    CLI::App* pairs_command = app.add_subcommand("pairs", "Strata and the kernel relay, in turns");
    pairs_command->add_option("--receivers", receivers)->check(CLI::Range(1, 1'000));
    pairs_command->add_option("--outputs", outputs, "packets out of a run")
        ->check(CLI::Range(100, 10'000'000));
    pairs_command->add_option("--capture", capture, "pcap whose timing is a case of its own");
    bool messages = false;
    LoadOptions options;
    CLI::App* relay_command = app.add_subcommand("relay", "the kernel relay alone, until SIGTERM");
    relay_command->add_option("--receivers", receivers)->check(CLI::Range(1, 1'000));
    relay_command->add_option("--sink", options.sink, "UDP port of the receivers")->required();
    relay_command->add_flag("--messages", messages, "without GSO");
    CLI::App* load_command = app.add_subcommand("load", "publisher and receivers alone");
    load_command->add_option("--from", options.from)->required();
    load_command->add_option("--to", options.to, "the relay's UDP port")->required();
    load_command->add_option("--sink", options.sink, "UDP port of the receivers")->required();
    load_command->add_option("--receivers", options.receivers);
    load_command->add_option("--packets", options.packets, "of a train")->check(CLI::Range(1, 64));
    load_command->add_option("--every-us", options.every_us);
    load_command->add_option("--seconds", options.seconds);
    load_command->add_option("--first", options.first, "number of the first packet");
    load_command->add_option("--capture", options.capture, "pcap whose timing is taken");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 64;
    }
    if (*pairs_command) return pairs(receivers, outputs, capture);
    if (*relay_command) return relay(receivers, options.sink, !messages);
    return load(options);
}

}  // namespace
}  // namespace strata::bench

int main(int argc, char** argv) {
    try {
        return strata::bench::command_line(argc, argv);
    } catch (const strata::gen::FileError& e) {
        std::fprintf(stderr, "strata-bench-peers: %s\n", e.what());
        return 65;
    }
}
