#include <algorithm>
#include <utility>

#include "dataplane/server/desired_state.h"
#include "dataplane/server/object_problems.h"

// What each worker that serves receivers of a track has of it: the track where its publisher is,
// branches elsewhere. A branch lives for as long as it has receivers.
namespace strata::dataplane {

// The part that serves receivers on `worker`, made where there is none yet.
auto DesiredState::part_on(TrackRecord& track, std::uint32_t worker)
    -> std::expected<TrackPart*, ObjectProblem> {
    if (track.worker == worker) return &track;
    const auto known = track.branches.find(worker);
    return known == track.branches.end() ? add_branch(track, worker) : &known->second;
}

auto DesiredState::add_branch(TrackRecord& track, std::uint32_t worker)
    -> std::expected<TrackPart*, ObjectProblem> {
    WorkerSide& side = workers_[worker];
    if (side.tracks >= limits_.tracks_per_worker)
        return std::unexpected(no_room("tracks", limits_.tracks_per_worker, "tracks_per_worker"));
    TransportRecord& publisher = transports_.at(track.spec.transport());
    auto clock = publisher.clocks[worker].lock();
    if (!clock) publisher.clocks[worker] = clock = std::make_shared<relay::SenderClock>();
    const TrackLimits limits = track_limits();
    auto built = build_branch(track.spec, *publisher.object, std::move(clock), limits, parsers_);
    if (!built) return std::unexpected(built.error());
    PublishedTrack& branch = **built;
    if (const Problem problem = take_place(side, branch)) return std::unexpected(*problem);
    branch.origin = track.object->place;
    branch.statistics =
        take_slot(worker, api::StatisticsKind::branch, track.spec.id(), track.worker, 0);
    TrackPart part{.object = std::move(*built),
                   .worker = worker,
                   .capacity = limits.receiver_capacity,
                   .config = branch.track->config()};
    ++side.tracks;
    submit(side, {.kind = Command::Kind::add_track, .track = &branch});
    submit(
        workers_[track.worker],
        {.kind = Command::Kind::open_branch, .track = track.object.get(), .place = branch.place});
    return &track.branches.emplace(worker, std::move(part)).first->second;
}

// A branch without receivers goes. What is on its way to it finds its place empty.
void DesiredState::leave_part(TrackRecord& track, std::uint32_t worker) {
    const auto at = track.branches.find(worker);
    if (at == track.branches.end() || at->second.receivers != 0) return;
    WorkerSide& side = workers_[worker];
    PublishedTrack* object = at->second.object.get();
    submit(
        workers_[track.worker],
        {.kind = Command::Kind::close_branch, .track = track.object.get(), .place = object->place});
    side.old_tracks.emplace(object, std::move(at->second.object));
    submit(side, {.kind = Command::Kind::remove_track, .track = object});
    --side.tracks;
    track.branches.erase(at);
}

// Doubles the receivers that the part has room for.
DesiredState::Problem DesiredState::grow(TrackPart& part) {
    if (part.receivers < part.capacity) return {};
    if (part.capacity >= limits_.subscriptions_per_track)
        return no_room("subscriptions of a track", limits_.subscriptions_per_track,
                       "subscriptions_per_track");
    part.capacity = std::min(part.capacity * 2, limits_.subscriptions_per_track);
    part.config.receiver_capacity = part.capacity;
    submit(workers_[part.worker], {.kind = Command::Kind::replace_track,
                                   .track = part.object.get(),
                                   .relay_track = new relay::Track(part.config)});
    return {};
}

// False: its receivers have as many different profiles as a track can serve.
bool DesiredState::take_profile(TrackPart& part, const relay::HeaderProfile& profile) {
    for (auto& [known, users] : part.profiles)
        if (known == profile) return ++users, true;
    if (part.profiles.size() >= limits_.header_profiles) return false;
    part.profiles.emplace_back(profile, 1);
    return true;
}

void DesiredState::give_back_profile(TrackPart& part, const relay::HeaderProfile& profile) {
    for (auto& [known, users] : part.profiles)
        if (known == profile) --users;
    std::erase_if(part.profiles, [](const auto& entry) { return entry.second == 0; });
}

}  // namespace strata::dataplane
