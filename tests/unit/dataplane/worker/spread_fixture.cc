#include "tests/unit/dataplane/worker/spread_fixture.h"

#include "relay/rtp/demux.h"

namespace strata::dataplane {
namespace {

FlowKey flow_from(std::uint8_t last_byte, std::uint32_t worker) {
    const Endpoint remote = Relay::peer(last_byte);
    return {remote.address, IpAddress::v4({10, 0, 0, 1}), remote.port,
            SpreadRelay::port_of(worker)};
}

std::vector<Packet> of_class(const std::vector<Relay::Sent>& sent, std::uint8_t last_byte,
                             relay::PacketClass kind) {
    std::vector<Packet> out;
    for (const Relay::Sent& one : sent)
        if (one.flow.remote_endpoint() == Relay::peer(last_byte) &&
            relay::classify(one.packet) == kind)
            out.push_back(one.packet);
    return out;
}

}  // namespace

SpreadRelay::SpreadRelay(const WorkerConfig& config, const StateLimits& limits,
                         std::uint32_t number) {
    statistics = std::make_unique<api::StatisticsSegment>(
        api::StatisticsSegment::create("", {.workers = kWorkers, .slots_per_worker = 256}).value());
    std::vector<Worker*> connected;
    std::vector<Home> homes;
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
        ports[w] = std::make_unique<MemoryPort>(PortConfig{.base_udp_port = port_of(w)});
        ports[w]->set_sink(this);
        EXPECT_TRUE(ports[w]->start(*pools));
        std::array<Port*, 1> only{ports[w].get()};
        WorkerConfig own = config;
        own.id = w;
        workers[w] = std::make_unique<Worker>(own, only, *pools, statistics->worker(w), now);
        connected.push_back(workers[w].get());
        homes.push_back({.worker = w, .local = {IpAddress::v4({10, 0, 0, 1}), port_of(w)}});
    }
    Worker::connect(connected);
    state = std::make_unique<DesiredState>(
        limits, connected, homes, *statistics,
        [number, n = 1u]() mutable { return number != 0 ? number : n += 1000; });
}

SpreadRelay::~SpreadRelay() {
    for (const auto& port : ports) port->set_sink(nullptr);
    state->retain({});
    for (int i = 0; i < 1000 && state->pump(); ++i)
        for (const auto& worker : workers) worker->turn(now, 32);
    state->pump();
    for (auto& worker : workers) worker.reset();
    for (const auto& port : ports) {
        EXPECT_EQ(port->links(), 0) << "links that nobody gave back";
        port->drain();
    }
    EXPECT_TRUE(pools.idle());
}

std::string SpreadRelay::put(const api::Object& object) {
    const auto problem = state->put(object);
    turn();
    return problem ? problem->code : std::string();
}

std::string SpreadRelay::transport(std::uint64_t id, std::uint8_t last_byte, std::uint32_t worker) {
    return put(transport_object(id, last_byte, worker));
}

std::string SpreadRelay::track(std::uint64_t id, std::uint64_t transport, const std::string& codec,
                               std::vector<std::uint32_t> ssrcs) {
    return put(track_object(id, transport, codec, ssrcs));
}

std::string SpreadRelay::subscription(std::uint64_t id, std::uint64_t track,
                                      std::uint64_t transport, std::uint32_t ssrc,
                                      std::uint32_t temporal) {
    api::Object object = subscription_object(id, track, transport, ssrc);
    object.mutable_subscription()->mutable_target()->set_temporal(temporal);
    return put(object);
}

void SpreadRelay::remove(api::ObjectKind kind, std::uint64_t id) {
    state->remove(object_ref(kind, id));
    turn();
}

void SpreadRelay::push(std::uint8_t last_byte, const Packet& packet, std::uint32_t worker) {
    ASSERT_TRUE(ports[worker]->push(flow_from(last_byte, worker), packet));
}

void SpreadRelay::receive(std::uint8_t last_byte, const Packet& packet, std::uint32_t worker) {
    push(last_byte, packet, worker);
    turn();
}

void SpreadRelay::turn() {
    bool busy = true;
    for (int i = 0; i < 1000 && busy; ++i) {
        busy = state->pump();
        for (const auto& worker : workers) {
            const Worker::Turn turn = worker->turn(now, 32);
            busy = busy || (turn.received | turn.handed) != 0;
        }
    }
}

void SpreadRelay::pass(relay::TimeUs us) {
    for (const relay::TimeUs end = now + us; now < end;) {
        now += 1000;
        turn();
    }
}

bool SpreadRelay::has_slot(std::uint32_t worker, api::StatisticsKind kind, std::uint64_t id) {
    for (const api::ObjectSlot& slot : statistics->slots(worker))
        if (slot.kind == kind && slot.id == id) return true;
    return false;
}

std::uint64_t SpreadRelay::value(std::uint32_t worker, api::StatisticsKind kind, std::uint64_t id,
                                 api::ObjectValue value) {
    for (api::ObjectSlot& slot : statistics->slots(worker))
        if (slot.kind == kind && slot.id == id) return slot[value].get();
    ADD_FAILURE() << "no slot of " << name(kind) << " " << id;
    return 0;
}

std::vector<Packet> SpreadRelay::media_to(std::uint8_t last_byte) const {
    return of_class(sent, last_byte, relay::PacketClass::rtp);
}

std::vector<Packet> SpreadRelay::rtcp_to(std::uint8_t last_byte) const {
    return of_class(sent, last_byte, relay::PacketClass::rtcp);
}

void SpreadRelay::on_packet(const FlowKey& to, std::span<const std::uint8_t> packet) {
    sent.push_back({to, Packet(packet.begin(), packet.end()), now});
}

void SpreadRelay::expect_equations(std::uint64_t on_the_way) {
    using api::WorkerCounter;
    std::uint64_t out = 0, in = 0;
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
        api::WorkerBlock& block = statistics->worker(w);
        std::uint64_t rx_drops = 0, tx_drops = 0;
        for (const api::Counter& c : block.rx_drops) rx_drops += c.get();
        for (const api::Counter& c : block.tx_drops) tx_drops += c.get();
        EXPECT_EQ(get(w, WorkerCounter::rx_packets) + get(w, WorkerCounter::handed_in),
                  get(w, WorkerCounter::fanned_out) + get(w, WorkerCounter::handed_only) +
                      get(w, WorkerCounter::consumed) + get(w, WorkerCounter::punted) + rx_drops)
            << "worker " << w;
        EXPECT_EQ(get(w, WorkerCounter::selected),
                  get(w, WorkerCounter::sent) + get(w, WorkerCounter::queued) + tx_drops)
            << "worker " << w;
        out += get(w, WorkerCounter::handed_out);
        in += get(w, WorkerCounter::handed_in);
    }
    EXPECT_EQ(out, in + on_the_way);
}

}  // namespace strata::dataplane
