#include <algorithm>
#include <utility>

#include "dataplane/server/desired_state.h"
#include "dataplane/server/object_problems.h"

// Published tracks, and what their receivers need room for in them.
namespace strata::dataplane {

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

TrackLimits DesiredState::track_limits() const {
    TrackLimits limits;
    limits.key_frame_min_interval_us = limits_.key_frame_min_interval_us;
    limits.key_frame_retry_us = limits_.key_frame_retry_us;
    limits.missing = limits_.missing;
    limits.header_profiles = limits_.header_profiles;
    return limits;
}

// Where other workers find it.
DesiredState::Problem DesiredState::take_place(WorkerSide& side, PublishedTrack& track) {
    const auto index = side.track_places.take();
    if (!index) return no_room("tracks", limits_.tracks_per_worker, "tracks_per_worker");
    track.place = {.worker = side.index, .index = *index, .generation = ++place_generation_};
    return {};
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
    const TrackLimits limits = track_limits();
    auto built = build_track(spec, *transport.object, limits, parsers_);
    if (!built) return built.error();

    PublishedTrack& track = **built;
    if (const Problem problem = take_place(side, track)) return problem;
    track.branches.reserve(workers_.size() - 1);
    const std::uint32_t worker = transport.home.worker;
    track.statistics =
        take_slot(worker, api::StatisticsKind::track, spec.id(), spec.transport(), 0);
    for (std::uint8_t i = 0; i < track.encoding_count; ++i)
        track.encodings[i].statistics =
            take_slot(worker, api::StatisticsKind::encoding, spec.id(), i, 0);
    resume(track);
    TrackRecord record;
    record.spec = spec;
    record.worker = worker;
    record.capacity = limits.receiver_capacity;
    record.config = track.track->config();
    record.object = std::move(*built);
    record.marks = track.marks = marks_of(spec);
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

}  // namespace strata::dataplane
