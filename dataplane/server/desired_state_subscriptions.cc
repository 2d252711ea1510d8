#include <utility>

#include "dataplane/server/desired_state.h"
#include "dataplane/server/object_problems.h"

// Subscriptions: receivers' legs of tracks.
namespace strata::dataplane {

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
    // Its streams are its transport's: they go on from one source to the next (C10, C21).
    if (const Problem problem = check(spec)) return problem;
    const api::Subscription before = record.spec;
    remove_subscription(spec.id());
    const Problem problem = add(spec);
    if (problem) add(before);
    return problem;
}

// Whether what it names is there.
DesiredState::Problem DesiredState::check(const api::Subscription& spec) const {
    if (spec.id() == 0) return ObjectProblem{"invalid", "ids begin at 1"};
    const auto track = tracks_.find(spec.track());
    if (track == tracks_.end()) return unknown("unknown-track", "track", spec.track());
    const auto transport = transports_.find(spec.transport());
    if (transport == transports_.end())
        return unknown("unknown-transport", "transport", spec.transport());
    return {};
}

DesiredState::Problem DesiredState::add(const api::Subscription& spec) {
    if (const Problem problem = check(spec)) return problem;
    TrackRecord& track = tracks_.at(spec.track());
    TransportRecord& transport = transports_.at(spec.transport());
    const auto part = part_on(track, transport.home.worker);
    if (!part) return part.error();
    const Problem problem = add_receiver(spec, track, **part, transport);
    if (problem) leave_part(track, transport.home.worker);
    return problem;
}

DesiredState::Problem DesiredState::add_receiver(const api::Subscription& spec, TrackRecord& track,
                                                 TrackPart& part, TransportRecord& transport) {
    const std::vector<std::uint32_t> ssrcs = ssrcs_of(spec);
    if (const Problem problem = check_ssrcs(transport, ssrcs, false)) return problem;
    auto built =
        build_subscription(spec, *part.object, *transport.object, numbers_, limits_.repair);
    if (!built) return built.error();
    if (const Problem problem = grow(part)) return problem;
    WorkerSide& side = workers_[part.worker];
    const auto index = side.subscriptions.take();
    if (!index)
        return no_room("subscriptions", limits_.subscriptions_per_worker,
                       "subscriptions_per_worker");
    Subscription& subscription = **built;
    subscription.config.profile.leg = static_cast<std::uint8_t>(
        transport.home.port | (subscription.transport->secure ? kSecureLeg : 0));
    if (const Problem problem = take_streams(spec, transport, subscription)) {
        side.subscriptions.give_back(*index);
        return problem;
    }
    if (!take_profile(part, subscription.config.profile)) {
        give_back_streams(subscription);
        side.subscriptions.give_back(*index);
        return ObjectProblem{"capacity", "the receivers of a track have at most " +
                                             std::to_string(limits_.header_profiles) +
                                             " different sets of payload types and extensions "
                                             "(limits.track_header_profiles)"};
    }
    subscription.handle = *index;
    subscription.statistics = take_slot(part.worker, api::StatisticsKind::subscription, spec.id(),
                                        spec.track(), spec.transport());
    SubscriptionRecord record{.spec = spec, .object = std::move(*built), .worker = part.worker};
    record.marks = subscription.marks = marks_of(spec);
    ++part.receivers;
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
    TrackPart& part = **part_on(track, record.worker);  // it is there
    --part.receivers;
    give_back_profile(part, record.object->config.profile);
    TransportRecord& transport = transports_.at(record.spec.transport());
    transport.subscriptions.erase(id);
    for (const std::uint32_t ssrc : ssrcs_of(record.spec)) transport.ssrcs.erase(ssrc);
    WorkerSide& side = workers_[record.worker];
    Subscription* object = record.object.get();
    side.old_subscriptions.emplace(object, std::move(record.object));
    submit(side, {.kind = Command::Kind::remove_subscription, .subscription = object});
    leave_part(track, record.worker);
    subscriptions_.erase(at);
}

}  // namespace strata::dataplane
