#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/api/strata.pb.h"
#include "dataplane/server/shared_parsers.h"
#include "dataplane/worker/objects.h"
#include "relay/ice/agent.h"

// From control's messages to what a worker works on. Main thread; this is where objects are checked
// and all their memory is allocated.
namespace strata::dataplane {

// Why an object was refused; becomes api::ObjectError. Codes are stable.
struct ObjectProblem {
    std::string code;  // "invalid", "capacity", "unknown-transport", "ssrc-collision", …
    std::string message;
};

inline std::unexpected<ObjectProblem> invalid(std::string message) {
    return std::unexpected(ObjectProblem{"invalid", std::move(message)});
}

template <typename T>
using Built = std::expected<std::unique_ptr<T>, ObjectProblem>;

// Draws first sequence numbers, timestamps and the like: random, or from a seed.
using NumberSource = std::function<std::uint32_t()>;

struct TrackLimits {
    std::uint32_t receiver_capacity = 16;
    relay::TimeUs key_frame_min_interval_us = 500'000;
    relay::TimeUs key_frame_retry_us = 1'000'000;
    relay::MissingPackets::Settings missing{};
    std::uint8_t header_profiles = 8;  // of one track's receivers
};

struct TransportLimits {
    relay::IceLimits ice;  // its consent timeout is the default
    std::uint32_t punts_per_s = 100;
    relay::InboundStreams::Limits srtp;
};

// `local` is where the transport's worker receives.
Built<Transport> build_transport(const api::Transport& spec, const Endpoint& local,
                                 const TransportLimits& limits = {});

// Credentials as an agent wants them. The problem says which one is wrong.
std::expected<std::vector<relay::IceCredentials>, ObjectProblem> build_credentials(
    const api::IceAgent& spec);

Built<PublishedTrack> build_track(const api::Track& spec, Transport& transport,
                                  const TrackLimits& limits, SharedParsers& parsers);

// A branch of the track that `spec` describes, on another worker than its publisher's: `clock` is
// the publisher's there.
Built<PublishedTrack> build_branch(const api::Track& spec, Transport& publisher,
                                   std::shared_ptr<relay::SenderClock> clock,
                                   const TrackLimits& limits, SharedParsers& parsers);

// Without its streams, which are its transport's.
Built<Subscription> build_subscription(const api::Subscription& spec, PublishedTrack& track,
                                       Transport& transport, const NumberSource& numbers,
                                       const RepairLimits& repair = {});

// Clamped to what layers there can be.
relay::LayerTarget to_layer_target(const api::LayerTarget& target);

// Nullopt: empty. Anything but 4 or 16 bytes and a port counts as a problem of build_transport.
std::optional<Endpoint> remote_of(const api::Transport& spec);

}  // namespace strata::dataplane
