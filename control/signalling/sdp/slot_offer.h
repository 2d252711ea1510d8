#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "control/room/error.h"
#include "control/room/member.h"
#include "control/signalling/sdp/answer.h"
#include "control/signalling/sdp/codec_choice.h"
#include "control/signalling/sdp/description.h"
#include "control/signalling/sdp/terms.h"

// The receiving leg of a meeting's member: what the relay offers, and what the answer says of it.
namespace strata::control::sdp {

struct SlotOffer {
    std::span<const Slot> slots;
    std::span<const std::string> video_codecs;  // empty: all that are relayed
    std::string cname;                          // of every SSRC
    std::uint64_t session_id = 0;
    std::uint64_t session_version = 1;
};

// One section for each slot, in their order and in one bundle: sendonly, with every codec and its
// RTX, the slot's SSRCs, and a stream that the n-th audio and the n-th video section share.
Description make_slot_offer(const SlotOffer& offer, const Capabilities& capabilities,
                            const LocalTransport& local);

struct SlotAnswer {
    RemoteTransport remote;
    SlotTerms audio, video;
    bool extmap_allow_mixed = false;
    std::vector<bool> usable;  // by the slots' order
};

// Refused as invalid_sdp: another number or order of sections, other mids or kinds, no transport.
// A section that was rejected, or agreed on other formats than the first of its kind, is not
// usable.
Result<SlotAnswer> read_slot_answer(const Description& answer, const SlotOffer& offer,
                                    const Capabilities& capabilities);

}  // namespace strata::control::sdp
