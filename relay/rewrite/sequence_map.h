#pragma once

#include "relay/rewrite/number_map.h"

namespace strata::relay {

constexpr std::size_t kSequenceWindow = 4096;  // some 4 s of a 10 Mbit/s stream

// RTP sequence numbers of one layer group (C16, C17, C18; 8 KiB). For each packet of the encoding,
// in any order, duplicates sorted out before (InputSequence):
//  - the group wants it:      forward(n), and the packet goes out under that number;
//  - it doesn't, or padding:  drop(n), and where a number comes back, an empty packet with it;
//  - upstream gives up:       close_next_hole(before) until nullopt, an empty packet for each.
// At a switch point n* a receiver moves from group A to group B of the same encoding, whatever A
// and B have already decided of n* itself:
//     offset_b = offset_a + a.expected(n*) - b.expected(n*); a.freeze_before(n*);
// and B then forwards n*. Between encodings, after A's newest packet:
//     offset_b = offset_a + a.next_number() - b.expected(n*); a.freeze_before(a.highest() + 1);
// C20: where A's last frame isn't finished, one more.
using SequenceMap = NumberMap<kSequenceWindow>;

extern template class NumberMap<kSequenceWindow>;

}  // namespace strata::relay
