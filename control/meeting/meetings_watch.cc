#include <algorithm>
#include <utility>

#include "control/meeting/meetings.h"

// What nobody tells and has to be looked at: who speaks, and which layers members are given.
namespace strata::control {

using namespace meeting;

namespace {

constexpr std::chrono::milliseconds kLookTime{250};
constexpr std::uint32_t kLooksPerLayers = 4;

std::vector<TrackId> audible_in(const Directory& directory, const std::string& room) {
    std::vector<TrackId> found;
    for (const ParticipantId id : directory.participants_in(room))
        for (const TrackId track_id : directory.published(id)) {
            const Track& track = directory.tracks().at(track_id);
            if (kind_of(track.source) == MediaKind::audio && !track.muted)
                found.push_back(track_id);
        }
    return found;
}

// Whether somebody has fewer audio slots than there are to be heard.
bool has_to_choose(const Directory& directory, const std::string& room, std::size_t audible) {
    return std::ranges::any_of(directory.members_in(room), [&](MemberId id) {
        const auto slots =
            std::ranges::count(directory.members().at(id).slots, MediaKind::audio, &Slot::kind);
        return slots != 0 && static_cast<std::size_t>(slots) < audible;
    });
}

}  // namespace

void Meetings::watch() {
    if (rooms_.empty() || std::exchange(watching_, true)) return;
    after_(kLookTime, [this] {
        watching_ = false;
        look();
        watch();
    });
}

void Meetings::look() {
    for (auto& [name, room] : rooms_) {
        if (!node_.directory().rooms().contains(name)) continue;
        if (listen(name, room)) dirty_.insert(name);
    }
    settle_soon();
    if (++looks_ % kLooksPerLayers != 0) return;
    for (const auto& [id, guest] : present_) look_at_layers(guest);
}

bool Meetings::listen(const std::string& name, Room& room) {
    const auto audible = audible_in(node_.directory(), name);
    if (!has_to_choose(node_.directory(), name, audible.size())) return false;
    std::vector<Speakers::Count> counts;
    for (const TrackId track : audible)
        if (const auto voiced = live_.voiced_packets(track)) counts.push_back({track, *voiced});
    return room.speakers.observe(counts, now_());
}

void Meetings::look_at_layers(const GuestPtr& guest) {
    const Directory& directory = node_.directory();
    if (guest->closing || !guest->leg || !directory.participants().contains(*guest->leg)) return;
    std::map<SubscriptionId, Given> given;
    for (const SubscriptionId id : directory.received(*guest->leg)) {
        const TrackId track = directory.subscriptions().at(id).track;
        if (kind_of(directory.tracks().at(track).source) == MediaKind::audio) continue;
        if (const auto layers = live_.layers(id, track)) given[id] = {track, *layers};
    }
    if (given == guest->given) return;
    guest->given = std::move(given);
    tell_slots(guest, directory.members().at(*guest->member));
}

}  // namespace strata::control
