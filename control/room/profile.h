#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "relay/svc/layers.h"

// What a room is for: who publishes in it, and what its members see unless they wish for something
// else. There are three profiles; an operator edits their settings (docs/meetings.md).
namespace strata::control {

// Each slot is a media section of a member's offer and answer, about 2 kB of either; with all of
// them a message stays below the default of limits.meeting_message_bytes.
constexpr std::uint32_t kMaxVideoSlots = 49;  // a grid of 7 by 7
constexpr std::uint32_t kMaxAudioSlots = 16;

// The layers that a slot asks for while its member hasn't wished for others.
struct SlotLayers {
    bool by_size = true;           // those that the picture's size on the screen needs
    relay::LayerTarget highest{};  // where not by_size; of the largest encoding, never paused
    friend bool operator==(const SlotLayers&, const SlotLayers&) = default;
};

struct RoomProfile {
    // Who may publish, of those whose token has the publish right; admins have the admin right.
    enum class Publish : std::uint8_t { all, admins, admins_video };  // the last: others audio only
    // Whose video goes to everybody's slots first.
    enum class Pinned : std::uint8_t { nobody, admins, all };

    std::string name;
    Publish publish = Publish::all;
    std::uint32_t video_slots = 9;  // of each member, 0 to kMaxVideoSlots
    std::uint32_t audio_slots = 4;  // 0 to kMaxAudioSlots
    Pinned pinned = Pinned::nobody;
    SlotLayers layers;
    friend bool operator==(const RoomProfile&, const RoomProfile&) = default;
};

// What tells a profile's key from a room's.
struct ProfileName {
    std::string text;
    friend auto operator<=>(const ProfileName&, const ProfileName&) = default;
};

// Of rooms that don't say otherwise, and of those that are older than profiles.
constexpr std::string_view kDefaultProfile = "meeting";

// The profiles as they are before anybody edits them.
std::span<const RoomProfile> builtin_profiles();
const RoomProfile* builtin_profile(std::string_view name);  // nullptr: there is none

// The texts of the API and the store, in the order of the values.
constexpr std::array<std::string_view, 3> kPublishTexts = {"all", "admins", "admins-video"};
constexpr std::array<std::string_view, 3> kPinnedTexts = {"nobody", "admins", "all"};
std::string_view publish_text(RoomProfile::Publish publish);
std::string_view pinned_text(RoomProfile::Pinned pinned);
// Nullopt: not one of them.
std::optional<RoomProfile::Publish> parse_publish(std::string_view text);
std::optional<RoomProfile::Pinned> parse_pinned(std::string_view text);

// "size", or layers that every track can be asked for: "max", "S1T2", "S1", "T1".
std::string slot_layers_text(const SlotLayers& layers);
std::optional<SlotLayers> parse_slot_layers(std::string_view text);

}  // namespace strata::control
