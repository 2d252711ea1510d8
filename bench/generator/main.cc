#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/generator/command_reader.h"
#include "bench/generator/export.h"
#include "bench/generator/pcap_reader.h"
#include "bench/generator/port_io.h"
#include "bench/generator/profile.h"
#include "bench/generator/report.h"
#include "bench/generator/run.h"
#include "bench/generator/selftest.h"
#include "bench/generator/throughput/bench_command.h"
#include "bench/generator/throughput/relay_api.h"

namespace strata::gen {
namespace {

using nlohmann::json;

// sysexits.h
constexpr int kWrong = 1, kUsage = 64, kData = 65, kIo = 74;

volatile std::sig_atomic_t stop_requested = 0;
void request_stop(int) { stop_requested = 1; }

struct RunOptions {
    std::string plan;
    std::string json_file;  // "-": standard output
    std::string port;       // instead of the plan's
    bool live = false, live_json = false, commands = false, quiet = false;
};

// Draws while the run goes on, and reads commands.
class Screen final : public RunObserver {
  public:
    explicit Screen(const RunOptions& options) : options_(options) {}

    void on_started(const Run& run) override {
        if (!options_.live_json) return;
        json line{{"event", "started"}, {"t_s", 0.0}};
        for (std::size_t i = 0; i < run.publisher_count(); ++i)
            line["publishers"].push_back({{"id", run.publisher(i).config().id},
                                          {"local", to_string(run.publisher_address(i))},
                                          {"track", to_json(run.publisher(i).track())}});
        say(line);
    }
    void on_second(const Run& run) override {
        if (options_.live_json) say(live_json(run));
        if (!options_.live) return;
        const std::string table = receiver_table(run, true);
        if (isatty(STDOUT_FILENO) != 0 && drawn_lines_ > 0) fmt::print("\033[{}A", drawn_lines_);
        fmt::print("{}", table);
        std::fflush(stdout);
        drawn_lines_ = std::count(table.begin(), table.end(), '\n');
    }
    void on_target(const Run& run, const std::string& receiver,
                   const std::string& target) override {
        if (options_.live_json)
            say({{"event", "target"},
                 {"receiver", receiver},
                 {"target", target},
                 {"t_s", run.elapsed_s()}});
    }
    bool poll(Run& run) override {
        if (options_.commands && !commands_.poll(run)) return false;
        return stop_requested == 0;
    }

  private:
    static void say(const json& line) {
        std::cout << line.dump() << '\n';
        std::cout.flush();
    }
    RunOptions options_;
    CommandReader commands_{STDIN_FILENO};
    std::ptrdiff_t drawn_lines_ = 0;
};

void write_report(const Run& run, const std::string& file) {
    const json report = report_json(run);
    if (file == "-") {
        std::cout << report.dump(2) << '\n';
        return;
    }
    std::ofstream out(file);
    out << report.dump(2) << '\n';
    if (!out) throw FileError(file + ": can't be written");
}

int carry_out(const Plan& plan, PacketIo& io, const RunOptions& options) {
    Run run(plan, io);
    Screen screen(options);
    run.execute(screen);
    const std::vector<Wrong> wrong = verdict(run);
    if (!options.json_file.empty()) write_report(run, options.json_file);
    if (options.json_file != "-" && !options.live_json && !options.quiet)
        fmt::print("{}\n{}\n{}", receiver_table(run, false), publisher_table(run),
                   verdict_text(wrong));
    return wrong.empty() ? 0 : kWrong;
}

std::unique_ptr<PacketIo> make_io(const std::string& port) {
    return is_socket_spec(port) ? make_socket_io() : make_port_io(port);
}

int run_plan(const RunOptions& options) {
    Plan plan = read_plan(options.plan);
    if (!options.port.empty()) plan.port = options.port;
    const std::unique_ptr<PacketIo> io = make_io(plan.port);
    return carry_out(plan, *io, options);
}

int selftest(const RunOptions& options, double seconds) {
    const std::unique_ptr<PacketIo> io = make_socket_io();
    const Plan plan = make_selftest_plan(*io, static_cast<std::int64_t>(seconds * 1e6));
    return carry_out(plan, *io, options);
}

int profiles(const std::string& name) {
    if (name.empty())
        for (const std::string& one : profile_names()) fmt::print("{}\n", one);
    else
        std::cout << to_json(load_profile(name).track).dump(2) << '\n';
    return 0;
}

int describe(const std::string& capture, const std::string& kind) {
    const TrackKind wanted = kind == "audio"   ? TrackKind::audio
                             : kind == "video" ? TrackKind::video
                                               : TrackKind::any;
    std::cout << to_json(load_capture(capture, wanted).track).dump(2) << '\n';
    return 0;
}

int resolve(const std::string& path) {
    const Plan plan = read_plan(path);
    json out{{"publishers", json::array()}};
    for (std::size_t i = 0; i < plan.publishers.size(); ++i)
        out["publishers"].push_back({{"id", plan.publishers[i].id},
                                     {"local", to_string(plan.publishers[i].local)},
                                     {"track", to_json(make_source(plan, i)->track())}});
    std::cout << out.dump(2) << '\n';
    return 0;
}

int export_to_pcap(const std::string& plan, ExportOptions options, const std::string& source,
                   const std::string& destination) {
    if (!parse_mac(source, options.source) || !parse_mac(destination, options.destination))
        throw PlanError("a MAC address is six bytes in hex, 02:00:00:00:00:01");
    std::cout << export_plan(read_plan(plan), options).dump(2) << '\n';
    return 0;
}

void add_example(CLI::App& command, const std::string& example) {
    command.footer("Example: " + example);
}

int command_line(int argc, char** argv) {
    CLI::App app{"strata-gen: packet generator and analyser for media relays"};
    app.require_subcommand(1);
    app.name("strata-gen");
    add_example(app, "strata-gen bench --preset meeting-10");

    RunOptions run_options;
    CLI::App* run = app.add_subcommand("run", "publish and analyse what a plan says");
    add_example(*run, "strata-gen run plan.json --live");
    run->add_option("plan", run_options.plan, "plan file, - for standard input")->required();
    run->add_option("--json", run_options.json_file,
                    "write the report there, - for standard output");
    run->add_flag("--live", run_options.live, "a table of the last second, every second");
    run->add_flag("--live-json", run_options.live_json, "events as JSON lines on standard output");
    run->add_flag("--commands", run_options.commands,
                  "read targets from standard input, JSON lines");
    run->add_flag("--quiet", run_options.quiet, "no tables");

    run->add_option("--port", run_options.port,
                    "socket, or a DPDK device: net_tap0,iface=gen0;address=10.0.0.2/24");

    std::string path, kind = "any";
    CLI::App* describe_command = app.add_subcommand("describe", "print the track in a capture");
    add_example(*describe_command, "strata-gen describe vp9-L3T3.pcap");
    describe_command->add_option("capture", path, "pcap file with its sidecar")->required();
    describe_command->add_option("--kind", kind, "video or audio")
        ->check(CLI::IsMember({"any", "video", "audio"}));
    CLI::App* resolve_command =
        app.add_subcommand("resolve", "print a plan's tracks with the SSRCs that will be sent");
    add_example(*resolve_command, "strata-gen resolve plan.json");
    resolve_command->add_option("plan", path, "plan file")->required();

    ExportOptions export_options;
    std::string source_mac = "02:00:00:00:00:01", destination_mac = "02:00:00:00:00:02";
    CLI::App* export_command = app.add_subcommand(
        "export", "what a plan's publishers would send, as a pcap file for other generators");
    add_example(*export_command, "strata-gen export plan.json publishers.pcap --seconds 10");
    export_command->add_option("plan", path, "plan file")->required();
    export_command->add_option("file", export_options.file, "pcap file")->required();
    export_command->add_option("--seconds", export_options.seconds, "how much of it")
        ->check(CLI::Range(0.1, 3600.0));
    export_command->add_option("--multiplier", export_options.multiplier, "of the profiles' rate")
        ->check(CLI::Range(0.01, 1e6));
    export_command->add_option("--source-mac", source_mac);
    export_command->add_option("--destination-mac", destination_mac, "the relay's");

    CLI::App* profiles_command =
        app.add_subcommand("profiles", "list synthetic profiles, or describe one");
    add_example(*profiles_command, "strata-gen profiles vp9-l3t3");
    profiles_command->add_option("name", path, "profile or its file");

    double seconds = 3;
    CLI::App* selftest_command =
        app.add_subcommand("selftest", "publish to itself over loopback, without a relay");
    add_example(*selftest_command, "strata-gen selftest --seconds 5");
    selftest_command->add_option("--seconds", seconds, "how long")->check(CLI::Range(1.0, 3600.0));
    selftest_command->add_option("--json", run_options.json_file, "write the report there");
    selftest_command->add_flag("--live", run_options.live,
                               "a table of the last second, every second");

    BenchCommand bench(app, make_io);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : kUsage;
    }
    if (const auto status = bench.run()) return *status;
    if (*run) return run_plan(run_options);
    if (*selftest_command) return selftest(run_options, seconds);
    if (*profiles_command) return profiles(path);
    if (*export_command) return export_to_pcap(path, export_options, source_mac, destination_mac);
    if (*describe_command) return describe(path, kind);
    return resolve(path);
}

int guarded(int argc, char** argv) {
    try {
        return command_line(argc, argv);
    } catch (const PlanError& e) {
        fmt::print(stderr, "strata-gen: {}\n", e.what());
        return kData;
    } catch (const FileError& e) {
        fmt::print(stderr, "strata-gen: {}\n", e.what());
        return kData;
    } catch (const ApiError& e) {
        fmt::print(stderr, "strata-gen: {}\n", e.what());
        return kIo;
    } catch (const IoError& e) {
        fmt::print(stderr, "strata-gen: {}\n", e.what());
        return kIo;
    }
}

}  // namespace
}  // namespace strata::gen

int main(int argc, char** argv) {
    std::signal(SIGINT, strata::gen::request_stop);
    std::signal(SIGTERM, strata::gen::request_stop);
    std::signal(SIGPIPE, SIG_IGN);
    return strata::gen::guarded(argc, argv);
}
