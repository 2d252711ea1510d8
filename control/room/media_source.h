#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

// Where a track's pictures or sounds come from, as the members of a meeting see it.
namespace strata::control {

enum class MediaKind : std::uint8_t { audio, video };
enum class MediaSource : std::uint8_t { camera, microphone, screen, screen_audio };

constexpr MediaKind kind_of(MediaSource source) {
    return source == MediaSource::camera || source == MediaSource::screen ? MediaKind::video
                                                                          : MediaKind::audio;
}

// The texts of docs/meetings.md and the store, in the order of the values.
constexpr std::array<std::string_view, 2> kKindTexts = {"audio", "video"};
constexpr std::array<std::string_view, 4> kSourceTexts = {"camera", "microphone", "screen",
                                                          "screen-audio"};
constexpr std::string_view kind_text(MediaKind kind) {
    return kKindTexts.at(static_cast<std::size_t>(kind));
}
constexpr std::string_view source_text(MediaSource source) {
    return kSourceTexts.at(static_cast<std::size_t>(source));
}
// Nullopt: not one of them.
constexpr std::optional<MediaSource> parse_source(std::string_view text) {
    for (std::size_t i = 0; i < kSourceTexts.size(); ++i)
        if (kSourceTexts.at(i) == text) return static_cast<MediaSource>(i);
    return std::nullopt;
}

}  // namespace strata::control
