#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "dataplane/api/config/config.h"

namespace strata::api {

// One item of dataplane.ports. The error is a sentence that says what was found and what is
// possible.
std::expected<PortSpec, std::string> parse_port(std::string_view text);

// One item of dataplane.public_addresses.
std::expected<PublicAddress, std::string> parse_public_address(std::string_view text);

// One item of dataplane.tcp_listen.
std::expected<TcpListen, std::string> parse_tcp_listen(std::string_view text);

// True for an IPv4 or IPv6 address without port, brackets or prefix.
bool is_ip_address(std::string_view text);

// "192.0.2.1:8443" or "[2001:db8::1]:8443" where the port isn't 0.
bool is_endpoint(std::string_view text);

// "127.0.0.1:8410" or "[::1]:8410" where the address is a loopback one and the port isn't 0.
bool is_loopback_endpoint(std::string_view text);

}  // namespace strata::api
