#include <utility>

#include "dataplane/server/desired_state.h"
#include "dataplane/server/object_problems.h"

// Transports: adding, changing in place where that can be, rebuilding and removing.
namespace strata::dataplane {
namespace {

// Where it is for good: an ICE agent's remote address is only where it was last.
std::optional<Endpoint> fixed_address(const api::Transport& spec) {
    return spec.has_ice() ? std::nullopt : remote_of(spec);
}

}  // namespace

std::string DesiredState::address_key(const Home& home, const Endpoint& remote) const {
    return to_string(home.local_towards(remote.address)) + ">" + to_string(remote);
}

Endpoint DesiredState::local_of(const Home& home, const api::Transport& spec) {
    const auto remote = remote_of(spec);
    return remote ? home.local_towards(remote->address) : home.local;
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

    const auto checked = build_transport(spec, local_of(record.home, spec));
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
                  .address = *remote_of(spec),
                  .local = local_of(record.home, spec)});
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
    auto built = build_transport(spec, local_of(home, spec), limits_.transport);
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
    record.marks = transport.marks = marks_of(spec);
    transports_.emplace(spec.id(), std::move(record));
    submit(side, {.kind = Command::Kind::add_transport, .transport = &transport});
    return {};
}

// What depends on the object goes with it and comes back after it.
DesiredState::Problem DesiredState::rebuild(const api::Transport& spec) {
    const TransportRecord& record = transports_.at(spec.id());
    if (spec.worker() >= homes_.size()) return add(spec);  // says what is wrong
    const Endpoint local = local_of(homes_[spec.worker()], spec);
    const auto checked = build_transport(spec, local, limits_.transport);
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

}  // namespace strata::dataplane
