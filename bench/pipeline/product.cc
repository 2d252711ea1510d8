#include "bench/pipeline/product.h"

#include <rte_cycles.h>
#include <valgrind/callgrind.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/pipeline/cipher_baseline.h"
#include "bench/pipeline/pairs.h"
#include "dataplane/api/config/config.h"
#include "dataplane/crypto/engine.h"
#include "dataplane/server/object_builder.h"
#include "relay/rtp/extension_map.h"

namespace strata::bench {

namespace {

using dataplane::Command;

constexpr relay::TimeUs kBetweenTraces_us = 100'000, kBetweenRooms_us = 5'000;
constexpr std::uint64_t kTracedPackets = 20;
constexpr std::uint32_t kGuests = 3;          // receivers of the room that comes and goes
constexpr std::uint32_t kTicksPerBurst = 20;  // microseconds of the worker's time per burst of 32

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "strata-bench-pipeline: %s\n", what);
    std::exit(1);
}

api::Track track_spec(std::uint32_t room, Media media) {
    api::Track spec;
    spec.set_id(room + 1);
    spec.set_codec(is_vp8(media) ? "VP8" : media == Media::audio ? "opus" : "AV1");
    spec.set_clock_rate_hz(media == Media::audio ? 48'000 : 90'000);
    spec.set_payload_type(kPayloadType);
    const auto add = [&](std::uint8_t id, relay::ExtensionKind kind) {
        api::Extension& extension = *spec.add_extensions();
        extension.set_id(id);
        extension.set_uri(std::string(relay::extension_uri(kind)));
    };
    if (media == Media::descriptor)
        add(kDescriptorExtension, relay::ExtensionKind::dependency_descriptor);
    if (media == Media::browser) {
        add(kSendTimeExtension, relay::ExtensionKind::abs_send_time);
        add(kTransportCcExtension, relay::ExtensionKind::transport_cc);
        spec.set_nack(true);
    }
    spec.add_encodings()->set_ssrc(publisher_ssrc(room));
    return spec;
}

// Which observations a room is marked for; bit 1: the traces.
std::uint8_t marks_of(const Shape& shape, std::uint32_t room) {
    return (shape.bustle || shape.traced) && room == 0 ? 3 : 1;
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
      stream_({.rooms = shape.rooms,
               .media = shape.media,
               .upper_only = shape.unwanted,
               .random_order = shape.random_order}),
      ticks_per_us_(rte_get_tsc_hz() / 1'000'000) {
    if (!port_.start(pools)) die("the in-memory port doesn't start");
    dataplane::WorkerConfig config;
    config.commands_per_turn = 1'024;
    config.max_transports =
        std::max(config.max_transports, shape.rooms + shape.receivers + 1 + kGuests);
    config.fan_out.tiny_payload_bytes =
        static_cast<std::uint16_t>(api::DataplaneConfig{}.copy_payload_max_bytes);
    if (shape.transit) {
        config.read_tsc = [] { return rte_rdtsc(); };
        config.tsc_hz = rte_get_tsc_hz();
    }
    std::array<dataplane::Port*, 1> ports{&port_};
    worker_ = std::make_unique<dataplane::Worker>(config, ports, pools, *block_, now_);
    for (std::uint32_t room = 0; room < shape.rooms; ++room)
        add_room(room, shape.receivers / shape.rooms);
    if (shape.observed) look_on();
    while (worker_->turn(now_, kBurst).commands != 0) {
    }
    measure_header();
}

Product::~Product() { port_.drain(); }

void Product::submit(const Command& command) {
    while (!worker_->submit(command)) worker_->turn(now_, kBurst);
}

// Observation 0 is the one that objects are marked for.
void Product::look_on() {
    if (!segment_) {
        auto segment = api::ObservationSegment::create("", {.log_bytes = 1 << 20});
        if (!segment) die(segment.error().c_str());
        segment_.emplace(std::move(*segment));
        log_.emplace(segment_->log(0));
    }
    constexpr std::uint64_t kEndless = ~std::uint64_t{0};
    constexpr relay::TimeUs kForHours = relay::TimeUs{1} << 40;
    std::array<dataplane::Observation, 3> observations;
    for (std::uint8_t i = 0; i < observations.size(); ++i)
        observations[i] = {.slot = i,
                           .id = i == 1 ? 2 + 2 * traces_ : i + 1u,
                           .trace = i == 1,
                           .in = true,
                           .out = i != 1,
                           .sample = i == 0 ? 100u : 1u,
                           .packets = shape_.bustle && i == 1 ? kTracedPackets : kEndless,
                           .bytes = kEndless,
                           .duration_us = kForHours};
    ++traces_;
    observer_before_ =
        std::exchange(observer_, std::make_unique<dataplane::Observer>(*log_, observations));
    submit({.kind = Command::Kind::set_observer, .observer = observer_.get()});
}

void Product::add_room(std::uint32_t room, std::uint32_t receivers) {
    auto transport = std::make_unique<dataplane::Transport>();
    transport->id = transports_.size() + 1;
    transport->index = static_cast<std::uint32_t>(transports_.size());
    transport->flow = publisher_flow(room);
    transport->has_address = true;
    auto track = dataplane::build_track(track_spec(room, shape_.media), *transport,
                                        {.receiver_capacity = receivers}, parsers_);
    if (!track) die(track.error().message.c_str());
    if (shape_.observed) transport->marks = (*track)->marks = marks_of(shape_, room);
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
    if (shape_.media == Media::descriptor)
        config.profile
            .extension_id[static_cast<std::size_t>(relay::ExtensionKind::dependency_descriptor)] =
            kDescriptorExtension;
    if (shape_.transport_wide) {
        config.profile.extension_id[static_cast<std::size_t>(relay::ExtensionKind::transport_cc)] =
            kTransportCcExtension;
        config.stamp.transport_sequence = &transport->transport_sequence;
    }
    if (shape_.unwanted) config.target.temporal = 0;
    if (shape_.observed && receiver == 0) subscription->marks = 1;
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

// The last one that was added. Its objects stay until the worker has given them back.
void Product::remove_room(std::uint32_t receivers) {
    const std::size_t first = transports_.size() - receivers - 1;
    for (std::size_t i = subscriptions_.size() - receivers; i < subscriptions_.size(); ++i)
        submit(
            {.kind = Command::Kind::remove_subscription, .subscription = subscriptions_[i].get()});
    submit({.kind = Command::Kind::remove_track, .track = tracks_.back().get()});
    for (std::size_t i = first; i < transports_.size(); ++i)
        submit({.kind = Command::Kind::remove_transport, .transport = transports_[i].get()});
}

// Frees what was given back: of each kind the last ones.
void Product::take_answers() {
    Command answer;
    while (worker_->next_answer(answer)) {
        if (answer.kind == Command::Kind::remove_subscription) subscriptions_.pop_back();
        if (answer.kind == Command::Kind::remove_track) tracks_.pop_back();
        if (answer.kind == Command::Kind::remove_transport) transports_.pop_back();
        if (answer.kind == Command::Kind::set_observer) observer_before_.reset();
    }
}

std::vector<std::span<const std::byte>> Product::receiver_keys() const {
    std::vector<std::span<const std::byte>> keys;
    for (const auto& transport : transports_)
        if (transport->srtp)
            keys.push_back(std::as_bytes(std::span(&transport->srtp->outbound, 1)));
    return keys;
}

// Hands the worker what is due; it does it in its next turn.
void Product::bustle() {
    take_answers();
    if (now_ >= next_trace_us_) {
        next_trace_us_ = now_ + kBetweenTraces_us;
        look_on();
    }
    if (now_ < next_room_us_) return;
    next_room_us_ = now_ + kBetweenRooms_us;
    guests_ ? remove_room(kGuests) : add_room(shape_.rooms, kGuests);
    guests_gone_ += guests_;
    guests_ = !guests_;
}

// The first packets, a key frame in each room, start every receiver.
void Product::measure_header() {
    Sizes sizes;
    port_.set_sink(&sizes);
    const std::uint64_t sent = run(std::uint64_t{shape_.rooms} * 10);
    port_.set_sink(nullptr);
    if (sent == 0) die("no receiver got anything");
    header_bytes_ = static_cast<std::uint16_t>(sizes.last - payload_bytes(shape_.media) +
                                               rewritten_bytes(shape_.media));
}

void Product::feed(std::uint16_t packets) {
    if (!stream_.feed(port_, pools_.rx, packets)) die("the receive pool is empty");
}

void Product::turn() {
    worker_->turn(now_, kBurst);
    now_ += kTicksPerBurst;
}

std::uint64_t Product::run(std::uint64_t inputs) {
    const std::uint64_t before = sent();
    while (inputs != 0) {
        const auto n = static_cast<std::uint16_t>(std::min<std::uint64_t>(inputs, kBurst));
        feed(n);
        turn();
        inputs -= n;
    }
    return sent() - before;
}

std::uint64_t Product::run_collected(std::uint64_t inputs) {
    const std::uint64_t before = sent();
    while (inputs != 0) {
        const auto n = static_cast<std::uint16_t>(std::min<std::uint64_t>(inputs, kBurst));
        feed(n);
        CALLGRIND_TOGGLE_COLLECT;
        turn();
        CALLGRIND_TOGGLE_COLLECT;
        inputs -= n;
    }
    return sent() - before;
}

void Product::collect_rooms(std::uint32_t rooms, std::uint32_t receivers) {
    const auto turn_collected = [this] {
        CALLGRIND_TOGGLE_COLLECT;
        turn();
        CALLGRIND_TOGGLE_COLLECT;
    };
    for (; rooms != 0; --rooms) {
        add_room(shape_.rooms, receivers);
        turn_collected();
        remove_room(receivers);
        turn_collected();
        take_answers();
    }
}

double Product::run_bursts(std::uint64_t bursts, std::uint16_t packets) {
    const std::uint64_t before = sent();
    std::uint64_t ticks = 0;
    for (; bursts != 0; --bursts) {
        feed(packets);
        const std::uint64_t begin = rte_rdtsc();
        turn();
        ticks += rte_rdtsc() - begin;
    }
    return static_cast<double>(ticks) * 1'000 / static_cast<double>(ticks_per_us_) /
           static_cast<double>(sent() - before);
}

double Product::run_timed(std::uint64_t inputs) {
    const auto timed_turn = [this] {
        const std::uint64_t begin = rte_rdtsc();
        worker_->turn(now_, kBurst);
        ticks_ += rte_rdtsc() - begin;
        now_ += static_cast<relay::TimeUs>(ticks_ / ticks_per_us_);
        ticks_ %= ticks_per_us_;
    };
    const auto feed_one = [this](std::uint16_t n) {
        if (shape_.bustle) bustle();
        feed(n);
    };
    return timed_batches(inputs, feed_one, timed_turn);
}

}  // namespace strata::bench
