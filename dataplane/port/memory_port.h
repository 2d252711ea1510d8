#pragma once

#include <memory>
#include <span>
#include <vector>

#include "dataplane/port/port.h"

namespace strata::dataplane {

// An in-process port: input is pushed, output is handed to a sink. For strata-replay, tests and
// benchmarks; deterministic. Thread: one, which is both driver and worker.
class MemoryPort final : public Port {
  public:
    // Called for each packet sent, in one piece and valid during the call: the UDP payload with its
    // flow, or, with ethernet links, the frame.
    class Sink {
      public:
        virtual ~Sink() = default;
        virtual void on_packet(const FlowKey& flow, std::span<const std::uint8_t> packet) = 0;
    };

    struct Options {
        // ethernet: packets get real Ethernet/IPv4/UDP headers, as a card would want them; every
        // next hop is resolved. flow_key: what a sink needs.
        LinkKind link_kind = LinkKind::flow_key;
        // Packets that stay referenced after tx_burst, like those in a card's transmit ring.
        std::uint32_t in_flight = 0;
        bool chains = true;             // false: linearised, as for a driver without chains
        net::OwnAddresses addresses{};  // none: 127.0.0.1/8
    };

    MemoryPort(const PortConfig& config, const Options& options);
    explicit MemoryPort(const PortConfig& config);
    ~MemoryPort() override;

    // Queues a copy of `payload` (a UDP payload) to be received from `flow` by queue 0. False: no
    // mbuf, or more than kMaxInput wait.
    bool push(const FlowKey& flow, std::span<const std::uint8_t> payload);
    // The same for any queue; an mbuf whose data is the payload. Takes it when true.
    bool push(std::uint16_t queue, const FlowKey& flow, rte_mbuf* packet);
    // Where output goes; null: freed unseen.
    void set_sink(Sink* sink) { sink_ = sink; }
    // At most this many packets are taken per tx_burst from now on: a slow device.
    void set_tx_limit(std::uint32_t packets) { tx_limit_ = packets; }
    // What it has room for until this is called again, in all: a device of limited capacity.
    void set_tx_room(std::uint64_t packets) { tx_room_ = packets; }
    // Frees everything in flight.
    void drain();

    std::expected<void, PortError> start(const Pools& pools) override;
    Endpoint local_endpoint(std::uint16_t queue) const override;
    std::uint16_t rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                           relay::TimeUs now) override;
    TxResult tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) override;
    LinkState make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) override;
    LinkState make_answer_link(const FlowKey& flow,
                               std::span<std::byte, kLinkBytes> link) override {
        return strangers_known_ ? make_link(flow, link) : LinkState::refused;
    }
    void release_link(std::span<const std::byte, kLinkBytes>) override { --links_; }
    // Links made and not given back, and all that ever were made.
    std::int64_t links() const { return links_; }
    std::int64_t links_made() const { return links_made_; }
    // False: as if nobody's next hop had an address who isn't a peer.
    void set_strangers_known(bool known) { strangers_known_ = known; }
    // As if other ways led to every peer from now on.
    void change_routes() { ++routes_generation_; }
    std::uint32_t routes_generation() const override { return routes_generation_; }
    net::EthernetContext* ethernet(std::uint16_t queue) override;

    static constexpr std::size_t kMaxInput = 65'536;  // packets waiting, per queue

  private:
    void show(rte_mbuf* packet);

    struct State;
    std::unique_ptr<State> state_;
    Sink* sink_ = nullptr;
    std::uint32_t tx_limit_ = ~0u;
    std::uint64_t tx_room_ = ~std::uint64_t{0};
    std::int64_t links_ = 0, links_made_ = 0;
    std::uint32_t routes_generation_ = 0;
    bool strangers_known_ = true;
};

}  // namespace strata::dataplane
