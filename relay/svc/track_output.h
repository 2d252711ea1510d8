#pragma once

#include "relay/rewrite/bare_header.h"
#include "relay/rewrite/empty_packet.h"
#include "relay/rewrite/header_builder.h"
#include "relay/svc/track_state.h"

// What one (group, profile) makes of one packet.
namespace strata::relay {

// False: nothing; else it is the last of `out`.
[[gnu::always_inline]] inline bool TrackState::emit(const PacketInWork& work,
                                                    const GroupDecision& decision,
                                                    const HeaderProfile& profile,
                                                    std::span<ReceiverSlot> receivers,
                                                    OutputList& out) const {
    if (receivers.empty()) return false;
    if (out.count >= out.limit) {
        ++out.refused;
        return false;
    }
    Output& output = out.outputs[out.count];
    const auto sequence = static_cast<std::uint16_t>(decision.number);
    if (decision.action == GroupDecision::Action::close) {
        build_empty_packet(profile, sequence, work.timestamp, output.header);
        output.payload_offset = output.payload_size = 0;
        output.padding = kEmptyPadding;
    } else {
        // Made where it is used: in line no memory is needed for it.
        const auto request = [&] {
            return HeaderRequest{.packet = work.packet,
                                 .info = *work.info,
                                 .sequence = sequence,
                                 .end_of_picture = decision.end_of_picture,
                                 .picture_id = decision.picture_id,
                                 .descriptor_mask = decision.has_mask ? &decision.mask : nullptr};
        };
        PayloadRange payload;
        if (payload_lies_inside(*work.info, work.packet.size()) && is_bare(*work.info, profile)) {
            payload = build_bare_header(request(), profile.payload_type, output.header);
        } else {
            const auto range = build_header(request(), profile, output.header);
            if (!range) return false;
            payload = *range;
        }
        output.payload_offset = payload.offset;
        output.payload_size = payload.size;
        output.padding = 0;
    }
    output.receivers = receivers;
    ++out.count;
    return true;
}

// To each receiver of `output`, which was just made.
inline SentCount TrackState::count_of(const Output& output, const PacketInWork& work) {
    const bool empty = output.padding != 0;
    return {.bytes = std::uint64_t{output.header.size} + output.payload_size,
            .octets_low = empty ? 0u : work.info->payload_size,
            .packets = 1};
}

}  // namespace strata::relay
