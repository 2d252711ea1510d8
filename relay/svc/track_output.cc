#include "relay/rewrite/empty_packet.h"
#include "relay/rewrite/header_builder.h"
#include "relay/svc/track_state.h"

// What one (group, profile) makes of one packet.
namespace strata::relay {

bool TrackState::emit(const PacketInWork& work, const GroupDecision& decision, std::uint8_t profile,
                      std::span<ReceiverSlot> receivers, OutputList& out) const {
    if (receivers.empty()) return false;
    if (out.count >= out.limit) {
        ++out.refused;
        return false;
    }
    Output& output = out.outputs[out.count];
    const auto sequence = static_cast<std::uint16_t>(decision.number);
    if (decision.action == GroupDecision::Action::close) {
        build_empty_packet(profiles[profile], sequence, work.timestamp, output.header);
        output.payload_offset = output.payload_size = 0;
        output.padding = kEmptyPadding;
    } else {
        const HeaderRequest request{
            .packet = work.packet,
            .info = *work.info,
            .sequence = sequence,
            .end_of_picture = decision.end_of_picture,
            .picture_id = decision.picture_id,
            .descriptor_mask = decision.has_mask ? &decision.mask : nullptr};
        const auto payload = build_header(request, profiles[profile], output.header);
        if (!payload) return false;
        output.payload_offset = payload->offset;
        output.payload_size = payload->size;
        output.padding = 0;
    }
    output.receivers = receivers;
    ++out.count;
    return true;
}

// To each receiver of `output`, which was just made.
SentCount TrackState::count_of(const Output& output, const PacketInWork& work) {
    const bool empty = output.padding != 0;
    return {.bytes = std::uint64_t{output.header.size} + output.payload_size,
            .octets_low = empty ? 0u : work.info->payload_size,
            .packets = 1};
}

}  // namespace strata::relay
