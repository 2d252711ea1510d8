#include "control/room/slot_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace strata::control {
namespace {

using enum MediaSource;

SlotPlace video(std::uint64_t track = 0) {
    return {.kind = MediaKind::video,
            .track = track == 0 ? std::nullopt : std::optional(TrackId{track})};
}
SlotPlace audio(std::uint64_t track = 0) {
    SlotPlace place = video(track);
    place.kind = MediaKind::audio;
    return place;
}
SlotCandidate camera_of(std::uint64_t owner) {
    return {.track = {owner * 10}, .owner = owner, .source = camera};
}
SlotCandidate voice_of(std::uint64_t owner, bool muted = false) {
    return {.track = {owner * 10 + 1}, .owner = owner, .source = microphone, .muted = muted};
}
SlotCandidate screen_of(std::uint64_t owner) {
    return {.track = {owner * 10 + 2}, .owner = owner, .source = screen};
}

// Numbers of the tracks, 0 for nothing.
std::vector<std::uint64_t> assigned(const std::vector<SlotPlace>& places,
                                    const std::vector<SlotCandidate>& candidates) {
    std::vector<std::uint64_t> numbers;
    for (const auto& track : assign_slots(places, candidates))
        numbers.push_back(track ? track->value : 0);
    return numbers;
}

using Numbers = std::vector<std::uint64_t>;

TEST(SlotRules, WhoComesFirstIsSeenFirst) {
    EXPECT_EQ(assigned({video(), video()}, {camera_of(3), camera_of(1), camera_of(2)}),
              (Numbers{10, 20}));
    EXPECT_EQ(assigned({video(), video()}, {}), (Numbers{0, 0}));
    EXPECT_EQ(assigned({}, {camera_of(3)}), Numbers{});
}

TEST(SlotRules, NobodyIsMovedWithoutNeed) {
    // 3 was there before 1 came back; 2 left the first slot.
    EXPECT_EQ(assigned({video(20), video(30)}, {camera_of(1), camera_of(3)}), (Numbers{10, 30}));
    EXPECT_EQ(assigned({video(20), video(30)}, {camera_of(1), camera_of(2), camera_of(3)}),
              (Numbers{20, 30}));
}

TEST(SlotRules, ScreensAreBeforeCamerasAndPinsBeforeAll) {
    EXPECT_EQ(assigned({video(10), video(20)}, {camera_of(1), camera_of(2), screen_of(3)}),
              (Numbers{10, 32}));
    SlotCandidate pinned = camera_of(4);
    pinned.pin = 0;
    EXPECT_EQ(assigned({video(10)}, {camera_of(1), screen_of(3), pinned}), (Numbers{40}));
    SlotCandidate second = camera_of(5);
    second.pin = 1;
    EXPECT_EQ(assigned({video(50)}, {second, pinned}), (Numbers{40}));
}

TEST(SlotRules, MutedOnesGiveWay) {
    SlotCandidate muted = camera_of(1);
    muted.muted = true;
    EXPECT_EQ(assigned({video(10)}, {muted, camera_of(2)}), (Numbers{20}));
    EXPECT_EQ(assigned({video(10), video()}, {muted, camera_of(2)}), (Numbers{10, 20}));
    EXPECT_EQ(assigned({audio(11)}, {voice_of(1, true), voice_of(2)}), (Numbers{21}));
    EXPECT_EQ(assigned({audio(11), audio()}, {voice_of(1, true), voice_of(2)}), (Numbers{11, 21}));
}

TEST(SlotRules, WhoIsSeenIsHeardInTheSlotBeside) {
    // Audio and video by turns, as they are offered.
    EXPECT_EQ(assigned({audio(11), video(20), audio(21), video()},
                       {camera_of(1), voice_of(1), camera_of(2), voice_of(2)}),
              (Numbers{21, 20, 11, 10}));
    // One is seen twice: its voice goes with its face, and its screen's sound with its screen.
    SlotCandidate sound{.track = {13}, .owner = 1, .source = screen_audio};
    EXPECT_EQ(assigned({audio(), video(12), audio(), video(10)},
                       {camera_of(1), voice_of(1), screen_of(1), sound}),
              (Numbers{13, 12, 11, 10}));
    EXPECT_EQ(assigned({audio(), video()}, {screen_of(1), voice_of(1)}), (Numbers{11, 12}));
    // Who isn't seen is heard where there is room.
    EXPECT_EQ(assigned({audio(), video(), audio()}, {voice_of(1), camera_of(2), voice_of(2)}),
              (Numbers{21, 20, 11}));
}

SlotCandidate speaker(std::uint64_t owner, std::uint32_t place) {
    SlotCandidate one = voice_of(owner);
    one.voice = place;
    return one;
}

TEST(SlotRules, WhoSpeaksIsHeardWhoeverIsSeen) {
    // Four see and hear one another; the fifth begins to speak, for the one who is heard last.
    const std::vector<SlotCandidate> all{camera_of(1), camera_of(2), speaker(1, 1), speaker(2, 2),
                                         speaker(3, 0)};
    EXPECT_EQ(assigned({audio(11), video(10), audio(21), video(20)}, all),
              (Numbers{11, 10, 31, 20}));
    // Those who speak stay where they are, whatever the order among them.
    EXPECT_EQ(assigned({audio(), video(), audio(31), video(), audio(21)},
                       {speaker(1, 2), speaker(2, 1), speaker(3, 0)}),
              (Numbers{11, 0, 31, 0, 21}));
    // A pin is heard before all, a muted one after all.
    SlotCandidate pinned = voice_of(4);
    pinned.pin = 0;
    EXPECT_EQ(assigned({audio(11)}, {speaker(1, 0), pinned}), (Numbers{41}));
    SlotCandidate muted = speaker(5, 0);
    muted.muted = true;
    EXPECT_EQ(assigned({audio(51)}, {muted, voice_of(6)}), (Numbers{61}));
}

TEST(SlotRules, WhoHasNotSpokenIsNotMovedWithoutNeed) {
    // Nobody speaks: who is in a slot stays, though others came before or are seen.
    EXPECT_EQ(assigned({audio(31), video(10)}, {camera_of(1), voice_of(1), voice_of(3)}),
              (Numbers{31, 10}));
    EXPECT_EQ(assigned({audio(31)}, {voice_of(1), voice_of(3)}), (Numbers{31}));
}

TEST(SlotRules, UnusableSlotsStayEmpty) {
    SlotPlace unusable = video();
    unusable.usable = false;
    EXPECT_EQ(assigned({unusable, video()}, {camera_of(1), camera_of(2)}), (Numbers{0, 10}));
}

SlotPlace of_form(SlotPlace place, Av1Form form) {
    place.av1 = form;
    return place;
}
SlotCandidate of_form(SlotCandidate one, Av1Form form) {
    one.av1 = form;
    return one;
}

// C10: AV1 with the dependency descriptor and without it never meet in a slot.
TEST(SlotRules, Av1GoesWhereItWasInItsFormOrNever) {
    const SlotPlace bare = of_form(video(), Av1Form::bare),
                    described = of_form(video(), Av1Form::described);
    const SlotCandidate one = of_form(camera_of(1), Av1Form::described),
                        two = of_form(camera_of(2), Av1Form::bare);
    EXPECT_EQ(assigned({bare, described}, {one, two}), (Numbers{20, 10}));
    EXPECT_EQ(assigned({video(), described}, {one, two}), (Numbers{20, 10}));
    EXPECT_EQ(assigned({video(), video()}, {one, two}), (Numbers{10, 20}));
    // None is left: it isn't shown, and the next one is.
    EXPECT_EQ(assigned({bare, bare}, {one, two, camera_of(3)}), (Numbers{20, 30}));
    EXPECT_EQ(assigned({bare}, {one}), (Numbers{0}));
    // Other codecs go anywhere, and move where somebody before them has no other place.
    EXPECT_EQ(assigned({described, video(30)}, {camera_of(3), two}), (Numbers{30, 20}));
    EXPECT_EQ(assigned({described, video(30)}, {camera_of(3), one}), (Numbers{10, 30}));
    // Whose form changed doesn't stay where it was.
    EXPECT_EQ(assigned({of_form(video(10), Av1Form::bare), video()}, {one}), (Numbers{0, 10}));
}

// Against trying everything: nobody is left out who could have been seated beside those before, and
// who is seated fits.
TEST(SlotRules, Av1FormsLeaveOutNobodyWithoutNeed) {
    std::mt19937 random(11);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    const auto fits = [](const SlotCandidate& one, const SlotPlace& place) {
        return place.usable &&
               (one.av1 == Av1Form::none || place.av1 == Av1Form::none || one.av1 == place.av1);
    };
    for (int round = 0; round < 3000; ++round) {
        std::vector<SlotPlace> places;
        for (std::uint32_t i = below(6); i > 0; --i) {
            places.push_back(of_form(video(), static_cast<Av1Form>(below(3))));
            places.back().usable = below(6) != 0;
        }
        std::vector<SlotCandidate> candidates;
        for (std::uint64_t owner = 1; owner <= below(7); ++owner)
            candidates.push_back(of_form(camera_of(owner), static_cast<Av1Form>(below(3))));
        // Where all of `chosen`, from number `next` on, can have a place that isn't `taken`.
        const auto all_fit = [&](auto& self, const std::vector<const SlotCandidate*>& chosen,
                                 std::size_t next, std::vector<bool> taken) -> bool {
            if (next == chosen.size()) return true;
            for (std::size_t i = 0; i < places.size(); ++i) {
                if (taken[i] || !fits(*chosen[next], places[i])) continue;
                taken[i] = true;
                if (self(self, chosen, next + 1, taken)) return true;
                taken[i] = false;
            }
            return false;
        };
        std::vector<const SlotCandidate*> chosen;
        std::set<TrackId> expected, seated;
        for (const SlotCandidate& one : candidates) {
            chosen.push_back(&one);
            if (all_fit(all_fit, chosen, 0, std::vector<bool>(places.size())))
                expected.insert(one.track);
            else
                chosen.pop_back();
        }
        const auto after = assign_slots(places, candidates);
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (!after[i]) continue;
            const auto who = std::ranges::find(candidates, *after[i], &SlotCandidate::track);
            ASSERT_TRUE(fits(*who, places[i])) << round;
            ASSERT_TRUE(seated.insert(*after[i]).second) << round;
        }
        ASSERT_EQ(seated, expected) << round;
    }
}

// Whatever there is: each track at most once and in a place of its kind, no place empty while a
// track of its kind is left, nobody moved who could have stayed.
TEST(SlotRules, HoldsForAnything) {
    std::mt19937 random(7);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    std::vector<std::optional<TrackId>> before;
    for (int round = 0; round < 3000; ++round) {
        std::vector<SlotPlace> places;
        for (std::uint32_t i = below(8); i > 0; --i) {
            places.push_back(below(2) != 0 ? video() : audio());
            if (places.size() <= before.size()) places.back().track = before[places.size() - 1];
            places.back().usable = below(8) != 0;
        }
        std::vector<SlotCandidate> candidates;
        for (std::uint64_t owner = 1; owner <= below(7); ++owner)
            for (const MediaSource source : {camera, microphone, screen, screen_audio})
                if (below(2) != 0)
                    candidates.push_back(
                        {.track = {owner * 10 + static_cast<std::uint64_t>(source)},
                         .owner = owner,
                         .source = source,
                         .muted = below(3) == 0,
                         .pin = below(4) == 0 ? below(3) : kNotPinned,
                         .voice = below(2) == 0 ? below(4) : kNeverHeard});
        const auto after = assign_slots(places, candidates);
        ASSERT_EQ(after.size(), places.size());
        std::set<TrackId> seen;
        for (const MediaKind kind : {MediaKind::audio, MediaKind::video}) {
            std::size_t filled = 0, room = 0;
            const auto of_kind = std::ranges::count_if(
                candidates, [&](const auto& one) { return kind_of(one.source) == kind; });
            for (std::size_t i = 0; i < places.size(); ++i) {
                if (places[i].kind != kind) continue;
                room += places[i].usable ? 1 : 0;
                if (!after[i]) continue;
                ++filled;
                ASSERT_TRUE(places[i].usable);
                ASSERT_TRUE(seen.insert(*after[i]).second);
                const auto who = std::ranges::find(candidates, *after[i], &SlotCandidate::track);
                ASSERT_NE(who, candidates.end());
                ASSERT_EQ(kind_of(who->source), kind);
            }
            ASSERT_EQ(filled, std::min(room, static_cast<std::size_t>(of_kind)));
        }
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (places[i].kind != MediaKind::video || !places[i].track || !places[i].usable)
                continue;
            if (std::ranges::count(places, places[i].track, &SlotPlace::track) != 1) continue;
            const auto source = static_cast<MediaSource>(places[i].track->value % 10);
            if (kind_of(source) == MediaKind::audio) continue;  // of an earlier round's audio place
            if (seen.contains(*places[i].track)) {
                ASSERT_EQ(after[i], places[i].track);
            }
        }
        before = after;
    }
}

}  // namespace
}  // namespace strata::control
