#pragma once

#include <rte_ethdev.h>
#include <rte_flow.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/port/rss_table.h"

namespace strata::dataplane {

// A card that isn't there. No driver without a card takes rules or hashes by one port, and DPDK's
// headers for drivers aren't packaged: so its queues are the 16 rings of DPDK's own net_ring, read
// by the library's own code, and what net_ring can't do (rules, RSS, the redirection table) is
// answered here, in the place of the library's functions, for the devices that have such a card.
class SteeringCard {
  public:
    // What it can do, and where it errs.
    struct Character {
        std::uint16_t rx_queues = 8;
        std::uint32_t largest_frame = UINT32_MAX;  // with its CRC
        int refuses_rules = 0;             // with this errno, when asked whether it would take them
        std::size_t most_rules = 64;       // room for so many, which it doesn't say when asked
        bool loses_rules = false;          // with the link
        std::uint64_t hashes = kPortHash;  // of that it is capable
        std::uint64_t read_back = kPortHash;  // what it says it does once it was told
        std::uint16_t reta_size = 128;
        std::uint16_t most_segments = 0;      // of a packet that it sends; 0: it doesn't say
        std::vector<std::uint8_t> own_key{};  // it takes no other; empty: it takes any
        std::size_t hash_offset = 0;          // zeros in front of the port in what it hashes
        bool keeps_reta = true;               // false: its table stays as it was
        // Where a packet goes that should have gone to this queue.
        std::function<std::uint16_t(std::uint16_t)> errs = [](std::uint16_t queue) {
            return queue;
        };
    };

    // Of the device by this name ("net_ring20"), which is opened later.
    SteeringCard(std::string device, Character character);
    ~SteeringCard();
    SteeringCard(const SteeringCard&) = delete;
    SteeringCard& operator=(const SteeringCard&) = delete;

    // A frame from the wire, into the queue that rules or RSS say. `pool`: the port's.
    void bring(std::span<const std::uint8_t> frame, rte_mempool* pool);
    // Into this one, whatever they say.
    void bring_to(std::uint16_t queue, std::span<const std::uint8_t> frame, rte_mempool* pool);
    std::uint16_t queue_of(std::span<const std::uint8_t> frame) const;

    void set_link(bool up);

    Character character;
    std::string device;
    std::vector<std::unique_ptr<rte_flow>> rules;
    std::size_t created = 0;         // ever
    std::size_t destroyed_late = 0;  // when it was stopped, or twice
    unsigned starts = 0;
    // As it was configured.
    bool running = false, rss_on = false;
    std::uint16_t queues = 0;
    std::vector<std::uint8_t> key;
    std::vector<std::uint16_t> reta;
};

}  // namespace strata::dataplane

// What a rule says, as far as the card knows rules. The library leaves the type to drivers.
struct rte_flow {
    std::uint16_t vlan = 0;  // 0: untagged
    bool v6 = false;
    std::uint16_t udp_port = 0;
    std::uint16_t queue = 0;
};
