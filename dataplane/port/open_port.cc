#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "dataplane/api/config/port_spec.h"
#include "dataplane/port/ethdev_port.h"
#include "dataplane/port/memory_port.h"
#include "dataplane/port/port.h"
#include "dataplane/port/socket_port.h"

namespace strata::dataplane {

namespace {
constexpr std::string_view kMemory = "memory";
constexpr std::string_view kSocket = "socket:";
}  // namespace

std::expected<void, PortError> check_port_spec(std::string_view spec) {
    if (spec == kMemory) return {};
    const auto parsed = api::parse_port(spec);
    if (parsed) return {};
    return std::unexpected(PortError{"port-spec", std::string(spec), parsed.error(), {}});
}

std::expected<std::unique_ptr<Port>, PortError> open_port(std::string_view spec,
                                                          const PortConfig& config) {
    if (auto checked = check_port_spec(spec); !checked) return std::unexpected(checked.error());
    if (spec == kMemory) return std::make_unique<MemoryPort>(config);
    if (spec.starts_with(kSocket)) {
        const auto address = IpAddress::parse(spec.substr(kSocket.size()));
        return std::make_unique<SocketPort>(std::string(spec), *address, config);
    }
    const auto ethdev = parse_ethdev_spec(spec);
    if (!ethdev) return std::unexpected(ethdev.error());
    auto device = EthdevDevice::open(*ethdev, std::string(spec));
    if (!device) return std::unexpected(device.error());
    return std::make_unique<EthdevPort>(std::string(spec), *ethdev, std::move(*device), config);
}

std::vector<std::string> eal_device_arguments(std::span<const std::string> specs) {
    std::vector<std::string> arguments;
    for (const std::string& spec : specs) {
        if (!spec.starts_with(kPci)) continue;
        const std::string device = spec.substr(kPci.size());
        arguments.push_back("-a");
        arguments.push_back(device.substr(0, device.find(';')));
    }
    if (arguments.empty()) arguments.push_back("--no-pci");
    return arguments;
}

}  // namespace strata::dataplane
