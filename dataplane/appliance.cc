#include "dataplane/appliance.h"

#include <poll.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include <algorithm>

#include "dataplane/log.h"
#include "dataplane/random_number.h"
#include "dataplane/server/telemetry.h"

// Its life: the start in parts, the main thread's loop, the end.
namespace strata::dataplane {
namespace {

constexpr int kMostPollMs = 250;   // for heartbeat and watchdog
constexpr int kLinksPollMs = 100;  // for links of Ethernet ports
constexpr int kBusyPollMs = 1;     // while commands are under way

}  // namespace

std::string statistics_segment_name(const api::Config& config) {
    return "/" + config.dataplane.file_prefix + ".statistics";
}

std::string observation_segment_name(const api::Config& config) {
    return "/" + config.dataplane.file_prefix + ".observed";
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
    const int looks_ms = static_cast<int>(config_.dataplane.watchdog_ms / 5);
    const bool links = std::ranges::any_of(ports_, [](const auto& port) {
        return port->capabilities().link_kind == LinkKind::ethernet;
    });
    const int poll_ms = std::min(links ? kLinksPollMs : kMostPollMs, looks_ms);
    bool stop = false, more = false;
    while (!stop) {
        watchdog_->look();
        const bool under_way = state_->pump();
        if (under_way)
            for (const auto& loop : loops_) loop->wake();
        stop = wait(signals, more ? 0 : under_way ? kBusyPollMs : poll_ms);
        bell_.answer();
        more = move_messages();
        note_first_state();
        look_after_ports();
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
    add(bell_.fd(), false);
    add(server_->listener_fd(), false);
    add(server_->link_fd(), server_->wants_to_write());
    add(punt_server_->listener_fd(), false);
    add(punt_server_->link_fd(), punt_server_->wants_to_write());
    ::poll(fds.data(), fds.size(), timeout_ms);
    return (fds[0].revents & POLLIN) != 0;
}

// Between control and workers. True: there may be more.
bool Appliance::move_messages() {
    server_->poll();
    const bool moved = punt_server_->poll();
    for (const auto& worker : workers_) {
        Notice notice;
        while (worker->next_notice(notice)) server_->on_notice(notice);
    }
    return moved && !punt_server_->wants_to_write();
}

Appliance::~Appliance() {
    stop_telemetry();
    for (const auto& loop : loops_) loop->stop();
    if (!loops_.empty()) rte_eal_mp_wait_lcore();
    kernel_mirror_.reset();
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
