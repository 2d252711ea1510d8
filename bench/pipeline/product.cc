#include "bench/pipeline/product.h"

#include <cstdio>
#include <cstdlib>

#include "bench/pipeline/cipher_baseline.h"
#include "dataplane/crypto/engine.h"
#include "dataplane/server/object_builder.h"

namespace strata::bench {

namespace {

using dataplane::Command;

constexpr std::uint32_t kTicksPerBurst = 20;  // microseconds of the worker's time per burst of 32

dataplane::PortConfig port_config(const Shape& shape) {
    return {.base_udp_port = kWorkerPort, .udp_checksum = shape.udp_checksum};
}

dataplane::MemoryPort::Options port_options(const Shape& shape) {
    return {.link_kind = dataplane::LinkKind::ethernet, .in_flight = shape.in_flight};
}

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "strata-bench-pipeline: %s\n", what);
    std::exit(1);
}

api::Track track_spec(std::uint32_t room) {
    api::Track spec;
    spec.set_id(room + 1);
    spec.set_codec("VP8");
    spec.set_clock_rate_hz(90'000);
    spec.set_payload_type(kPayloadType);
    spec.add_encodings()->set_ssrc(publisher_ssrc(room));
    return spec;
}

// The size of a frame that was sent, nothing else.
struct Sizes final : dataplane::MemoryPort::Sink {
    std::size_t last = 0;
    void on_packet(const dataplane::FlowKey&, std::span<const std::uint8_t> frame) override {
        last = frame.size();
    }
};

}  // namespace

Product::Product(const Shape& shape, const dataplane::Pools& pools)
    : shape_(shape),
      pools_(pools),
      cipher_(dataplane::make_cipher()),
      port_(port_config(shape), port_options(shape)),
      block_(std::make_unique<api::WorkerBlock>()),
      stream_(shape.rooms, shape.unwanted) {
    if (!port_.start(pools)) die("the in-memory port doesn't start");
    dataplane::WorkerConfig config;
    config.commands_per_turn = 1'024;
    std::array<dataplane::Port*, 1> ports{&port_};
    worker_ = std::make_unique<dataplane::Worker>(config, ports, pools, *block_, now_);
    for (std::uint32_t room = 0; room < shape.rooms; ++room) add_room(room);
    while (worker_->turn(now_, kBurst).commands != 0) {
    }
    measure_header();
}

Product::~Product() { port_.drain(); }

void Product::submit(const Command& command) {
    while (!worker_->submit(command)) worker_->turn(now_, kBurst);
}

void Product::add_room(std::uint32_t room) {
    auto transport = std::make_unique<dataplane::Transport>();
    transport->id = transports_.size() + 1;
    transport->index = static_cast<std::uint32_t>(transports_.size());
    transport->flow = publisher_flow(room);
    transport->has_address = true;
    const std::uint32_t receivers = shape_.receivers / shape_.rooms;
    auto track =
        dataplane::build_track(track_spec(room), *transport, {.receiver_capacity = receivers});
    if (!track) die(track.error().message.c_str());
    submit({.kind = Command::Kind::add_transport, .transport = transport.get()});
    submit({.kind = Command::Kind::add_track, .track = track->get()});
    transports_.push_back(std::move(transport));
    tracks_.push_back(std::move(*track));
    for (std::uint32_t r = 0; r < receivers; ++r) add_receiver(room, r);
}

void Product::add_receiver(std::uint32_t room, std::uint32_t receiver) {
    auto transport = std::make_unique<dataplane::Transport>();
    transport->id = transports_.size() + 1;
    transport->index = static_cast<std::uint32_t>(transports_.size());
    transport->flow = receiver_flow(room, receiver);
    transport->has_address = true;
    auto subscription = std::make_unique<dataplane::Subscription>();
    subscription->id = subscriptions_.size() + 1;
    subscription->handle = static_cast<relay::ReceiverHandle>(subscriptions_.size());
    subscription->track = tracks_.back().get();
    subscription->transport = transport.get();
    relay::ReceiverConfig& config = subscription->config;
    config.ssrc = static_cast<std::uint32_t>(0x6000'0000 + subscriptions_.size());
    auto stream = std::make_unique<dataplane::OutgoingStream>();
    stream->ssrc = config.ssrc;
    stream->next_sequence = static_cast<std::uint16_t>(subscriptions_.size() * 77) & 0x7fff;
    stream->last.next_sequence = static_cast<std::uint16_t>(stream->next_sequence);
    subscription->stream = stream.get();
    transport->streams.push_back(std::move(stream));
    config.first_timestamp = static_cast<std::uint32_t>(subscriptions_.size() * 7'777);
    config.profile.payload_type = kPayloadType;
    if (shape_.unwanted) config.target.temporal = 0;
    if (shape_.srtp != relay::SrtpProfile::none) {
        const auto number = static_cast<std::uint32_t>(subscriptions_.size());
        transport->secure = true;
        transport->srtp = std::make_unique<dataplane::SecureTransport>(
            bench_master(shape_.srtp, number, false), bench_master(shape_.srtp, number, true),
            *cipher_, relay::InboundStreams::Limits{.max_ssrcs = 2});
        config.profile.leg = dataplane::kSecureLeg;
    }
    submit({.kind = Command::Kind::add_transport, .transport = transport.get()});
    submit({.kind = Command::Kind::add_subscription, .subscription = subscription.get()});
    transports_.push_back(std::move(transport));
    subscriptions_.push_back(std::move(subscription));
}

// The first packets, a key frame in each room, start every receiver.
void Product::measure_header() {
    Sizes sizes;
    port_.set_sink(&sizes);
    const std::uint64_t sent = run(std::uint64_t{shape_.rooms} * 10);
    port_.set_sink(nullptr);
    if (sent == 0) die("no receiver got anything");
    // The VP8 descriptor, 6 bytes, is rewritten and belongs to the header.
    header_bytes_ = static_cast<std::uint16_t>(sizes.last - (kPayloadBytes - 6));
}

std::uint64_t Product::run(std::uint64_t inputs) {
    const std::uint64_t before = port_.counters(0)[dataplane::PortCounter::tx_packets];
    while (inputs != 0) {
        const auto n = static_cast<std::uint16_t>(std::min<std::uint64_t>(inputs, kBurst));
        if (!stream_.feed(port_, pools_.rx, n)) die("the receive pool is empty");
        worker_->turn(now_, kBurst);
        now_ += kTicksPerBurst;
        inputs -= n;
    }
    return port_.counters(0)[dataplane::PortCounter::tx_packets] - before;
}

}  // namespace strata::bench
