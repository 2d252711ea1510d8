#pragma once

#include <cstdint>

#include "relay/rewrite/dependency_descriptor_rewriter.h"

namespace strata::relay {

// What one layer group made of one packet, besides its number: with it, the packet's header can be
// written once more exactly as it was.
struct SentForm {
    std::uint16_t group = 0;  // place of the group
    bool end_of_picture = false;
    bool has_picture_id = false;
    bool has_mask = false;
    std::uint16_t picture_id = 0;  // VP8's, before receivers' offsets
    DescriptorMask mask;
};
constexpr std::size_t kMaxSentForms = 16;  // of one packet: a group for each pair of layers

}  // namespace strata::relay
