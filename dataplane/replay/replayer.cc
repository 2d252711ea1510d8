#include "dataplane/replay/replayer.h"

#include <algorithm>
#include <span>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"
#include "relay/rtp/rtcp/feedback.h"

namespace strata::dataplane {
namespace {

constexpr std::int64_t kStartUs = 1'000'000;  // virtual time of the first packet
constexpr std::uint16_t kRelayPort = 20'000, kPeerPort = 5'000;
constexpr std::uint64_t kPublisherId = 1, kFirstTrackId = 2;
constexpr std::uint16_t kBurst = 32;

const IpAddress kRelay = IpAddress::v4({10, 0, 0, 1});
const IpAddress kPublisher = IpAddress::v4({10, 0, 0, 2});

IpAddress receiver_address(std::size_t index) {
    return IpAddress::v4(
        {10, 1, static_cast<std::uint8_t>(index >> 8), static_cast<std::uint8_t>(index)});
}

std::string v4_text(const IpAddress& address) {
    return std::string(reinterpret_cast<const char*>(address.v4_bytes()), 4);
}

std::string flow_name(const CapturedPacket& packet) {
    return to_string(packet.source) + ">" + to_string(packet.destination);
}

void add_extensions(const SessionExtensions& from, auto& message) {
    for (const auto& [id, uri] : from) {
        api::Extension& extension = *message.add_extensions();
        extension.set_id(id);
        extension.set_uri(uri);
    }
}

void fill(const SessionTarget& from, api::LayerTarget& to) {
    to.set_encoding(from.encoding);
    to.set_spatial(from.spatial);
    to.set_temporal(from.temporal);
    to.set_paused(from.paused);
}

}  // namespace

std::expected<std::unique_ptr<Replayer>, std::string> Replayer::create(const Session& session,
                                                                       const ReplayOptions& options,
                                                                       const std::string& folder) {
    std::unique_ptr<Replayer> replayer(new Replayer(session, options));
    if (auto built = replayer->build(folder); !built) return std::unexpected(built.error());
    return replayer;
}

Replayer::~Replayer() {
    if (port_) port_->set_sink(nullptr);
    state_.reset();
    worker_.reset();
    port_.reset();
}

// SplitMix64: small, and the same everywhere.
std::uint32_t Replayer::draw() {
    std::uint64_t z = (random_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::uint32_t>((z ^ (z >> 31)) >> 32);
}

std::expected<void, std::string> Replayer::build(const std::string& folder) {
    auto pools = Pools::create({.name = "replay",
                                .rx_mbufs = 4'096,
                                .header_mbufs = 16'384,
                                .indirect_mbufs = 8'192,
                                .rx_room_bytes = 9'216});
    if (!pools) return std::unexpected(pools.error().message);
    pools_ = std::move(*pools);
    PortConfig port;
    port.base_udp_port = kRelayPort;
    port_ = std::make_unique<MemoryPort>(port);
    port_->set_sink(this);
    if (auto started = port_->start(pools_); !started)
        return std::unexpected(started.error().message);
    auto segment = api::StatisticsSegment::create("", {.slots_per_worker = 4'096});
    if (!segment) return std::unexpected(segment.error());
    statistics_ = std::make_unique<api::StatisticsSegment>(std::move(*segment));

    now_us_ = kStartUs;
    WorkerConfig config;
    config.max_transports = 2'048;
    config.max_ssrcs = 8'192;
    config.max_subscriptions = 2'048;
    config.secret = std::uint64_t{draw()} << 32 | draw();
    config.relay_ssrc = draw() | 1;
    config.max_rtcp_bytes = 9'000;
    Port* ports[] = {port_.get()};
    worker_ = std::make_unique<Worker>(config, ports, pools_, statistics_->worker(0), now_us_);
    const Home home{.local = {kRelay, kRelayPort}};
    state_ =
        std::make_unique<DesiredState>(StateLimits{}, std::vector{worker_.get()}, std::vector{home},
                                       *statistics_, [this] { return draw(); });
    publisher_ = {kPublisher, kRelay, kPeerPort, kRelayPort};
    for (std::size_t i = 0; i < session_.receivers.size(); ++i) {
        auto file = PcapFile::create(folder + "/" + session_.receivers[i].id + ".pcap");
        if (!file) return std::unexpected(file.error());
        Receiver receiver{.endpoint = {receiver_address(i), kPeerPort}};
        receiver.file = std::make_unique<PcapFile>(std::move(*file));
        by_endpoint_[{v4_text(receiver.endpoint.address), kPeerPort}] = i;
        receivers_.push_back(std::move(receiver));
    }
    return add_objects();
}

std::expected<void, std::string> Replayer::put(const api::Object& object, const std::string& name) {
    const auto problem = state_->put(object);
    if (problem) return std::unexpected(name + ": " + problem->message);
    return {};
}

std::expected<void, std::string> Replayer::add_objects() {
    const auto add_transport = [&](std::uint64_t id, const IpAddress& address,
                                   const std::string& name) {
        api::Object object;
        object.mutable_transport()->set_id(id);
        object.mutable_transport()->set_remote_address(v4_text(address));
        object.mutable_transport()->set_remote_port(kPeerPort);
        return put(object, name);
    };
    if (auto added = add_transport(kPublisherId, kPublisher, "publisher"); !added) return added;
    std::map<std::string, std::uint64_t> track_ids;
    for (std::size_t t = 0; t < session_.tracks.size(); ++t) {
        const SessionTrack& from = session_.tracks[t];
        api::Object object;
        api::Track& track = *object.mutable_track();
        track.set_id(kFirstTrackId + t);
        track_ids[from.id] = track.id();
        track.set_transport(kPublisherId);
        track.set_codec(from.codec);
        track.set_mid(from.mid);
        track.set_clock_rate_hz(from.clock_rate_hz);
        track.set_payload_type(from.payload_type);
        track.set_rtx_payload_type(from.rtx_payload_type);
        track.set_red_payload_type(from.red_payload_type);
        track.set_end_to_end_encrypted(from.end_to_end_encrypted);
        add_extensions(from.extensions, track);
        for (std::uint32_t e = 0; e < from.encodings.size(); ++e) {
            api::Encoding& encoding = *track.add_encodings();
            encoding.set_rid(from.encodings[e].rid);
            encoding.set_ssrc(from.encodings[e].ssrc);
            encoding.set_rtx_ssrc(from.encodings[e].rtx_ssrc);
            if (from.encodings[e].ssrc != 0) ssrcs_[from.encodings[e].ssrc] = {t, e};
        }
        if (auto added = put(object, "track " + from.id); !added) return added;
    }
    std::uint64_t id = kFirstTrackId + session_.tracks.size();
    for (std::size_t r = 0; r < receivers_.size(); ++r) {
        const SessionReceiver& from = session_.receivers[r];
        Receiver& receiver = receivers_[r];
        receiver.transport_id = id++;
        receiver.subscription_id = id++;
        receiver.ssrc = from.ssrc != 0 ? from.ssrc : draw() | 1;
        if (auto added = add_transport(receiver.transport_id, receiver.endpoint.address, from.id);
            !added)
            return added;
        api::Object object;
        api::Subscription& subscription = *object.mutable_subscription();
        subscription.set_id(receiver.subscription_id);
        subscription.set_track(track_ids.at(from.track));
        subscription.set_transport(receiver.transport_id);
        subscription.set_ssrc(receiver.ssrc);
        subscription.set_payload_type(from.payload_type);
        subscription.set_red_payload_type(from.red_payload_type);
        subscription.set_extmap_allow_mixed(from.extmap_allow_mixed);
        add_extensions(from.extensions, subscription);
        // Before the schedule begins nothing is wanted.
        if (from.layers.front().at_us == 0)
            fill(from.layers[receiver.next_target++], *subscription.mutable_target());
        else
            subscription.mutable_target()->set_paused(true);
        if (auto added = put(object, "receiver " + from.id); !added) return added;
        fill(from.layers.front(), *subscription.mutable_target());
        receiver.wish = subscription;
    }
    return {};
}

void Replayer::turn(std::int64_t time_us) {
    now_us_ = std::max(now_us_, time_us);
    do {
        state_->pump();
        worker_->turn(now_us_, kBurst);
    } while (state_->pump());
    note_learned();
}

// Which SSRC is what, for the names of key-frame requests.
void Replayer::note_learned() {
    Notice notice;
    while (worker_->next_notice(notice))
        if (notice.kind == Notice::Kind::ssrc_learned && !notice.rtx)
            ssrcs_[notice.ssrc] = {static_cast<std::size_t>(notice.id - kFirstTrackId),
                                   notice.encoding};
}

std::int64_t Replayer::next_schedule() const {
    std::int64_t next = INT64_MAX;
    for (std::size_t r = 0; r < receivers_.size(); ++r)
        if (receivers_[r].next_target < session_.receivers[r].layers.size())
            next = std::min(
                next, kStartUs + session_.receivers[r].layers[receivers_[r].next_target].at_us);
    return next;
}

// Everything that is due up to `time_us`, itself included: targets, then timers.
void Replayer::play_until(std::int64_t time_us) {
    for (;;) {
        const std::int64_t next = std::min(next_schedule(), worker_->next_timer_us(INT64_MAX));
        if (next > time_us) return;
        for (std::size_t r = 0; r < receivers_.size(); ++r) {
            Receiver& receiver = receivers_[r];
            const std::vector<SessionTarget>& layers = session_.receivers[r].layers;
            while (receiver.next_target < layers.size() &&
                   kStartUs + layers[receiver.next_target].at_us <= next) {
                api::Object object;
                fill(layers[receiver.next_target++], *receiver.wish.mutable_target());
                *object.mutable_subscription() = receiver.wish;
                state_->put(object);
            }
        }
        turn(next);
    }
}

// The publisher's packets are those of every flow that carries media of a track; what flows the
// other way is another relay's or receiver's.
void Replayer::find_publisher(const Capture& capture) {
    for (const CapturedPacket& packet : capture.packets) {
        const std::span bytes(capture.bytes.data() + packet.payload_at, packet.payload_size);
        if (relay::classify(bytes) != relay::PacketClass::rtp || bytes.size() < 12) continue;
        const std::uint32_t ssrc = relay::load_be32(&bytes[8]);
        const std::uint32_t payload_type = bytes[1] & 0x7fu;
        const bool known = std::any_of(
            session_.tracks.begin(), session_.tracks.end(), [&](const SessionTrack& track) {
                if (payload_type != track.payload_type &&
                    (payload_type != track.red_payload_type || payload_type == 0))
                    return false;
                return std::any_of(
                    track.encodings.begin(), track.encodings.end(),
                    [&](const SessionEncoding& e) { return e.ssrc == 0 || e.ssrc == ssrc; });
            });
        if (known) publisher_flows_[flow_name(packet)] = true;
    }
}

std::expected<void, std::string> Replayer::run(const Capture& capture) {
    skipped_ = capture.skipped;
    find_publisher(capture);
    if (publisher_flows_.empty())
        return std::unexpected(
            "the capture has no RTP packet with a payload type and SSRC of the session's tracks");
    turn(kStartUs);
    bool begun = false;
    for (const CapturedPacket& packet : capture.packets) {
        if (!publisher_flows_.contains(flow_name(packet))) {
            ++other_flows_;
            continue;
        }
        if (!begun) capture_start_us_ = packet.time_us;
        begun = true;
        const std::int64_t time = std::max(now_us_, kStartUs + packet.time_us - capture_start_us_);
        play_until(time);
        now_us_ = time;
        const std::span bytes(capture.bytes.data() + packet.payload_at, packet.payload_size);
        if (!port_->push(publisher_, bytes)) {
            ++too_large_;
            continue;
        }
        ++played_;
        turn(time);
    }
    play_until(now_us_ + options_.tail_us);
    for (Receiver& receiver : receivers_)
        if (const std::string error = receiver.file->finish(); !error.empty())
            return std::unexpected(error);
    return {};
}

void Replayer::on_packet(const FlowKey& flow, std::span<const std::uint8_t> packet) {
    if (flow.remote == publisher_.remote) return on_publisher_packet(packet);
    const auto at = by_endpoint_.find({v4_text(flow.remote), flow.remote_port});
    if (at == by_endpoint_.end()) return;
    Receiver& receiver = receivers_[at->second];
    const bool rtcp = relay::classify(packet) == relay::PacketClass::rtcp;
    if (rtcp && !options_.rtcp) return;
    if (!rtcp) {
        ++receiver.packets;
        receiver.bytes += packet.size();
    }
    receiver.file->write(capture_start_us_ + now_us_ - kStartUs, {kRelay, kRelayPort},
                         receiver.endpoint, packet);
}

void Replayer::on_publisher_packet(std::span<const std::uint8_t> packet) {
    relay::RtcpCompound compound(packet);
    while (const auto part = compound.next()) {
        relay::FeedbackParties parties;
        if (!relay::read_picture_loss(*part, parties)) continue;
        note_learned();
        const auto known = ssrcs_.find(parties.media.value);
        if (known == ssrcs_.end()) continue;
        key_frame_requests_.push_back(
            {now_us_ - kStartUs, known->second.first, known->second.second, parties.media.value});
    }
}

}  // namespace strata::dataplane
