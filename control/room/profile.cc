#include "control/room/profile.h"

#include <algorithm>

#include "control/room/layers_text.h"

namespace strata::control {
namespace {

constexpr std::string_view kBySize = "size";

// Layers are read and written as those of a track with one encoding, which no text names.
const std::array<Encoding, 1> kAnyTrack{};

template <typename Value>
std::optional<Value> value_of(std::string_view text, std::span<const std::string_view> texts) {
    const auto found = std::ranges::find(texts, text);
    if (found == texts.end()) return std::nullopt;
    return static_cast<Value>(found - texts.begin());
}

}  // namespace

std::span<const RoomProfile> builtin_profiles() {
    using Publish = RoomProfile::Publish;
    using Pinned = RoomProfile::Pinned;
    static const std::array<RoomProfile, 3> kProfiles = {{
        {.name = std::string(kDefaultProfile),
         .publish = Publish::all,
         .video_slots = 9,
         .audio_slots = 4,
         .pinned = Pinned::nobody,
         .layers = {.by_size = true}},
        {.name = "classroom",
         .publish = Publish::admins_video,
         .video_slots = 4,
         .audio_slots = 4,
         .pinned = Pinned::admins,
         .layers = {.by_size = true}},
        {.name = "interview",
         .publish = Publish::all,
         .video_slots = 2,
         .audio_slots = 2,
         .pinned = Pinned::all,
         .layers = {.by_size = false}},
    }};
    return kProfiles;
}

const RoomProfile* builtin_profile(std::string_view name) {
    const auto all = builtin_profiles();
    const auto found = std::ranges::find(all, name, &RoomProfile::name);
    return found == all.end() ? nullptr : &*found;
}

std::string_view publish_text(RoomProfile::Publish publish) {
    return kPublishTexts.at(static_cast<std::size_t>(publish));
}

std::string_view pinned_text(RoomProfile::Pinned pinned) {
    return kPinnedTexts.at(static_cast<std::size_t>(pinned));
}

std::optional<RoomProfile::Publish> parse_publish(std::string_view text) {
    return value_of<RoomProfile::Publish>(text, kPublishTexts);
}

std::optional<RoomProfile::Pinned> parse_pinned(std::string_view text) {
    return value_of<RoomProfile::Pinned>(text, kPinnedTexts);
}

std::string slot_layers_text(const SlotLayers& layers) {
    return layers.by_size ? std::string(kBySize) : layers_text(layers.highest, kAnyTrack);
}

std::optional<SlotLayers> parse_slot_layers(std::string_view text) {
    if (text == kBySize) return SlotLayers{};
    if (text.contains(':')) return std::nullopt;
    const auto highest = parse_layers(text, kAnyTrack);
    if (!highest || highest->paused) return std::nullopt;
    return SlotLayers{.by_size = false, .highest = *highest};
}

}  // namespace strata::control
