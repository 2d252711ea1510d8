#include "bench/peers/strata_relay.h"

#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/peers/traffic.h"
#include "dataplane/server/object_builder.h"

namespace strata::bench {
namespace {

using dataplane::Command;

constexpr relay::TimeUs kNever = 86'400'000'000;
constexpr std::uint16_t kBurst = 32;  // dataplane.burst_packets by default

[[noreturn]] void die(const std::string& what) {
    std::fprintf(stderr, "strata-bench-peers: %s\n", what.c_str());
    std::exit(1);
}

relay::TimeUs now_us() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1'000'000 + t.tv_nsec / 1'000;
}

dataplane::IpAddress ip_of(const sockaddr_in& address) {
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &address.sin_addr, bytes.size());
    return dataplane::IpAddress::v4(bytes);
}

api::Track track_spec() {
    api::Track spec;
    spec.set_id(1);
    spec.set_codec("opus");
    spec.set_clock_rate_hz(48'000);
    spec.set_payload_type(kPeersPayloadType);
    spec.add_encodings()->set_ssrc(kPeersSsrc);
    return spec;
}

}  // namespace

StrataRelay::StrataRelay(const sockaddr_in& publisher, const std::vector<sockaddr_in>& receivers,
                         const dataplane::Pools& pools)
    : block_(std::make_unique<api::WorkerBlock>()) {
    auto port = dataplane::open_port("socket:127.0.0.1", {});
    if (!port) die(port.error().message);
    port_ = *std::move(port);
    if (const auto started = port_->start(pools); !started) die(started.error().message);
    dataplane::WorkerConfig config;
    config.commands_per_turn = 1'024;
    // Reports of the relay's own would be taken for media; they cost next to nothing.
    config.receiver_report_us = config.sender_report_us = kNever;
    std::array<dataplane::Port*, 1> ports{port_.get()};
    worker_ = std::make_unique<dataplane::Worker>(config, ports, pools, *block_, now_us());
    dataplane::Transport& source = add_transport(publisher);
    const auto capacity = static_cast<std::uint32_t>(receivers.size());
    dataplane::SharedParsers parsers;
    auto track =
        dataplane::build_track(track_spec(), source, {.receiver_capacity = capacity}, parsers);
    if (!track) die(track.error().message);
    track_ = *std::move(track);
    submit({.kind = Command::Kind::add_track, .track = track_.get()});
    for (const sockaddr_in& address : receivers) add_receiver(address);
    while (worker_->turn(now_us(), kBurst).commands != 0) {
    }
}

StrataRelay::~StrataRelay() = default;

sockaddr_in StrataRelay::address() const {
    const dataplane::Endpoint endpoint = port_->local_endpoint(0);
    sockaddr_in address = loopback(INADDR_ANY, endpoint.port);
    std::memcpy(&address.sin_addr, endpoint.address.v4_bytes(), 4);
    return address;
}

std::uint64_t StrataRelay::turn() {
    const auto& sent = port_->counters(0);
    const std::uint64_t before = sent[dataplane::PortCounter::tx_packets];
    worker_->turn(now_us(), kBurst);
    return sent[dataplane::PortCounter::tx_packets] - before;
}

void StrataRelay::submit(const Command& command) {
    while (!worker_->submit(command)) worker_->turn(now_us(), kBurst);
}

dataplane::Transport& StrataRelay::add_transport(const sockaddr_in& remote) {
    auto transport = std::make_unique<dataplane::Transport>();
    transport->id = transports_.size() + 1;
    transport->index = static_cast<std::uint32_t>(transports_.size());
    const dataplane::Endpoint local = port_->local_endpoint(0);
    transport->flow.local = local.address;
    transport->flow.local_port = local.port;
    transport->flow.remote = ip_of(remote);
    transport->flow.remote_port = ntohs(remote.sin_port);
    transport->has_address = true;
    submit({.kind = Command::Kind::add_transport, .transport = transport.get()});
    transports_.push_back(std::move(transport));
    return *transports_.back();
}

void StrataRelay::add_receiver(const sockaddr_in& address) {
    dataplane::Transport& transport = add_transport(address);
    auto subscription = std::make_unique<dataplane::Subscription>();
    const auto n = static_cast<std::uint32_t>(subscriptions_.size());
    subscription->id = n + 1;
    subscription->handle = n;
    subscription->track = track_.get();
    subscription->transport = &transport;
    relay::ReceiverConfig& config = subscription->config;
    config.ssrc = 0x6000'0000 + n;
    config.first_timestamp = n * 7'777;
    config.profile.payload_type = kPeersPayloadType;
    auto stream = std::make_unique<dataplane::OutgoingStream>();
    stream->ssrc = config.ssrc;
    stream->next_sequence = static_cast<std::uint16_t>(n * 77);
    stream->last.next_sequence = static_cast<std::uint16_t>(stream->next_sequence);
    subscription->stream = stream.get();
    transport.streams.push_back(std::move(stream));
    submit({.kind = Command::Kind::add_subscription, .subscription = subscription.get()});
    subscriptions_.push_back(std::move(subscription));
}

}  // namespace strata::bench
