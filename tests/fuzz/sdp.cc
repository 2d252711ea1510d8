#include <map>
#include <string_view>
#include <utility>

#include "control/signalling/sdp/answer.h"
#include "control/signalling/sdp/parser.h"
#include "control/signalling/sdp/publish_plan.h"
#include "control/signalling/sdp/slot_offer.h"
#include "control/signalling/sdp/terms.h"
#include "control/signalling/sdp/writer.h"
#include "tests/fuzz/invariant.h"

using namespace strata::control;

namespace {

// The same as an answer to a receiving leg's offer: what is kept of it is what was offered.
void answer_slots(const sdp::Description& answer) {
    constexpr sdp::Capabilities kSending{.retransmission = true};
    std::vector<Slot> slots;
    for (const sdp::Media& media : answer.media)
        slots.push_back({.mid = media.mid,
                         .kind = media.kind == "audio" ? MediaKind::audio : MediaKind::video});
    const auto read = sdp::read_slot_answer(answer, {.slots = slots}, kSending);
    if (!read) return;
    INVARIANT(read->usable.size() == slots.size());
    for (const SlotTerms* terms : {&read->audio, &read->video}) {
        INVARIANT(terms->formats.size() <= 16 && terms->extensions.size() <= 8);
        for (const SlotFormat& format : terms->formats) INVARIANT(format.payload_type < 128);
    }
}

}  // namespace

// The whole input is an offer. Whatever is understood is answered, and the answer, which may quote
// the offer, is a description again, with a section for each of the offer's.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto offer = sdp::parse({reinterpret_cast<const char*>(data), size}, {});
    if (!offer) return 0;
    answer_slots(*offer);
    const auto sections = sdp::plan_publish(*offer, {.retransmission = true, .transport_cc = true});
    std::map<std::size_t, sdp::Media> accepted;
    if (sections) {
        for (const sdp::PublishedSection& section : *sections) {
            INVARIANT(sdp::usable(*offer, section.index));
            INVARIANT(!section.track.encodings.empty());
            accepted.emplace(section.index, section.answer);
        }
    }
    const std::string text =
        sdp::write(sdp::make_answer(*offer, std::move(accepted), {"ufrag", "password"}, 1));
    // A line of the offer may grow a little in the answer; sizes are the only limits it can reach.
    const auto answer =
        sdp::parse(text, {.bytes = 1 << 20, .lines = 1 << 16, .line_bytes = 1 << 16});
    INVARIANT(!answer || answer->media.size() == offer->media.size());
    return 0;
}
