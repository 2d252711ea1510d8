#pragma once

#include <cstdint>
#include <expected>

#include "dataplane/port/flow_key.h"

// What is asked of the kernel for TCP sockets.
namespace strata::dataplane {

// A listener; its descriptor or errno. IPv6 ones are for IPv6 alone, so that both can be had at one
// port.
std::expected<int, int> listen_tcp(const Endpoint& at);

Endpoint local_endpoint(int fd);
Endpoint remote_endpoint(int fd);

// No delay, and at most so many bytes in the kernel that aren't on their way yet: what has to wait
// waits where it can still be dropped.
void set_for_media(int fd, std::uint32_t unsent_bytes);

// Lets this process have so many descriptors. False: it may not.
bool raise_descriptor_limit(std::uint64_t descriptors);

// Polling says readable when so many bytes are there, or the peer has ended.
void set_readable_at(int fd, std::size_t bytes);

}  // namespace strata::dataplane
