#include <algorithm>
#include <utility>

#include "dataplane/server/desired_state.h"

// Adding, changing and removing the three kinds of objects.
namespace strata::dataplane {
namespace {

std::string serialized(const google::protobuf::MessageLite& message) {
    return message.SerializeAsString();
}

ObjectProblem unknown(const char* code, const char* what, std::uint64_t id) {
    return {code, std::string(what) + " " + std::to_string(id) + " doesn't exist"};
}

ObjectProblem no_room(const char* what, std::uint32_t limit, const char* key) {
    return {"capacity",
            "there is room for " + std::to_string(limit) + " " + what + " (limits." + key + ")"};
}

// C25: what was sent under them is forgotten, and might be sent again.
ObjectProblem keys_used(std::uint64_t id) {
    return {"keys-used", "transport " + std::to_string(id) +
                             " needs new keys: something was sent under these before"};
}

// Where it is for good: an ICE agent's remote address is only where it was last.
std::optional<Endpoint> fixed_address(const api::Transport& spec) {
    return spec.has_ice() ? std::nullopt : remote_of(spec);
}

// It waits for a packet that says where it is.
bool latches(const api::Transport& spec) {
    return spec.remote_address().empty() && !spec.has_ice();
}

std::vector<std::uint32_t> ssrcs_of(const api::Track& spec) {
    std::vector<std::uint32_t> ssrcs;
    for (const api::Encoding& encoding : spec.encodings())
        for (const std::uint32_t ssrc : {encoding.ssrc(), encoding.rtx_ssrc()})
            if (ssrc != 0) ssrcs.push_back(ssrc);
    return ssrcs;
}

std::vector<std::uint32_t> ssrcs_of(const api::Subscription& spec) {
    std::vector<std::uint32_t> ssrcs{spec.ssrc()};
    if (spec.rtx_ssrc() != 0) ssrcs.push_back(spec.rtx_ssrc());
    return ssrcs;
}

}  // namespace

std::string DesiredState::address_key(const Home& home, const Endpoint& remote) const {
    return to_string(home.local) + ">" + to_string(remote);
}

DesiredState::Problem DesiredState::check_ssrcs(const TransportRecord& transport,
                                                const std::vector<std::uint32_t>& ssrcs,
                                                bool latching) const {
    const std::set<std::uint32_t>& others = workers_[transport.home.worker].latching_ssrcs;
    std::set<std::uint32_t> own;
    for (const std::uint32_t ssrc : ssrcs)
        if (transport.ssrcs.contains(ssrc) || (latching && others.contains(ssrc)) ||
            !own.insert(ssrc).second)
            return ObjectProblem{"ssrc-collision", "SSRC " + std::to_string(ssrc) +
                                                       " is in use on transport " +
                                                       std::to_string(transport.spec.id())};
    return {};
}

DesiredState::Problem DesiredState::put(const api::Transport& given) {
    const auto at = transports_.find(given.id());
    if (at == transports_.end()) return add(given);
    TransportRecord& record = at->second;
    api::Transport spec = fingerprints_.redacted(given);
    // A control that was started anew doesn't know the keys; media goes on under them.
    if (given.security().keep() && record.spec.has_security())
        *spec.mutable_security() = record.spec.security();
    if (serialized(record.spec) == serialized(spec)) return {};
    if (record.spec.has_ice() != spec.has_ice() ||
        record.spec.has_security() != spec.has_security())
        return rebuild(given);
    // What can change in place. An empty address means "whatever was latched": nothing to change.
    api::Transport same = spec;
    if (spec.has_ice()) *same.mutable_ice() = record.spec.ice();
    if (spec.has_security()) *same.mutable_security() = record.spec.security();
    same.set_remote_address(record.spec.remote_address());
    same.set_remote_port(record.spec.remote_port());
    if (serialized(same) != serialized(record.spec)) return rebuild(given);
    if (const Problem problem = update_security(record, given, spec)) return problem;
    if (spec.has_ice()) return update_ice(record, spec);
    if (spec.remote_address().empty() || (spec.remote_address() == record.spec.remote_address() &&
                                          spec.remote_port() == record.spec.remote_port()))
        return {};

    const auto checked = build_transport(spec, record.home.local);
    if (!checked) return checked.error();
    const std::string key = address_key(record.home, *remote_of(spec));
    if (const auto [in_use, added] = addresses_.emplace(key, spec.id());
        !added && in_use->second != spec.id())
        return ObjectProblem{"address-in-use", "another transport is at " + key};
    WorkerSide& side = workers_[record.home.worker];
    if (const auto old = remote_of(record.spec)) {
        if (const std::string old_key = address_key(record.home, *old); old_key != key)
            addresses_.erase(old_key);
    } else {
        for (const std::uint64_t track : record.tracks)
            for (const std::uint32_t ssrc : ssrcs_of(tracks_.at(track).spec))
                side.latching_ssrcs.erase(ssrc);
    }
    record.spec = spec;
    submit(side, {.kind = Command::Kind::set_address,
                  .transport = record.object.get(),
                  .address = *remote_of(spec)});
    return {};
}

DesiredState::Problem DesiredState::add(const api::Transport& given) {
    const api::Transport spec = fingerprints_.redacted(given);
    if (spec.id() == 0) return ObjectProblem{"invalid", "ids begin at 1"};
    if (spec.worker() >= homes_.size())
        return ObjectProblem{"unknown-worker", "there are " + std::to_string(homes_.size()) +
                                                   " workers, the transport names number " +
                                                   std::to_string(spec.worker())};
    const Home& home = homes_[spec.worker()];
    WorkerSide& side = workers_[home.worker];
    auto built = build_transport(spec, home.local, limits_.transport);
    if (!built) return built.error();
    auto secure = build_security(given.security(), *cipher_, limits_.transport.srtp);
    if (!secure) return secure.error();
    if (fingerprints_.retired(spec)) return keys_used(spec.id());
    if (const Problem problem = check_ufrags(spec)) return problem;
    const auto remote = fixed_address(spec);
    const std::string key = remote ? address_key(home, *remote) : std::string();
    if (remote && addresses_.contains(key))
        return ObjectProblem{"address-in-use", "another transport is at " + key};
    const auto index = side.transports.take();
    if (!index)
        return no_room("transports", limits_.transports_per_worker, "transports_per_worker");
    if (remote) addresses_.emplace(key, spec.id());
    set_ufrags(spec);
    Transport& transport = **built;
    transport.index = *index;
    transport.port = home.port;
    transport.srtp = std::move(*secure);
    resume(transport);
    transport.statistics =
        take_slot(home.worker, api::StatisticsKind::transport, spec.id(), spec.worker(), 0);
    TransportRecord record{.spec = spec, .object = std::move(*built), .home = home};
    transports_.emplace(spec.id(), std::move(record));
    submit(side, {.kind = Command::Kind::add_transport, .transport = &transport});
    return {};
}

// What depends on the object goes with it and comes back after it.
DesiredState::Problem DesiredState::rebuild(const api::Transport& spec) {
    const TransportRecord& record = transports_.at(spec.id());
    if (spec.worker() >= homes_.size()) return add(spec);  // says what is wrong
    const auto checked = build_transport(spec, homes_[spec.worker()].local, limits_.transport);
    if (!checked) return checked.error();
    if (const Problem problem = check_ufrags(spec)) return problem;
    if (const auto secure = build_security(spec.security(), *cipher_, limits_.transport.srtp);
        !secure)
        return secure.error();
    const std::string key = fingerprints_.redacted(spec).security().outbound_key();
    if (!key.empty() && key == record.spec.security().outbound_key()) return keys_used(spec.id());
    std::vector<api::Track> tracks;
    std::set<std::uint64_t> legs = record.subscriptions;
    for (const std::uint64_t id : record.tracks) {
        tracks.push_back(tracks_.at(id).spec);
        legs.insert(tracks_.at(id).subscriptions.begin(), tracks_.at(id).subscriptions.end());
    }
    std::vector<api::Subscription> subscriptions;
    for (const std::uint64_t id : legs) subscriptions.push_back(subscriptions_.at(id).spec);
    remove_transport(spec.id());
    if (const Problem problem = add(spec)) return problem;
    for (const api::Track& track : tracks) add(track);
    for (const api::Subscription& subscription : subscriptions) add(subscription);
    return {};
}

void DesiredState::remove_transport(std::uint64_t id) {
    const auto at = transports_.find(id);
    if (at == transports_.end()) return;
    for (const std::uint64_t leg : std::set(at->second.subscriptions)) remove_subscription(leg);
    for (const std::uint64_t track : std::set(at->second.tracks)) remove_track(track);
    TransportRecord& record = at->second;
    WorkerSide& side = workers_[record.home.worker];
    forget_ufrags(record.spec);
    fingerprints_.retire(record.spec);
    if (const auto remote = fixed_address(record.spec))
        addresses_.erase(address_key(record.home, *remote));
    Transport* object = record.object.get();
    side.old_transports.emplace(object, std::move(record.object));
    submit(side, {.kind = Command::Kind::remove_transport, .transport = object});
    transports_.erase(at);
}

// In place: the worker goes on with its roll-over counters (RFC 3711 section 3.3.1).
DesiredState::Problem DesiredState::update_security(TransportRecord& record,
                                                    const api::Transport& given,
                                                    const api::Transport& redacted) {
    if (serialized(record.spec.security()) == serialized(redacted.security())) return {};
    auto secure = build_security(given.security(), *cipher_, limits_.transport.srtp);
    if (!secure) return secure.error();
    const std::string& key = redacted.security().outbound_key();
    if (!key.empty() && key == record.spec.security().outbound_key()) return keys_used(given.id());
    if (fingerprints_.retired(redacted)) return keys_used(given.id());
    fingerprints_.retire(record.spec);
    *record.spec.mutable_security() = redacted.security();
    submit(workers_[record.home.worker], {.kind = Command::Kind::set_security,
                                          .transport = record.object.get(),
                                          .secure = secure->release()});
    return {};
}

// In place: media goes on while the credentials change (C44).
DesiredState::Problem DesiredState::update_ice(TransportRecord& record,
                                               const api::Transport& spec) {
    auto credentials = build_credentials(spec.ice());
    if (!credentials) return credentials.error();
    if (const Problem problem = check_ufrags(spec)) return problem;
    const bool same = serialized(record.spec.ice()) == serialized(spec.ice());
    forget_ufrags(record.spec);
    set_ufrags(spec);
    record.spec = spec;
    if (same) return {};  // only where it was last, which the worker knows better
    relay::IceLimits limits = limits_.transport.ice;
    if (spec.ice().consent_timeout_ms() != 0)
        limits.consent_timeout_us = relay::TimeUs{spec.ice().consent_timeout_ms()} * 1000;
    auto change = std::make_unique<IceChange>(std::move(*credentials), limits.consent_timeout_us);
    submit(workers_[record.home.worker], {.kind = Command::Kind::set_ice,
                                          .transport = record.object.get(),
                                          .ice = change.release()});
    return {};
}

DesiredState::Problem DesiredState::check_ufrags(const api::Transport& spec) const {
    for (const api::IceCredentials& one : spec.ice().credentials())
        if (const auto at = ufrags_.find(one.local_ufrag());
            at != ufrags_.end() && at->second != spec.id())
            return ObjectProblem{"ufrag-in-use", "another transport has the local user fragment " +
                                                     one.local_ufrag()};
    return {};
}

void DesiredState::set_ufrags(const api::Transport& spec) {
    for (const api::IceCredentials& one : spec.ice().credentials())
        ufrags_[one.local_ufrag()] = spec.id();
    if (sessions_ == nullptr) return;
    const auto worker = static_cast<std::uint16_t>(homes_[spec.worker()].worker);
    for (const api::IceCredentials& one : spec.ice().credentials())
        sessions_->put(one.local_ufrag(), worker);
}

void DesiredState::forget_ufrags(const api::Transport& spec) {
    for (const api::IceCredentials& one : spec.ice().credentials()) {
        ufrags_.erase(one.local_ufrag());
        if (sessions_ != nullptr) sessions_->remove(one.local_ufrag());
    }
}

DesiredState::Problem DesiredState::put(const api::Track& spec) {
    const auto at = tracks_.find(spec.id());
    if (at == tracks_.end()) return add(spec);
    return serialized(at->second.spec) == serialized(spec) ? Problem{} : rebuild(spec);
}

DesiredState::Problem DesiredState::add(const api::Track& spec) {
    if (spec.id() == 0) return ObjectProblem{"invalid", "ids begin at 1"};
    const auto at = transports_.find(spec.transport());
    if (at == transports_.end()) return unknown("unknown-transport", "transport", spec.transport());
    TransportRecord& transport = at->second;
    WorkerSide& side = workers_[transport.home.worker];
    if (side.tracks >= limits_.tracks_per_worker)
        return no_room("tracks", limits_.tracks_per_worker, "tracks_per_worker");
    if (transport.tracks.size() >= kMaxTracksPerTransport)
        return ObjectProblem{"capacity", "a transport carries at most " +
                                             std::to_string(kMaxTracksPerTransport) + " tracks"};
    const std::vector<std::uint32_t> ssrcs = ssrcs_of(spec);
    const bool latching = latches(transport.spec);
    if (const Problem problem = check_ssrcs(transport, ssrcs, latching)) return problem;
    TrackLimits limits;
    limits.key_frame_min_interval_us = limits_.key_frame_min_interval_us;
    limits.key_frame_retry_us = limits_.key_frame_retry_us;
    limits.missing = limits_.missing;
    limits.header_profiles = limits_.header_profiles;
    auto built = build_track(spec, *transport.object, limits);
    if (!built) return built.error();

    PublishedTrack& track = **built;
    const std::uint32_t worker = transport.home.worker;
    track.statistics =
        take_slot(worker, api::StatisticsKind::track, spec.id(), spec.transport(), 0);
    for (std::uint8_t i = 0; i < track.encoding_count; ++i)
        track.encodings[i].statistics =
            take_slot(worker, api::StatisticsKind::encoding, spec.id(), i, 0);
    resume(track);
    TrackRecord record{.spec = spec, .worker = worker, .capacity = limits.receiver_capacity};
    record.config = track.track->config();
    record.object = std::move(*built);
    tracks_.emplace(spec.id(), std::move(record));
    transport.tracks.insert(spec.id());
    transport.ssrcs.insert(ssrcs.begin(), ssrcs.end());
    if (latching) side.latching_ssrcs.insert(ssrcs.begin(), ssrcs.end());
    ++side.tracks;
    submit(side, {.kind = Command::Kind::add_track, .track = &track});
    return {};
}

DesiredState::Problem DesiredState::rebuild(const api::Track& spec) {
    const TrackRecord& record = tracks_.at(spec.id());
    std::vector<api::Subscription> subscriptions;
    for (const std::uint64_t id : record.subscriptions)
        subscriptions.push_back(subscriptions_.at(id).spec);
    const api::Track before = record.spec;
    remove_track(spec.id());
    const Problem problem = add(spec);
    if (problem) add(before);
    for (const api::Subscription& subscription : subscriptions) add(subscription);
    return problem;
}

void DesiredState::remove_track(std::uint64_t id) {
    const auto at = tracks_.find(id);
    if (at == tracks_.end()) return;
    for (const std::uint64_t leg : std::set(at->second.subscriptions)) remove_subscription(leg);
    TrackRecord& record = at->second;
    WorkerSide& side = workers_[record.worker];
    TransportRecord& transport = transports_.at(record.spec.transport());
    transport.tracks.erase(id);
    for (const std::uint32_t ssrc : ssrcs_of(record.spec)) {
        transport.ssrcs.erase(ssrc);
        if (latches(transport.spec)) side.latching_ssrcs.erase(ssrc);
    }
    --side.tracks;
    PublishedTrack* object = record.object.get();
    side.old_tracks.emplace(object, std::move(record.object));
    submit(side, {.kind = Command::Kind::remove_track, .track = object});
    tracks_.erase(at);
}

// Doubles the receivers that the track has room for.
DesiredState::Problem DesiredState::grow(TrackRecord& track) {
    if (track.subscriptions.size() < track.capacity) return {};
    if (track.capacity >= limits_.subscriptions_per_track)
        return no_room("subscriptions of a track", limits_.subscriptions_per_track,
                       "subscriptions_per_track");
    track.capacity = std::min(track.capacity * 2, limits_.subscriptions_per_track);
    track.config.receiver_capacity = track.capacity;
    submit(workers_[track.worker], {.kind = Command::Kind::replace_track,
                                    .track = track.object.get(),
                                    .relay_track = new relay::Track(track.config)});
    return {};
}

// False: the track's receivers have as many different profiles as a track can serve.
bool DesiredState::take_profile(TrackRecord& track, const relay::HeaderProfile& profile) {
    for (auto& [known, users] : track.profiles)
        if (known == profile) return ++users, true;
    if (track.profiles.size() >= limits_.header_profiles) return false;
    track.profiles.emplace_back(profile, 1);
    return true;
}

void DesiredState::give_back_profile(TrackRecord& track, const relay::HeaderProfile& profile) {
    for (auto& [known, users] : track.profiles)
        if (known == profile) --users;
    std::erase_if(track.profiles, [](const auto& entry) { return entry.second == 0; });
}

DesiredState::Problem DesiredState::put(const api::Subscription& spec) {
    const auto at = subscriptions_.find(spec.id());
    if (at == subscriptions_.end()) return add(spec);
    SubscriptionRecord& record = at->second;
    if (serialized(record.spec) == serialized(spec)) return {};
    api::Subscription same = spec;
    *same.mutable_target() = record.spec.target();
    if (serialized(same) == serialized(record.spec) &&
        spec.target().encoding() < record.object->track->encoding_count) {
        record.spec = spec;
        submit(workers_[record.worker], {.kind = Command::Kind::set_target,
                                         .subscription = record.object.get(),
                                         .target = to_layer_target(spec.target())});
        return {};
    }
    const api::Subscription before = record.spec;
    remove_subscription(spec.id());
    const Problem problem = add(spec);
    if (problem) add(before);
    return problem;
}

DesiredState::Problem DesiredState::add(const api::Subscription& spec) {
    if (spec.id() == 0) return ObjectProblem{"invalid", "ids begin at 1"};
    const auto track_at = tracks_.find(spec.track());
    if (track_at == tracks_.end()) return unknown("unknown-track", "track", spec.track());
    const auto transport_at = transports_.find(spec.transport());
    if (transport_at == transports_.end())
        return unknown("unknown-transport", "transport", spec.transport());
    TrackRecord& track = track_at->second;
    TransportRecord& transport = transport_at->second;
    if (track.worker != transport.home.worker)
        return ObjectProblem{"worker-mismatch",
                             "the track and the receiver's transport live on different workers"};
    const std::vector<std::uint32_t> ssrcs = ssrcs_of(spec);
    if (const Problem problem = check_ssrcs(transport, ssrcs, false)) return problem;
    auto built =
        build_subscription(spec, *track.object, *transport.object, numbers_, limits_.repair);
    if (!built) return built.error();
    if (const Problem problem = grow(track)) return problem;
    WorkerSide& side = workers_[track.worker];
    const auto index = side.subscriptions.take();
    if (!index)
        return no_room("subscriptions", limits_.subscriptions_per_worker,
                       "subscriptions_per_worker");
    Subscription& subscription = **built;
    subscription.config.profile.leg =
        static_cast<std::uint8_t>(transport.home.port | (subscription.legs ? kSecureLeg : 0));
    if (!take_profile(track, subscription.config.profile)) {
        side.subscriptions.give_back(*index);
        return ObjectProblem{"capacity", "the receivers of a track have at most " +
                                             std::to_string(limits_.header_profiles) +
                                             " different sets of payload types and extensions "
                                             "(limits.track_header_profiles)"};
    }
    subscription.handle = *index;
    subscription.statistics = take_slot(track.worker, api::StatisticsKind::subscription, spec.id(),
                                        spec.track(), spec.transport());
    resume(subscription);
    SubscriptionRecord record{.spec = spec, .object = std::move(*built), .worker = track.worker};
    subscriptions_.emplace(spec.id(), std::move(record));
    track.subscriptions.insert(spec.id());
    transport.subscriptions.insert(spec.id());
    transport.ssrcs.insert(ssrcs.begin(), ssrcs.end());
    submit(side, {.kind = Command::Kind::add_subscription, .subscription = &subscription});
    return {};
}

void DesiredState::remove_subscription(std::uint64_t id) {
    const auto at = subscriptions_.find(id);
    if (at == subscriptions_.end()) return;
    SubscriptionRecord& record = at->second;
    TrackRecord& track = tracks_.at(record.spec.track());
    track.subscriptions.erase(id);
    give_back_profile(track, record.object->config.profile);
    TransportRecord& transport = transports_.at(record.spec.transport());
    transport.subscriptions.erase(id);
    for (const std::uint32_t ssrc : ssrcs_of(record.spec)) transport.ssrcs.erase(ssrc);
    WorkerSide& side = workers_[record.worker];
    Subscription* object = record.object.get();
    side.old_subscriptions.emplace(object, std::move(record.object));
    submit(side, {.kind = Command::Kind::remove_subscription, .subscription = object});
    subscriptions_.erase(at);
}

}  // namespace strata::dataplane
