#include "dataplane/port/ethdev_device.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "dataplane/port/rss_table.h"

namespace strata::dataplane {

namespace {

// net_af_xdp fills its ring from the pool with this many mbufs whatever is asked for.
constexpr std::uint32_t kXdpRing = 2'048;
// net_af_packet cuts frames that are longer than its default frame size without a word.
constexpr std::uint16_t kAfPacketFrame = 1'982;
// Their receive queues belong to sockets that the kernel spreads packets over from the beginning.
constexpr std::array<std::string_view, 2> kSpreading{"net_af_packet", "net_af_xdp"};
constexpr std::uint16_t kFrameOverhead = net::kEthernetBytes + net::kVlanBytes;

}  // namespace

EthdevDevice::EthdevDevice(std::uint16_t id, const EthdevSpec& spec, std::string name)
    : id_(id), name_(std::move(name)), device_(spec.device) {}

EthdevDevice::EthdevDevice(EthdevDevice&& other) noexcept
    : id_(other.id_),
      name_(std::move(other.name_)),
      device_(std::move(other.device_)),
      made_(other.made_),
      open_(std::exchange(other.open_, false)),
      started_(std::exchange(other.started_, false)),
      driver_(std::move(other.driver_)),
      numa_node_(other.numa_node_),
      abilities_(other.abilities_),
      payload_(std::move(other.payload_)),
      tx_offloads_(other.tx_offloads_),
      rx_queues_(other.rx_queues_),
      tx_queues_(other.tx_queues_),
      steered_(other.steered_),
      rules_(std::move(other.rules_)),
      chosen_(std::move(other.chosen_)),
      steering_(std::move(other.steering_)),
      wait_descriptor_(other.wait_descriptor_) {}

EthdevDevice::~EthdevDevice() {
    if (!open_) return;
    stop();
    rte_eth_dev_close(id_);
    if (made_) rte_eal_hotplug_remove("vdev", device_.c_str());
}

void EthdevDevice::stop() {
    rules_.destroy();
    if (std::exchange(started_, false)) rte_eth_dev_stop(id_);
}

std::unexpected<PortError> EthdevDevice::error(const char* what, int code, std::string hint) const {
    return std::unexpected(PortError{
        "port-open", name_,
        std::string("can't ") + what + ' ' + device_ + ": " + strerror(code < 0 ? -code : code),
        std::move(hint)});
}

std::expected<EthdevDevice, PortError> EthdevDevice::open(const EthdevSpec& spec,
                                                          const std::string& name) {
    std::uint16_t id = 0;
    bool made = false;
    if (rte_eth_dev_get_port_by_name(spec.device.c_str(), &id) != 0) {
        const int code =
            rte_eal_hotplug_add(spec.bus.c_str(), spec.device.c_str(), spec.devargs.c_str());
        if (code == 0) made = spec.bus == "vdev";
        if (code != 0 || rte_eth_dev_get_port_by_name(spec.device.c_str(), &id) != 0)
            return std::unexpected(PortError{
                "port-open", name, "DPDK can't open " + spec.device + ": " + strerror(-code),
                spec.bus == "pci"
                    ? "bind it to vfio-pci: dpdk-devbind.py --bind=vfio-pci " + spec.device
                    : "does its interface exist, and are you root?"});
    }
    EthdevDevice device(id, spec, name);
    device.made_ = made;
    device.read_abilities();
    if (device.is_driver("net_af_packet") && spec.mtu + kFrameOverhead > kAfPacketFrame &&
        spec.devargs.find("framesz") == std::string::npos)
        return std::unexpected(PortError{"port-capability", name,
                                         "mtu=" + std::to_string(spec.mtu) + " would be cut to " +
                                             std::to_string(kAfPacketFrame) + " bytes",
                                         "add framesz=4096,blocksz=8192 behind the device"});
    const EthdevAbilities& can = device.abilities_;
    if (spec.mtu < can.min_mtu || spec.mtu > can.max_mtu)
        return std::unexpected(PortError{
            "port-capability", name,
            "mtu=" + std::to_string(spec.mtu) + " isn't possible: " + spec.device + " takes " +
                std::to_string(can.min_mtu) + " to " + std::to_string(can.max_mtu),
            "give an mtu= within that"});
    return device;
}

bool EthdevDevice::is_driver(std::string_view name) const { return driver_ == name; }

void EthdevDevice::read_abilities() {
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(id_, &info) != 0) return;
    // "net_tap", not what the driver calls itself: the name is what people configured.
    driver_ = device_.substr(0, device_.find_last_not_of("0123456789") + 1);
    numa_node_ = rte_eth_dev_socket_id(id_);
    const bool virtual_device = device_.starts_with("net_");
    const bool advertised = (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
    if (advertised) tx_offloads_ |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    std::uint16_t max_segments = 8;
    for (const std::uint16_t limit : {info.tx_desc_lim.nb_seg_max, info.tx_desc_lim.nb_mtu_seg_max})
        if (limit != 0) max_segments = std::min(max_segments, limit);
    payload_ = payload_report(virtual_device ? driver_ : device_, advertised, max_segments);
    abilities_.chains = payload_.path == api::PayloadPath::chained;
    abilities_.max_segments = abilities_.chains ? max_segments : std::uint16_t{1};
    // Virtual drivers compute checksums in software, over each receiver's copy of the payload; the
    // fan-out sums a payload up once.
    constexpr std::uint64_t kChecksums =
        RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
    abilities_.checksum_offload =
        !virtual_device && (info.tx_offload_capa & kChecksums) == kChecksums;
    if (abilities_.checksum_offload) tx_offloads_ |= kChecksums;
    read_mtus(info);
    abilities_.max_rx_queues = std::max<std::uint16_t>(info.max_rx_queues, 1);
    // Of its queues net_tap tells other processes, in a message of eight descriptors at most: with
    // more, one for each queue and direction, it writes beyond that (DPDK 22.11).
    if (is_driver("net_tap"))
        abilities_.max_rx_queues = std::min<std::uint16_t>(abilities_.max_rx_queues, 4);
    abilities_.spreads =
        std::find(kSpreading.begin(), kSpreading.end(), driver_) != kSpreading.end();
    abilities_.rss_types = info.flow_type_rss_offloads;
    abilities_.reta_size = info.reta_size;
    abilities_.rss_key_bytes = info.hash_key_size;
    abilities_.max_tx_queues = std::max<std::uint16_t>(info.max_tx_queues, 1);
    if (is_driver("net_af_xdp")) abilities_.rx_mbufs_per_queue = kXdpRing;
}

// What rte_eth_dev_configure takes: by the MTU, and by the whole frame.
void EthdevDevice::read_mtus(const rte_eth_dev_info& info) {
    const bool both = info.max_mtu != UINT16_MAX && info.max_rx_pktlen > info.max_mtu;
    const std::uint32_t overhead = both ? info.max_rx_pktlen - info.max_mtu
                                        : std::uint32_t{RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN};
    const std::uint32_t most = info.max_rx_pktlen - std::min(info.max_rx_pktlen, overhead);
    abilities_.min_mtu = info.min_mtu;
    abilities_.max_mtu = static_cast<std::uint16_t>(std::min<std::uint32_t>(info.max_mtu, most));
}

// The device with its queues, as `method` needs them, but for what steers packets to them.
EthdevDevice::Done EthdevDevice::start_queues(const Setup& setup, api::Steering method) {
    const std::uint16_t workers = setup.config.workers;
    if (method == api::Steering::flow || method == api::Steering::rss)
        rx_queues_ = workers;
    else
        rx_queues_ = abilities_.spreads ? abilities_.max_rx_queues : std::uint16_t{1};
    tx_queues_ = abilities_.max_tx_queues >= workers ? workers : std::uint16_t{1};
    // From what is wanted to what any driver has: net_tap has as many transmit as receive queues,
    // and few drivers have interrupts.
    int code = -1;
    for (const bool interrupt : {true, false}) {
        code = configure(setup, method, interrupt);
        if (code != 0 && std::exchange(tx_queues_, std::uint16_t{1}) > 1)
            code = configure(setup, method, interrupt);
        if (code == 0) code = set_up_queues(setup);
        if (code != 0) continue;
        // Before the start, which takes a card a while.
        if (method == api::Steering::flow)
            if (auto valid = rules_.validate(); !valid) return valid;
        code = rte_eth_dev_start(id_);
        if (code != 0) continue;
        started_ = true;
        if (interrupt) watch_receive_queue();
        return {};
    }
    return std::unexpected("can't start " + device_ + " with " + std::to_string(rx_queues_) +
                           (rx_queues_ == 1 ? " receive queue: " : " receive queues: ") +
                           strerror(code < 0 ? -code : code));
}

int EthdevDevice::configure(const Setup& setup, api::Steering method, bool interrupt) {
    rte_eth_conf conf{};
    conf.rxmode.mtu = setup.spec.mtu;
    conf.txmode.offloads = tx_offloads_;
    conf.intr_conf.rxq = interrupt ? 1 : 0;
    // Without RSS whatever no rule is for comes to queue 0.
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
    std::vector<std::uint8_t> key;
    if (method == api::Steering::rss) {
        key = port_key(abilities_.rss_key_bytes, abilities_.reta_size);
        conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        conf.rx_adv_conf.rss_conf = {key.data(), static_cast<std::uint8_t>(key.size()), kPortHash};
    }
    return rte_eth_dev_configure(id_, rx_queues_, tx_queues_, &conf);
}

int EthdevDevice::set_up_queues(const Setup& setup) {
    rte_eth_dev_info info{};
    if (const int code = rte_eth_dev_info_get(id_, &info); code != 0) return code;
    std::uint16_t rx_ring = setup.config.rx_ring, tx_ring = setup.config.tx_ring;
    if (const int code = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx_ring, &tx_ring); code != 0)
        return code;
    const auto node = static_cast<unsigned>(numa_node_ < 0 ? SOCKET_ID_ANY : numa_node_);
    // Payloads are shared and from several pools: MBUF_FAST_FREE must stay off.
    rte_eth_txconf tx = info.default_txconf;
    tx.offloads = tx_offloads_;
    for (std::uint16_t q = 0; q < rx_queues_; ++q)
        if (const int code = rte_eth_rx_queue_setup(id_, q, rx_ring, node, nullptr, setup.rx_pool);
            code != 0)
            return code;
    for (std::uint16_t q = 0; q < tx_queues_; ++q)
        if (const int code = rte_eth_tx_queue_setup(id_, q, tx_ring, node, &tx); code != 0)
            return code;
    return 0;
}

// Of a TAP, whose descriptor is ready while packets wait. Those of cards and of net_virtio_user
// tell of an interrupt, once: they would have to be drained and armed anew before each wait, or a
// worker would never sleep again.
void EthdevDevice::watch_receive_queue() {
    // Nor does it tell of what another queue's worker hands over.
    if (!is_driver("net_tap") || rx_queues_ > 1) return;
    // There is no way to ask whether a device has such a descriptor: one that hasn't is no error.
    const int log_type = rte_log_register("lib.ethdev");
    const int level = rte_log_get_level(log_type);
    rte_log_set_level(log_type, RTE_LOG_CRIT);
    wait_descriptor_ = rte_eth_dev_rx_intr_ctl_q_get_fd(id_, 0);
    rte_log_set_level(log_type, static_cast<std::uint32_t>(level));
    // net_tap says ENOTSUP and interrupts all the same.
    if (wait_descriptor_ >= 0) rte_eth_dev_rx_intr_enable(id_, 0);
}

std::expected<net::MacAddress, PortError> EthdevDevice::mac(const EthdevSpec& spec) const {
    net::MacAddress mac;
    if (spec.mac) {
        mac = *spec.mac;
        rte_ether_addr wanted;
        std::memcpy(wanted.addr_bytes, mac.data(), mac.size());
        // Virtual devices deliver every frame; a card has to be told.
        const int code = rte_eth_dev_default_mac_addr_set(id_, &wanted);
        if (code != 0 && !made_) return error("set the MAC address of", code, "leave out mac=");
        return mac;
    }
    rte_ether_addr own{};
    if (const int code = rte_eth_macaddr_get(id_, &own); code != 0)
        return error("read the MAC address of", code, "give mac=");
    std::memcpy(mac.data(), own.addr_bytes, mac.size());
    // The kernel's side of a TAP has the driver's address: ours is the one next to it.
    if (is_driver("net_tap")) mac[5] ^= 1;
    return mac;
}

}  // namespace strata::dataplane
