#include "tests/unit/dataplane/port/steering_card.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace strata::dataplane {

namespace steering_card {

namespace {

std::vector<SteeringCard*> cards;

// Of this device; null: it is a real one.
SteeringCard* card_of(std::uint16_t id) {
    std::array<char, RTE_ETH_NAME_MAX_LEN> name{};
    if (cards.empty() || rte_eth_dev_get_name_by_port(id, name.data()) != 0) return nullptr;
    const auto found = std::find_if(cards.begin(), cards.end(), [&](const SteeringCard* card) {
        return card->device == name.data();
    });
    return found == cards.end() ? nullptr : *found;
}

std::uint16_t be16(const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

struct Datagram {
    std::uint16_t vlan = 0;
    bool v6 = false;
    std::uint16_t udp_port = 0;
};

// As a card's parser sees it: whole UDP datagrams alone.
std::optional<Datagram> parse(std::span<const std::uint8_t> frame) {
    Datagram out;
    std::size_t at = 12;
    if (frame.size() >= 18 && be16(&frame[at]) == 0x8100) {
        out.vlan = be16(&frame[14]) & 0xfff;
        at = 16;
    }
    if (frame.size() < at + 2 + 28) return std::nullopt;
    const std::uint8_t* ip = &frame[at + 2];
    out.v6 = be16(&frame[at]) == 0x86dd;
    if (!out.v6 && be16(&frame[at]) != 0x0800) return std::nullopt;
    if (ip[out.v6 ? 6 : 9] != 17) return std::nullopt;
    if (!out.v6 && (be16(ip + 6) & 0x3fff) != 0) return std::nullopt;
    const std::size_t udp = at + 2 + (out.v6 ? 40u : (ip[0] & 15u) * 4u);
    if (frame.size() < udp + 8) return std::nullopt;
    out.udp_port = be16(&frame[udp + 2]);
    return out;
}

// Bit by bit, as the hash is defined: for every bit of the input that is set, the 32 bits of the
// key that begin there.
std::uint32_t toeplitz(std::span<const std::uint8_t> input, std::span<const std::uint8_t> key) {
    const auto bit = [](std::span<const std::uint8_t> bytes, std::size_t i) {
        return static_cast<std::uint32_t>(bytes[i / 8 % bytes.size()] >> (7 - i % 8) & 1);
    };
    std::uint32_t hash = 0;
    for (std::size_t i = 0; i < input.size() * 8; ++i)
        for (std::size_t k = 0; bit(input, i) != 0 && k < 32; ++k)
            hash ^= bit(key, i + k) << (31 - k);
    return hash;
}

// The library's function that stands behind the one here.
template <typename Function>
Function* library(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int refuse(rte_flow_error* error, int code, const char* message) {
    *error = {RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr, message};
    rte_errno = code;
    return -code;
}

// The rule that these words make; false: not one that this card knows.
bool read_rule(const SteeringCard& card, const rte_flow_attr& attributes,
               const rte_flow_item* pattern, const rte_flow_action* actions, rte_flow& out) {
    const auto is = [&](rte_flow_item_type type) { return pattern->type == type; };
    if (attributes.ingress != 1 || attributes.egress != 0 || attributes.transfer != 0) return false;
    if (!is(RTE_FLOW_ITEM_TYPE_ETH) || pattern++->spec != nullptr) return false;
    if (is(RTE_FLOW_ITEM_TYPE_VLAN)) {
        const auto* spec = static_cast<const rte_flow_item_vlan*>(pattern->spec);
        const auto* mask = static_cast<const rte_flow_item_vlan*>(pattern++->mask);
        if (mask->tci != rte_cpu_to_be_16(0xfff)) return false;
        out.vlan = rte_be_to_cpu_16(spec->tci);
    }
    if (!is(RTE_FLOW_ITEM_TYPE_IPV4) && !is(RTE_FLOW_ITEM_TYPE_IPV6)) return false;
    out.v6 = is(RTE_FLOW_ITEM_TYPE_IPV6);
    if (pattern++->spec != nullptr || !is(RTE_FLOW_ITEM_TYPE_UDP)) return false;
    const auto* spec = static_cast<const rte_flow_item_udp*>(pattern->spec);
    const auto* mask = static_cast<const rte_flow_item_udp*>(pattern++->mask);
    if (mask->hdr.dst_port != 0xffff || mask->hdr.src_port != 0) return false;
    out.udp_port = rte_be_to_cpu_16(spec->hdr.dst_port);
    if (!is(RTE_FLOW_ITEM_TYPE_END) || actions->type != RTE_FLOW_ACTION_TYPE_QUEUE) return false;
    out.queue = static_cast<const rte_flow_action_queue*>(actions->conf)->index;
    return actions[1].type == RTE_FLOW_ACTION_TYPE_END && out.queue < card.queues;
}

// Entry `i` of a table in DPDK's groups; null: it isn't meant.
std::uint16_t* entry(rte_eth_rss_reta_entry64* groups, std::size_t i) {
    rte_eth_rss_reta_entry64& group = groups[i / RTE_ETH_RETA_GROUP_SIZE];
    const std::size_t at = i % RTE_ETH_RETA_GROUP_SIZE;
    return (group.mask >> at & 1) != 0 ? &group.reta[at] : nullptr;
}

}  // namespace

}  // namespace steering_card

SteeringCard::SteeringCard(std::string name, Character c)
    : character(std::move(c)), device(std::move(name)) {
    steering_card::cards.push_back(this);
}

SteeringCard::~SteeringCard() { std::erase(steering_card::cards, this); }

std::uint16_t SteeringCard::queue_of(std::span<const std::uint8_t> frame) const {
    const auto datagram = steering_card::parse(frame);
    if (!datagram) return rss_on ? reta[0] : std::uint16_t{0};
    if (rss_on) {
        std::vector<std::uint8_t> input(character.hash_offset);
        input.push_back(static_cast<std::uint8_t>(datagram->udp_port >> 8));
        input.push_back(static_cast<std::uint8_t>(datagram->udp_port));
        return reta[steering_card::toeplitz(input, key) & (reta.size() - 1)];
    }
    for (const auto& rule : rules)
        if (rule->vlan == datagram->vlan && rule->v6 == datagram->v6 &&
            rule->udp_port == datagram->udp_port)
            return rule->queue;
    return 0;
}

void SteeringCard::bring(std::span<const std::uint8_t> frame, rte_mempool* pool) {
    bring_to(character.errs(queue_of(frame)), frame, pool);
}

void SteeringCard::bring_to(std::uint16_t queue, std::span<const std::uint8_t> frame,
                            rte_mempool* pool) {
    rte_ring* ring = rte_ring_lookup(("ETH_RXTX" + std::to_string(queue) + '_' + device).c_str());
    ASSERT_NE(ring, nullptr);
    rte_mbuf* m = rte_pktmbuf_alloc(pool);
    ASSERT_NE(m, nullptr);
    std::memcpy(rte_pktmbuf_append(m, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    ASSERT_EQ(rte_ring_enqueue(ring, m), 0);
}

void SteeringCard::set_link(bool up) {
    std::uint16_t id = 0;
    ASSERT_EQ(rte_eth_dev_get_port_by_name(device.c_str(), &id), 0);
    up ? rte_eth_dev_set_link_up(id) : rte_eth_dev_set_link_down(id);
    if (!up && character.loses_rules) rules.clear();
}

}  // namespace strata::dataplane

namespace steering_card = strata::dataplane::steering_card;
using strata::dataplane::SteeringCard;

// In the place of the library's, for cards; all other devices go through.
extern "C" {

int rte_eth_dev_info_get(std::uint16_t id, rte_eth_dev_info* info) {
    const int code =
        steering_card::library<decltype(rte_eth_dev_info_get)>("rte_eth_dev_info_get")(id, info);
    if (const SteeringCard* card = steering_card::card_of(id)) {
        info->max_rx_queues = card->character.rx_queues;
        info->max_rx_pktlen = card->character.largest_frame;
        info->flow_type_rss_offloads = card->character.hashes;
        info->reta_size = card->character.reta_size;
        info->hash_key_size = 40;
        info->tx_desc_lim.nb_seg_max = card->character.most_segments;
    }
    return code;
}

int rte_eth_dev_configure(std::uint16_t id, std::uint16_t rx, std::uint16_t tx,
                          const rte_eth_conf* conf) {
    rte_eth_conf plain = *conf;
    if (SteeringCard* card = steering_card::card_of(id)) {
        card->queues = rx;
        card->rss_on = conf->rxmode.mq_mode == RTE_ETH_MQ_RX_RSS;
        card->reta.assign(std::bit_ceil(card->character.reta_size), 0);
        // What it would do by itself: spread.
        for (std::size_t i = 0; i < card->reta.size(); ++i)
            card->reta[i] = static_cast<std::uint16_t>(i % rx);
        const rte_eth_rss_conf& rss = conf->rx_adv_conf.rss_conf;
        if (card->rss_on) card->key.assign(rss.rss_key, rss.rss_key + rss.rss_key_len);
        if (!card->character.own_key.empty()) card->key = card->character.own_key;
        plain.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
        plain.rx_adv_conf.rss_conf = {};
    }
    return steering_card::library<decltype(rte_eth_dev_configure)>("rte_eth_dev_configure")(
        id, rx, tx, &plain);
}

int rte_eth_dev_start(std::uint16_t id) {
    if (SteeringCard* card = steering_card::card_of(id)) {
        card->running = true;
        ++card->starts;
    }
    return steering_card::library<decltype(rte_eth_dev_start)>("rte_eth_dev_start")(id);
}

int rte_eth_dev_stop(std::uint16_t id) {
    if (SteeringCard* card = steering_card::card_of(id)) card->running = false;
    return steering_card::library<decltype(rte_eth_dev_stop)>("rte_eth_dev_stop")(id);
}

int rte_flow_validate(std::uint16_t id, const rte_flow_attr* attributes,
                      const rte_flow_item pattern[], const rte_flow_action actions[],
                      rte_flow_error* error) {
    const SteeringCard* card = steering_card::card_of(id);
    if (card == nullptr)
        return steering_card::library<decltype(rte_flow_validate)>("rte_flow_validate")(
            id, attributes, pattern, actions, error);
    if (card->character.refuses_rules != 0)
        return steering_card::refuse(error, card->character.refuses_rules, "as it was told");
    rte_flow rule;
    if (steering_card::read_rule(*card, *attributes, pattern, actions, rule)) return 0;
    return steering_card::refuse(error, EINVAL, "not a rule that this card knows");
}

rte_flow* rte_flow_create(std::uint16_t id, const rte_flow_attr* attributes,
                          const rte_flow_item pattern[], const rte_flow_action actions[],
                          rte_flow_error* error) {
    SteeringCard* card = steering_card::card_of(id);
    if (card == nullptr)
        return steering_card::library<decltype(rte_flow_create)>("rte_flow_create")(
            id, attributes, pattern, actions, error);
    auto rule = std::make_unique<rte_flow>();
    if (!steering_card::read_rule(*card, *attributes, pattern, actions, *rule) || !card->running ||
        card->rules.size() == card->character.most_rules) {
        steering_card::refuse(error, ENOSPC, "no room");
        return nullptr;
    }
    ++card->created;
    card->rules.push_back(std::move(rule));
    return card->rules.back().get();
}

int rte_flow_destroy(std::uint16_t id, rte_flow* rule, rte_flow_error* error) {
    SteeringCard* card = steering_card::card_of(id);
    if (card == nullptr)
        return steering_card::library<decltype(rte_flow_destroy)>("rte_flow_destroy")(id, rule,
                                                                                      error);
    if (!card->running) ++card->destroyed_late;
    if (std::erase_if(card->rules, [&](const auto& own) { return own.get() == rule; }) == 1)
        return 0;
    if (!card->character.loses_rules) ++card->destroyed_late;
    return steering_card::refuse(error, ENOENT, "no such rule");
}

int rte_eth_dev_rss_hash_conf_get(std::uint16_t id, rte_eth_rss_conf* conf) {
    const SteeringCard* card = steering_card::card_of(id);
    if (card == nullptr)
        return steering_card::library<decltype(rte_eth_dev_rss_hash_conf_get)>(
            "rte_eth_dev_rss_hash_conf_get")(id, conf);
    if (!card->rss_on || conf->rss_key_len < card->key.size()) return -EINVAL;
    conf->rss_hf = card->character.read_back;
    std::copy(card->key.begin(), card->key.end(), conf->rss_key);
    return 0;
}

int rte_eth_dev_rss_reta_update(std::uint16_t id, rte_eth_rss_reta_entry64* groups,
                                std::uint16_t size) {
    SteeringCard* card = steering_card::card_of(id);
    if (card == nullptr)
        return steering_card::library<decltype(rte_eth_dev_rss_reta_update)>(
            "rte_eth_dev_rss_reta_update")(id, groups, size);
    if (!card->rss_on || size != card->reta.size()) return -EINVAL;
    for (std::size_t i = 0; card->character.keeps_reta && i < size; ++i)
        if (const std::uint16_t* queue = steering_card::entry(groups, i)) {
            if (*queue >= card->queues) return -EINVAL;
            card->reta[i] = *queue;
        }
    return 0;
}

int rte_eth_dev_rss_reta_query(std::uint16_t id, rte_eth_rss_reta_entry64* groups,
                               std::uint16_t size) {
    const SteeringCard* card = steering_card::card_of(id);
    if (card == nullptr)
        return steering_card::library<decltype(rte_eth_dev_rss_reta_query)>(
            "rte_eth_dev_rss_reta_query")(id, groups, size);
    if (!card->rss_on || size != card->reta.size()) return -EINVAL;
    for (std::size_t i = 0; i < size; ++i)
        if (std::uint16_t* queue = steering_card::entry(groups, i)) *queue = card->reta[i];
    return 0;
}

}  // extern "C"
