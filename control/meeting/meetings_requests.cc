#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "control/meeting/meetings.h"
#include "control/room/layers_text.h"
#include "control/signalling/random_text.h"

// What members ask for.
namespace strata::control {

using namespace meeting;

namespace {

constexpr std::size_t kResumeChars = 32;

std::unexpected<Error> admins_only(const char* what) {
    return refuse(ErrorCode::forbidden, "", std::string(what) + " needs the admin right");
}

}  // namespace

const Member& Meetings::member_of(const Guest& guest) const {
    return node_.directory().members().at(*guest.member);
}

Result<MemberId> Meetings::enter(const GuestPtr& guest, const Join& join,
                                 const MemberRights& rights) {
    const auto done = node_.carry_out(
        node_.directory().plan_member(guest->room, {.name = join.name,
                                                    .resume = random_text(kResumeChars),
                                                    .rights = rights,
                                                    .video_slots = join.video_slots,
                                                    .audio_slots = join.audio_slots,
                                                    .codecs = join.codecs}));
    if (!done) return std::unexpected(done.error());
    ++joined_;
    return std::get<Member>(done->puts.back()).id;
}

Result<MemberId> Meetings::resume(const GuestPtr& guest, const Join& join,
                                  const MemberRights& rights) {
    const Directory& directory = node_.directory();
    for (const MemberId id : directory.members_in(guest->room)) {
        const Member& member = directory.members().at(id);
        if (member.resume != join.resume) continue;
        Member changed = member;
        changed.rights = rights;
        if (auto done = node_.carry_out(node_.directory().plan_member(std::move(changed))); !done)
            return std::unexpected(done.error());
        absences_.erase(id);
        ++resumed_;
        return id;
    }
    return refuse(ErrorCode::precondition_failed, "resume", "this place is gone",
                  "join without resume");
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const Join& join) {
    if (guest->member)
        return refuse(ErrorCode::bad_request, "type", "this connection has joined already");
    const auto rights = access_.rights(
        {.peer = guest->peer, .origin = guest->origin, .token = join.token, .room = guest->room});
    if (!rights) return std::unexpected(rights.error());
    if (auto room = node_.directory().room(guest->room); !room)
        return std::unexpected(room.error());
    settle(guest->room);  // those who are there hear of what was before
    const bool resumed = !join.resume.empty();
    const auto member = resumed ? resume(guest, join, *rights) : enter(guest, join, *rights);
    if (!member) return std::unexpected(member.error());
    if (resumed || node_.directory().members().at(*member).slots.empty()) {
        welcome(guest, id, *member, resumed);
        return {};
    }
    auto offer = legs_.offer(*member);
    if (!offer) {
        node_.carry_out(node_.directory().plan_remove(*member));
        return std::unexpected(offer.error());
    }
    welcome(guest, id, *member, false);
    send_offer(guest, *std::move(offer));
    return {};
}

// The rest of a message is shorter than that.
std::size_t Meetings::page_bytes() const {
    return static_cast<std::size_t>(node_.limits().value(Limit::meeting_message_bytes) / 2);
}

void Meetings::welcome(const GuestPtr& guest, RequestId id, MemberId member_id, bool resumed) {
    const auto before = present_.find(member_id);
    if (before != present_.end()) {
        const GuestPtr replaced = before->second;
        close(replaced, CloseCode::normal, "replaced", "the place was taken again elsewhere");
        rooms_[guest->room].guests.erase(replaced);
    }
    guest->member = member_id;
    present_[member_id] = guest;
    Room& room = rooms_[guest->room];
    const Directory& directory = node_.directory();
    const Member& member = directory.members().at(member_id);
    const auto listing = listing_of(directory, guest->room);
    if (room.guests.empty()) {
        room.told = listing;
        if (!resumed)
            std::erase_if(room.told,
                          [&](const Listed& one) { return one.id == id_text(member_id); });
    }
    room.guests.insert(guest);
    const auto self = std::ranges::find(listing, member_id.value, &Listed::number);
    guest->socket->send(
        joined_text(id, {member, *self, page_after(listing, 0, page_bytes()), ice_servers_}));
    watch();
    guest->slots = slot_texts(directory, member, guest->given);
    for (const ParticipantId connection : directory.connections(member_id)) {
        const std::string& name = directory.participants().at(connection).membership->publication;
        if (name.empty())
            guest->leg = connection;
        else
            guest->publications[name] = connection;
    }
    if (!resumed || member.slots.empty()) return;
    guest->socket->send(slots_text(guest->slots));
    if (!guest->leg) guest->socket->send(receive_ended_text("failed"));
}

void Meetings::send_offer(const GuestPtr& guest, Legs::Offer offer) {
    const Participant* leg = node_.directory().receiving_leg(*guest->member);
    if (leg != nullptr) guest->leg = leg->id;
    const Change change = std::move(offer.change);
    // The client's first check shall find its transport.
    node_.when_settled(change, [weak = std::weak_ptr(guest), text = offer_text(offer)] {
        const GuestPtr there = weak.lock();
        if (there && !there->closing) there->socket->send(text);
    });
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const Answer& answer) {
    if (auto ok = legs_.answer(*guest->member, answer.sdp); !ok) return ok;
    guest->socket->send(ok_text(id));
    return {};
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const Publish& publish) {
    const Directory& directory = node_.directory();
    const MemberId member = *guest->member;
    if (directory.publication(member, publish.publication) != nullptr)
        return refuse(ErrorCode::already_exists, "publication",
                      "'" + publish.publication + "' is published already", "unpublish it first");
    if (auto ok =
            node_.limits().check_one_more(Limit::meeting_publications, guest->publications.size());
        !ok)
        return ok;
    auto published = legs_.publish(member, publish.publication, publish.sdp, publish.tracks);
    if (!published) return std::unexpected(published.error());
    guest->publications[publish.publication] =
        directory.publication(member, publish.publication)->id;
    const Change change = std::move(published->change);
    node_.when_settled(change, [weak = std::weak_ptr(guest),
                                text = published_text(id, publish.publication, *published)] {
        const GuestPtr there = weak.lock();
        if (there && !there->closing) there->socket->send(text);
    });
    return {};
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const Unpublish& unpublish) {
    const Participant* connection =
        node_.directory().publication(*guest->member, unpublish.publication);
    if (connection == nullptr)
        return refuse(ErrorCode::not_found, "publication", "there is no such publication");
    const auto done = node_.carry_out(node_.directory().plan_remove(connection->id));
    if (!done) return std::unexpected(done.error());
    guest->publications.erase(unpublish.publication);
    guest->socket->send(ok_text(id));
    return {};
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const Mute& mute) {
    const Directory& directory = node_.directory();
    const auto track = directory.track(mute.track);
    if (!track) return std::unexpected(track.error());
    const Participant& owner = directory.participants().at((*track)->participant);
    if (owner.room != guest->room)
        return refuse(ErrorCode::not_found, "track", "it isn't published in this room");
    const bool own = owner.membership && owner.membership->member == *guest->member;
    if (!own && !member_of(*guest).rights.admin) return admins_only("muting others");
    const auto membership = owner.membership;
    if (auto done = node_.carry_out(node_.directory().plan_muted(mute.track, mute.muted)); !done)
        return std::unexpected(done.error());
    guest->socket->send(ok_text(id));
    if (own || !membership) return {};
    const auto there = present_.find(membership->member);
    if (there != present_.end())
        there->second->socket->send(muted_text(mute.track, mute.muted, *guest->member));
    return {};
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const View& view) {
    Member changed = member_of(*guest);
    if (view.pins) changed.pins = *view.pins;
    for (const auto& [mid, wish] : view.slots) {
        const auto slot = std::ranges::find(changed.slots, mid, &Slot::mid);
        if (slot == changed.slots.end())
            return refuse(ErrorCode::invalid_field, "slots." + mid.substr(0, 16),
                          "there is no slot with this mid");
        if (wish.layers) slot->wish.layers = *wish.layers;
        if (wish.height_px) slot->wish.height_px = *wish.height_px;
        if (wish.paused) slot->wish.paused = *wish.paused;
    }
    if (auto done = node_.carry_out(node_.directory().plan_member(std::move(changed))); !done)
        return std::unexpected(done.error());
    guest->socket->send(ok_text(id));
    return {};
}

Meetings::Done Meetings::restart_publication(const GuestPtr& guest, RequestId id,
                                             const Restart& restart) {
    auto answer = legs_.restart(*guest->member, restart.leg, restart.sdp);
    if (!answer) return std::unexpected(answer.error());
    const Change change = std::move(answer->change);
    node_.when_settled(change, [weak = std::weak_ptr(guest), text = ok_text(id, answer->sdp)] {
        const GuestPtr there = weak.lock();
        if (there && !there->closing) there->socket->send(text);
    });
    return {};
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const Restart& restart) {
    if (restart.leg != kReceiveLeg) return restart_publication(guest, id, restart);
    if (member_of(*guest).slots.empty())
        return refuse(ErrorCode::not_found, "leg", "this member receives nothing");
    auto offer = legs_.offer(*guest->member);
    if (!offer) return std::unexpected(offer.error());
    guest->socket->send(ok_text(id));
    send_offer(guest, *std::move(offer));
    return {};
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const Remove& remove) {
    if (!member_of(*guest).rights.admin) return admins_only("removing others");
    Directory& directory = node_.directory();
    const auto member = parse_member_id(remove.member);
    const auto participant = parse_participant_id(remove.member);
    const auto not_here =
        refuse(ErrorCode::not_found, "member", "there is no such member", "such as m4");
    Result<Change> planned = not_here;
    if (member && directory.members().contains(*member) &&
        directory.members().at(*member).room == guest->room)
        planned = directory.plan_remove(*member);
    if (participant && directory.participants().contains(*participant) &&
        directory.participants().at(*participant).room == guest->room &&
        !directory.participants().at(*participant).membership)
        planned = directory.plan_remove(*participant);
    if (auto done = node_.carry_out(std::move(planned)); !done)
        return std::unexpected(done.error());
    remember_why(guest->room, remove.member, "removed");
    guest->socket->send(ok_text(id));
    return {};
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const ListMembers& list) {
    // As everybody was told: what changes behind it is told like any news.
    const std::vector<Listed>& told = rooms_[guest->room].told;
    guest->socket->send(members_text(id, page_after(told, list.after, page_bytes())));
    return {};
}

Meetings::Done Meetings::handle(const GuestPtr& guest, RequestId id, const Leave&) {
    const MemberId member = *guest->member;
    if (auto done = node_.carry_out(node_.directory().plan_remove(member)); !done)
        return std::unexpected(done.error());
    remember_why(guest->room, id_text(member), "left");
    present_.erase(member);
    guest->closing = true;
    guest->socket->send(ok_text(id));
    guest->socket->close(CloseCode::normal, "left");
    return {};
}

}  // namespace strata::control
