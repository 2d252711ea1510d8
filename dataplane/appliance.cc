#include "dataplane/appliance.h"

#include <poll.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "dataplane/api/config/pool_sizes.h"
#include "dataplane/api/config/tcp_addresses.h"
#include "dataplane/crypto/engine.h"
#include "dataplane/eal.h"
#include "dataplane/log.h"
#include "dataplane/server/telemetry.h"

namespace strata::dataplane {
namespace {

constexpr int kPollMs = 20;  // how late a notice of a worker is passed on
constexpr std::chrono::seconds kBusyAfterMessage{1};
constexpr int kBusyPollMs = 1;  // while commands are under way

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    while (::getrandom(&value, sizeof(value), 0) != sizeof(value)) {
    }
    return value;
}

// 0 names nobody in RTCP.
std::uint32_t random_ssrc() { return static_cast<std::uint32_t>(random_u64()) | 1; }

StartError from(const PortError& error) {
    return {error.object + ": " + error.message + (error.hint.empty() ? "" : ": " + error.hint)};
}

// Where clients reach `address`: behind 1:1 NAT that is another one.
std::string public_address(const api::Config& config, const std::string& address) {
    for (const api::PublicAddress& pair : config.dataplane.public_addresses)
        if (const auto own = IpAddress::parse(pair.own); own && to_string(*own) == address)
            return pair.outside;
    return address;
}

// `why` tells of the socket's path.
StartError cannot_listen(const std::string& why) {
    return {"control.dataplane_socket: " + why +
            "; its folder has to be there and writable (mkdir -p), or name another"};
}

int run_loop(void* loop) {
    static_cast<WorkerLoop*>(loop)->run();
    return 0;
}

}  // namespace

std::string statistics_segment_name(const api::Config& config) {
    return "/" + config.dataplane.file_prefix + ".statistics";
}

std::string checkpoint_segment_name(const api::Config& config) {
    return "/" + config.dataplane.file_prefix + ".checkpoint";
}

std::expected<std::unique_ptr<Appliance>, StartError> Appliance::start(const api::Config& config,
                                                                       const PinningPlan& plan) {
    std::unique_ptr<Appliance> appliance(new Appliance(config, plan));
    appliance->epoch_ = random_u64() >> 1 | 1;
    // Before anything of a running data plane with this configuration is touched.
    if (api::SeqpacketLink::connect(config.control.dataplane_socket))
        return std::unexpected(
            StartError{"control.dataplane_socket: another data plane listens at " +
                       config.control.dataplane_socket});
    for (const auto part :
         {&Appliance::start_environment, &Appliance::open_ports, &Appliance::make_pools,
          &Appliance::start_workers, &Appliance::start_server, &Appliance::start_tcp})
        if (auto started = (appliance.get()->*part)(); !started)
            return std::unexpected(started.error());
    std::string parts;
    for (const auto& [part, us] : appliance->times_us_)
        parts += " " + part + "_us=" + std::to_string(us);
    log_info("started" + parts);
    return appliance;
}

void Appliance::note_time(const char* part) {
    const auto now = std::chrono::steady_clock::now();
    times_us_.emplace_back(
        part, std::chrono::duration_cast<std::chrono::microseconds>(now - last_note_).count());
    last_note_ = now;
}

Appliance::Started Appliance::start_environment() {
    const api::PoolSizes sizes = api::pool_sizes(config_);
    const std::uint64_t needed_mb = (sizes.memory_bytes() >> 20) + 1;
    log_info("memory: " + std::to_string(sizes.payload_packets) + " payload, " +
             std::to_string(sizes.header_packets) + " header, " +
             std::to_string(sizes.indirect_packets) + " indirect and " +
             std::to_string(sizes.small_packets) + " small buffers need " +
             std::to_string(needed_mb) +
             " MB of dataplane.memory_mb = " + std::to_string(config_.dataplane.memory_mb));
    if (needed_mb > config_.dataplane.memory_mb)
        return std::unexpected(StartError{
            "dataplane.memory_mb: found " + std::to_string(config_.dataplane.memory_mb) +
            ", the configured rings, queues and pools need " + std::to_string(needed_mb)});
    std::vector<std::string> specs;
    for (const api::PortSpec& port : config_.dataplane.ports) specs.push_back(port.text);
    const std::vector<std::string> devices = eal_device_arguments(specs);
    const EalOptions options{.hugepages = config_.dataplane.hugepages,
                             .memory_mb = config_.dataplane.memory_mb,
                             .file_prefix = config_.dataplane.file_prefix,
                             .lcores = eal_lcores(plan_),
                             .devices = devices};
    if (auto started = start_eal(options); !started)
        return std::unexpected(StartError{started.error()});
    environment_ = true;
    note_time("eal");
    return {};
}

Appliance::Started Appliance::open_ports() {
    const api::DataplaneConfig& from_file = config_.dataplane;
    if (from_file.ports.size() >= kMaxPorts)
        return std::unexpected(StartError{"dataplane.ports: found " +
                                          std::to_string(from_file.ports.size()) + ", at most " +
                                          std::to_string(kMaxPorts - 1)});
    for (const api::PortSpec& spec : from_file.ports) {
        auto opened = open_port(spec.text, port_config());
        if (!opened) return std::unexpected(from(opened.error()));
        ports_.push_back(std::move(*opened));
    }
    if (!from_file.tcp_listen.empty()) open_tcp_port();
    note_time("open_ports");
    return {};
}

// Of the next one.
PortConfig Appliance::port_config() const {
    const api::DataplaneConfig& from_file = config_.dataplane;
    PortConfig port;
    port.index = static_cast<std::uint16_t>(ports_.size());
    port.workers = static_cast<std::uint16_t>(from_file.workers);
    port.base_udp_port = static_cast<std::uint16_t>(from_file.base_udp_port);
    port.rx_ring = static_cast<std::uint16_t>(from_file.rx_ring_packets);
    port.tx_ring = static_cast<std::uint16_t>(from_file.tx_ring_packets);
    port.udp_checksum = from_file.udp_checksum;
    port.gso = from_file.udp_gso;
    port.socket_buffer_bytes = from_file.socket_buffer_bytes;
    port.neighbours = config_.limits.neighbours_per_port;
    port.held_packets = config_.limits.held_packets_per_queue;
    port.hold_us = relay::TimeUs{config_.limits.hold_ms} * 1000;
    port.handoff_ring = from_file.handoff_ring_packets;
    return port;
}

Appliance::Started Appliance::make_pools() {
    const api::PoolSizes sizes = api::pool_sizes(config_);
    PoolConfig pools;
    pools.name = "strata";
    pools.rx_mbufs = sizes.payload_packets;
    pools.header_mbufs = sizes.header_packets;
    pools.indirect_mbufs = sizes.indirect_packets;
    pools.compact_mbufs = sizes.small_packets;
    pools.cache_mbufs = config_.dataplane.pool_cache_packets;
    if (std::any_of(ports_.begin(), ports_.end(),
                    [](const auto& port) { return !port->capabilities().chains; }))
        pools.linear_mbufs = sizes.header_packets;
    auto made = Pools::create(pools);
    if (!made) return std::unexpected(from(made.error()));
    pools_ = std::move(*made);
    note_time("pools");
    for (const auto& port : ports_)
        if (auto started = port->start(pools_); !started)
            return std::unexpected(from(started.error()));
    note_time("start_ports");
    return {};
}

Appliance::Started Appliance::start_workers() {
    const api::DataplaneConfig& from_file = config_.dataplane;
    auto segment = api::StatisticsSegment::create(
        statistics_segment_name(config_),
        {.workers = from_file.workers,
         .slots_per_worker = config_.limits.statistics_slots_per_worker,
         .epoch = epoch_});
    if (!segment) return std::unexpected(StartError{segment.error(), 1});
    statistics_ = std::make_unique<api::StatisticsSegment>(std::move(*segment));
    start_telemetry(*statistics_);

    std::vector<Port*> ports;
    for (const auto& port : ports_) ports.push_back(port.get());
    const relay::TimeUs now = TscClock().to_us(rte_rdtsc());
    for (std::uint32_t i = 0; i < from_file.workers; ++i) {
        WorkerConfig worker;
        worker.id = i;
        worker.queue = static_cast<std::uint16_t>(i);
        worker.max_transports = config_.limits.transports_per_worker;
        worker.max_ssrcs = config_.limits.ssrcs_per_worker;
        worker.max_waiting_by_name = config_.limits.waiting_by_rid;
        worker.secret = random_u64();
        worker.relay_ssrc = random_ssrc();
        worker.transport_feedback_us = relay::TimeUs{from_file.transport_feedback_ms} * 1000;
        worker.receiver_report_us = relay::TimeUs{from_file.receiver_report_ms} * 1000;
        worker.sender_report_us = relay::TimeUs{from_file.sender_report_ms} * 1000;
        worker.max_rtcp_bytes = config_.limits.rtcp_bytes;
        worker.punt_ring_bytes = config_.limits.punt_ring_bytes;
        worker.stun_errors_per_s = config_.limits.stun_errors_per_s;
        worker.track_outputs = config_.limits.track_outputs;
        worker.nack_packets = config_.limits.nack_packets;
        worker.history = {.packets = from_file.history_packets,
                          .small_packets = from_file.history_small_packets,
                          .age_us = relay::TimeUs{from_file.history_ms} * 1000,
                          .reserve_packets = api::history_reserve(config_)};
        worker.fan_out.tiny_payload_bytes = static_cast<std::uint16_t>(
            std::min<std::uint32_t>(from_file.copy_payload_max_bytes, kTinyPayloadMax));
        worker.fan_out.tx_queue.packets = from_file.tx_queue_packets;
        worker.fan_out.tx_queue.max_wait_us = from_file.tx_queue_us;
        api::WorkerBlock& block = statistics_->worker(i);
        block.cpu = static_cast<std::int32_t>(plan_.workers[i].cpu.id);
        block.numa_node = plan_.workers[i].cpu.numa_node;
        workers_.push_back(std::make_unique<Worker>(worker, ports, pools_, block, now));
        const WorkerLoopConfig loop{.idle = from_file.idle,
                                    .idle_sleep_max_us = from_file.idle_sleep_max_us,
                                    .burst = static_cast<std::uint16_t>(from_file.burst_packets)};
        loops_.push_back(std::make_unique<WorkerLoop>(*workers_.back(), ports, loop, block));
    }
    for (std::uint32_t i = 0; i < from_file.workers; ++i)
        if (rte_eal_remote_launch(run_loop, loops_[i].get(), i + 1) != 0)
            return std::unexpected(
                StartError{"worker " + std::to_string(i) + " couldn't be started", 1});
    note_time("workers");
    return {};
}

// Without them everything works, but streams begin anew after a restart.
void Appliance::open_checkpoints() {
    const auto clock = [clock = TscClock()] { return clock.to_us(rte_rdtsc()); };
    const relay::TimeUs max_age_us = relay::TimeUs{config_.limits.checkpoint_age_s} * 1'000'000;
    auto store = CheckpointStore::open(checkpoint_segment_name(config_),
                                       {.node = config_.node.name,
                                        .boot_id = read_boot_id(),
                                        .capacity = config_.limits.checkpoint_streams,
                                        .max_age_us = max_age_us},
                                       clock());
    if (!store) return log_warning("streams will begin anew after a restart: " + store.error());
    checkpoints_ = std::make_unique<CheckpointStore>(std::move(*store));
    log_info("checkpoints of " + std::to_string(checkpoints_->left()) + " streams were found");
    state_->keep_checkpoints(*checkpoints_, max_age_us, clock);
}

Appliance::Started Appliance::start_server() {
    StateLimits limits{.transports_per_worker = config_.limits.transports_per_worker,
                       .tracks_per_worker = config_.limits.tracks_per_worker,
                       .subscriptions_per_worker = config_.limits.subscriptions_per_worker,
                       .subscriptions_per_track = config_.limits.subscriptions_per_track};
    limits.transport.srtp = {.max_ssrcs = config_.limits.srtp_ssrcs,
                             .window_packets = config_.limits.srtp_replay_packets};
    limits.key_frame_min_interval_us = relay::TimeUs{config_.limits.key_frame_request_ms} * 1000;
    limits.key_frame_retry_us = relay::TimeUs{config_.limits.key_frame_retry_ms} * 1000;
    limits.transport.ice.tuples = static_cast<std::uint8_t>(config_.limits.ice_tuples);
    limits.transport.ice.checks_per_s = config_.limits.ice_checks_per_s;
    limits.transport.ice.consent_timeout_us = relay::TimeUs{config_.limits.ice_consent_ms} * 1000;
    limits.transport.punts_per_s = config_.limits.punts_per_s;
    limits.datagrams_per_worker = config_.limits.punts_per_worker;
    limits.missing = {
        .give_up_us = relay::TimeUs{config_.limits.missing_packet_ms} * 1000,
        .max_requests = static_cast<std::uint8_t>(config_.limits.missing_packet_requests)};
    limits.repair = {
        .repeats = static_cast<std::uint8_t>(config_.limits.retransmissions_per_packet),
        .packets_per_s = config_.limits.retransmissions_per_s};
    limits.header_profiles = static_cast<std::uint8_t>(config_.limits.track_header_profiles);
    ControlServerConfig server;
    server.path = config_.control.dataplane_socket;
    server.epoch = epoch_;
    server.statistics_segment = statistics_segment_name(config_);
    server.crypto_engine = cipher_name();
    log_info("SRTP: " + server.crypto_engine);
    std::vector<Worker*> workers;
    for (const auto& worker : workers_) workers.push_back(worker.get());
    std::vector<Home> homes;
    for (std::size_t p = 0; p < ports_.size(); ++p)
        for (std::uint32_t w = 0; w < workers_.size(); ++w) {
            if (ports_[p]->capabilities().connections) continue;
            const Endpoint local = ports_[p]->local_endpoint(static_cast<std::uint16_t>(w));
            api::WorkerInfo info;
            info.set_id(static_cast<std::uint32_t>(homes.size()));
            info.set_cpu(statistics_->worker(w).cpu);
            info.set_numa_node(statistics_->worker(w).numa_node);
            info.set_port(ports_[p]->spec());
            info.set_address(public_address(config_, to_string(local.address)));
            info.set_udp_port(local.port);
            for (const std::string& address : reachable_at(p, w)) info.add_addresses(address);
            for (const api::TcpListen& at : api::tcp_addresses(config_.dataplane))
                info.add_tcp_addresses(at.text());
            server.workers.push_back(info);
            homes.push_back({.worker = w, .port = static_cast<std::uint8_t>(p), .local = local});
        }
    const auto random = [] { return static_cast<std::uint32_t>(random_u64()); };
    state_ = std::make_unique<DesiredState>(limits, workers, homes, *statistics_, random);
    state_->keep_sessions(sessions_);
    open_checkpoints();
    server_ = std::make_unique<ControlServer>(server, *state_, *statistics_);
    if (auto listening = server_->listen(); !listening)
        return std::unexpected(cannot_listen(listening.error()));
    punt_server_ =
        std::make_unique<PuntServer>(punt_path(server.path), *state_, workers, *statistics_);
    if (auto listening = punt_server_->listen(); !listening)
        return std::unexpected(cannot_listen(listening.error()));
    note_time("listen");
    return {};
}

// Where clients reach worker `w` beginning with port `first`: its ports have one UDP port number,
// unless the kernel chose them.
std::vector<std::string> Appliance::reachable_at(std::size_t first, std::uint32_t w) const {
    std::vector<std::string> addresses;
    const auto queue = static_cast<std::uint16_t>(w);
    const std::uint16_t udp_port = ports_[first]->local_endpoint(queue).port;
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        const Port& port = *ports_[(first + i) % ports_.size()];
        const Endpoint local = port.local_endpoint(queue);
        if (local.port == udp_port && !port.capabilities().connections)
            addresses.push_back(public_address(config_, to_string(local.address)));
    }
    return addresses;
}

// After a start, and so after a crash, this is when everything is forwarded again.
void Appliance::note_first_state() {
    if (state_noted_ || server_->generation() == 0 || !state_->settled()) return;
    state_noted_ = true;
    note_time("first_state");
    log_info("control's state is applied: " + std::to_string(state_->transports()) +
             " transports, " + std::to_string(state_->tracks()) + " tracks, " +
             std::to_string(state_->subscriptions()) + " subscriptions, " +
             std::to_string(times_us_.back().second) + " us after listening");
}

int Appliance::run(int signals) {
    using std::chrono::steady_clock;
    bool stop = false;
    steady_clock::time_point busy_until{};
    while (!stop) {
        const bool under_way = state_->pump();
        if (under_way)
            for (const auto& loop : loops_) loop->wake();
        const bool busy = under_way || steady_clock::now() < busy_until;
        stop = wait(signals, busy ? kBusyPollMs : kPollMs);
        // Workers can't wake this thread: while peers join it looks for what they say more often.
        if (move_messages()) busy_until = steady_clock::now() + kBusyAfterMessage;
        note_first_state();
        const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        statistics_->header().heartbeat_us.set(static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()));
    }
    log_info("stopping");
    return 0;
}

// Until something is ready. True: `signals` has one.
bool Appliance::wait(int signals, int timeout_ms) {
    std::vector<pollfd> fds = {{signals, POLLIN, 0}};
    const auto add = [&](int fd, bool writing) {
        const int events = POLLIN | (writing ? POLLOUT : 0);
        if (fd >= 0) fds.push_back({fd, static_cast<short>(events), 0});
    };
    add(server_->listener_fd(), false);
    add(server_->link_fd(), server_->wants_to_write());
    add(punt_server_->listener_fd(), false);
    add(punt_server_->link_fd(), punt_server_->wants_to_write());
    ::poll(fds.data(), fds.size(), timeout_ms);
    return (fds[0].revents & POLLIN) != 0;
}

// Between control and workers. True: there were any, besides desired state.
bool Appliance::move_messages() {
    server_->poll();
    bool moved = punt_server_->poll();
    for (const auto& worker : workers_) {
        Notice notice;
        while (worker->next_notice(notice)) {
            server_->on_notice(notice);
            moved = true;
        }
    }
    return moved;
}

Appliance::~Appliance() {
    stop_telemetry();
    for (const auto& loop : loops_) loop->stop();
    if (!loops_.empty()) rte_eal_mp_wait_lcore();
    tcp_server_.reset();
    punt_server_.reset();
    server_.reset();
    // What is still between the threads comes home: nobody else turns the workers now.
    for (int i = 0; state_ && state_->pump() && i < 10'000; ++i)
        for (const auto& worker : workers_) worker->turn(0, 1);
    state_.reset();
    checkpoints_.reset();
    loops_.clear();
    workers_.clear();
    ports_.clear();
    pools_ = Pools();
    if (environment_) rte_eal_cleanup();
}

}  // namespace strata::dataplane
