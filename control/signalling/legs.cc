#include "control/signalling/legs.h"

#include <algorithm>

#include "control/signalling/bounded_sdp.h"
#include "control/signalling/random_text.h"
#include "control/signalling/sdp/writer.h"

namespace strata::control {
namespace {

sdp::SlotOffer slot_offer(const Member& member, const Participant& leg) {
    return {.slots = member.slots,
            .video_codecs = member.codecs,
            .cname = "strata-" + id_text(member.id),
            .session_id = leg.id.value,
            .session_version = member.offers};
}

// What an operator reads in lists of participants.
std::string connection_name(const Member& member, std::string_view what) {
    return id_text(member.id) + "/" + std::string(what);
}

}  // namespace

Legs::Legs(Environment environment)
    : node_(*environment.node),
      peers_(*environment.peers),
      receiving_(environment.receiving),
      sending_(environment.sending) {}

Result<Member> Legs::open(Member member, Change& change) {
    ParticipantSpec spec{.name = connection_name(member, "receive")};
    spec.membership = Membership{member.id, ""};
    spec.webrtc.emplace().kind = WebRtcPeer::Kind::viewer;
    if (const auto peer = peers_.open(member.room, std::move(spec), "", change); !peer)
        return std::unexpected(peer.error());
    ++member.generation;
    member.offers = 0;
    member.answered = false;
    for (Slot& slot : member.slots) slot.av1 = Av1Form::none;  // a stream's, and these are new
    return member;
}

Result<Legs::Offer> Legs::offer(MemberId id) {
    Offer offer;
    Member member = node_.directory().members().at(id);
    if (const Participant* leg = node_.directory().receiving_leg(id)) {
        if (auto ok = peers_.restart(leg->id, ""); !ok) return std::unexpected(ok.error());
        offer.change.puts.emplace_back(*node_.directory().receiving_leg(id));
    } else {
        auto opened = open(std::move(member), offer.change);
        if (!opened) return std::unexpected(opened.error());
        member = *std::move(opened);
    }
    ++member.offers;
    if (auto ok = peers_.take(node_.directory().plan_member(member), offer.change); !ok)
        return std::unexpected(ok.error());
    const Participant& leg = *node_.directory().receiving_leg(id);
    offer.sdp = sdp::write(
        sdp::make_slot_offer(slot_offer(member, leg), sending_, peers_.transport(leg.id)));
    offer.generation = member.generation;
    return offer;
}

Result<void> Legs::answer(MemberId id, std::string_view text) {
    Member member = node_.directory().members().at(id);
    const Participant* leg = node_.directory().receiving_leg(id);
    if (leg == nullptr)
        return refuse(ErrorCode::not_found, "leg", "there is no receiving leg to answer for",
                      "restart asks for an offer");
    const ParticipantId connection = leg->id;
    const auto description = read_own_answer(node_.limits(), text, member.slots.size());
    if (!description) return std::unexpected(description.error());
    const auto read = sdp::read_slot_answer(*description, slot_offer(member, *leg), sending_);
    if (!read) return std::unexpected(read.error());
    const bool first = !member.answered;
    member.answered = true;
    member.audio = read->audio;
    member.video = read->video;
    member.extmap_allow_mixed = read->extmap_allow_mixed;
    for (std::size_t i = 0; i < member.slots.size(); ++i) member.slots[i].usable = read->usable[i];
    const auto done = node_.carry_out(node_.directory().plan_member(std::move(member)));
    if (!done) return std::unexpected(done.error());
    if (auto ok = peers_.answered(connection, read->remote.ice_ufrag); !ok) return ok;
    // An ICE restart goes on with the keys that are there.
    if (first) peers_.expect(connection, read->remote);
    return {};
}

Result<std::vector<sdp::PublishedSection>> Legs::noted_sections(const Member& member,
                                                                const sdp::Description& offer,
                                                                std::span<const TrackNote> notes) {
    auto sections = sdp::plan_publish(offer, receiving_);
    if (!sections) return sections;
    if (notes.empty())
        return refuse(ErrorCode::invalid_field, "tracks", "none are named",
                      "each with the mid of its media section");
    std::vector<sdp::PublishedSection> noted;
    for (const TrackNote& note : notes) {
        const std::string field = "tracks." + note.mid;
        const auto found = std::ranges::find_if(
            *sections, [&](const auto& section) { return section.track.mid == note.mid; });
        if (found == sections->end())
            return refuse(ErrorCode::not_acceptable, field,
                          "nothing that can be published is offered with this mid",
                          "VP8, VP9, AV1, H264 or opus to be sent, with a=ssrc or a=rid");
        const MediaKind kind = kind_of(note.source);
        if (offer.media.at(found->index).kind != kind_text(kind))
            return refuse(ErrorCode::invalid_field, field,
                          std::string(source_text(note.source)) + " doesn't fit " +
                              offer.media.at(found->index).kind);
        if (!member.may_publish(kind))
            return refuse(ErrorCode::forbidden, field,
                          std::string(kind_text(kind)) + " may not be published",
                          "may_publish of `joined` says what may be");
        found->track.source = note.source;
        found->track.muted = note.muted;
        found->track.height_px = note.height_px;
        found->track.scalability = note.scalability;
        noted.push_back(*std::move(found));
        sections->erase(found);
    }
    return noted;
}

std::string Legs::answer_text(ParticipantId id, const sdp::Description& offer,
                              const std::vector<sdp::PublishedSection>& sections,
                              sdp::Setup own_setup) const {
    std::map<std::size_t, sdp::Media> accepted;
    for (const sdp::PublishedSection& section : sections)
        accepted.emplace(section.index, section.answer);
    sdp::LocalTransport local = peers_.transport(id);
    local.setup = own_setup;
    return sdp::write(sdp::make_answer(offer, std::move(accepted), local, id.value));
}

Result<Legs::Published> Legs::publish(MemberId id, std::string_view publication,
                                      std::string_view text, std::span<const TrackNote> notes) {
    const Member& member = node_.directory().members().at(id);
    const auto offer = read_description(node_.limits(), text);
    if (!offer) return std::unexpected(offer.error());
    const auto sections = noted_sections(member, *offer, notes);
    if (!sections) return std::unexpected(sections.error());
    std::vector<std::size_t> accepted;
    for (const sdp::PublishedSection& section : *sections) accepted.push_back(section.index);
    const auto remote = sdp::remote_transport(*offer, sdp::tagged_section(*offer, accepted));
    if (!remote) return std::unexpected(remote.error());

    Published published;
    ParticipantSpec spec{.name = connection_name(member, publication)};
    spec.membership = Membership{id, std::string(publication)};
    spec.webrtc.emplace().kind = WebRtcPeer::Kind::publisher;
    const auto peer =
        peers_.open(member.room, std::move(spec), remote->ice_ufrag, published.change);
    if (!peer) return std::unexpected(peer.error());
    for (const sdp::PublishedSection& section : *sections) {
        auto ok =
            peers_.take(node_.directory().plan_track(peer->id, section.track), published.change);
        if (!ok) {
            peers_.end(peer->id, "a track was refused");
            return std::unexpected(ok.error());
        }
        published.tracks.emplace_back(section.track.mid,
                                      std::get<Track>(published.change.puts.back()).id);
    }
    published.sdp = answer_text(peer->id, *offer, *sections, remote->own_setup);
    peers_.expect(peer->id, *remote);
    return published;
}

Result<Legs::Published> Legs::restart(MemberId id, std::string_view publication,
                                      std::string_view text) {
    const Directory& directory = node_.directory();
    const Participant* connection = directory.publication(id, publication);
    if (connection == nullptr)
        return refuse(ErrorCode::not_found, "leg", "there is no such publication");
    const auto offer = read_description(node_.limits(), text);
    if (!offer) return std::unexpected(offer.error());
    auto sections = sdp::plan_publish(*offer, receiving_);
    if (!sections) return std::unexpected(sections.error());
    const auto same_track = [&](const sdp::PublishedSection& section) {
        return std::ranges::any_of(directory.published(connection->id), [&](TrackId track) {
            const Track& known = directory.tracks().at(track);
            return known.mid == section.track.mid && known.codec == section.track.codec &&
                   known.payload_type == section.track.payload_type;
        });
    };
    std::erase_if(*sections, [&](const auto& section) { return !same_track(section); });
    if (sections->size() != directory.published(connection->id).size())
        return refuse(ErrorCode::not_acceptable, "sdp",
                      "the offer has other tracks than the publication",
                      "publish it anew under another name, or unpublish it first");
    std::vector<std::size_t> accepted;
    for (const sdp::PublishedSection& section : *sections) accepted.push_back(section.index);
    const auto remote = sdp::remote_transport(*offer, sdp::tagged_section(*offer, accepted));
    if (!remote) return std::unexpected(remote.error());
    const ParticipantId peer = connection->id;
    if (auto ok = peers_.restart(peer, remote->ice_ufrag); !ok) return std::unexpected(ok.error());
    Published published{.sdp = answer_text(peer, *offer, *sections, remote->own_setup)};
    published.change.puts.emplace_back(directory.participants().at(peer));
    return published;
}

}  // namespace strata::control
