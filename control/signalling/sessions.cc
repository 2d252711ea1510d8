#include "control/signalling/sessions.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "control/signalling/random_text.h"
#include "control/signalling/sdp/parser.h"
#include "control/signalling/sdp/publish_plan.h"
#include "control/signalling/sdp/view_plan.h"
#include "control/signalling/sdp/writer.h"

// Opening sessions: from an offer to an answer.
namespace strata::control {
namespace {

constexpr std::size_t kUfragChars = 8, kPasswordChars = 24, kSessionChars = 22;

// RFC 9110 section 8.8.3.
std::string entity_tag(const std::string& text) { return '"' + text + '"'; }

void append(Change& total, const Change& change) {
    total.puts.insert(total.puts.end(), change.puts.begin(), change.puts.end());
    total.removes.insert(total.removes.end(), change.removes.begin(), change.removes.end());
}

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
      handshakes_(*environment.handshakes),
      receiving_(environment.receiving),
      sending_(environment.sending),
      after_(std::move(environment.after)) {
    node_.watcher = {.nominated =
                         [this](ParticipantId id) {
                             ++signs_of_life_[id];
                             handshakes_.reachable(id);
                         },
                     .consent_lost = [this](ParticipantId id) { on_consent_lost(id); },
                     .removed =
                         [this](ParticipantId id) {
                             signs_of_life_.erase(id);
                             handshakes_.forget(id);
                         },
                     .dataplane = [this](std::uint64_t epoch) { on_dataplane(epoch); }};
}

Result<sdp::Description> Sessions::read_offer(std::string_view text) {
    Limits& limits = node_.limits();
    auto offer = sdp::parse(text, {.bytes = limits.value(Limit::sdp_bytes),
                                   .lines = limits.value(Limit::sdp_lines),
                                   .line_bytes = limits.value(Limit::sdp_line_bytes),
                                   .media_sections = limits.value(Limit::sdp_media_sections)});
    if (!offer)
        for (const Limit limit :
             {Limit::sdp_bytes, Limit::sdp_lines, Limit::sdp_line_bytes, Limit::sdp_media_sections})
            if (offer.error().object == "limits." + std::string(Limits::name(limit)))
                limits.count_hit(limit);
    return offer;
}

Result<void> Sessions::take(Result<Change> planned, Change& total) {
    const auto done = node_.carry_out(std::move(planned));
    if (!done) return std::unexpected(done.error());
    append(total, *done);
    return {};
}

IceCredentials Sessions::new_credentials(const std::string& remote_ufrag) const {
    const auto in_use = [this](const std::string& ufrag) {
        return std::ranges::any_of(node_.directory().participants(), [&](const auto& entry) {
            const auto& webrtc = entry.second.webrtc;
            return webrtc && std::ranges::find(webrtc->credentials, ufrag,
                                               &IceCredentials::ufrag) != webrtc->credentials.end();
        });
    };
    IceCredentials credentials{.ufrag = random_ice_text(kUfragChars),
                               .password = random_ice_text(kPasswordChars),
                               .remote_ufrag = remote_ufrag};
    while (in_use(credentials.ufrag)) credentials.ufrag = random_ice_text(kUfragChars);
    return credentials;
}

Result<Sessions::Opening> Sessions::open(std::string_view room, WebRtcPeer::Kind kind,
                                         const sdp::Description& offer,
                                         const std::vector<std::size_t>& accepted) {
    const auto remote = sdp::remote_transport(offer, sdp::tagged_section(offer, accepted));
    if (!remote) return std::unexpected(remote.error());
    if (node_.session().link_state() != LinkState::synchronised)
        return refuse(ErrorCode::dataplane_unavailable, "", "the data plane is not connected",
                      "try again soon");
    Opening opening{.offer = offer,
                    .remote = *remote,
                    .credentials = new_credentials(remote->ice_ufrag),
                    .session = random_text(kSessionChars)};
    ParticipantSpec spec;
    spec.webrtc =
        WebRtcPeer{.kind = kind, .session = opening.session, .credentials = {opening.credentials}};
    if (auto ok = take(node_.directory().plan_participant(room, spec), opening.change); !ok)
        return std::unexpected(ok.error());
    opening.participant = std::get<Participant>(opening.change.puts.back()).id;
    return opening;
}

Result<Sessions::Opened> Sessions::publish(std::string_view room, std::string_view text) {
    const auto offer = read_offer(text);
    if (!offer) return std::unexpected(offer.error());
    const auto sections = sdp::plan_publish(*offer, receiving_);
    if (!sections) return std::unexpected(sections.error());
    std::vector<std::size_t> accepted;
    for (const sdp::PublishedSection& section : *sections) accepted.push_back(section.index);
    auto opening = open(room, WebRtcPeer::Kind::publisher, *offer, accepted);
    if (!opening) return std::unexpected(opening.error());
    for (const sdp::PublishedSection& section : *sections) {
        auto ok = take(node_.directory().plan_track(opening->participant, section.track),
                       opening->change);
        if (!ok) {
            undo(opening->participant, "a track was refused");
            return std::unexpected(ok.error());
        }
        opening->accepted.emplace(section.index, section.answer);
    }
    return finish(*std::move(opening));
}

Result<Sessions::Opened> Sessions::view(std::string_view room, std::string_view text,
                                        const Wish& wish) {
    const auto offer = read_offer(text);
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
            take(node_.directory().plan_subscription(opening->participant, section.subscription),
                 opening->change);
        if (!ok) {
            undo(opening->participant, "a subscription was refused");
            return std::unexpected(ok.error());
        }
        sdp::name_sources(std::get<Subscription>(opening->change.puts.back()), track,
                          section.answer);
        opening->accepted.emplace(section.index, std::move(section.answer));
    }
    return finish(*std::move(opening));
}

Sessions::Opened Sessions::finish(Opening opening) {
    const ParticipantId id = opening.participant;
    sdp::LocalTransport local = local_transport(id, opening.credentials);
    local.setup = opening.remote.own_setup;
    const sdp::Description answer =
        sdp::make_answer(opening.offer, std::move(opening.accepted), local, random_number() >> 2);
    handshakes_.expect(id, local.setup == sdp::Setup::active ? DtlsRole::client : DtlsRole::server,
                       opening.remote.fingerprint);
    after_(std::chrono::seconds(node_.limits().value(Limit::session_setup_s)), [this, id] {
        const WebRtcPeer* webrtc = peer(id);
        if (webrtc == nullptr || webrtc->keyed_epoch != 0) return;
        node_.limits().count_hit(Limit::session_setup_s);
        undo(id, "no keys within limits.session_setup_s");
    });
    return {.session = opening.session,
            .etag = entity_tag(opening.credentials.ufrag),
            .answer = sdp::write(answer),
            .change = std::move(opening.change)};
}

std::vector<sdp::Candidate> Sessions::candidates(ParticipantId id) const {
    std::vector<sdp::Candidate> found;
    const std::uint32_t worker = node_.directory().worker_of(id);
    const auto add = [&](const std::string& host, std::uint16_t port, bool tcp) {
        const std::size_t index = found.size();
        found.push_back({.foundation = std::to_string(index + 1),
                         .tcp = tcp,
                         .priority = sdp::candidate_priority(tcp, index),
                         .address = host,
                         .port = port});
    };
    for (const WorkerAddress& address : node_.session().workers()) {
        if (address.worker != worker) continue;
        for (const std::string& host : address.addresses) add(host, address.udp_port, false);
        for (const Endpoint& at : address.tcp) add(address_text(at), at.port, true);
    }
    return found;
}

sdp::LocalTransport Sessions::local_transport(ParticipantId id,
                                              const IceCredentials& credentials) const {
    return {.ice_ufrag = credentials.ufrag,
            .ice_pwd = credentials.password,
            .fingerprint = handshakes_.fingerprint(),
            .candidates = candidates(id)};
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
