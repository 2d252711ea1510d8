#include "control/signalling/sdp/fragment.h"
#include "control/signalling/sdp/writer.h"
#include "control/signalling/sessions.h"

// What is asked of sessions once they are open.
namespace strata::control {

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
    return restart((*participant)->id, fragment->ice_ufrag);
}

Result<Sessions::Restarted> Sessions::restart(ParticipantId id, const std::string& remote_ufrag) {
    if (auto ok = peers_.restart(id, remote_ufrag); !ok) return std::unexpected(ok.error());
    const auto& published = node_.directory().published(id);
    sdp::Media media{.kind = published.empty() ? "video" : "audio"};
    for (const TrackId track : published)
        if (node_.directory().tracks().at(track).codec != "opus") media.kind = "video";
    const sdp::LocalTransport local = peers_.transport(id);
    media.mid = "0";
    for (const TrackId track : published)
        if (media.mid == "0") media.mid = node_.directory().tracks().at(track).mid;
    media.format_names = {"0"};
    media.transport = {local.ice_ufrag, local.ice_pwd, {}, sdp::Setup::none};
    media.candidates = local.candidates;
    media.end_of_candidates = true;
    const sdp::Description description{.ice_lite = true, .media = {media}};
    return Restarted{.etag = '"' + local.ice_ufrag + '"',
                     .fragment = sdp::write_fragment(description)};
}

}  // namespace strata::control
