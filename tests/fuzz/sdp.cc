#include <map>
#include <string_view>
#include <utility>

#include "control/signalling/sdp/answer.h"
#include "control/signalling/sdp/parser.h"
#include "control/signalling/sdp/publish_plan.h"
#include "control/signalling/sdp/terms.h"
#include "control/signalling/sdp/writer.h"
#include "tests/fuzz/invariant.h"

using namespace strata::control;

// The whole input is an offer. Whatever is understood is answered, and the answer, which may quote
// the offer, is a description again, with a section for each of the offer's.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto offer = sdp::parse({reinterpret_cast<const char*>(data), size}, {});
    if (!offer) return 0;
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
