#include "control/room/slot_rules.h"

#include <algorithm>
#include <tuple>

namespace strata::control {
namespace {

using Candidates = std::vector<const SlotCandidate*>;

// The places of one kind, by their number among these.
struct Row {
    std::vector<std::size_t> at;  // in all places
    std::vector<const SlotCandidate*> filled;
    std::vector<bool> usable;

    bool free(std::size_t i) const { return usable[i] && filled[i] == nullptr; }
    bool has(const SlotCandidate* one) const {
        return std::ranges::find(filled, one) != filled.end();
    }
};

Row row_of(std::span<const SlotPlace> places, MediaKind kind) {
    Row row;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (places[i].kind != kind) continue;
        row.at.push_back(i);
        row.usable.push_back(places[i].usable);
    }
    row.filled.resize(row.at.size());
    return row;
}

Candidates of_kind(std::span<const SlotCandidate> candidates, MediaKind kind) {
    Candidates found;
    for (const SlotCandidate& one : candidates)
        if (kind_of(one.source) == kind) found.push_back(&one);
    return found;
}

// The place in `row` that `one` was in before; the row's size: none.
std::size_t former(const Row& row, std::span<const SlotPlace> places, const SlotCandidate& one) {
    for (std::size_t i = 0; i < row.at.size(); ++i)
        if (places[row.at[i]].track == one.track) return i;
    return row.at.size();
}

// Puts each to its former place, or else to the first that is free, until none is.
void seat(Row& row, std::span<const SlotPlace> places, const Candidates& chosen) {
    for (const SlotCandidate* one : chosen) {
        const std::size_t before = former(row, places, *one);
        if (before < row.at.size() && row.free(before)) row.filled[before] = one;
    }
    std::size_t next = 0;
    for (const SlotCandidate* one : chosen) {
        if (row.has(one)) continue;
        while (next < row.at.size() && !row.free(next)) ++next;
        if (next == row.at.size()) return;
        row.filled[next] = one;
    }
}

Row seat_video(std::span<const SlotPlace> places, std::span<const SlotCandidate> candidates) {
    Row row = row_of(places, MediaKind::video);
    Candidates video = of_kind(candidates, MediaKind::video);
    const auto rank = [&](const SlotCandidate* one) {
        const bool pinned = one->pin != kNotPinned;
        const int group = pinned ? 0 : one->muted ? 3 : one->source == MediaSource::screen ? 1 : 2;
        const bool outside = !pinned && former(row, places, *one) == row.at.size();
        return std::tuple(group, one->pin, outside, one->owner, one->track);
    };
    std::ranges::sort(video, {}, rank);
    const auto usable = static_cast<std::size_t>(std::ranges::count(row.usable, true));
    video.resize(std::min(video.size(), usable));
    seat(row, places, video);
    return row;
}

// What is to be heard beside `seen`: a screen's own sound, else its member's voice.
const SlotCandidate* voice_of(const SlotCandidate& seen, const Candidates& audio,
                              const Row& taken) {
    const SlotCandidate* best = nullptr;
    const MediaSource own =
        seen.source == MediaSource::screen ? MediaSource::screen_audio : MediaSource::microphone;
    for (const SlotCandidate* one : audio) {
        if (one->owner != seen.owner || one->muted || taken.has(one)) continue;
        if (best == nullptr || (one->source == own && best->source != own)) best = one;
    }
    return best;
}

void seat_pairs(const Row& video, const Candidates& audio, MediaSource source, Row& row) {
    for (std::size_t i = 0; i < std::min(row.at.size(), video.at.size()); ++i) {
        const SlotCandidate* seen = video.filled[i];
        if (seen != nullptr && seen->source == source && row.free(i))
            row.filled[i] = voice_of(*seen, audio, row);
    }
}

void seat_pairs(const Row& video, const Candidates& audio, Row& row) {
    seat_pairs(video, audio, MediaSource::camera, row);
    seat_pairs(video, audio, MediaSource::screen, row);
}

// As many as there are usable places, first those who are to be heard first.
Candidates choose_audio(Candidates audio, std::span<const SlotPlace> places, const Row& video,
                        const Row& row) {
    Row beside = row;
    seat_pairs(video, audio, beside);
    const auto rank = [&](const SlotCandidate* one) {
        const bool outside = former(row, places, *one) == row.at.size();
        return std::tuple(one->muted, one->pin, one->voice, outside, !beside.has(one), one->owner,
                          one->track);
    };
    std::ranges::sort(audio, {}, rank);
    const auto usable = static_cast<std::size_t>(std::ranges::count(row.usable, true));
    audio.resize(std::min(audio.size(), usable));
    return audio;
}

Row seat_audio(std::span<const SlotPlace> places, std::span<const SlotCandidate> candidates,
               const Row& video) {
    Row row = row_of(places, MediaKind::audio);
    Candidates chosen = choose_audio(of_kind(candidates, MediaKind::audio), places, video, row);
    seat_pairs(video, chosen, row);
    std::erase_if(chosen, [&](const SlotCandidate* one) { return row.has(one); });
    seat(row, places, chosen);
    return row;
}

}  // namespace

std::vector<std::optional<TrackId>> assign_slots(std::span<const SlotPlace> places,
                                                 std::span<const SlotCandidate> candidates) {
    std::vector<std::optional<TrackId>> assigned(places.size());
    const Row video = seat_video(places, candidates);
    const Row audio = seat_audio(places, candidates, video);
    for (const Row* row : {&video, &audio})
        for (std::size_t i = 0; i < row->at.size(); ++i)
            if (row->filled[i] != nullptr) assigned[row->at[i]] = row->filled[i]->track;
    return assigned;
}

}  // namespace strata::control
