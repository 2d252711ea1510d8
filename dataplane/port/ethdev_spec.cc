#include "dataplane/port/ethdev_spec.h"

#include <algorithm>
#include <charconv>

namespace strata::dataplane {

namespace {

// Takes what is in front of the next `separator` off `text`.
std::string_view take(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

template <typename T>
bool read_number(std::string_view text, T& out, int base = 10) {
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, out, base);
    return result.ec == std::errc{} && result.ptr == end;
}

bool read_mac(std::string_view text, std::optional<net::MacAddress>& out) {
    net::MacAddress mac;
    for (std::uint8_t& byte : mac)
        if (!read_number(take(text, ':'), byte, 16)) return false;
    out = mac;
    // The lowest bit of the first byte makes a group address.
    return text.empty() && (mac[0] & 1) == 0;
}

bool read_address(std::string_view text, net::LocalNet& local) {
    const auto address = IpAddress::parse(take(text, '/'));
    net::Prefix own;
    if (!address || !read_number(text, own.bits) || own.bits > (address->is_v4() ? 32 : 128))
        return false;
    own.address = *address;
    return local.own.add(own);
}

bool read_gateway(std::string_view text, net::LocalNet& local) {
    const auto gateway = IpAddress::parse(text);
    const auto of_its_family = [&](const IpAddress& other) {
        return other.is_v4() == gateway->is_v4();
    };
    if (!gateway || std::ranges::any_of(local.gateways, of_its_family)) return false;
    local.gateways.push_back(*gateway);
    return true;
}

// "10.9.0.0/16 via 10.0.0.253"
bool read_route(std::string_view text, net::LocalNet& local) {
    constexpr std::string_view kVia = " via ";
    const std::size_t via = text.find(kVia);
    if (via == std::string_view::npos) return false;
    std::string_view to = text.substr(0, via);
    const auto network = IpAddress::parse(take(to, '/'));
    const auto hop = IpAddress::parse(text.substr(via + kVia.size()));
    net::Route route;
    if (!network || !hop || !read_number(to, route.to.bits)) return false;
    route.to.address = *network;
    route.hop = *hop;
    local.routes.push_back(route);
    return true;
}

bool read_steering(std::string_view text, std::optional<api::Steering>& out) {
    for (const auto method : {api::Steering::flow, api::Steering::rss, api::Steering::ring})
        if (text == api::name(method)) return out = method, true;
    return text == "auto";
}

bool read_option(std::string_view key, std::string_view value, EthdevSpec& spec) {
    if (key == "address") return read_address(value, spec.local);
    if (key == "gateway") return read_gateway(value, spec.local);
    if (key == "route") return read_route(value, spec.local);
    if (key == "vlan") return read_number(value, spec.local.vlan);
    if (key == "mtu") return read_number(value, spec.mtu);
    if (key == "kernel") return !(spec.kernel = value).empty();
    if (key == "mac") return read_mac(value, spec.mac);
    if (key == "steering") return read_steering(value, spec.steering);
    return false;
}

}  // namespace

std::expected<EthdevSpec, PortError> parse_ethdev_spec(std::string_view text) {
    EthdevSpec spec;
    std::string_view rest = text;
    spec.bus = rest.starts_with(kPci) ? "pci" : "vdev";
    if (rest.starts_with(kPci)) rest.remove_prefix(kPci.size());
    std::string_view device = take(rest, ';');
    spec.device = take(device, ',');
    spec.devargs = device;
    while (!rest.empty()) {
        std::string_view value = take(rest, ';');
        const std::string_view option = value;
        const std::string_view key = take(value, '=');
        if (!read_option(key, value, spec))
            return std::unexpected(PortError{
                "port-spec", std::string(text), "can't use \"" + std::string(option) + '"',
                "address=10.0.0.1/24;address=2001:db8::1/64;gateway=10.0.0.254;"
                "route=10.9.0.0/16 via 10.0.0.253;kernel=strata0;vlan=7;"
                "mtu=1500;mac=02:00:00:00:00:01;steering=auto"});
    }
    for (const IpAddress& gateway : spec.local.gateways) spec.local.own.set_gateway(gateway);
    return spec;
}

}  // namespace strata::dataplane
