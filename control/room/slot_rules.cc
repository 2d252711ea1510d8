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
    std::vector<Av1Form> av1;

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
        row.av1.push_back(places[i].av1);
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

// How many there are of each form: of places, or of those to be seated.
struct Forms {
    std::size_t any = 0;  // places that never had AV1, or tracks that aren't AV1
    std::size_t bare = 0, described = 0;

    std::size_t& of(Av1Form form) {
        return form == Av1Form::bare ? bare : form == Av1Form::described ? described : any;
    }
    std::size_t all() const { return any + bare + described; }
};

// Whether all of `tracks` can have a place each (Hall's condition for these three kinds).
bool fit(const Forms& tracks, const Forms& places) {
    const auto beyond = [](std::size_t a, std::size_t b) { return a > b ? a - b : 0; };
    return beyond(tracks.bare, places.bare) + beyond(tracks.described, places.described) <=
               places.any &&
           tracks.all() <= places.all();
}

Forms free_places(const Row& row) {
    Forms places;
    for (std::size_t i = 0; i < row.at.size(); ++i)
        if (row.free(i)) ++places.of(row.av1[i]);
    return places;
}

// Of `ranked` as many as there are places for, the first before the others.
void leave_out(Candidates& ranked, const Row& row) {
    const Forms places = free_places(row);
    Forms chosen;
    std::erase_if(ranked, [&](const SlotCandidate* one) {
        Forms more = chosen;
        ++more.of(one->av1);
        if (!fit(more, places)) return true;
        chosen = more;
        return false;
    });
}

// Puts each of those that can all have a place to its former one, or else to the first that is
// free, AV1 rather to one that had its form before.
class Seating {
  public:
    Seating(Row& row, const Candidates& chosen) : row_(row), free_(free_places(row)) {
        for (const SlotCandidate* one : chosen) ++waiting_.of(one->av1);
    }

    // False: `one` doesn't fit there, or somebody who waits would have no place.
    bool seat(const SlotCandidate* one, std::size_t i) {
        if (!row_.free(i)) return false;
        const Av1Form form = row_.av1[i];
        if (one->av1 != Av1Form::none && form != Av1Form::none && form != one->av1) return false;
        Forms places = free_, waiting = waiting_;
        --places.of(form);
        --waiting.of(one->av1);
        if (!fit(waiting, places)) return false;
        row_.filled[i] = one;
        free_ = places;
        waiting_ = waiting;
        return true;
    }
    bool seat_anywhere(const SlotCandidate* one) {
        const std::size_t count = row_.at.size();
        if (one->av1 != Av1Form::none)
            for (std::size_t i = 0; i < count; ++i)
                if (row_.av1[i] == one->av1 && seat(one, i)) return true;
        for (std::size_t i = 0; i < count; ++i)
            if (seat(one, i)) return true;
        return false;
    }

  private:
    Row& row_;
    Forms free_, waiting_;
};

void seat(Row& row, std::span<const SlotPlace> places, const Candidates& chosen) {
    Seating seating(row, chosen);
    for (const SlotCandidate* one : chosen) {
        const std::size_t before = former(row, places, *one);
        if (before < row.at.size()) seating.seat(one, before);
    }
    for (const SlotCandidate* one : chosen)
        if (!row.has(one)) seating.seat_anywhere(one);
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
    leave_out(video, row);
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
