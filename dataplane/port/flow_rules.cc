#include "dataplane/port/flow_rules.h"

#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_flow.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace strata::dataplane {

namespace {

constexpr std::uint16_t kVlanIdMask = 0xfff;

// eth / [vlan vid] / ipv4 or ipv6 / udp dst -> queue. Points into itself.
struct Rule {
    Rule(const SteeredPorts& ports, std::uint16_t worker, bool v6) {
        attributes.ingress = 1;
        vlan.tci = rte_cpu_to_be_16(ports.vlan);
        vlan_mask.tci = rte_cpu_to_be_16(kVlanIdMask);
        udp.hdr.dst_port =
            rte_cpu_to_be_16(static_cast<std::uint16_t>(ports.first_udp_port + worker));
        udp_mask.hdr.dst_port = 0xffff;
        queue.index = worker;
        std::size_t n = 0;
        pattern[n++].type = RTE_FLOW_ITEM_TYPE_ETH;
        if (ports.vlan != 0) pattern[n++] = {RTE_FLOW_ITEM_TYPE_VLAN, &vlan, nullptr, &vlan_mask};
        pattern[n++].type = v6 ? RTE_FLOW_ITEM_TYPE_IPV6 : RTE_FLOW_ITEM_TYPE_IPV4;
        pattern[n++] = {RTE_FLOW_ITEM_TYPE_UDP, &udp, nullptr, &udp_mask};
        pattern[n].type = RTE_FLOW_ITEM_TYPE_END;
        actions[0] = {RTE_FLOW_ACTION_TYPE_QUEUE, &queue};
        actions[1].type = RTE_FLOW_ACTION_TYPE_END;
    }
    Rule(const Rule&) = delete;
    Rule& operator=(const Rule&) = delete;

    rte_flow_attr attributes{};
    rte_flow_item_vlan vlan{}, vlan_mask{};
    rte_flow_item_udp udp{}, udp_mask{};
    rte_flow_action_queue queue{};
    std::array<rte_flow_item, 5> pattern{};
    std::array<rte_flow_action, 2> actions{};
};

std::string error_name(int code) {
    const char* text = ::strerrorname_np(code < 0 ? -code : code);
    return text != nullptr ? text : std::to_string(code);
}

std::unexpected<std::string> refused(int code, const rte_flow_error& error, std::uint16_t udp_port,
                                     bool v6) {
    if (code == -ENOSYS) return std::unexpected(std::string("no rte_flow: driver says ENOSYS"));
    std::string text = "no rte_flow: driver says " + error_name(code) + " to UDP port " +
                       std::to_string(udp_port) + (v6 ? " of IPv6" : " of IPv4");
    if (error.message != nullptr) text += std::string(" (") + error.message + ')';
    return std::unexpected(text);
}

// Of each worker, by IPv4 and by IPv6: `work` returns 0 or a negative errno.
template <typename Work>
std::expected<void, std::string> for_each_rule(const SteeredPorts& ports, Work work) {
    for (std::uint16_t worker = 0; worker < ports.workers; ++worker)
        for (const bool v6 : {false, true}) {
            const Rule rule(ports, worker, v6);
            rte_flow_error error{};
            if (const int code = work(rule, error); code != 0)
                return refused(code, error,
                               static_cast<std::uint16_t>(ports.first_udp_port + worker), v6);
        }
    return {};
}

}  // namespace

std::expected<void, std::string> FlowRules::validate() const {
    return for_each_rule(ports_, [&](const Rule& rule, rte_flow_error& error) {
        return rte_flow_validate(device_, &rule.attributes, rule.pattern.data(),
                                 rule.actions.data(), &error);
    });
}

std::expected<void, std::string> FlowRules::create() {
    auto made = for_each_rule(ports_, [&](const Rule& rule, rte_flow_error& error) {
        rte_flow* flow = rte_flow_create(device_, &rule.attributes, rule.pattern.data(),
                                         rule.actions.data(), &error);
        if (flow == nullptr) return rte_errno != 0 ? -rte_errno : -EINVAL;
        rules_.push_back(flow);
        return 0;
    });
    if (!made) destroy();
    return made;
}

void FlowRules::destroy() {
    for (rte_flow* rule : rules_) {
        rte_flow_error error{};
        rte_flow_destroy(device_, rule, &error);
    }
    rules_.clear();
}

}  // namespace strata::dataplane
