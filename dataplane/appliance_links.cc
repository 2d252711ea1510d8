#include <rte_cycles.h>

#include "dataplane/appliance.h"
#include "dataplane/log.h"

// What the main thread does for ports while they run.
namespace strata::dataplane {
namespace {

constexpr std::chrono::milliseconds kLookInterval{100};
constexpr std::chrono::seconds kTablesInterval{1};

void publish(const Port& port, api::PortBlock& block) {
    for (std::size_t c = 0; c < kPortCounters; ++c) {
        std::uint64_t sum = 0;
        for (std::uint16_t queue = 0; queue < port.config().workers; ++queue)
            sum += port.counters(queue)[static_cast<PortCounter>(c)];
        block.values[c].set(sum);
    }
    const Port::DeviceDrops drops = port.device_drops();
    block.rx_missed.set(drops.missed);
    block.device_errors.set(drops.errors);
    block.device_no_buffer.set(drops.no_buffer);
}

// At start, and when what steered packets didn't come back with the link.
void note_steering(const Port& port, api::PortBlock& block) {
    const SteeringReport found = port.steering();
    if (static_cast<std::uint64_t>(found.method) == block.steering.get()) return;
    const bool worse = block.steering.get() != 0;
    api::set_steering(block, found.method, found.reason);
    const std::string text = "port " + port.spec() + ": steering " +
                             std::string(api::name(found.method)) +
                             (found.reason.empty() ? "" : ": " + found.reason);
    worse ? log_warning(text) : log_info(text);
}

}  // namespace

static_assert(kPortCounters <= api::kMaxPortValues);

// Links are asked for here, since a driver may make system calls for that; and what readers find
// is brought up to date.
void Appliance::look_after_ports() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_) return;
    next_look_ = now + kLookInterval;
    const bool tables_due = now >= next_tables_;
    if (tables_due) next_tables_ = now + kTablesInterval;
    for (std::uint32_t i = 0; i < ports_.size(); ++i) {
        Port& port = *ports_[i];
        api::PortBlock& block = statistics_->port(i);
        port.watch_link();
        const std::uint64_t up = port.link_up() ? 1 : 0;
        if (up != block.link_up.get()) {
            block.link_up.set(up);
            block.link_changes.add();
            log_info("port " + port.spec() + ": link " + (up != 0 ? "up" : "down"));
        }
        note_steering(port, block);
        publish(port, block);
        if (tables_due && port.capabilities().link_kind == LinkKind::ethernet)
            statistics_->set_host_tables(i, port.host_tables(TscClock().to_us(rte_rdtsc())));
    }
    tell_routes();
}

// Once when there are such peers and once when there are none any more, each time when the number
// stands: workers take some time to look at all of theirs.
void Appliance::tell_routes() {
    std::uint64_t peers = 0;
    for (std::uint32_t w = 0; w < workers_.size(); ++w)
        peers += statistics_->worker(w)[api::WorkerCounter::peers_without_route].get();
    const bool stands = peers == std::exchange(without_route_, peers);
    if (!stands || (peers != 0) == (told_without_route_ != 0)) return;
    told_without_route_ = peers;
    if (peers != 0)
        log_warning("no route leads to " + std::to_string(peers) +
                    (peers == 1 ? " peer: what is for it" : " peers: what is for them") +
                    " is dropped (no_route)");
    else
        log_info("a route leads to each peer again");
}

// It stays as it is.
void Appliance::tell_payloads() {
    for (std::uint32_t i = 0; i < ports_.size(); ++i) {
        const PayloadReport found = ports_[i]->payload();
        api::set_payload(statistics_->port(i), found.path, found.reason);
        log_info("port " + ports_[i]->spec() + ": payloads " + std::string(api::name(found.path)) +
                 (found.reason.empty() ? "" : ": " + found.reason));
    }
}

// Worker 0 has the other end of each port's way to the kernel.
void Appliance::start_kernel_mirror() {
    std::vector<KernelLink*> links;
    for (const auto& port : ports_)
        if (KernelLink* link = port->kernel_link()) links.push_back(link);
    if (links.empty()) return;
    kernel_mirror_ = std::make_unique<KernelMirror>(links, [this] { loops_.front()->wake(); });
    kernel_mirror_->start();
}

}  // namespace strata::dataplane
