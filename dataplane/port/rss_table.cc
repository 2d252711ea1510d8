#include "dataplane/port/rss_table.h"

#include <rte_thash.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace strata::dataplane {

namespace {

using Groups = std::vector<rte_eth_rss_reta_entry64>;

constexpr std::uint64_t kInputs = RTE_ETH_RSS_L3_SRC_ONLY | RTE_ETH_RSS_L3_DST_ONLY |
                                  RTE_ETH_RSS_L4_SRC_ONLY | RTE_ETH_RSS_L4_DST_ONLY;
constexpr std::size_t kLeastKeyBytes = 40;  // of drivers that don't say

std::unexpected<std::string> refused(const std::string& why) {
    return std::unexpected("no RSS: " + why);
}

std::unexpected<std::string> refused(const char* what, int code) {
    return refused(std::string("can't ") + what + ": " + std::strerror(-code));
}

// As DPDK has tables: in groups of 64.
Groups to_groups(std::span<const std::uint16_t> reta) {
    Groups groups((reta.size() + RTE_ETH_RETA_GROUP_SIZE - 1) / RTE_ETH_RETA_GROUP_SIZE);
    for (std::size_t i = 0; i < reta.size(); ++i) {
        rte_eth_rss_reta_entry64& group = groups[i / RTE_ETH_RETA_GROUP_SIZE];
        group.mask |= std::uint64_t{1} << (i % RTE_ETH_RETA_GROUP_SIZE);
        group.reta[i % RTE_ETH_RETA_GROUP_SIZE] = reta[i];
    }
    return groups;
}

bool agree(const Groups& found, std::span<const std::uint16_t> reta) {
    for (std::size_t i = 0; i < reta.size(); ++i)
        if (found[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] != reta[i])
            return false;
    return true;
}

std::expected<std::vector<std::uint8_t>, std::string> read_key(std::uint16_t device,
                                                               std::size_t key_bytes) {
    std::vector<std::uint8_t> key(std::max(key_bytes, kLeastKeyBytes));
    rte_eth_rss_conf found{};
    found.rss_key = key.data();
    found.rss_key_len = static_cast<std::uint8_t>(key.size());
    if (const int code = rte_eth_dev_rss_hash_conf_get(device, &found); code != 0)
        return refused("read back what is hashed", code);
    if ((found.rss_hf & kPortHash) != kPortHash ||
        (found.rss_hf & kInputs) != RTE_ETH_RSS_L4_DST_ONLY)
        return refused("the device hashes more than the UDP destination port");
    return key;
}

std::expected<void, std::string> write_reta(std::uint16_t device,
                                            std::span<const std::uint16_t> reta) {
    const auto size = static_cast<std::uint16_t>(reta.size());
    Groups groups = to_groups(reta);
    if (const int code = rte_eth_dev_rss_reta_update(device, groups.data(), size); code != 0)
        return refused("write the redirection table", code);
    for (rte_eth_rss_reta_entry64& group : groups)
        std::fill(std::begin(group.reta), std::end(group.reta), std::uint16_t{0xffff});
    if (const int code = rte_eth_dev_rss_reta_query(device, groups.data(), size); code != 0)
        return refused("read back the redirection table", code);
    if (!agree(groups, reta)) return refused("the redirection table isn't as it was written");
    return {};
}

}  // namespace

std::vector<std::uint8_t> port_key(std::size_t key_bytes, std::uint16_t reta_size) {
    std::vector<std::uint8_t> key(key_bytes == 0 ? kLeastKeyBytes : key_bytes);
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::uint8_t>(i % 2 == 0 ? reta_size >> 8 : reta_size);
    return key;
}

std::uint32_t port_hash(std::uint16_t udp_port, std::span<const std::uint8_t> key) {
    alignas(std::uint32_t) std::uint8_t begin[2 * sizeof(std::uint32_t)];
    std::memcpy(begin, key.data(), sizeof(begin));
    std::uint32_t input = std::uint32_t{udp_port} << 16;
    return rte_softrss(&input, 1, begin);
}

std::expected<std::vector<std::uint16_t>, std::string> make_reta(const SteeredPorts& ports,
                                                                 std::span<const std::uint8_t> key,
                                                                 std::uint16_t reta_size) {
    if (!std::has_single_bit(reta_size))
        return refused("a redirection table of " + std::to_string(reta_size) + " entries");
    std::vector<std::uint16_t> reta(reta_size), udp_ports(reta_size);
    for (std::uint16_t worker = 0; worker < ports.workers; ++worker) {
        const auto udp_port = static_cast<std::uint16_t>(ports.first_udp_port + worker);
        const std::uint32_t entry = port_hash(udp_port, key) & (reta_size - 1u);
        if (udp_ports[entry] != 0)
            return refused("UDP ports " + std::to_string(udp_ports[entry]) + " and " +
                           std::to_string(udp_port) +
                           " have one entry of the redirection table by the device's key");
        udp_ports[entry] = udp_port;
        reta[entry] = worker;
    }
    return reta;
}

std::expected<void, std::string> steer_by_rss(std::uint16_t device, const SteeredPorts& ports) {
    rte_eth_dev_info info{};
    if (const int code = rte_eth_dev_info_get(device, &info); code != 0)
        return refused("ask for the redirection table", code);
    const auto key = read_key(device, info.hash_key_size);
    if (!key) return std::unexpected(key.error());
    const auto reta = make_reta(ports, *key, info.reta_size);
    if (!reta) return std::unexpected(reta.error());
    return write_reta(device, *reta);
}

}  // namespace strata::dataplane
