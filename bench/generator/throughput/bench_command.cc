#include "bench/generator/throughput/bench_command.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/generator/pcap_reader.h"
#include "bench/generator/plan.h"
#include "bench/generator/throughput/bench_report.h"

namespace strata::gen {
namespace {

constexpr std::uint16_t kFirstDevicePort = 41'000;

// Each member has a socket.
void allow_many_sockets() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void write_json(const BenchReport& report, const std::string& file) {
    const std::string text = bench_json(report).dump(2) + "\n";
    if (file == "-") {
        std::cout << text;
        return;
    }
    std::ofstream out(file);
    out << text;
    if (!out) throw FileError(file + ": can't be written");
}

}  // namespace

BenchCommand::BenchCommand(CLI::App& app, OpenIo open_io) : open_io_(std::move(open_io)) {
    bench_ = app.add_subcommand(
        "bench", "how much a running relay carries: throughput at no and little loss, latency");
    preset_ = app.add_subcommand("preset", "workloads for bench");
    preset_->require_subcommand(1);
    preset_->footer("Example: strata-gen preset show meeting-10");
    list_ = preset_->add_subcommand("list", "their names and what they are");
    show_ = preset_->add_subcommand("show", "one of them");
    show_->add_option("name", preset_name_, "preset or its file")->required();
    add_bench_options();
}

void BenchCommand::add_bench_options() {
    auto* preset = bench_->add_option("--preset", preset_name_,
                                      "workload: `strata-gen preset list`, or a file");
    auto* plan = bench_->add_option("--plan", plan_,
                                    "instead: a plan's publishers and receivers, "
                                    "through whatever forwards them");
    preset->excludes(plan);
    bench_->add_option("--api", api_,
                       "the appliance: unix:/run/strata/api.sock (default: its configuration's)");
    bench_->add_option("--over", over_, "what is searched over: packets, receivers or both")
        ->check(CLI::IsMember({"packets", "receivers", "both"}));
    bench_->add_option("--seconds", trial_s_, "length of a trial that decides")
        ->check(CLI::Range(0.5, 600.0));
    bench_->add_option("--trials", trials_, "of them at a load")->check(CLI::Range(1, 100));
    bench_->add_option("--width", width_, "precision of the result, as a share of it")
        ->check(CLI::Range(0.001, 0.5));
    bench_->add_option("--scale", scale_, "this share of the preset's rooms or members")
        ->check(CLI::Range(0.0001, 1000.0));
    bench_->add_option("--max", max_multiplier_, "highest multiple of the preset's packet rate")
        ->check(CLI::Range(0.02, 1e6));
    bench_->add_option("--max-units", max_units_, "most rooms or members")
        ->check(CLI::Range(1, 1'000'000));
    bench_->add_option("--local", local_ip_, "this machine's address towards the relay");
    bench_->add_option("--port", port_, "socket, or a DPDK device");
    bench_->add_option("--rooms", rooms_, "names of the rooms it makes begin so");
    bench_->add_option("--seed", seed_, "draws everything that is random");
    bench_->add_option("--json", json_file_, "write the report there, - for standard output");
    bench_->add_flag("--no-latency", no_latency_, "leave the latencies out");
    bench_->add_flag("--quiet", quiet_, "no line for each trial");
}

std::optional<int> BenchCommand::run() {
    if (*bench_) return bench();
    if (!*preset_) return std::nullopt;
    if (*show_) return show_preset();
    for (const std::string& name : preset_names())
        fmt::print("{:<16} {}\n", name, load_preset(name).description);
    return 0;
}

int BenchCommand::show_preset() const {
    const Preset preset = load_preset(preset_name_);
    fmt::print("{}: {}\n{} rooms, {} receivers; grows by {}\n", preset.name, preset.description,
               preset.rooms, preset.receivers(), preset.scale);
    for (const PresetMembers& m : preset.members) {
        fmt::print("  {} x {}:", m.count, m.name);
        for (const std::string& profile : m.publish) fmt::print(" sends {};", profile);
        for (const PresetReceive& r : m.receive)
            fmt::print(" gets {} {};", r.count, r.video ? "video" : "audio");
        fmt::print("\n");
    }
    return 0;
}

int BenchCommand::bench() {
    if (preset_name_.empty() && plan_.empty())
        throw PlanError("bench: --preset NAME or --plan FILE is needed");
    allow_many_sockets();
    BenchConfig config;
    config.trial_s = trial_s_;
    config.trials = trials_;
    config.width = width_;
    config.packets = over_ != "receivers";
    config.receivers = over_ != "packets";
    config.max_multiplier = max_multiplier_;
    config.max_units = max_units_;
    config.latency = !no_latency_;
    const BenchProgress progress = [&](const std::string& dimension, const LoadTrial& trial) {
        if (!quiet_) fmt::print(stderr, "{}", trial_line(dimension, trial));
    };
    const std::unique_ptr<PacketIo> io = open_io_(port_);
    BenchReport report;
    if (!plan_.empty()) {
        report = bench_plan(config, read_plan(plan_), *io, progress);
    } else {
        config.stage.preset = load_preset(preset_name_);
        config.stage.preset.set_units(static_cast<std::uint32_t>(
            std::max(1.0, std::round(config.stage.preset.units() * scale_))));
        config.stage.rooms = rooms_;
        config.stage.local_ip = local_ip_;
        config.stage.first_port = port_ == "socket" ? std::uint16_t{0} : kFirstDevicePort;
        config.stage.seed = seed_;
        report = bench_preset(config, *connect_appliance(api_), *io, progress);
    }
    if (!json_file_.empty()) write_json(report, json_file_);
    if (json_file_ != "-") fmt::print("{}", bench_table(report));
    if (!report.refused.empty()) {
        fmt::print(stderr, "strata-gen: no figures: {}\n", report.refused);
        return kGeneratorWasTheLimit;
    }
    return bench_ok(report) ? 0 : 1;
}

}  // namespace strata::gen
