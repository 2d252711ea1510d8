#include "control/link/desired_state.h"

#include "dataplane/api/strata.pb.h"

namespace strata::control {
namespace {

template <typename Messages>
void put_extensions(const Extensions& extensions, Messages* messages) {
    for (const auto& [id, uri] : extensions) {
        auto* message = messages->Add();
        message->set_id(id);
        message->set_uri(uri);
    }
}

// A value that an earlier data plane learned; this one learns by itself.
template <typename T>
std::optional<T> known_before(const std::optional<Learned<T>>& learned, std::uint64_t epoch) {
    if (!learned || learned->dataplane_epoch == epoch) return std::nullopt;
    return learned->value;
}

void put_webrtc(const WebRtcPeer& peer, api::Transport& transport) {
    for (const IceCredentials& c : peer.credentials) {
        auto* credentials = transport.mutable_ice()->add_credentials();
        credentials->set_local_ufrag(c.ufrag);
        credentials->set_local_password(c.password);
        credentials->set_remote_ufrag(c.remote_ufrag);
    }
    api::Security& security = *transport.mutable_security();
    if (!peer.keys) {
        security.set_keep(peer.keyed_epoch != 0);
        return;
    }
    const auto set = [](std::string* field, const auto& secret) { *field = secret.text(); };
    security.set_profile(static_cast<api::SrtpProfile>(peer.keys->profile));
    set(security.mutable_inbound_key(), peer.keys->inbound_key);
    set(security.mutable_inbound_salt(), peer.keys->inbound_salt);
    set(security.mutable_outbound_key(), peer.keys->outbound_key);
    set(security.mutable_outbound_salt(), peer.keys->outbound_salt);
    security.set_flight_follows(peer.keys->flight_follows);
}

void put_transport(const Directory& directory, const Participant& participant, std::uint64_t epoch,
                   api::Transport& transport) {
    transport.set_id(participant.id.value);
    transport.set_worker(directory.worker_of(participant.id));
    auto remote = participant.remote;
    if (!remote && !participant.latched_by_tcp) remote = known_before(participant.latched, epoch);
    if (remote) {
        transport.set_remote_address(remote->address.data(), remote->address_bytes);
        transport.set_remote_port(remote->port);
    }
    transport.set_mtu_bytes(participant.mtu_bytes);
    transport.set_room(participant.room);
    if (participant.webrtc) put_webrtc(*participant.webrtc, transport);
}

void put_track(const Track& track, std::uint64_t epoch, api::Track& message) {
    message.set_id(track.id.value);
    message.set_transport(track.participant.value);
    message.set_codec(track.codec);
    message.set_clock_rate_hz(track.clock_rate_hz);
    message.set_payload_type(track.payload_type);
    message.set_rtx_payload_type(track.rtx_payload_type);
    message.set_red_payload_type(track.red_payload_type);
    put_extensions(track.extensions, message.mutable_extensions());
    for (const Encoding& encoding : track.encodings) {
        auto* e = message.add_encodings();
        e->set_rid(encoding.rid);
        e->set_ssrc(encoding.ssrc != 0 ? encoding.ssrc
                                       : known_before(encoding.learned_ssrc, epoch).value_or(0));
        e->set_rtx_ssrc(encoding.rtx_ssrc != 0
                            ? encoding.rtx_ssrc
                            : known_before(encoding.learned_rtx_ssrc, epoch).value_or(0));
    }
    message.set_end_to_end_encrypted(track.end_to_end_encrypted);
    message.set_mid(track.mid);
}

void put_subscription(const Subscription& leg, api::Subscription& message) {
    message.set_id(leg.id.value);
    message.set_track(leg.track.value);
    message.set_transport(leg.participant.value);
    message.set_ssrc(leg.ssrc);
    message.set_payload_type(leg.payload_type);
    message.set_red_payload_type(leg.red_payload_type);
    message.set_rtx_ssrc(leg.rtx_ssrc);
    message.set_rtx_payload_type(leg.rtx_payload_type);
    put_extensions(leg.extensions, message.mutable_extensions());
    auto* target = message.mutable_target();
    target->set_encoding(leg.target.encoding);
    target->set_spatial(leg.target.spatial);
    target->set_temporal(leg.target.temporal);
    target->set_paused(leg.target.paused);
    message.set_extmap_allow_mixed(leg.extmap_allow_mixed);
    message.set_mid(leg.mid);
}

}  // namespace

std::optional<ObjectKey> object_key(const RecordKey& key) {
    using Kind = ObjectKey::Kind;
    if (const auto* p = std::get_if<ParticipantId>(&key))
        return ObjectKey{Kind::transport, p->value};
    if (const auto* t = std::get_if<TrackId>(&key)) return ObjectKey{Kind::track, t->value};
    if (const auto* s = std::get_if<SubscriptionId>(&key))
        return ObjectKey{Kind::subscription, s->value};
    return std::nullopt;
}

std::optional<api::Object> desired_object(const Directory& directory, ObjectKey key,
                                          std::uint64_t epoch) {
    api::Object object;
    switch (key.kind) {
        case ObjectKey::Kind::transport: {
            const auto found = directory.participants().find({key.id});
            if (found == directory.participants().end()) return std::nullopt;
            put_transport(directory, found->second, epoch, *object.mutable_transport());
            return object;
        }
        case ObjectKey::Kind::track: {
            const auto found = directory.tracks().find({key.id});
            if (found == directory.tracks().end()) return std::nullopt;
            put_track(found->second, epoch, *object.mutable_track());
            return object;
        }
        case ObjectKey::Kind::subscription: {
            const auto found = directory.subscriptions().find({key.id});
            if (found == directory.subscriptions().end()) return std::nullopt;
            put_subscription(found->second, *object.mutable_subscription());
            return object;
        }
    }
    return std::nullopt;
}

bool object_exists(const Directory& directory, ObjectKey key) {
    switch (key.kind) {
        case ObjectKey::Kind::transport: return directory.participants().contains({key.id});
        case ObjectKey::Kind::track: return directory.tracks().contains({key.id});
        case ObjectKey::Kind::subscription: return directory.subscriptions().contains({key.id});
    }
    return false;
}

api::ObjectRef object_ref(ObjectKey key) {
    api::ObjectRef ref;
    ref.set_kind(static_cast<api::ObjectKind>(key.kind));
    ref.set_id(key.id);
    return ref;
}

std::optional<ObjectKey> object_key(const api::ObjectRef& ref) {
    if (ref.kind() < api::TRANSPORT || ref.kind() > api::SUBSCRIPTION) return std::nullopt;
    return ObjectKey{static_cast<ObjectKey::Kind>(ref.kind()), ref.id()};
}

std::vector<ObjectKey> all_objects(const Directory& directory) {
    using Kind = ObjectKey::Kind;
    std::vector<ObjectKey> keys;
    keys.reserve(directory.participants().size() + directory.tracks().size() +
                 directory.subscriptions().size());
    for (const auto& [id, p] : directory.participants())
        keys.push_back({Kind::transport, id.value});
    for (const auto& [id, t] : directory.tracks()) keys.push_back({Kind::track, id.value});
    for (const auto& [id, s] : directory.subscriptions())
        keys.push_back({Kind::subscription, id.value});
    return keys;
}

}  // namespace strata::control
