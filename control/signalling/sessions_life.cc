#include <spdlog/spdlog.h>

#include <algorithm>

#include "control/signalling/sdp/fragment.h"
#include "control/signalling/sdp/writer.h"
#include "control/signalling/sessions.h"

// What happens to sessions once they are open.
namespace strata::control {

const WebRtcPeer* Sessions::peer(ParticipantId id) const {
    const auto it = node_.directory().participants().find(id);
    if (it == node_.directory().participants().end() || !it->second.webrtc) return nullptr;
    return &*it->second.webrtc;
}

void Sessions::undo(ParticipantId id, const char* why) {
    spdlog::info("session of {} ends: {}", id_text(id), why);
    node_.carry_out(node_.directory().plan_remove(id));
}

Result<const Participant*> Sessions::find(WebRtcPeer::Kind kind, std::string_view room,
                                          std::string_view session) const {
    for (const auto& [id, participant] : node_.directory().participants())
        if (participant.webrtc && participant.webrtc->session == session &&
            participant.webrtc->kind == kind && participant.room == room)
            return &participant;
    return refuse(ErrorCode::not_found, "", "there is no such session", "POST an offer first");
}

Result<Change> Sessions::end(WebRtcPeer::Kind kind, std::string_view room,
                             std::string_view session) {
    const auto participant = find(kind, room, session);
    if (!participant) return std::unexpected(participant.error());
    return node_.carry_out(node_.directory().plan_remove((*participant)->id));
}

Result<Sessions::Restarted> Sessions::patch(WebRtcPeer::Kind kind, std::string_view room,
                                            std::string_view session, std::string_view if_match,
                                            std::string_view text) {
    const auto participant = find(kind, room, session);
    if (!participant) return std::unexpected(participant.error());
    const IceCredentials& current = (*participant)->webrtc->credentials.front();
    const std::string etag = '"' + current.ufrag + '"';
    if (if_match.empty())
        return refuse(ErrorCode::precondition_required, "If-Match", "the header is missing",
                      "the ETag of the session, or * for an ICE restart");
    if (if_match != "*" && if_match != etag)
        return refuse(ErrorCode::precondition_failed, "If-Match",
                      "the session's ICE generation is another one", "it is " + etag);
    const auto fragment = sdp::parse_fragment(text);
    if (!fragment) return std::unexpected(fragment.error());
    // Candidates of the peer aren't needed: its checks show where it is.
    if (fragment->ice_ufrag == current.remote_ufrag) return Restarted{etag, {}};
    return restart(**participant, fragment->ice_ufrag);
}

Sessions::Restarted Sessions::restart(const Participant& participant,
                                      const std::string& remote_ufrag) {
    const ParticipantId id = participant.id;
    WebRtcPeer changed = *participant.webrtc;
    changed.credentials.insert(changed.credentials.begin(), new_credentials(remote_ufrag));
    changed.credentials.resize(2);
    const IceCredentials fresh = changed.credentials.front();
    node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed)));
    after_(kRestartWindow, [this, id, ufrag = fresh.ufrag] { forget_old_credentials(id, ufrag); });

    const auto& published = node_.directory().published(id);
    sdp::Media media{.kind = published.empty() ? "video" : "audio"};
    for (const TrackId track : published)
        if (node_.directory().tracks().at(track).codec != "opus") media.kind = "video";
    const sdp::LocalTransport local = local_transport(id, fresh);
    media.mid = "0";
    for (const TrackId track : published)
        if (media.mid == "0") media.mid = node_.directory().tracks().at(track).mid;
    media.format_names = {"0"};
    media.transport = {local.ice_ufrag, local.ice_pwd, {}, sdp::Setup::none};
    media.candidates = local.candidates;
    media.end_of_candidates = true;
    const sdp::Description description{.ice_lite = true, .media = {media}};
    return {.etag = '"' + fresh.ufrag + '"', .fragment = sdp::write_fragment(description)};
}

void Sessions::forget_old_credentials(ParticipantId id, const std::string& current) {
    const WebRtcPeer* webrtc = peer(id);
    if (webrtc == nullptr || webrtc->credentials.size() < 2 ||
        webrtc->credentials.front().ufrag != current)
        return;
    WebRtcPeer changed = *webrtc;
    changed.credentials.resize(1);
    node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed)));
}

void Sessions::install(ParticipantId id, const SrtpKeys& keys, std::function<void()> in_force) {
    const WebRtcPeer* webrtc = peer(id);
    if (webrtc == nullptr) return;
    WebRtcPeer changed = *webrtc;
    changed.keys = keys;
    changed.keyed_epoch = node_.session().dataplane_epoch();
    if (!node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed))))
        return undo(id, "its keys can't be handed down");
    node_.when_applied(id, std::move(in_force));
}

void Sessions::association_ended(ParticipantId id, Handshakes::End, std::string_view why) {
    if (peer(id) != nullptr) undo(id, std::string(why).c_str());
}

void Sessions::on_consent_lost(ParticipantId id) {
    if (peer(id) == nullptr) return;
    const std::uint64_t seen = signs_of_life_[id];
    after_(std::chrono::seconds(node_.limits().value(Limit::session_silence_s)), [this, id, seen] {
        if (peer(id) == nullptr || signs_of_life_[id] != seen) return;
        node_.limits().count_hit(Limit::session_silence_s);
        undo(id, "silent for limits.session_silence_s after its consent ran out");
    });
}

// Another data plane than before has none of the keys: it is told those that are known here; peers
// whose keys went with an earlier control have to come again. Later, since the link is just
// being greeted.
void Sessions::on_dataplane(std::uint64_t epoch) {
    after_(std::chrono::milliseconds(0), [this, epoch] { drop_keyless(epoch); });
}

void Sessions::drop_keyless(std::uint64_t epoch) {
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
    for (const ParticipantId id : lost) undo(id, "its keys are lost");
    for (const ParticipantId id : known) {
        WebRtcPeer changed = *peer(id);
        changed.keyed_epoch = epoch;
        node_.carry_out(node_.directory().plan_webrtc(id, std::move(changed)));
    }
}

}  // namespace strata::control
