#include "dataplane/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace strata::dataplane {
namespace {

// EAL keeps its runtime files below this folder when it isn't root, and fails without one.
void ensure_runtime_folder() {
    if (::geteuid() == 0) return;
    const char* set = std::getenv("XDG_RUNTIME_DIR");
    if (set && ::access(set, W_OK) == 0) return;
    const std::string folder = "/tmp/strata-runtime-" + std::to_string(::geteuid());
    ::mkdir(folder.c_str(), 0700);
    ::setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
}

std::vector<std::string> arguments_of(const EalOptions& options) {
    std::vector<std::string> arguments = {options.program,
                                          "--iova-mode=va",
                                          "--log-level=lib.*:warning",
                                          "--log-level=pmd.*:warning",
                                          "--log-level=lib.telemetry:error",
                                          "--file-prefix=" + options.file_prefix,
                                          "--lcores=" + options.lcores};
    // Without hugepages the memory is plain; the two options exclude each other.
    arguments.push_back(options.hugepages ? "--in-memory" : "--no-huge");
    arguments.insert(arguments.end(), {"-m", std::to_string(options.memory_mb)});
    if (!options.hugepages) arguments.push_back("--no-shconf");
    if (!options.telemetry) arguments.push_back("--no-telemetry");
    arguments.insert(arguments.end(), options.devices.begin(), options.devices.end());
    return arguments;
}

}  // namespace

std::expected<void, std::string> start_eal(const EalOptions& options) {
    ensure_runtime_folder();
    std::vector<std::string> arguments = arguments_of(options);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    // EAL permutes argv and keeps pointers into it.
    static std::vector<std::string> kept;
    if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) >= 0) {
        kept = std::move(arguments);
        return {};
    }
    std::string error = "DPDK's environment didn't start: ";
    error += rte_strerror(rte_errno);
    if (options.hugepages)
        error += "; dataplane.hugepages = true wants " + std::to_string(options.memory_mb) +
                 " MB of hugepages: reserve them (vm.nr_hugepages) or set it to false";
    else
        error += "; dataplane.memory_mb = " + std::to_string(options.memory_mb) +
                 " may be more than there is, or another process uses dataplane.file_prefix = \"" +
                 options.file_prefix + "\"";
    return std::unexpected(error);
}

}  // namespace strata::dataplane
