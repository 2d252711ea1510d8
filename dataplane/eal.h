#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace strata::dataplane {

struct EalOptions {
    std::string program = "strata-dataplane";
    bool hugepages = false;
    std::uint32_t memory_mb = 512;
    std::string file_prefix = "strata";
    std::string lcores = "0";              // as --lcores wants it
    std::span<const std::string> devices;  // arguments from eal_device_arguments
    bool telemetry = true;
};

// Starts DPDK's environment, once per process. The error names the setting and what would mend it.
std::expected<void, std::string> start_eal(const EalOptions& options);

}  // namespace strata::dataplane
