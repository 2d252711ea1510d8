#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/api/config/config.h"
#include "dataplane/appliance.h"
#include "dataplane/log.h"
#include "dataplane/plan/pinning.h"
#include "dataplane/port/management_guard.h"

namespace {

using namespace strata;

constexpr int kExitUsage = 64;  // sysexits.h EX_USAGE

constexpr std::string_view kHelp =
    R"(strata-dataplane: forwards layered video, controlled by strata-control.

usage: strata-dataplane [--config FILE] [--force] [--print-plan [-o text|json]]

  --config FILE   configuration (TOML), by default /etc/strata/strata.toml where it exists
  --force         take a card although this machine has an address, a route or your login there
  --print-plan    print which CPUs the workers would get, touching nothing
  -o FORMAT       of the plan: text (default) or json
  --version       print the version
  --help          print this

It runs in the foreground and stops cleanly on SIGTERM and SIGINT. It is ready when its control
socket (control.dataplane_socket) accepts connections. Exit status: 0 after a clean stop, 78 when the
configuration can't be used on this machine, 64 for wrong arguments.

examples:
  strata-dataplane --config strata.toml
  strata-dataplane --config strata.toml --print-plan -o json
)";

struct Options {
    std::string config;
    bool force = false, print_plan = false, json = false, help = false, version = false;
};

// The text says what was found and what is possible.
std::expected<Options, std::string> parse_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const bool has_value = i + 1 < argc;
        if (argument == "--help" || argument == "-h") {
            options.help = true;
        } else if (argument == "--version") {
            options.version = true;
        } else if (argument == "--print-plan") {
            options.print_plan = true;
        } else if (argument == "--force") {
            options.force = true;
        } else if (argument == "--config" && has_value) {
            options.config = argv[++i];
        } else if (argument.starts_with("--config=")) {
            options.config = argument.substr(9);
        } else if (argument == "-o" && has_value) {
            const std::string_view format = argv[++i];
            if (format != "json" && format != "text")
                return std::unexpected("-o: found \"" + std::string(format) +
                                       "\", possible are text and json");
            options.json = format == "json";
        } else {
            return std::unexpected("unknown or incomplete argument \"" + std::string(argument) +
                                   "\", see --help");
        }
    }
    return options;
}

int preferred_node(const api::Config& config) {
    for (const api::PortSpec& port : config.dataplane.ports)
        if (port.device.starts_with("pci:"))
            return dataplane::numa_node_of_pci(port.device.substr(4, port.device.find(',') - 4));
    return -1;
}

int fail(int status, const std::string& text) {
    std::fprintf(stderr, "strata-dataplane: %s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
    return status;
}

int run(const Options& options) {
    const auto config = api::load_program_config(options.config);
    if (!config) return fail(api::kExitConfig, config.error().text());
    const auto topology = dataplane::read_topology();
    if (!topology) return fail(api::kExitConfig, topology.error());
    const auto plan = dataplane::make_plan(*topology, config->dataplane, preferred_node(*config));
    if (!plan) return fail(api::kExitConfig, plan.error());
    if (options.print_plan) {
        const std::string text = options.json ? plan_json(*plan, config->dataplane)
                                              : plan_text(*plan, config->dataplane);
        std::fputs(text.c_str(), stdout);
        return 0;
    }
    dataplane::set_log_level(config->node.log_level);
    const auto host = dataplane::HostNetwork::read();
    for (const api::PortSpec& port : config->dataplane.ports)
        if (const std::string why = dataplane::needed_by_host(port.text, host);
            !why.empty() && !options.force)
            return fail(api::kExitConfig, "dataplane.ports: " + why);

    // Blocked before EAL makes threads, so that signals arrive here alone.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
    if (signals < 0) return fail(1, "signalfd failed");

    auto appliance = dataplane::Appliance::start(*config, *plan);
    if (!appliance) return fail(appliance.error().exit_status, appliance.error().text);
    return (*appliance)->run(signals);
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) return fail(kExitUsage, options.error());
    if (options->help) {
        std::fwrite(kHelp.data(), 1, kHelp.size(), stdout);
        return 0;
    }
    if (options->version) {
        std::puts("strata-dataplane " STRATA_VERSION);
        return 0;
    }
    return run(*options);
}
