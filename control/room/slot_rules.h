#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "control/room/av1_form.h"
#include "control/room/ids.h"
#include "control/room/media_source.h"
#include "control/room/speakers.h"

// Who gets a slot (docs/meetings.md, "Slots"). Pure: what there is and who was where in, who is
// where out.
namespace strata::control {

constexpr std::uint32_t kNotPinned = std::numeric_limits<std::uint32_t>::max();

// A track that one member could see or hear.
struct SlotCandidate {
    TrackId track;
    std::uint64_t owner = 0;  // number of who publishes it: the lower, the earlier it came
    MediaSource source = MediaSource::camera;
    bool muted = false;
    std::uint32_t pin = kNotPinned;     // place among what is pinned
    std::uint32_t voice = kNeverHeard;  // audio: place among those who speak or spoke
    Av1Form av1 = Av1Form::none;        // goes only where AV1 was in this form, or never
};

struct SlotPlace {
    MediaKind kind = MediaKind::video;
    bool usable = true;            // else nothing is put there
    std::optional<TrackId> track;  // that was in it
    Av1Form av1 = Av1Form::none;   // that was ever in it
};

// For each of `places` the track that is in it from now on, each at most once. Video: what is
// pinned, then screens, then cameras; within these muted ones last, those that are in a slot before
// others, then by the order of coming. Audio: what is pinned, then those who speak or spoke; where
// that leaves places, those that are in a slot before others, then who is seen in the video place
// beside, then by the order of coming; muted ones last. Whoever is in a slot and keeps one keeps
// that one, but the n-th audio place goes with the n-th video place: who is seen there is heard
// there. Video that fits none of the places left to it gives way to the next, and whoever is in a
// slot moves to another one where otherwise somebody before others would have none.
std::vector<std::optional<TrackId>> assign_slots(std::span<const SlotPlace> places,
                                                 std::span<const SlotCandidate> candidates);

}  // namespace strata::control
