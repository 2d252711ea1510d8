#include <spdlog/spdlog.h>

#include <algorithm>

#include "control/signalling/peers.h"

// What happens to transports once they are open.
namespace strata::control {

const WebRtcPeer* Peers::peer(ParticipantId id) const {
    const auto it = node_.directory().participants().find(id);
    if (it == node_.directory().participants().end() || !it->second.webrtc) return nullptr;
    return &*it->second.webrtc;
}

void Peers::end(ParticipantId id, std::string_view why) {
    spdlog::info("session of {} ends: {}", id_text(id), why);
    node_.carry_out(node_.directory().plan_remove(id));
}

Result<void> Peers::restart(ParticipantId id, const std::string& remote_ufrag) {
    WebRtcPeer changed = *peer(id);
    changed.credentials.insert(changed.credentials.begin(), new_credentials(remote_ufrag));
    changed.credentials.resize(2);
    const std::string ufrag = changed.credentials.front().ufrag;
    const auto done = node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed)));
    if (!done) return std::unexpected(done.error());
    after_(kRestartWindow, [this, id, ufrag] { forget_old_credentials(id, ufrag); });
    return {};
}

Result<void> Peers::answered(ParticipantId id, const std::string& remote_ufrag) {
    WebRtcPeer changed = *peer(id);
    changed.credentials.front().remote_ufrag = remote_ufrag;
    const auto done = node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed)));
    if (!done) return std::unexpected(done.error());
    return {};
}

void Peers::forget_old_credentials(ParticipantId id, const std::string& current) {
    const WebRtcPeer* webrtc = peer(id);
    if (webrtc == nullptr || webrtc->credentials.size() < 2 ||
        webrtc->credentials.front().ufrag != current)
        return;
    WebRtcPeer changed = *webrtc;
    changed.credentials.resize(1);
    node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed)));
}

void Peers::install(ParticipantId id, const SrtpKeys& keys, std::function<void()> in_force) {
    const WebRtcPeer* webrtc = peer(id);
    if (webrtc == nullptr) return;
    WebRtcPeer changed = *webrtc;
    changed.keys = keys;
    changed.keyed_epoch = node_.session().dataplane_epoch();
    if (!node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed))))
        return end(id, "its keys can't be handed down");
    node_.when_applied(id, std::move(in_force));
}

void Peers::association_ended(ParticipantId id, Handshakes::End how, std::string_view why) {
    if (peer(id) == nullptr) return;
    const bool of_member = node_.directory().participants().at(id).membership.has_value();
    if (how == Handshakes::End::closed && of_member) closed_.insert(id);
    end(id, why);
}

void Peers::on_consent_lost(ParticipantId id) {
    if (peer(id) == nullptr) return;
    const std::uint64_t seen = signs_of_life_[id];
    after_(std::chrono::seconds(node_.limits().value(Limit::session_silence_s)), [this, id, seen] {
        if (peer(id) == nullptr || signs_of_life_[id] != seen) return;
        node_.limits().count_hit(Limit::session_silence_s);
        end(id, "silent for limits.session_silence_s after its consent ran out");
    });
}

// Another data plane than before has none of the keys: it is told those that are known here; peers
// whose keys went with an earlier control have to come again. Later, since the link is just
// being greeted.
void Peers::on_dataplane(std::uint64_t epoch) {
    after_(std::chrono::milliseconds(0), [this, epoch] { drop_keyless(epoch); });
}

void Peers::drop_keyless(std::uint64_t epoch) {
    std::vector<ParticipantId> lost, known;
    for (const auto& [id, participant] : node_.directory().participants()) {
        if (!participant.webrtc || participant.webrtc->keyed_epoch == epoch) continue;
        // Not keyed yet, and no handshake here that could do it: it began under another control.
        const bool waiting = participant.webrtc->keyed_epoch == 0 && handshakes_.expects(id);
        if (participant.webrtc->keys)
            known.push_back(id);
        else if (!waiting)
            lost.push_back(id);
    }
    for (const ParticipantId id : lost) end(id, "its keys are lost");
    for (const ParticipantId id : known) {
        WebRtcPeer changed = *peer(id);
        changed.keyed_epoch = epoch;
        node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed)));
    }
}

}  // namespace strata::control
