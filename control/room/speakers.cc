#include "control/room/speakers.h"

#include <algorithm>
#include <tuple>

namespace strata::control {

bool Speakers::observe(std::span<const Count> tracks, Time now) {
    std::map<TrackId, Voice> present;
    for (const Count& count : tracks) {
        const auto known = voices_.find(count.track);
        Voice voice = known != voices_.end() ? known->second : Voice{count.voiced_packets};
        update(voice, count.voiced_packets, now);
        present.emplace(count.track, voice);
    }
    voices_ = std::move(present);
    auto order = ordered();
    const bool changed = order != order_;
    order_ = std::move(order);
    return changed;
}

void Speakers::update(Voice& voice, std::uint64_t voiced_packets, Time now) {
    // Fewer than before: another data plane counts from the beginning.
    const std::uint64_t more = voiced_packets - std::min(voiced_packets, voice.counted);
    voice.counted = voiced_packets;
    if (more != 0) {
        if (!voice.voiced_at || now - *voice.voiced_at > kGap) voice.run_packets = 0;
        voice.run_packets += more;
        voice.voiced_at = now;
        if (!voice.since && voice.run_packets >= kOnsetPackets) voice.since = now;
    } else if (voice.since && now - *voice.voiced_at >= kSilence) {
        voice.until = voice.voiced_at;
        voice.since.reset();
    }
}

std::vector<TrackId> Speakers::ordered() const {
    std::vector<TrackId> heard;
    for (const auto& [track, voice] : voices_)
        if (voice.since || voice.until) heard.push_back(track);
    std::ranges::sort(heard, {}, [&](TrackId track) {
        const Voice& voice = voices_.at(track);
        const auto never = Time::duration::zero();
        return voice.since ? std::tuple(0, voice.since->time_since_epoch(), never, track)
                           : std::tuple(1, never, -voice.until->time_since_epoch(), track);
    });
    return heard;
}

std::uint32_t Speakers::place(TrackId track) const {
    const auto found = std::ranges::find(order_, track);
    return found == order_.end() ? kNeverHeard : static_cast<std::uint32_t>(found - order_.begin());
}

}  // namespace strata::control
