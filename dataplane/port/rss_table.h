#pragma once

#include <rte_ethdev.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "dataplane/port/steering.h"

// RSS that steers: the device hashes the UDP destination port alone, and its redirection table
// (RETA) names, where a worker's port hashes to, that worker's queue. Main thread.
namespace strata::dataplane {

constexpr std::uint64_t kPortHash =
    RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP | RTE_ETH_RSS_L4_DST_ONLY;

// A key for which any `reta_size` ports in a row have an entry each; `reta_size` is a power of two.
// It repeats every 16 bits, so that a port has one hash wherever in its input a device puts it:
// alone or behind zeros in the place of addresses, IPv4 or IPv6.
std::vector<std::uint8_t> port_key(std::size_t key_bytes, std::uint16_t reta_size);

// The Toeplitz hash of a port's two bytes. `key`: 8 bytes or more.
std::uint32_t port_hash(std::uint16_t udp_port, std::span<const std::uint8_t> key);

// A queue for each of `reta_size` entries: its worker's where a worker's port hashes to, 0
// elsewhere. The error says which ports no table can tell apart.
std::expected<std::vector<std::uint16_t>, std::string> make_reta(const SteeredPorts& ports,
                                                                 std::span<const std::uint8_t> key,
                                                                 std::uint16_t reta_size);

// Of a started device that was configured with kPortHash: reads back what it hashes, and by which
// key; writes the table that fits and reads that back. The error says what wasn't as it should be.
std::expected<void, std::string> steer_by_rss(std::uint16_t device, const SteeredPorts& ports);

}  // namespace strata::dataplane
