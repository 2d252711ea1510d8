#include "tests/unit/dataplane/worker/relay_fixture.h"

#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"

namespace strata::dataplane {
namespace {

constexpr std::uint16_t kRelayPort = 4000;

net::OwnAddresses relay_addresses() {
    net::OwnAddresses own;
    own.add({IpAddress::v4({10, 0, 0, 1}), 24});
    own.add({IpAddress::v4({192, 168, 7, 1}), 24});
    own.add({*IpAddress::parse("fd00::1"), 64});
    return own;
}

}  // namespace

Packet rtp(const RtpFields& fields) {
    Packet out(12);
    out[0] = fields.extensions.empty() ? 0x80 : 0x90;
    out[1] = static_cast<std::uint8_t>(fields.payload_type | (fields.marker ? 0x80 : 0));
    relay::store_be16(&out[2], fields.sequence);
    relay::store_be32(&out[4], fields.timestamp);
    relay::store_be32(&out[8], fields.ssrc);
    if (!fields.extensions.empty()) {
        Packet data;
        for (const auto& [id, text] : fields.extensions) {
            data.push_back(static_cast<std::uint8_t>(id << 4 | (text.size() - 1)));
            data.insert(data.end(), text.begin(), text.end());
        }
        data.resize((data.size() + 3) / 4 * 4);
        out.insert(out.end(), {0xbe, 0xde, 0, static_cast<std::uint8_t>(data.size() / 4)});
        out.insert(out.end(), data.begin(), data.end());
    }
    out.insert(out.end(), fields.payload.begin(), fields.payload.end());
    return out;
}

Packet vp8_payload(bool key_frame) {
    Packet out(60, 0x22);
    out[0] = 0x10;                     // S=1, PID=0
    out[1] = key_frame ? 0x10 : 0x11;  // P is the lowest bit, show_frame set
    return out;
}

Relay::Relay(const WorkerConfig& config, const StateLimits& limits, std::vector<Port*> more,
             const PoolConfig& sizes)
    : pools(sizes),
      port({.base_udp_port = kRelayPort}, {.addresses = relay_addresses()}),
      other({.index = 1, .base_udp_port = kRelayPort}) {
    port.set_sink(this);
    other.set_sink(this);
    EXPECT_TRUE(port.start(*pools));
    EXPECT_TRUE(other.start(*pools));
    statistics = std::make_unique<api::StatisticsSegment>(
        api::StatisticsSegment::create("", {.slots_per_worker = 256}).value());
    std::vector<Port*> ports = {&port, &other};
    ports.insert(ports.end(), more.begin(), more.end());
    worker = std::make_unique<Worker>(config, ports, *pools, statistics->worker(0), now);
    const Home home{.local = port.local_endpoint(0), .addresses = port.addresses()};
    state = std::make_unique<DesiredState>(limits, std::vector{worker.get()}, std::vector{home},
                                           *statistics, [n = 1u]() mutable { return n += 1000; });
}

Relay::~Relay() {
    port.set_sink(nullptr);
    other.set_sink(nullptr);
    state->retain({});
    for (int i = 0; i < 1000 && state->pump(); ++i) worker->turn(now, 32);
    state->pump();
    worker.reset();
    EXPECT_EQ(port.links(), 0) << "links that nobody gave back";
    EXPECT_EQ(other.links(), 0) << "links that nobody gave back";
    port.drain();
    other.drain();
    EXPECT_TRUE(pools.idle());
}

FlowKey Relay::flow(const Endpoint& remote) {
    return {remote.address, IpAddress::v4({10, 0, 0, 1}), remote.port, kRelayPort};
}

std::string Relay::put(const api::Object& object) {
    const auto problem = state->put(object);
    turn();
    return problem ? problem->code : std::string();
}

std::string Relay::transport(std::uint64_t id, std::uint8_t last_byte, std::uint32_t home) {
    return put(transport_object(id, last_byte, home));
}

std::string Relay::track(std::uint64_t id, std::uint64_t transport, const std::string& codec,
                         std::vector<std::uint32_t> ssrcs, std::uint32_t payload_type) {
    return put(track_object(id, transport, codec, ssrcs, payload_type));
}

std::string Relay::subscription(std::uint64_t id, std::uint64_t track, std::uint64_t transport,
                                std::uint32_t ssrc, std::uint32_t payload_type) {
    return put(subscription_object(id, track, transport, ssrc, payload_type));
}

void Relay::remove(api::ObjectKind kind, std::uint64_t id) {
    state->remove(object_ref(kind, id));
    turn();
}

void Relay::receive(const Endpoint& remote, const Packet& packet) {
    ASSERT_TRUE(port.push(flow(remote), packet));
    turn();
}

void Relay::turn() {
    do {
        state->pump();
        worker->turn(now, 32);
    } while (state->pump());
    Notice notice;
    while (worker->next_notice(notice)) notices.push_back(notice);
}

void Relay::pass(relay::TimeUs us) {
    for (const relay::TimeUs end = now + us; now < end;) {
        now += 1000;
        turn();
    }
}

std::uint64_t Relay::value(api::StatisticsKind kind, std::uint64_t id, api::ObjectValue value) {
    for (api::ObjectSlot& slot : statistics->slots(0))
        if (slot.kind == kind && slot.id == id) return slot[value].get();
    ADD_FAILURE() << "no slot of " << name(kind) << " " << id;
    return 0;
}

void Relay::on_packet(const FlowKey& to, std::span<const std::uint8_t> packet) {
    sent.push_back({to, Packet(packet.begin(), packet.end()), now});
}

std::vector<Relay::Sent> Relay::media_to(const Endpoint& remote) const {
    std::vector<Sent> out;
    for (const Sent& one : sent)
        if (one.flow.remote_endpoint() == remote &&
            relay::classify(one.packet) == relay::PacketClass::rtp)
            out.push_back(one);
    return out;
}

std::vector<Relay::Sent> Relay::rtcp_to(const Endpoint& remote) const {
    std::vector<Sent> out;
    for (const Sent& one : sent)
        if (one.flow.remote_endpoint() == remote &&
            relay::classify(one.packet) == relay::PacketClass::rtcp)
            out.push_back(one);
    return out;
}

void Relay::expect_equations() {
    api::WorkerBlock& block = statistics->worker(0);
    std::uint64_t rx_drops = 0, tx_drops = 0;
    for (const api::Counter& c : block.rx_drops) rx_drops += c.get();
    for (const api::Counter& c : block.tx_drops) tx_drops += c.get();
    using api::WorkerCounter;
    EXPECT_EQ((*this)[WorkerCounter::handed_in], 0u);
    EXPECT_EQ((*this)[WorkerCounter::handed_only], 0u);
    EXPECT_EQ((*this)[WorkerCounter::rx_packets], (*this)[WorkerCounter::fanned_out] +
                                                      (*this)[WorkerCounter::consumed] +
                                                      (*this)[WorkerCounter::punted] + rx_drops);
    EXPECT_EQ((*this)[WorkerCounter::selected],
              (*this)[WorkerCounter::sent] + (*this)[WorkerCounter::queued] + tx_drops);
}

}  // namespace strata::dataplane
