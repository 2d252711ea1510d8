#include "dataplane/server/object_builder.h"

#include <algorithm>
#include <utility>

#include "relay/rtp/extension_map.h"

namespace strata::dataplane {
namespace {

relay::Codec codec_of(const std::string& name) {
    if (name == "VP8") return relay::Codec::vp8;
    if (name == "VP9") return relay::Codec::vp9;
    if (name == "AV1") return relay::Codec::av1;
    if (name == "H264") return relay::Codec::h264;
    if (name == "H264-SVC") return relay::Codec::h264_svc;
    if (name == "opus") return relay::Codec::opus;
    return relay::Codec::opaque;
}

// What RTCP on the same port leaves free: 64..95 with the marker bit read as 192..223 (RFC 5761).
bool is_payload_type(std::uint32_t value) { return value < 128 && (value < 64 || value > 95); }

bool set_payload_type(relay::PacketParser& parser, std::uint32_t payload_type,
                      relay::PayloadRole role, relay::Codec codec) {
    if (!is_payload_type(payload_type)) return false;
    relay::PayloadFormat& format = parser.payload_types[payload_type];
    if (format.role != relay::PayloadRole::unknown) return false;
    format = {role, codec};
    return true;
}

std::expected<void, ObjectProblem> fill_parser(const api::Track& spec,
                                               relay::PacketParser& parser) {
    const relay::Codec codec = codec_of(spec.codec());
    if (!set_payload_type(parser, spec.payload_type(), relay::PayloadRole::media, codec) ||
        (spec.rtx_payload_type() != 0 &&
         !set_payload_type(parser, spec.rtx_payload_type(), relay::PayloadRole::rtx, codec)) ||
        (spec.red_payload_type() != 0 &&
         !set_payload_type(parser, spec.red_payload_type(), relay::PayloadRole::red, codec)))
        return invalid("payload types must differ and lie in 0..63 or 96..127");
    for (const api::Extension& extension : spec.extensions()) {
        if (extension.id() == 0 || extension.id() > 255)
            return invalid("header extension ids lie in 1..255, found " +
                           std::to_string(extension.id()));
        const relay::ExtensionKind kind = relay::extension_kind(extension.uri());
        if (kind != relay::ExtensionKind::none)
            parser.extensions.set(static_cast<std::uint8_t>(extension.id()), kind);
    }
    parser.end_to_end_encrypted = spec.end_to_end_encrypted();
    return {};
}

constexpr int kMaxIceCredentials = 2;  // two during a restart (C44)

// ice-char of RFC 8839 section 5.4.
bool is_ice_text(const std::string& text, std::size_t least) {
    constexpr std::size_t kMost = 256;
    const auto is_ice_char = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    };
    return text.size() >= least && text.size() <= kMost && std::ranges::all_of(text, is_ice_char);
}

std::optional<relay::Ssrc> optional_ssrc(std::uint32_t ssrc) {
    return ssrc == 0 ? std::nullopt : std::optional(relay::Ssrc{ssrc});
}

// False: there is none, or none that can be stamped.
bool set_mid(const std::string& mid, relay::ReceiverConfig& config) {
    if (mid.empty() || mid.size() > relay::kMaxMidSize) return false;
    config.profile.mid_size = static_cast<std::uint8_t>(mid.size());
    std::copy(mid.begin(), mid.end(), config.stamp.mid.begin());
    return true;
}

}  // namespace

relay::LayerTarget to_layer_target(const api::LayerTarget& target) {
    const auto clamp = [](std::uint32_t value, std::size_t count) {
        return static_cast<std::uint8_t>(
            std::min<std::uint32_t>(value, static_cast<std::uint32_t>(count - 1)));
    };
    return {.encoding = clamp(target.encoding(), relay::kMaxEncodings),
            .spatial = clamp(target.spatial(), relay::kMaxSpatialLayers),
            .temporal = clamp(target.temporal(), relay::kMaxTemporalLayers),
            .paused = target.paused()};
}

std::optional<Endpoint> remote_of(const api::Transport& spec) {
    const auto address = IpAddress::from_bytes(spec.remote_address());
    if (!address) return std::nullopt;
    return Endpoint{*address, static_cast<std::uint16_t>(spec.remote_port())};
}

std::expected<std::vector<relay::IceCredentials>, ObjectProblem> build_credentials(
    const api::IceAgent& spec) {
    if (spec.credentials_size() < 1 || spec.credentials_size() > kMaxIceCredentials)
        return invalid("an ICE agent has one or two sets of credentials, found " +
                       std::to_string(spec.credentials_size()));
    std::vector<relay::IceCredentials> built;
    for (const api::IceCredentials& one : spec.credentials()) {
        if (!is_ice_text(one.local_ufrag(), 4) ||
            (!one.remote_ufrag().empty() && !is_ice_text(one.remote_ufrag(), 4)))
            return invalid("an ICE user fragment has 4 to 256 letters, digits, '+' or '/'");
        if (!is_ice_text(one.local_password(), 22))
            return invalid("an ICE password has 22 to 256 letters, digits, '+' or '/'");
        built.emplace_back(one.local_ufrag(), one.local_password(), one.remote_ufrag());
    }
    return built;
}

Built<Transport> build_transport(const api::Transport& spec, const Endpoint& local,
                                 const TransportLimits& limits) {
    constexpr std::uint64_t kMinMtu = 576, kMaxMtu = 65'535, kDefaultMtu = 1'500;
    const std::uint64_t mtu = spec.mtu_bytes() == 0 ? kDefaultMtu : spec.mtu_bytes();
    if (mtu < kMinMtu || mtu > kMaxMtu)
        return invalid("mtu_bytes must lie in 576..65535, found " + std::to_string(mtu));
    auto transport = std::make_unique<Transport>();
    transport->id = spec.id();
    transport->mtu_bytes = static_cast<std::uint16_t>(mtu);
    transport->flow.local = local.address;
    transport->flow.local_port = local.port;
    transport->secure = spec.has_security();
    transport->punt_rate = relay::RateLimit(limits.punts_per_s);
    if (spec.has_ice()) {
        auto credentials = build_credentials(spec.ice());
        if (!credentials) return std::unexpected(credentials.error());
        relay::IceLimits ice = limits.ice;
        if (spec.ice().consent_timeout_ms() != 0)
            ice.consent_timeout_us = relay::TimeUs{spec.ice().consent_timeout_ms()} * 1000;
        transport->ice = std::make_unique<IceTransport>(std::move(*credentials), ice);
    }
    if (spec.remote_address().empty()) {
        // What would latch it can't be authenticated.
        if (transport->secure && !transport->ice)
            return invalid("a transport with security has ICE or a remote address");
        return transport;
    }

    const auto remote = remote_of(spec);
    if (!remote || remote->address.is_unspecified() || spec.remote_port() == 0 ||
        spec.remote_port() > 65'535)
        return invalid("remote address must have 4 or 16 bytes and a port in 1..65535");
    if (!transport->ice && remote->address.is_v4() != local.address.is_v4())
        return invalid("remote address " + to_string(*remote) + " and the worker's " +
                       to_string(local) + " are of different families");
    transport->flow.remote = remote->address;
    transport->flow.remote_port = remote->port;
    transport->has_address = true;
    return transport;
}

namespace {

void take_nacks(PublishedTrack& track, const relay::MissingPackets& none_missing) {
    track.missing_packets.assign(track.encoding_count, none_missing);
    track.missing = track.missing_packets.data();
}

Built<PublishedTrack> build_track_with(const api::Track& spec, Transport& transport,
                                       relay::SenderClock& clock, const TrackLimits& limits,
                                       SharedParsers& parsers) {
    const auto encodings = static_cast<std::size_t>(spec.encodings_size());
    if (encodings == 0 || encodings > relay::kMaxEncodings)
        return invalid("a track has 1 to " + std::to_string(relay::kMaxEncodings) +
                       " encodings, found " + std::to_string(encodings));
    auto track = std::make_unique<PublishedTrack>();
    relay::PacketParser parser;
    if (const auto filled = fill_parser(spec, parser); !filled)
        return std::unexpected(filled.error());
    track->shared_parser = parsers.share(parser);
    track->parser = track->shared_parser.get();

    relay::TrackConfig config;
    config.codec = codec_of(spec.codec());
    if (spec.clock_rate_hz() != 0) config.clock_rate_hz = spec.clock_rate_hz();
    config.encoding_count = static_cast<std::uint8_t>(encodings);
    config.end_to_end_encrypted = spec.end_to_end_encrypted();
    config.descriptor_negotiated =
        parser.extensions.id(relay::ExtensionKind::dependency_descriptor) != 0;
    config.receiver_capacity = limits.receiver_capacity;
    config.sender_clock = &clock;
    config.key_frame_min_interval_us = limits.key_frame_min_interval_us;
    config.key_frame_retry_us = limits.key_frame_retry_us;
    config.header_profiles = limits.header_profiles;
    for (std::size_t i = 0; i < encodings; ++i) {
        const api::Encoding& from = spec.encodings(static_cast<int>(i));
        relay::EncodingConfig& to = config.encodings[i];
        if (from.rid().size() >= to.rid.size())
            return invalid("a rid has at most 15 characters: " + from.rid());
        std::copy(from.rid().begin(), from.rid().end(), to.rid.begin());
        to.ssrc = optional_ssrc(from.ssrc());
        to.rtx_ssrc = optional_ssrc(from.rtx_ssrc());
        track->encodings[i].ssrc = from.ssrc();
        track->encodings[i].reception = relay::ReceptionStatistics(config.clock_rate_hz);
        track->encodings[i].rtx_ssrc = from.rtx_ssrc();
    }
    track->id = spec.id();
    track->transport = &transport;
    track->mid = spec.mid();
    track->cname = "strata-" + std::to_string(transport.id);
    track->encoding_count = config.encoding_count;
    track->payload_type = static_cast<std::uint8_t>(spec.payload_type());
    track->audio = config.codec == relay::Codec::opus;
    for (std::size_t i = 0; i < encodings; ++i) config.rests[i] = &track->encodings[i].rest;
    track->track.emplace(config);
    if (parser.extensions.id(relay::ExtensionKind::transport_cc) != 0)
        track->feedback = std::make_unique<relay::FeedbackRecorder>();
    if (spec.nack() || spec.rtx_payload_type() != 0)
        take_nacks(*track, relay::MissingPackets(limits.missing));
    return track;
}

}  // namespace

Built<PublishedTrack> build_track(const api::Track& spec, Transport& transport,
                                  const TrackLimits& limits, SharedParsers& parsers) {
    return build_track_with(spec, transport, transport.sender_clock, limits, parsers);
}

// What is said to the publisher is said by the track.
Built<PublishedTrack> build_branch(const api::Track& spec, Transport& publisher,
                                   std::shared_ptr<relay::SenderClock> clock,
                                   const TrackLimits& limits, SharedParsers& parsers) {
    auto branch = build_track_with(spec, publisher, *clock, limits, parsers);
    if (!branch) return branch;
    (*branch)->transport = nullptr;
    (*branch)->publisher_clock = std::move(clock);
    (*branch)->feedback.reset();
    (*branch)->missing = nullptr;
    (*branch)->missing_packets.clear();
    return branch;
}

Built<Subscription> build_subscription(const api::Subscription& spec, PublishedTrack& track,
                                       Transport& transport, const NumberSource& numbers,
                                       const RepairLimits& repair) {
    if (spec.ssrc() == 0) return invalid("a subscription needs an outgoing SSRC");
    if (!is_payload_type(spec.payload_type()) || !is_payload_type(spec.red_payload_type()) ||
        !is_payload_type(spec.rtx_payload_type()))
        return invalid("payload types lie in 0..63 or 96..127");
    if (spec.rtx_ssrc() != 0 && spec.rtx_payload_type() == spec.payload_type())
        return invalid("retransmissions need a payload type of their own");
    if (spec.target().encoding() >= track.encoding_count)
        return invalid("the track has " + std::to_string(track.encoding_count) +
                       " encodings, the target names number " +
                       std::to_string(spec.target().encoding()));
    auto subscription = std::make_unique<Subscription>();
    subscription->id = spec.id();
    subscription->track = &track;
    subscription->transport = &transport;
    relay::ReceiverConfig& config = subscription->config;
    config.ssrc = spec.ssrc();
    config.target = to_layer_target(spec.target());
    config.first_timestamp = numbers();
    if (!transport.secure || spec.rtx_ssrc() != 0) {
        subscription->repair = std::make_unique<Repair>(repair);
        subscription->repair->rtx_payload_type = static_cast<std::uint8_t>(spec.rtx_payload_type());
    }
    config.profile.payload_type = static_cast<std::uint8_t>(spec.payload_type());
    config.profile.red_payload_type = static_cast<std::uint8_t>(spec.red_payload_type());
    config.profile.mixed_extension_forms = spec.extmap_allow_mixed();
    config.stamp.transport_sequence = &transport.transport_sequence;
    for (const api::Extension& extension : spec.extensions()) {
        const relay::ExtensionKind kind = relay::extension_kind(extension.uri());
        if (extension.id() == 0 || extension.id() > 255)
            return invalid("header extension ids lie in 1..255, found " +
                           std::to_string(extension.id()));
        const bool stamped = kind == relay::ExtensionKind::transport_cc ||
                             (kind == relay::ExtensionKind::mid && set_mid(spec.mid(), config));
        if (stamped || !relay::is_hop_by_hop(kind))
            config.profile.extension_id[static_cast<std::size_t>(kind)] =
                static_cast<std::uint8_t>(extension.id());
    }
    return subscription;
}

}  // namespace strata::dataplane
