#pragma once

#include <rte_mempool.h>

#include <cstdint>
#include <expected>
#include <string>

#include "dataplane/port/ethdev_spec.h"
#include "dataplane/port/flow_rules.h"
#include "dataplane/port/payload_report.h"
#include "dataplane/port/port.h"
#include "dataplane/port/steering.h"

struct rte_eth_dev_info;

namespace strata::dataplane {

// What a driver says it can do, as far as it matters here.
struct EthdevAbilities {
    bool chains = false;
    std::uint16_t max_segments = 1;
    bool checksum_offload = false;
    std::uint16_t max_rx_queues = 1;
    bool spreads = false;         // packets come by all its receive queues, whatever is asked for
    std::uint64_t rss_types = 0;  // RTE_ETH_RSS_…
    std::uint16_t reta_size = 0;
    std::size_t rss_key_bytes = 0;
    std::uint16_t max_tx_queues = 1;
    std::uint16_t min_mtu = 0, max_mtu = UINT16_MAX;
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
    const PayloadReport& payload() const { return payload_; }

    // With a transmit queue for each worker if the driver has as many, else one; and with a receive
    // queue for each if the device steers packets to them as spec.steering wants it, else one, or
    // those that the driver spreads packets over. `spec` is the one it was opened by.
    std::expected<void, PortError> start(const PortConfig& config, const EthdevSpec& spec,
                                         rte_mempool* rx_pool);
    std::uint16_t rx_queues() const { return rx_queues_; }
    std::uint16_t tx_queues() const { return tx_queues_; }

    // Since the start, or the last renew_steering.
    const SteeringReport& steering() const { return steering_; }
    // After the link was away, and with it perhaps what steers packets: all of it is made anew.
    void renew_steering();

    // Its address, or the one next to it where the driver shares its own with the kernel's side.
    std::expected<net::MacAddress, PortError> mac(const EthdevSpec& spec) const;
    std::uint16_t id() const { return id_; }
    // Becomes readable with received packets; -1: the driver can't.
    int wait_descriptor() const { return wait_descriptor_; }

  private:
    struct Setup {
        const PortConfig& config;
        const EthdevSpec& spec;
        rte_mempool* rx_pool;
    };
    using Done = std::expected<void, std::string>;  // or why not

    EthdevDevice(std::uint16_t id, const EthdevSpec& spec, std::string name);
    bool is_driver(std::string_view name) const;
    void read_abilities();
    void read_mtus(const rte_eth_dev_info& info);
    Done start_queues(const Setup& setup, api::Steering method);
    int configure(const Setup& setup, api::Steering method, bool interrupt);
    int set_up_queues(const Setup& setup);
    void watch_receive_queue();
    void stop();

    // ethdev_steering.cc
    Done start_steered(const Setup& setup, api::Steering method);
    Done steer(api::Steering method);
    PortError cannot_steer(const Setup& setup, const std::string& why);
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
    PayloadReport payload_;
    std::uint64_t tx_offloads_ = 0;
    std::uint16_t rx_queues_ = 1;
    std::uint16_t tx_queues_ = 1;
    SteeredPorts steered_;
    FlowRules rules_;
    SteeringReport chosen_, steering_;  // at start; now
    int wait_descriptor_ = -1;
};

}  // namespace strata::dataplane
