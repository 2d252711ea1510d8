#include <rte_cycles.h>

#include "dataplane/api/config/tcp_addresses.h"
#include "dataplane/appliance.h"
#include "dataplane/crypto/engine.h"
#include "dataplane/log.h"
#include "dataplane/random_number.h"

// The link to control, and the state that it wants.
namespace strata::dataplane {
namespace {

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

StateLimits state_limits(const api::LimitsConfig& from_file) {
    StateLimits limits{.transports_per_worker = from_file.transports_per_worker,
                       .tracks_per_worker = from_file.tracks_per_worker,
                       .subscriptions_per_worker = from_file.subscriptions_per_worker,
                       .subscriptions_per_track = from_file.subscriptions_per_track};
    limits.transport.srtp = {.max_ssrcs = from_file.srtp_ssrcs,
                             .window_packets = from_file.srtp_replay_packets};
    limits.key_frame_min_interval_us = relay::TimeUs{from_file.key_frame_request_ms} * 1000;
    limits.key_frame_retry_us = relay::TimeUs{from_file.key_frame_retry_ms} * 1000;
    limits.transport.ice.tuples = static_cast<std::uint8_t>(from_file.ice_tuples);
    limits.transport.ice.checks_per_s = from_file.ice_checks_per_s;
    limits.transport.ice.consent_timeout_us = relay::TimeUs{from_file.ice_consent_ms} * 1000;
    limits.transport.punts_per_s = from_file.punts_per_s;
    limits.datagrams_per_worker = from_file.punts_per_worker;
    limits.missing = {.give_up_us = relay::TimeUs{from_file.missing_packet_ms} * 1000,
                      .max_requests = static_cast<std::uint8_t>(from_file.missing_packet_requests)};
    limits.repair = {.repeats = static_cast<std::uint8_t>(from_file.retransmissions_per_packet),
                     .packets_per_s = from_file.retransmissions_per_s};
    limits.header_profiles = static_cast<std::uint8_t>(from_file.track_header_profiles);
    return limits;
}

}  // namespace

Appliance::Started Appliance::start_server() {
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
            server.workers.push_back(worker_info(p, w));
            server.workers.back().set_id(static_cast<std::uint32_t>(homes.size()));
            homes.push_back({.worker = w,
                             .port = static_cast<std::uint8_t>(p),
                             .local = ports_[p]->local_endpoint(static_cast<std::uint16_t>(w)),
                             .addresses = ports_[p]->addresses()});
        }
    const auto random = [] { return static_cast<std::uint32_t>(random_u64()); };
    state_ = std::make_unique<DesiredState>(state_limits(config_.limits), workers, homes,
                                            *statistics_, random);
    state_->keep_sessions(sessions_);
    open_checkpoints();
    open_observations(server);
    server_ = std::make_unique<ControlServer>(server, *state_, *statistics_);
    if (observations_) server_->tell_observed(observations_->header());
    if (auto listening = server_->listen(); !listening)
        return std::unexpected(cannot_listen(listening.error()));
    punt_server_ =
        std::make_unique<PuntServer>(punt_path(server.path), *state_, workers, *statistics_);
    if (auto listening = punt_server_->listen(); !listening)
        return std::unexpected(cannot_listen(listening.error()));
    note_time("listen");
    return {};
}

// What control has to know of worker `w` at port `p`.
api::WorkerInfo Appliance::worker_info(std::size_t p, std::uint32_t w) const {
    const Endpoint local = ports_[p]->local_endpoint(static_cast<std::uint16_t>(w));
    api::WorkerInfo info;
    info.set_cpu(statistics_->worker(w).cpu);
    info.set_numa_node(statistics_->worker(w).numa_node);
    info.set_port(ports_[p]->spec());
    info.set_address(public_address(config_, to_string(local.address)));
    info.set_udp_port(local.port);
    for (const std::string& address : reachable_at(p, w)) info.add_addresses(address);
    info.set_own_addresses(static_cast<std::uint32_t>(ports_[p]->addresses().all().size()));
    for (const api::TcpListen& at : api::tcp_addresses(config_.dataplane))
        info.add_tcp_addresses(at.text());
    return info;
}

// Where clients reach worker `w`, beginning with the addresses of port `first`: its ports have one
// UDP port number, unless the kernel chose them.
std::vector<std::string> Appliance::reachable_at(std::size_t first, std::uint32_t w) const {
    std::vector<std::string> addresses;
    const auto queue = static_cast<std::uint16_t>(w);
    const std::uint16_t udp_port = ports_[first]->local_endpoint(queue).port;
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        const Port& port = *ports_[(first + i) % ports_.size()];
        if (port.local_endpoint(queue).port != udp_port) continue;
        for (const net::Prefix& own : port.addresses().all())
            addresses.push_back(public_address(config_, to_string(own.address)));
    }
    return addresses;
}

// Without them everything works, but nothing can be captured.
void Appliance::open_observations(ControlServerConfig& server) {
    const std::string name = observation_segment_name(config_);
    auto segment =
        api::ObservationSegment::create(name, {.workers = config_.dataplane.workers,
                                               .log_bytes = config_.limits.capture_ring_bytes,
                                               .epoch = epoch_});
    if (!segment)
        return log_warning("nothing can be captured or traced: " + segment.error() +
                           "; see limits.capture_ring_bytes");
    observations_ = std::make_unique<api::ObservationSegment>(std::move(*segment));
    std::vector<api::ObservationLog*> logs;
    for (std::uint32_t i = 0; i < config_.dataplane.workers; ++i)
        observation_logs_.push_back(observations_->log(i));
    for (api::ObservationLog& log : observation_logs_) logs.push_back(&log);
    state_->keep_observations(std::move(logs));
    server.observation_segment = name;
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

}  // namespace strata::dataplane
