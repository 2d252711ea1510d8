#pragma once

#include <rte_mempool.h>

#include <cstdint>
#include <expected>
#include <string>

#include "dataplane/port/ethdev_spec.h"
#include "dataplane/port/port.h"

namespace strata::dataplane {

// What a driver says it can do, as far as it matters here.
struct EthdevAbilities {
    bool chains = false;
    std::uint16_t max_segments = 1;
    bool checksum_offload = false;
    std::uint16_t max_tx_queues = 1;
    std::uint32_t rx_mbufs_per_queue = 0;  // that it takes from the pool at start
};

// One DPDK device: found or made, configured, started and closed. Main thread.
class EthdevDevice {
  public:
    static std::expected<EthdevDevice, PortError> open(const EthdevSpec& spec,
                                                       const std::string& name);
    EthdevDevice(EthdevDevice&& other) noexcept;
    EthdevDevice& operator=(EthdevDevice&&) = delete;
    ~EthdevDevice();

    const EthdevAbilities& abilities() const { return abilities_; }

    // One receive queue, `tx_queues` transmit queues if the driver has them, else one: see
    // tx_queues().
    std::expected<void, PortError> start(const PortConfig& config, std::uint16_t mtu,
                                         std::uint16_t tx_queues, rte_mempool* rx_pool);
    std::uint16_t tx_queues() const { return tx_queues_; }

    // Its address, or the one next to it where the driver shares its own with the kernel's side.
    std::expected<net::MacAddress, PortError> mac(const EthdevSpec& spec) const;
    std::uint16_t id() const { return id_; }
    // Becomes readable with received packets; -1: the driver can't.
    int wait_descriptor() const { return wait_descriptor_; }

  private:
    EthdevDevice(std::uint16_t id, const EthdevSpec& spec, std::string name);
    bool is_driver(std::string_view name) const;
    void read_abilities();
    int configure(const PortConfig& config, std::uint16_t mtu, std::uint16_t tx_queues,
                  bool interrupt);
    int set_up_queues(const PortConfig& config, rte_mempool* rx_pool);
    void watch_receive_queue();
    std::unexpected<PortError> error(const char* what, int code, std::string hint) const;

    std::uint16_t id_;
    std::string name_;  // as configured, for messages
    std::string device_;
    bool made_ = false;  // a virtual device that goes with this object
    bool open_ = true;
    bool started_ = false;
    std::string driver_;
    int numa_node_ = -1;
    EthdevAbilities abilities_;
    std::uint64_t tx_offloads_ = 0;
    std::uint16_t tx_queues_ = 1;
    int wait_descriptor_ = -1;
};

}  // namespace strata::dataplane
