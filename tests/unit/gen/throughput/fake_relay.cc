#include "tests/unit/gen/throughput/fake_relay.h"

#include <unistd.h>

#include <algorithm>

#include "bench/generator/target.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"

namespace strata::gen {
namespace {

constexpr std::uint16_t kFirstPort = 1000;
const Address kRelay = *parse_address("127.0.0.1:999");

}  // namespace

int FakeRelay::open(const Address&) { return endpoints_++; }

Address FakeRelay::local_address(int endpoint) const {
    Address address = kRelay;
    address.port = static_cast<std::uint16_t>(kFirstPort + endpoint);
    return address;
}

bool FakeRelay::send(int, const Address&, std::span<const std::uint8_t> bytes) {
    if (relay::classify(bytes) == relay::PacketClass::rtcp) return true;
    const std::lock_guard lock(mutex_);
    ++io.sent;
    const auto track =
        bytes.size() < 12 ? by_ssrc_.end() : by_ssrc_.find(relay::load_be32(&bytes[8]));
    Stamp stamp;
    if (track == by_ssrc_.end() || peek_stamp(bytes, stamp) != StampError::none) {
        ++hostile;
        return true;
    }
    for (Leg& leg : legs_[track->second]) {
        if (stamp.spatial_id > leg.target.spatial || stamp.temporal_id > leg.target.temporal)
            continue;
        Waiting out{leg.endpoint, {bytes.begin(), bytes.end()}};
        relay::store_be16(&out.bytes[2], leg.sequence++);
        relay::store_be32(&out.bytes[8], leg.ssrc);
        if (forwards()) waiting_.push_back(std::move(out));
    }
    return true;
}

std::size_t FakeRelay::receive(Sink& sink) {
    std::deque<Waiting> arrived;
    {
        const std::lock_guard lock(mutex_);
        arrived.swap(waiting_);
    }
    for (const Waiting& w : arrived) {
        ++io.received;
        sink.on_datagram({w.endpoint, kRelay, monotonic_us(), w.bytes});
    }
    return arrived.size();
}

void FakeRelay::wait(std::int64_t until_us) {
    if (const std::int64_t left_us = until_us - monotonic_us(); left_us > 0 && waiting_.empty())
        usleep(static_cast<useconds_t>(std::min<std::int64_t>(left_us, 1'000)));
}

void FakeRelay::add_room(const std::string& room) {
    const std::lock_guard lock(mutex_);
    if (!rooms.insert(room).second) throw ApiError("there is a room " + room);
}

void FakeRelay::remove_room(const std::string& room) {
    const std::lock_guard lock(mutex_);
    rooms.erase(room);
}

FakeRelay::Participant FakeRelay::add_participant(const std::string&, const Address& local) {
    const std::lock_guard lock(mutex_);
    const std::string id = "p" + std::to_string(++names_);
    participants.insert(id);
    endpoint_of_[id] = local.port - kFirstPort;
    return {id, kRelay};
}

void FakeRelay::remove_participant(const std::string& participant) {
    const std::lock_guard lock(mutex_);
    participants.erase(participant);
    for (auto& [track, legs] : legs_)
        std::erase_if(legs, [&](const Leg& leg) {
            return leg.participant == participant && subscriptions.erase(leg.id) > 0;
        });
}

std::string FakeRelay::publish(const std::string&, const TrackDescription& track) {
    const std::lock_guard lock(mutex_);
    const std::string id = "t" + std::to_string(++names_);
    tracks_[id] = track;
    for (const EncodingDescription& e : track.encodings) by_ssrc_[e.ssrc] = id;
    return id;
}

std::string FakeRelay::subscribe(const std::string& participant, const std::string& track,
                                 const std::string& layers, std::uint32_t ssrc) {
    const std::lock_guard lock(mutex_);
    const auto target = parse_target(layers, tracks_.at(track));
    if (!target) throw ApiError("no such layers");
    const std::string id = "s" + std::to_string(++names_);
    subscriptions.insert(id);
    legs_[track].push_back({id, participant, endpoint_of_.at(participant), ssrc, 0, *target});
    return id;
}

void FakeRelay::set_layers(const std::string& subscription, const std::string& layers) {
    const std::lock_guard lock(mutex_);
    for (auto& [track, legs] : legs_)
        for (Leg& leg : legs)
            if (leg.id == subscription) {
                leg.target = *parse_target(layers, tracks_.at(track));
                ++layer_changes;
            }
}

}  // namespace strata::gen
