#include <algorithm>

#include "dataplane/server/desired_state.h"
#include "dataplane/server/object_problems.h"

// What was sent on an SSRC is remembered for as long as its transport lives, whoever uses it.
namespace strata::dataplane {

DesiredState::Problem DesiredState::take_streams(const api::Subscription& spec,
                                                 TransportRecord& transport,
                                                 Subscription& subscription) {
    subscription.stream = take_stream(transport, spec.ssrc());
    OutgoingStream* rtx = nullptr;
    if (spec.rtx_ssrc() != 0) rtx = take_stream(transport, spec.rtx_ssrc());
    if (!subscription.stream || (spec.rtx_ssrc() != 0 && !rtx))
        return ObjectProblem{"capacity", "transport " + std::to_string(spec.transport()) +
                                             " has used " + std::to_string(kMaxOutgoingStreams) +
                                             " SSRCs under its keys"};
    ++subscription.stream->users;
    if (!rtx) return {};
    subscription.repair->rtx = rtx;
    ++rtx->users;
    return {};
}

void DesiredState::give_back_streams(const Subscription& subscription) {
    --subscription.stream->users;
    if (subscription.repair && subscription.repair->rtx) --subscription.repair->rtx->users;
}

// Null: there is no room.
OutgoingStream* DesiredState::take_stream(TransportRecord& transport, std::uint32_t ssrc) {
    auto& streams = transport.object->streams;
    const auto known =
        std::ranges::find_if(streams, [ssrc](const auto& stream) { return stream->ssrc == ssrc; });
    if (known != streams.end()) return known->get();
    if (streams.size() >= kMaxOutgoingStreams && !make_room(transport)) return nullptr;
    auto made = std::make_unique<OutgoingStream>();
    made->ssrc = ssrc;
    // Below 2^15: a receiver that misses the first packets still guesses rollover counter 0.
    made->next_sequence = made->sequence_kept = numbers_() & 0x7fff;
    made->last.next_sequence = static_cast<std::uint16_t>(made->next_sequence);
    resume(*made, *transport.object);
    streams.push_back(std::move(made));
    return streams.back().get();
}

// The oldest that nobody uses is forgotten. False: there is none, or the transport's keys would see
// its indexes again (C25).
bool DesiredState::make_room(TransportRecord& transport) {
    auto& streams = transport.object->streams;
    const auto idle =
        std::ranges::find_if(streams, [](const auto& stream) { return stream->users == 0; });
    if (transport.object->secure || idle == streams.end()) return false;
    OutgoingStream* stream = idle->get();
    WorkerSide& side = workers_[transport.home.worker];
    side.old_streams.emplace(stream, std::move(*idle));
    streams.erase(idle);
    submit(side, {.kind = Command::Kind::remove_stream,
                  .transport = transport.object.get(),
                  .stream = stream});
    return true;
}

}  // namespace strata::dataplane
