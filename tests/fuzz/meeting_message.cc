#include <cstddef>
#include <cstdint>
#include <string>

#include "control/meeting/message.h"
#include "control/room/profile.h"
#include "tests/fuzz/invariant.h"

using namespace strata::control;

// Messages of WebSocket clients: whatever is accepted keeps the bounds that the rest relies on, and
// whatever is refused says why.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const meeting::Incoming message = meeting::read_message(text);
    if (!message.request) {
        INVARIANT(!message.request.error().detail.empty());
        return 0;
    }
    INVARIANT(message.id);
    if (const auto* join = std::get_if<meeting::Join>(&*message.request)) {
        INVARIANT(join->resume.size() <= 64 && join->codecs.size() <= 4);
        INVARIANT(join->video_slots.value_or(0) <= kMaxVideoSlots);
        INVARIANT(join->audio_slots.value_or(0) <= kMaxAudioSlots);
    }
    if (const auto* publish = std::get_if<meeting::Publish>(&*message.request)) {
        INVARIANT(!publish->publication.empty() && publish->tracks.size() <= 16);
        for (const TrackNote& note : publish->tracks)
            INVARIANT(!note.mid.empty() && note.mid.size() <= 16 && note.height_px <= 16384);
    }
    if (const auto* view = std::get_if<meeting::View>(&*message.request)) {
        INVARIANT(!view->pins || view->pins->size() <= meeting::kMaxPins);
        INVARIANT(view->slots.size() <= 64);
    }
    return 0;
}
