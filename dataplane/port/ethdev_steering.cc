#include "dataplane/port/ethdev_device.h"
#include "dataplane/port/rss_table.h"

// How packets come to the receive queue of their worker: by rules, by RSS, or not.
namespace strata::dataplane {

namespace {

using api::Steering;

std::string too_few(std::uint16_t queues, std::uint16_t workers) {
    return "the device has " + std::to_string(queues) +
           (queues == 1 ? " receive queue for " : " receive queues for ") +
           std::to_string(workers) + " workers";
}

// The same reason isn't given twice.
void append(std::string& reasons, const std::string& reason) {
    if (reasons.find(reason) != std::string::npos) return;
    reasons += (reasons.empty() ? "" : "; ") + reason;
}

}  // namespace

std::expected<void, PortError> EthdevDevice::start(const PortConfig& config, const EthdevSpec& spec,
                                                   rte_mempool* rx_pool) {
    if (abilities_.spreads && abilities_.max_rx_queues > config.workers)
        return std::unexpected(PortError{
            "port-capability", name_,
            "the kernel spreads packets over its " + std::to_string(abilities_.max_rx_queues) +
                " receive queues, more than dataplane.workers = " + std::to_string(config.workers),
            "give it as many queues as workers, or fewer (qpairs=, queue_count=)"});
    const Setup setup{config, spec, rx_pool};
    steered_ = {config.base_udp_port, config.workers, spec.local.vlan};
    rules_ = FlowRules(id_, steered_);
    const bool several = config.workers > 1;
    std::string why_not;
    for (const Steering method : {Steering::flow, Steering::rss}) {
        if (!several || (spec.steering && *spec.steering != method)) continue;
        const Done steered = start_steered(setup, method);
        if (steered) {
            chosen_ = steering_ = {method, why_not};
            return {};
        }
        append(why_not, steered.error());
    }
    if (several && spec.steering && *spec.steering != Steering::ring)
        return std::unexpected(cannot_steer(setup, why_not));
    if (const Done started = start_queues(setup, Steering::ring); !started)
        return std::unexpected(PortError{"port-open", name_, started.error(),
                                         "its receive queue needs " +
                                             std::to_string(abilities_.rx_mbufs_per_queue) +
                                             " mbufs; is the interface there?"});
    if (several) chosen_ = steering_ = {Steering::ring, spec.steering ? "as configured" : why_not};
    return {};
}

// Started and steering, or stopped.
EthdevDevice::Done EthdevDevice::start_steered(const Setup& setup, Steering method) {
    const std::uint16_t workers = setup.config.workers;
    if (abilities_.max_rx_queues < workers)
        return std::unexpected(too_few(abilities_.max_rx_queues, workers));
    // Nor do its queues like to be set up twice (net_af_xdp).
    if (abilities_.spreads)
        return std::unexpected("the kernel spreads packets over the device's queues");
    if (method == Steering::rss && (abilities_.rss_types & kPortHash) != kPortHash)
        return std::unexpected("no RSS: the device can't hash the UDP destination port alone");
    Done steered = start_queues(setup, method);
    if (steered) steered = steer(method);
    if (!steered) stop();
    return steered;
}

EthdevDevice::Done EthdevDevice::steer(Steering method) {
    return method == Steering::flow ? rules_.create() : steer_by_rss(id_, steered_);
}

// What was asked for isn't possible: what is? The device stays stopped.
PortError EthdevDevice::cannot_steer(const Setup& setup, const std::string& why) {
    const Steering wanted = *setup.spec.steering;
    std::string possible;
    for (const Steering method : {Steering::flow, Steering::rss})
        if (method != wanted && start_steered(setup, method)) {
            possible += "steering=" + std::string(api::name(method)) + ", ";
            stop();
        }
    return {"port-capability", name_,
            "steering=" + std::string(api::name(wanted)) + " isn't possible: " + why,
            "possible are " + possible + "steering=ring and steering=auto"};
}

void EthdevDevice::renew_steering() {
    if (chosen_.method != Steering::flow && chosen_.method != Steering::rss) return;
    rules_.destroy();
    const Done steered = steer(chosen_.method);
    steering_ = steered ? chosen_ : SteeringReport{Steering::ring, steered.error()};
}

}  // namespace strata::dataplane
