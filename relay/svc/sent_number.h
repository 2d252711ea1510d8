#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "relay/recovery/sent_form.h"
#include "relay/rewrite/header_template.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// What one number of a receiver's outgoing stream was: found by arithmetic through its last few
// stays in layer groups, without a table of its own.
struct SentNumber {
    enum class Kind : std::uint8_t {
        unknown,  // never sent, or longer ago than is remembered
        missing,  // reserved for a packet that hasn't come from upstream (C17)
        empty,    // nothing is behind it: a closed hole (C17) or a skipped number (C20)
        packet,   // n of `encoding`, as `group` forwarded it
    };
    Kind kind = Kind::unknown;
    std::uint8_t encoding = 0;
    std::uint16_t group = 0;
    std::int64_t n = 0;
    // The receiver has begun anew since, at a key frame: nobody needs it any more (C27).
    bool superseded = false;
    RtpTimestamp timestamp;   // of an empty one, as it goes out
    ReceiverOffsets offsets;  // that it went out with
};

// What a track just made of one packet of an encoding.
struct SentForms {
    std::int64_t n = 0;
    std::size_t count = 0;
    std::array<SentForm, kMaxSentForms> forms;
};

}  // namespace strata::relay
