#include "bench/generator/port_io.h"

#include <poll.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "dataplane/eal.h"
#include "dataplane/port/memory_port.h"
#include "dataplane/port/pools.h"
#include "dataplane/port/port.h"
#include "dataplane/worker/fanout.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"
#include "relay/rtp/packet.h"

namespace strata::gen {
namespace {

namespace dp = strata::dataplane;

// The one that the appliance's plan gives no worker while there are others. Between CPUs a device
// of the kernel's (veth) lets packets overtake one another: each has a queue of what it was sent.
int first_cpu() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
    int cpu = 0;
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &allowed)) ++cpu;
    return cpu;
}

constexpr int kMaxQueues = 256;
constexpr std::uint16_t kBurst = 64;
constexpr std::int64_t kIdleSleep_us = 50;
constexpr std::uint32_t kSparePackets = 8'192;  // under way between rings

dp::Endpoint to_endpoint(const Address& address) {
    if (address.v6) return {{address.ip}, address.port};
    return {dp::IpAddress::v4({address.ip[0], address.ip[1], address.ip[2], address.ip[3]}),
            address.port};
}

Address from_endpoint(const dp::Endpoint& endpoint) {
    Address address;
    address.v6 = !endpoint.address.is_v4();
    address.port = endpoint.port;
    if (address.v6)
        address.ip = endpoint.address.bytes;
    else
        std::copy_n(endpoint.address.v4_bytes(), 4, address.ip.begin());
    return address;
}

constexpr std::uint16_t kFirstLoopPort = 40'000;

// What is sent to an address of the port's comes back by the queue of its UDP port.
class Loop final : public dp::MemoryPort::Sink {
  public:
    Loop(dp::MemoryPort& port, const dp::Pools& pools, std::uint16_t base_port)
        : port_(port), pools_(pools), base_port_(base_port) {}

    void on_packet(const dp::FlowKey& flow, std::span<const std::uint8_t> payload) override {
        rte_mbuf* packet = rte_pktmbuf_alloc(pools_.rx);
        if (packet == nullptr) return;
        char* room = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(payload.size()));
        const dp::FlowKey back{flow.local, flow.remote, flow.local_port, flow.remote_port};
        const auto queue = static_cast<std::uint16_t>(flow.remote_port - base_port_);
        if (room != nullptr)
            std::copy(payload.begin(), payload.end(), reinterpret_cast<std::uint8_t*>(room));
        if (room == nullptr || !port_.push(queue, back, packet)) rte_pktmbuf_free(packet);
    }

  private:
    dp::MemoryPort& port_;
    const dp::Pools& pools_;
    std::uint16_t base_port_;
};

// Devices can only be named before DPDK's environment starts, and it starts once.
void start_environment(const std::string& spec) {
    static bool started = false;
    if (started) return;
    const std::vector<std::string> specs{spec};
    const std::vector<std::string> devices = dp::eal_device_arguments(specs);
    dp::EalOptions eal;
    eal.program = "strata-gen";
    eal.file_prefix = "strata-gen-" + std::to_string(getpid());
    eal.lcores = "0@" + std::to_string(first_cpu());
    eal.devices = devices;
    eal.telemetry = false;
    if (auto done = dp::start_eal(eal); !done) throw IoError(done.error());
    started = true;
}

class PortIo final : public PacketIo {
  public:
    enum class Kind : std::uint8_t { device, loop };
    PortIo(std::string spec, Kind kind) : spec_(std::move(spec)), kind_(kind) {}
    ~PortIo() override {
        fan_outs_.clear();
        port_.reset();
        loop_.reset();
    }

    int open(const Address& local) override;
    Address local_address(int endpoint) const override {
        return locals_[static_cast<std::size_t>(endpoint)];
    }
    bool send(int endpoint, const Address& remote, std::span<const std::uint8_t> bytes) override;
    void flush() override;
    std::size_t receive(Sink& sink) override;
    void wait(std::int64_t until_us) override;
    IoCounters counters() const override;
    std::unique_ptr<PacketIo> make_loop() const override {
        return std::make_unique<PortIo>(spec_, Kind::loop);
    }

  private:
    void start();
    void open_device(const dp::PortConfig& config);
    void open_loop(const dp::PortConfig& config);
    std::uint16_t queue_of(int endpoint) const {
        return static_cast<std::uint16_t>(local_address(endpoint).port - base_port_);
    }
    dp::Link* link_to(int endpoint, const Address& remote);
    bool send_media(std::uint16_t queue, const dp::Link& link, std::span<const std::uint8_t> bytes);

    std::string spec_;
    Kind kind_;
    std::vector<Address> locals_;
    std::uint16_t base_port_ = 0;
    std::vector<int> endpoint_of_queue_;  // -1: nobody's
    dp::Pools pools_;
    std::unique_ptr<dp::Port> port_;
    std::unique_ptr<Loop> loop_;
    std::vector<std::unique_ptr<dp::FanOut>> fan_outs_;  // per queue
    std::map<std::pair<int, Address>, dp::Link> links_;
    IoCounters counters_;
};

int PortIo::open(const Address& local) {
    if (port_ != nullptr) throw IoError(spec_ + ": addresses are opened before the first packet");
    if (local.port == 0 && kind_ == Kind::loop) {
        locals_.push_back(local);
        locals_.back().port = static_cast<std::uint16_t>(kFirstLoopPort + locals_.size());
        return static_cast<int>(locals_.size()) - 1;
    }
    if (local.port == 0) throw IoError(spec_ + ": local UDP ports must be given, not 0");
    const auto known = std::ranges::find(locals_, local);
    if (known != locals_.end()) return static_cast<int>(known - locals_.begin());
    locals_.push_back(local);
    return static_cast<int>(locals_.size()) - 1;
}

void PortIo::start() {
    if (locals_.empty()) throw IoError(spec_ + ": no local address");
    const auto [low, high] = std::ranges::minmax(locals_, {}, &Address::port);
    if (high.port - low.port >= kMaxQueues)
        throw IoError(spec_ + ": local UDP ports must lie within " + std::to_string(kMaxQueues));
    base_port_ = low.port;
    start_environment(spec_);
    dp::PortConfig config;
    config.workers = static_cast<std::uint16_t>(high.port - low.port + 1);
    config.base_udp_port = base_port_;
    kind_ == Kind::loop ? open_loop(config) : open_device(config);
    dp::PoolConfig sizes;
    sizes.name = kind_ == Kind::loop ? "loop" : "strata";
    sizes.rx_mbufs = port_->needs().rx_mbufs + port_->needs().tx_mbufs + kSparePackets;
    sizes.header_mbufs = sizes.indirect_mbufs = port_->needs().tx_mbufs + kSparePackets;
    if (!port_->capabilities().chains) sizes.linear_mbufs = sizes.header_mbufs;
    auto pools = dp::Pools::create(sizes);
    if (!pools) throw IoError(pools.error().message);
    pools_ = std::move(*pools);
    if (auto started = port_->start(pools_); !started)
        throw IoError(spec_ + ": " + started.error().message + " " + started.error().hint);
    endpoint_of_queue_.assign(config.workers, -1);
    for (int i = 0; i < static_cast<int>(locals_.size()); ++i) {
        int& endpoint = endpoint_of_queue_[queue_of(i)];
        if (endpoint >= 0) throw IoError(spec_ + ": two local addresses with one UDP port");
        endpoint = i;
    }
    dp::FanOutConfig fan_out;
    fan_out.tx_queue.packets = 1'024;
    for (std::uint16_t q = 0; q < config.workers; ++q)
        fan_outs_.push_back(std::make_unique<dp::FanOut>(*port_, q, pools_, fan_out));
}

void PortIo::open_device(const dp::PortConfig& config) {
    auto opened = dp::open_port(spec_, config);
    if (!opened) throw IoError(spec_ + ": " + opened.error().message + " " + opened.error().hint);
    port_ = std::move(*opened);
}

void PortIo::open_loop(const dp::PortConfig& config) {
    auto port = std::make_unique<dp::MemoryPort>(config);
    loop_ = std::make_unique<Loop>(*port, pools_, base_port_);
    port->set_sink(loop_.get());
    port_ = std::move(port);
}

dp::Link* PortIo::link_to(int endpoint, const Address& remote) {
    const auto [at, anew] = links_.try_emplace({endpoint, remote});
    if (!anew) return &at->second;
    const dp::Endpoint local = to_endpoint(local_address(endpoint)), there = to_endpoint(remote);
    dp::FlowKey flow{there.address, local.address, there.port, local.port};
    if (port_->make_link(flow, at->second) == dp::LinkState::refused) {
        links_.erase(at);
        return nullptr;
    }
    fan_outs_[queue_of(endpoint)]->limit_link(
        at->second, port_->max_datagram_bytes(there.address, port_->capabilities().mtu_bytes));
    return &at->second;
}

// As a fan-out to one receiver that changes nothing: the RTP header is the template.
bool PortIo::send_media(std::uint16_t queue, const dp::Link& link,
                        std::span<const std::uint8_t> bytes) {
    rte_mbuf* packet = rte_pktmbuf_alloc(pools_.rx);
    if (packet == nullptr) return false;
    char* room = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(bytes.size()));
    if (room == nullptr) {
        rte_pktmbuf_free(packet);
        return false;
    }
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(room));
    relay::ReceiverSlot receiver;
    receiver.offsets.ssrc = relay::load_be32(&bytes[8]);
    receiver.link = link;
    relay::Output output;
    output.header.size = relay::kRtpHeaderSize;
    std::copy_n(bytes.begin(), relay::kRtpHeaderSize, output.header.bytes.begin());
    output.header.sequence = relay::load_be16(&bytes[2]);
    output.header.timestamp = relay::load_be32(&bytes[4]);
    output.payload_offset = relay::kRtpHeaderSize;
    output.payload_size = static_cast<std::uint16_t>(bytes.size() - relay::kRtpHeaderSize);
    output.receivers = std::span(&receiver, 1);
    fan_outs_[queue]->send(*packet, std::span(&output, 1), dp::TxClass::audio, monotonic_us());
    rte_pktmbuf_free(packet);
    return true;
}

bool PortIo::send(int endpoint, const Address& remote, std::span<const std::uint8_t> bytes) {
    if (port_ == nullptr) start();
    const dp::Link* link = link_to(endpoint, remote);
    const std::uint16_t queue = queue_of(endpoint);
    bool sent = link != nullptr;
    if (sent && relay::classify(bytes) == relay::PacketClass::rtp &&
        bytes.size() >= relay::kRtpHeaderSize)
        sent = send_media(queue, *link, bytes);
    else if (sent)
        fan_outs_[queue]->send_own(*link, bytes, dp::TxClass::audio, monotonic_us());
    if (!sent) {
        ++counters_.send_failed;
        return false;
    }
    ++counters_.sent;
    counters_.sent_bytes += bytes.size();
    return true;
}

void PortIo::flush() {
    if (port_ == nullptr) start();
    const std::int64_t now_us = monotonic_us();
    for (std::size_t q = 0; q < fan_outs_.size(); ++q) {
        fan_outs_[q]->flush(now_us);
        port_->poll_slow(static_cast<std::uint16_t>(q), now_us);
    }
}

std::size_t PortIo::receive(Sink& sink) {
    if (port_ == nullptr) start();
    std::size_t total = 0;
    rte_mbuf* packets[kBurst];
    for (std::size_t q = 0; q < fan_outs_.size(); ++q) {
        const std::int64_t now_us = monotonic_us();
        const std::uint16_t got =
            port_->rx_burst(static_cast<std::uint16_t>(q), packets, kBurst, now_us);
        total += got;
        for (std::uint16_t i = 0; i < got; ++i) {
            ReceivedDatagram datagram;
            datagram.endpoint = endpoint_of_queue_[q];
            datagram.remote = from_endpoint(dp::meta(packets[i]).flow.remote_endpoint());
            datagram.time_us = now_us;
            datagram.bytes = {rte_pktmbuf_mtod(packets[i], const std::uint8_t*),
                              packets[i]->data_len};
            ++counters_.received;
            counters_.received_bytes += datagram.bytes.size();
            if (datagram.endpoint >= 0) sink.on_datagram(datagram);
        }
        rte_pktmbuf_free_bulk(packets, got);
    }
    return total;
}

// A device tells nobody when packets come: short sleeps, so that latency stays within them.
void PortIo::wait(std::int64_t until_us) {
    const std::int64_t left_us = until_us - monotonic_us();
    if (left_us <= 0) return;
    const timespec pause{0, std::min(left_us, kIdleSleep_us) * 1000};
    nanosleep(&pause, nullptr);
}

IoCounters PortIo::counters() const {
    IoCounters counters = counters_;
    for (const auto& fan_out : fan_outs_) {
        const dp::FanOutCounters& f = fan_out->counters();
        const dp::TxQueueCounters& t = fan_out->queue().counters();
        counters.send_failed +=
            f.no_header_mbuf + f.no_payload_mbuf + f.too_large + t.errors + t.unresolved;
        for (std::size_t c = 0; c < dp::kTxClasses; ++c)
            counters.send_failed += t.full[c] + t.expired[c];
    }
    return counters;
}

}  // namespace

bool is_socket_spec(const std::string& spec) {
    return spec == "socket" || spec.starts_with("socket:");
}

std::unique_ptr<PacketIo> make_port_io(const std::string& spec) {
    return std::make_unique<PortIo>(spec, PortIo::Kind::device);
}

}  // namespace strata::gen
