#include "control/signalling/sessions.h"

#include <algorithm>
#include <utility>

#include "control/signalling/bounded_sdp.h"
#include "control/signalling/random_text.h"
#include "control/signalling/sdp/publish_plan.h"
#include "control/signalling/sdp/view_plan.h"
#include "control/signalling/sdp/writer.h"

// Opening sessions: from an offer to an answer.
namespace strata::control {
namespace {

// RFC 9110 section 8.8.3.
std::string entity_tag(const std::string& text) { return '"' + text + '"'; }

struct Viewing {
    std::vector<std::pair<sdp::ViewedSection, Track>> sections;
    std::map<std::size_t, sdp::Media> idle;
    std::vector<std::size_t> accepted;  // both of them
};

// Of a viewer's sections each takes the first track that it can decode and no other one has; those
// that find none stay, inactive.
Viewing viewing_of(const sdp::Description& offer, std::vector<const Track*> tracks,
                   const std::string& layers, const sdp::Capabilities& capabilities) {
    Viewing viewing;
    sdp::BundleExtensions bundle;
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        std::optional<sdp::ViewedSection> section;
        const auto taken = std::ranges::find_if(tracks, [&](const Track* track) {
            section = sdp::plan_view(offer, i, *track, capabilities, bundle);
            return section.has_value();
        });
        if (section) {
            section->subscription.layers =
                layers.empty() ? sdp::best_layers(**taken, *section) : layers;
            viewing.sections.emplace_back(*std::move(section), **taken);
            tracks.erase(taken);
        } else if (auto idle = sdp::idle_section(offer, i, capabilities, bundle)) {
            viewing.idle.emplace(i, *std::move(idle));
        } else {
            continue;
        }
        viewing.accepted.push_back(i);
    }
    return viewing;
}

}  // namespace

Sessions::Sessions(Environment environment)
    : node_(*environment.node),
      peers_(*environment.peers),
      receiving_(environment.receiving),
      sending_(environment.sending) {}

Result<Sessions::Opening> Sessions::open(std::string_view room, WebRtcPeer::Kind kind,
                                         const sdp::Description& offer,
                                         const std::vector<std::size_t>& accepted) {
    const auto remote = sdp::remote_transport(offer, sdp::tagged_section(offer, accepted));
    if (!remote) return std::unexpected(remote.error());
    Opening opening{.offer = offer, .remote = *remote, .peer = {}, .change = {}, .accepted = {}};
    ParticipantSpec spec;
    spec.webrtc.emplace().kind = kind;
    const auto peer = peers_.open(room, std::move(spec), remote->ice_ufrag, opening.change);
    if (!peer) return std::unexpected(peer.error());
    opening.peer = *peer;
    return opening;
}

Result<Sessions::Opened> Sessions::publish(std::string_view room, std::string_view text) {
    const auto offer = read_description(node_.limits(), text);
    if (!offer) return std::unexpected(offer.error());
    const auto sections = sdp::plan_publish(*offer, receiving_);
    if (!sections) return std::unexpected(sections.error());
    std::vector<std::size_t> accepted;
    for (const sdp::PublishedSection& section : *sections) accepted.push_back(section.index);
    auto opening = open(room, WebRtcPeer::Kind::publisher, *offer, accepted);
    if (!opening) return std::unexpected(opening.error());
    for (const sdp::PublishedSection& section : *sections) {
        auto ok = peers_.take(node_.directory().plan_track(opening->peer.id, section.track),
                              opening->change);
        if (!ok) {
            peers_.end(opening->peer.id, "a track was refused");
            return std::unexpected(ok.error());
        }
        opening->accepted.emplace(section.index, section.answer);
    }
    return finish(*std::move(opening));
}

Result<Sessions::Opened> Sessions::view(std::string_view room, std::string_view text,
                                        const Wish& wish) {
    const auto offer = read_description(node_.limits(), text);
    if (!offer) return std::unexpected(offer.error());
    const auto tracks = wanted_tracks(room, wish);
    if (!tracks) return std::unexpected(tracks.error());
    Viewing viewing = viewing_of(*offer, *tracks, wish.layers, sending_);
    if (viewing.sections.empty())
        return refuse(ErrorCode::not_acceptable,
                      "m=", "none of what is published can be received with this offer",
                      "offer to receive audio or video in the publisher's codec");
    auto opening = open(room, WebRtcPeer::Kind::viewer, *offer, viewing.accepted);
    if (!opening) return std::unexpected(opening.error());
    opening->accepted = std::move(viewing.idle);
    for (auto& [section, track] : viewing.sections) {
        auto ok =
            peers_.take(node_.directory().plan_subscription(opening->peer.id, section.subscription),
                        opening->change);
        if (!ok) {
            peers_.end(opening->peer.id, "a subscription was refused");
            return std::unexpected(ok.error());
        }
        sdp::name_sources(std::get<Subscription>(opening->change.puts.back()), track,
                          section.answer);
        opening->accepted.emplace(section.index, std::move(section.answer));
    }
    return finish(*std::move(opening));
}

Sessions::Opened Sessions::finish(Opening opening) {
    sdp::LocalTransport local = peers_.transport(opening.peer.id);
    local.setup = opening.remote.own_setup;
    const sdp::Description answer =
        sdp::make_answer(opening.offer, std::move(opening.accepted), local, random_number() >> 2);
    peers_.expect(opening.peer.id, opening.remote);
    return {.session = opening.peer.session,
            .etag = entity_tag(opening.peer.ufrag),
            .answer = sdp::write(answer),
            .change = std::move(opening.change)};
}

// With neither a track nor a publisher named: the newest one that sends video, else audio.
Result<std::vector<const Track*>> Sessions::wanted_tracks(std::string_view room,
                                                          const Wish& wish) const {
    const Directory& directory = node_.directory();
    if (const auto found = directory.room(room); !found) return std::unexpected(found.error());
    const auto nothing = [&] {
        return refuse(ErrorCode::not_found, std::string(room), "nothing of that kind is published",
                      "GET /v1/tracks?room=… lists what is");
    };
    std::vector<const Track*> tracks;
    if (!wish.track.empty()) {
        const auto id = parse_track_id(wish.track);
        const auto it = id ? directory.tracks().find(*id) : directory.tracks().end();
        if (it == directory.tracks().end() ||
            directory.participants().at(it->second.participant).room != room)
            return nothing();
        tracks.push_back(&it->second);
        return tracks;
    }
    ParticipantId chosen;
    bool video = false;
    for (const ParticipantId member : directory.participants_in(room)) {
        const Participant& participant = directory.participants().at(member);
        if (!wish.participant.empty() && participant.name != wish.participant &&
            id_text(member) != wish.participant)
            continue;
        const auto& published = directory.published(member);
        const bool has_video = std::ranges::any_of(
            published, [&](TrackId id) { return directory.tracks().at(id).codec != "opus"; });
        if (published.empty() || (video && !has_video)) continue;
        chosen = member;
        video = has_video;
    }
    if (chosen.value == 0) return nothing();
    for (const TrackId id : directory.published(chosen))
        tracks.push_back(&directory.tracks().at(id));
    return tracks;
}

}  // namespace strata::control
