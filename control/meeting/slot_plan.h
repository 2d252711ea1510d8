#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/room/directory.h"
#include "control/room/slot_rules.h"

// From who is in a room to what is in each member's slots.
namespace strata::control::meeting {

// Everything that is published in `room`, which exists. `speakers` of it; null: not known.
std::vector<SlotCandidate> candidates_of(const Directory& directory, std::string_view room,
                                         const Speakers* speakers);

// What each slot of `member` shall carry. Empty while it hasn't agreed to receive anything.
std::vector<SlotFilling> fillings_of(const Directory& directory, const Member& member,
                                     std::vector<SlotCandidate> candidates);

// A track that can't be put into any of a member's slots, however few others there are.
struct Unshown {
    enum class Reason : std::uint8_t {
        codec,  // the client has agreed to none that decodes it
        // Every slot has carried AV1 in the other form, with or without the dependency descriptor
        // (C10).
        av1_form,
    };
    TrackId track;
    Reason reason = Reason::codec;
};

// In the order of `candidates`. Empty while `member` hasn't agreed to receive anything.
std::vector<Unshown> unshown_to(const Directory& directory, const Member& member,
                                std::span<const SlotCandidate> candidates);

// What `member` gets of `track` in `slot`: what it wished for, else what its profile says.
relay::LayerTarget target_of(const Member& member, const Slot& slot, const Track& track);

// The first format in which the client can decode the track; nullptr: none.
const SlotFormat* format_of(const Member& member, const Track& track);

}  // namespace strata::control::meeting
