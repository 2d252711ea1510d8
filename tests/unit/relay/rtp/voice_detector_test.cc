#include "relay/rtp/voice_detector.h"

#include <gtest/gtest.h>

namespace strata::relay {
namespace {

PacketInfo with_level(std::uint8_t dbov, bool voice) {
    PacketInfo info;
    info.audio_level_known = true;
    info.audio_level_dbov = dbov;
    info.voice_activity = voice;
    return info;
}

constexpr std::uint8_t kVoice = VoiceDetector::kQuietestVoiceDbov;

TEST(VoiceDetector, WithoutLevelsNothingIsHeard) {
    VoiceDetector voice;
    PacketInfo info = with_level(0, true);
    info.audio_level_known = false;
    voice.on_packet(info);
    EXPECT_EQ(voice.packets(), 0u);
}

TEST(VoiceDetector, LoudPacketsAreVoiceOfSendersThatDontTell) {
    VoiceDetector voice;
    voice.on_packet(with_level(kVoice, false));
    voice.on_packet(with_level(0, false));
    EXPECT_EQ(voice.packets(), 2u);
    voice.on_packet(with_level(kVoice + 1, false));
    voice.on_packet(with_level(127, false));
    EXPECT_EQ(voice.packets(), 2u);
}

// Some senders set the bit in every packet: silence stays silence.
TEST(VoiceDetector, QuietPacketsAreNoVoiceWhateverTheBitSays) {
    VoiceDetector voice;
    voice.on_packet(with_level(127, true));
    voice.on_packet(with_level(kVoice + 1, true));
    EXPECT_EQ(voice.packets(), 0u);
    voice.on_packet(with_level(kVoice, true));
    EXPECT_EQ(voice.packets(), 1u);
}

TEST(VoiceDetector, NoiseOfSendersThatTellIsNoVoice) {
    VoiceDetector voice;
    voice.on_packet(with_level(20, true));
    voice.on_packet(with_level(20, false));
    EXPECT_EQ(voice.packets(), 1u);
}

}  // namespace
}  // namespace strata::relay
