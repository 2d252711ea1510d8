#include "dataplane/api/config/port_spec.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/api/config/nearest.h"
#include "dataplane/api/config/steering.h"

namespace strata::api {
namespace {

constexpr std::string_view kSocketPrefix = "socket:";
constexpr std::string_view kPciPrefix = "pci:";
constexpr std::array<std::string_view, 8> kOptions = {"address", "gateway", "route", "kernel",
                                                      "vlan",    "mtu",     "mac",   "steering"};

std::unexpected<std::string> problem(std::string message) {
    return std::unexpected(std::move(message));
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

bool is_number(std::string_view text, std::uint32_t min, std::uint32_t max) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= min && value <= max;
}

// An address, and how many of its bits are those of its link.
struct Address {
    int family = 0;                         // AF_INET or AF_INET6; 0: none
    std::array<unsigned char, 16> bytes{};  // network order, of IPv4 the first four
    unsigned bits = 0;

    bool same_prefix(const Address& other) const;
};

Address read_address(std::string_view text) {
    Address address;
    const std::string terminated(text);
    for (const int family : {AF_INET, AF_INET6})
        if (inet_pton(family, terminated.c_str(), address.bytes.data()) == 1)
            address.family = family;
    // An IPv4 address in IPv6's form is written as what it is (RFC 4291 section 2.5.5.2).
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address.family == AF_INET6 &&
        std::ranges::equal(kMapped, std::span(address.bytes).first<12>()))
        return {};
    return address;
}

// AF_INET, AF_INET6 or 0.
int family_of(std::string_view text) { return read_address(text).family; }

std::string_view version_of(int family) { return family == AF_INET ? "IPv4" : "IPv6"; }

bool Address::same_prefix(const Address& other) const {
    if (family != other.family || bits != other.bits) return false;
    for (unsigned i = 0; i < bits; ++i)
        if (((bytes[i / 8] ^ other.bytes[i / 8]) & (0x80 >> i % 8)) != 0) return false;
    return true;
}

// Whether a host may have it on a link: not this network, loopback, multicast and above (RFC 1122
// section 3.2.1.3; RFC 4291 section 2.4).
bool is_a_hosts(const Address& address) {
    const auto& b = address.bytes;
    if (address.family == AF_INET) return b[0] != 0 && b[0] != 127 && b[0] < 224;
    const bool reserved =
        std::all_of(b.begin(), b.begin() + 8, [](unsigned char byte) { return byte == 0; });
    return address.family == AF_INET6 && !reserved && b[0] != 0xff;
}

// "net_tap0,iface=dtk1;vlan=7" → the device and its options.
std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(';');
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

// Of one host: the lowest bit of the first byte makes a group address.
bool is_mac_address(std::string_view text) {
    if (text.size() != 17) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool separator = i % 3 == 2;
        if (separator ? text[i] != ':' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
            return false;
        }
    }
    return std::string_view("02468aceACE").find(text[1]) != std::string_view::npos;
}

// "10.77.0.1/24". Of no family: it isn't one.
Address read_prefix(std::string_view value) {
    const std::size_t slash = value.find('/');
    if (slash == std::string_view::npos) return {};
    Address address = read_address(value.substr(0, slash));
    const std::string_view bits = value.substr(slash + 1);
    if (address.family == 0 || !is_number(bits, 1, address.family == AF_INET ? 32 : 128)) return {};
    std::from_chars(bits.data(), bits.data() + bits.size(), address.bits);
    return address;
}

// What is wrong with a value; empty: nothing.
std::string address_problem(std::string_view value) {
    const Address address = read_prefix(value);
    if (address.family == 0) return "expected address=ADDRESS/BITS such as address=10.77.0.1/24";
    if (!is_a_hosts(address))
        return "address=" + std::string(value) + " is no address that a host can have";
    return {};
}

// That the kernel takes, and that needs no quoting anywhere.
bool is_interface_name(std::string_view text) {
    constexpr std::size_t kMost = 15;  // IFNAMSIZ - 1
    const auto allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= kMost && text.front() != '.' &&
           std::all_of(text.begin(), text.end(), allowed);
}

// A prefix and the router it is behind: "10.9.0.0/16 via 10.77.0.253".
std::string route_problem(std::string_view value) {
    constexpr std::string_view kVia = " via ";
    const std::size_t via = std::min(value.find(kVia), value.size());
    const std::size_t slash = std::min(value.find('/'), via);
    const int family = family_of(value.substr(0, slash));
    const std::string_view bits = value.substr(slash, via - slash);
    if (family == 0 || bits.empty() ||
        !is_number(bits.substr(1), 1, family == AF_INET ? 32 : 128) ||
        family_of(value.substr(std::min(via + kVia.size(), value.size()))) != family)
        return "expected route=PREFIX/BITS via ADDRESS such as route=10.9.0.0/16 via 10.77.0.253";
    return {};
}

// "none" isn't a choice.
bool is_steering(std::string_view text) {
    return text == "auto" || std::find(kSteeringNames.begin() + 1, kSteeringNames.end(), text) !=
                                 kSteeringNames.end();
}

std::string option_problem(std::string_view name, std::string_view value) {
    if (name == "address") return address_problem(value);
    if (name == "gateway" && !is_a_hosts(read_address(value))) return "expected gateway=ADDRESS";
    if (name == "route") return route_problem(value);
    if (name == "kernel" && !is_interface_name(value))
        return "expected kernel=INTERFACE, a new name of at most 15 letters, digits, '-', '_' or "
               "'.'";
    if (name == "vlan" && !is_number(value, 1, 4094)) return "expected vlan= from 1 to 4094";
    if (name == "mtu" && !is_number(value, 576, 9000))
        return "expected mtu= from 576 to 9000 bytes";
    if (name == "mac" && !is_mac_address(value)) return "expected mac=02:00:00:00:00:01 or alike";
    if (name == "steering" && !is_steering(value))
        return "expected steering=auto, flow, rss or ring";
    if (std::find(kOptions.begin(), kOptions.end(), name) != kOptions.end()) return {};
    const std::string_view meant = nearest(name, kOptions);
    return "unknown option " + quoted(name) +
           ", expected address, gateway, route, kernel, vlan, mtu, mac or steering" +
           (meant.empty() ? "" : "; did you mean " + quoted(meant) + "?");
}

std::expected<PortSpec, std::string> parse_socket(std::string_view text) {
    const std::string_view address = text.substr(kSocketPrefix.size());
    if (family_of(address) == 0) {
        return problem("found " + quoted(text) + ", expected an IP address after \"socket:\"");
    }
    if (address == "0.0.0.0" || address == "::") {
        return problem(
            "found " + quoted(text) +
            ", expected one address of this machine: it is what clients are told to send to");
    }
    PortSpec port;
    port.text = text;
    port.addresses = {std::string(address)};
    return port;
}

// The options of a device, each of which is right by itself.
using Options = std::vector<std::pair<std::string_view, std::string_view>>;

std::vector<std::string_view> values_of(const Options& options, std::string_view name) {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : options)
        if (key == name) values.push_back(value);
    return values;
}

std::string addresses_problem(const std::vector<std::string_view>& values) {
    if (values.empty()) return "expected ;address=ADDRESS/BITS behind the device";
    if (values.size() > kMostPortAddresses)
        return std::to_string(values.size()) + " addresses, expected at most " +
               std::to_string(kMostPortAddresses);
    for (std::size_t i = 1; i < values.size(); ++i)
        for (std::size_t k = 0; k < i; ++k) {
            const Address one = read_prefix(values[k]), other = read_prefix(values[i]);
            const bool same = one.family == other.family && one.bytes == other.bytes;
            if (!same && !one.same_prefix(other)) continue;
            const std::string found =
                "address=" + std::string(values[k]) + " and address=" + std::string(values[i]);
            if (same) return found + " are one address";
            return found + " are in one prefix, expected one address of each; a second one is " +
                   "written address=" + std::string(values[i].substr(0, values[i].find('/'))) +
                   (one.family == AF_INET ? "/32" : "/128");
        }
    return {};
}

// Gateways and routes are of a family that the port has an address of.
std::string ways_problem(const Options& options) {
    const auto addresses = values_of(options, "address");
    const auto has = [&](int family) {
        return std::ranges::any_of(
            addresses, [&](std::string_view value) { return read_prefix(value).family == family; });
    };
    std::array<std::string_view, 2> gateways;  // IPv4, IPv6
    for (const auto& [name, value] : options) {
        if (name != "gateway" && name != "route") continue;
        const int family = family_of(value.substr(0, value.find('/')));
        const std::string found = std::string(name) + "=" + std::string(value);
        if (!has(family))
            return found + " is " + std::string(version_of(family)) + ", and no address= is";
        if (name != "gateway") continue;
        std::string_view& before = gateways[family == AF_INET ? 0 : 1];
        if (!before.empty())
            return "gateway=" + std::string(before) + " and " + found + " are both " +
                   std::string(version_of(family)) + ", expected one of each IP version at most";
        before = value;
    }
    return {};
}

// What may be there once alone.
std::string twice_problem(const Options& options) {
    for (const std::string_view name : {"kernel", "vlan", "mtu", "mac"})
        if (values_of(options, name).size() > 1) return std::string(name) + "= is there twice";
    return {};
}

std::expected<PortSpec, std::string> parse_ethdev(std::string_view text) {
    const std::vector<std::string_view> parts = parts_of(text);
    Options options;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::size_t equals = std::min(parts[i].find('='), parts[i].size());
        options.emplace_back(parts[i].substr(0, equals),
                             parts[i].substr(std::min(equals + 1, parts[i].size())));
    }
    std::string wrong;
    for (const auto& [name, value] : options)
        if (wrong.empty()) wrong = option_problem(name, value);
    const auto addresses = values_of(options, "address");
    if (wrong.empty()) wrong = addresses_problem(addresses);
    if (wrong.empty()) wrong = ways_problem(options);
    if (wrong.empty()) wrong = twice_problem(options);
    if (!wrong.empty()) return problem("found " + quoted(text) + ": " + wrong);

    PortSpec port{.kind = PortSpec::Kind::kEthdev,
                  .text = std::string(text),
                  .device = std::string(parts[0]),
                  .addresses = {},
                  .kernel = {}};
    for (const std::string_view name : values_of(options, "kernel")) port.kernel = name;
    for (const std::string_view value : addresses)
        port.addresses.emplace_back(value.substr(0, value.find('/')));
    return port;
}

}  // namespace

bool is_ip_address(std::string_view text) { return family_of(text) != 0; }

bool is_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    if (!is_number(text.substr(colon + 1), 1, 65535)) return false;
    const std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
        return family_of(host.substr(1, host.size() - 2)) == AF_INET6;
    return family_of(host) == AF_INET;
}

bool is_loopback_endpoint(std::string_view text) {
    return is_endpoint(text) && (text.starts_with("127.") || text.starts_with("[::1]:"));
}

std::expected<PublicAddress, std::string> parse_public_address(std::string_view text) {
    const std::size_t equals = std::min(text.find('='), text.size());
    const std::string_view own = text.substr(0, equals);
    const std::string_view outside = text.substr(std::min(equals + 1, text.size()));
    if (family_of(own) == 0 || family_of(own) != family_of(outside))
        return problem("found " + quoted(text) +
                       ", expected OWN=PUBLIC, two addresses of one IP version such as "
                       "\"10.77.0.1=198.51.100.7\"");
    return PublicAddress{std::string(own), std::string(outside)};
}

std::expected<TcpListen, std::string> parse_tcp_listen(std::string_view text) {
    const std::size_t colon = std::min(text.rfind(':'), text.size());
    const std::string_view port = text.substr(std::min(colon + 1, text.size()));
    std::string_view address = text.substr(0, colon);
    const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
    if (bracketed) address = address.substr(1, address.size() - 2);
    if (!is_number(port, 1, 65535) || family_of(address) != (bracketed ? AF_INET6 : AF_INET))
        return problem("found " + quoted(text) +
                       ", expected ADDRESS:PORT such as \"0.0.0.0:443\" or \"[::]:443\"");
    TcpListen listen{.address = std::string(address)};
    std::from_chars(port.data(), port.data() + port.size(), listen.port);
    return listen;
}

std::string TcpListen::text() const {
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]:" : address + ":") + std::to_string(port);
}

std::expected<PortSpec, std::string> parse_port(std::string_view text) {
    if (text.starts_with(kSocketPrefix)) return parse_socket(text);
    if (text.starts_with(kPciPrefix) || text.starts_with("net_")) return parse_ethdev(text);
    return problem("found " + quoted(text) +
                   ", expected \"socket:ADDRESS\", \"pci:DEVICE;address=ADDRESS/BITS\" or a DPDK "
                   "device such as \"net_tap0,iface=strata0;address=10.77.0.1/24\"");
}

}  // namespace strata::api
