#pragma once

#include <string>
#include <vector>

#include "dataplane/api/config/config.h"

namespace strata::api {

// Where clients reach one listener: its own address, or with a wildcard those of the socket ports
// of its IP version; what is public instead of them where dataplane.public_addresses says so.
std::vector<TcpListen> tcp_addresses_of(const DataplaneConfig& dataplane, const TcpListen& listen);

// The same of all listeners, in their order, each once: the ICE-TCP candidates of this node.
std::vector<TcpListen> tcp_addresses(const DataplaneConfig& dataplane);

// What is right and yet won't have the effect that it seems to be meant for; a sentence each.
// Empty: nothing.
std::vector<std::string> warnings(const Config& config);

}  // namespace strata::api
