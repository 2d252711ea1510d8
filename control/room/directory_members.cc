#include <algorithm>

#include "control/room/directory.h"

// Members of meetings: who they are, their peer connections, and what is in their slots.
namespace strata::control {
namespace {

bool same_feed(const Subscription& a, Subscription b) {
    b.id = a.id;
    b.created_at_ms = a.created_at_ms;
    return a == b;
}

std::vector<Slot> slots_of(std::uint32_t video, std::uint32_t audio) {
    std::vector<Slot> slots;
    const auto add = [&](MediaKind kind) {
        slots.push_back({.mid = std::to_string(slots.size()), .kind = kind});
    };
    for (std::uint32_t i = 0; i < std::max(video, audio); ++i) {
        if (i < audio) add(MediaKind::audio);
        if (i < video) add(MediaKind::video);
    }
    return slots;
}

Result<std::uint32_t> slot_count(std::string_view field, std::optional<std::uint32_t> wanted,
                                 std::uint32_t most) {
    if (!wanted) return most;
    if (*wanted <= most) return *wanted;
    return refuse(ErrorCode::invalid_field, std::string(field),
                  std::to_string(*wanted) + " slots are more than the room's profile has",
                  "0 to " + std::to_string(most));
}

}  // namespace

const std::set<MemberId>& Directory::members_in(std::string_view room) const {
    return members_in_.find(room)->second;
}
const std::set<ParticipantId>& Directory::connections(MemberId id) const {
    return connections_.at(id);
}
const Participant* Directory::receiving_leg(MemberId id) const { return connection(id, ""); }
const Participant* Directory::publication(MemberId id, std::string_view name) const {
    return name.empty() ? nullptr : connection(id, name);
}

const Participant* Directory::connection(MemberId id, std::string_view publication) const {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return nullptr;
    for (const ParticipantId participant : found->second) {
        const Participant& one = participants_.at(participant);
        if (one.membership->publication == publication) return &one;
    }
    return nullptr;
}

Result<Change> Directory::plan_member(std::string_view name, const MemberSpec& spec) {
    const auto home = room(name);
    if (!home) return std::unexpected(home.error());
    if (auto ok = check_name("name", spec.name); !ok) return std::unexpected(ok.error());
    if (spec.name.empty())
        return refuse(ErrorCode::invalid_field, "name", "it is empty", "what the others read");
    // A member may have no connection: it counts like a participant beside them.
    if (auto ok = limits_.check_one_more(Limit::participants, members_.size()); !ok)
        return std::unexpected(ok.error());
    if (auto ok = limits_.check_one_more(Limit::participants_per_room, members_in(name).size());
        !ok)
        return std::unexpected(ok.error());
    const RoomProfile& profile = profiles_.find((*home)->profile)->second;
    const bool sees = spec.rights.subscribe || spec.rights.admin;
    const auto video = slot_count("receive.video", spec.video_slots, profile.video_slots);
    if (!video) return std::unexpected(video.error());
    const auto audio = slot_count("receive.audio", spec.audio_slots, profile.audio_slots);
    if (!audio) return std::unexpected(audio.error());
    Member member{.id = MemberId{next_id_},
                  .room = (*home)->name,
                  .name = spec.name,
                  .resume = spec.resume,
                  .rights = spec.rights,
                  .profile = profile,
                  .codecs = spec.codecs,
                  .slots = sees ? slots_of(*video, *audio) : std::vector<Slot>(),
                  .created_at_ms = source_.unix_ms()};
    draw_ssrcs(member.slots);
    return Change{.puts = {std::move(member)}, .next_id = next_id_ + 1};
}

Result<Change> Directory::plan_member(Member changed) {
    const auto found = member(changed.id);
    if (!found) return std::unexpected(found.error());
    Change change{.next_id = next_id_};
    if (**found != changed) change.puts.emplace_back(std::move(changed));
    return change;
}

void Directory::draw_ssrcs(std::vector<Slot>& slots) const {
    std::set<std::uint32_t> taken{0};
    const auto draw = [&] {
        std::uint32_t ssrc = source_.random();
        while (!taken.insert(ssrc).second) ssrc += source_.random() | 1;
        return ssrc;
    };
    for (Slot& slot : slots) {
        slot.ssrc = draw();
        if (slot.kind == MediaKind::video) slot.rtx_ssrc = draw();
    }
}

void Directory::put_filling(const SlotFilling& filling, const Subscription* present,
                            Change& change) {
    if (!filling.wanted) {
        if (present != nullptr) change.removes.push_back(present->id);
        return;
    }
    if (present != nullptr && same_feed(*present, *filling.wanted)) return;
    Subscription leg = *filling.wanted;
    if (present != nullptr) {
        leg.id = present->id;
        leg.created_at_ms = present->created_at_ms;
    } else {
        leg.id = SubscriptionId{change.next_id};
        leg.created_at_ms = source_.unix_ms();
        if (!limits_.check_one_more(Limit::subscriptions,
                                    subscriptions_.size() + change.puts.size()))
            return;
        ++change.next_id;
    }
    change.puts.emplace_back(std::move(leg));
}

Change Directory::plan_slots(const std::vector<SlotFilling>& fillings) {
    Change change{.next_id = next_id_};
    std::map<MemberId, Member> marked;
    for (const SlotFilling& filling : fillings) {
        if (!participants_.contains(filling.leg)) continue;
        const Subscription* present = nullptr;
        for (const SubscriptionId id : received(filling.leg))
            if (subscriptions_.at(id).mid == filling.mid) present = &subscriptions_.at(id);
        put_filling(filling, present, change);
        if (filling.av1 != Av1Form::none) mark_av1(filling, marked);
    }
    for (auto& [id, member] : marked) change.puts.emplace_back(std::move(member));
    return change;
}

void Directory::mark_av1(const SlotFilling& filling, std::map<MemberId, Member>& marked) const {
    const auto& membership = participants_.at(filling.leg).membership;
    if (!membership) return;
    const Member& stored = members_.at(membership->member);
    const auto slot = std::ranges::find(stored.slots, filling.mid, &Slot::mid);
    if (slot == stored.slots.end() || slot->av1 == filling.av1) return;
    Member& member = marked.try_emplace(stored.id, stored).first->second;
    member.slots[static_cast<std::size_t>(slot - stored.slots.begin())].av1 = filling.av1;
}

Result<Change> Directory::plan_muted(TrackId id, bool muted) {
    const auto found = track(id);
    if (!found) return std::unexpected(found.error());
    Change change{.next_id = next_id_};
    if ((*found)->muted == muted) return change;
    Track changed = **found;
    changed.muted = muted;
    change.puts.emplace_back(std::move(changed));
    return change;
}

Result<Change> Directory::plan_remove(MemberId id) {
    if (const auto found = member(id); !found) return std::unexpected(found.error());
    Change change{.next_id = next_id_};
    const auto& own = connections(id);
    for (const ParticipantId participant : own) {
        for (const SubscriptionId leg : received(participant)) change.removes.push_back(leg);
        for (const TrackId track : published(participant))
            for (const SubscriptionId leg : receivers(track)) change.removes.push_back(leg);
    }
    for (const ParticipantId participant : own)
        for (const TrackId track : published(participant)) change.removes.push_back(track);
    for (const ParticipantId participant : own) change.removes.push_back(participant);
    change.removes.push_back(id);
    return change;
}

std::set<std::string> Directory::rooms_of(const Change& change) const {
    std::set<std::string> rooms;
    const auto of_participant = [&](ParticipantId id) {
        const auto found = participants_.find(id);
        if (found != participants_.end()) rooms.insert(found->second.room);
    };
    for (const RecordKey& key : change.removes) {
        if (const auto* name = std::get_if<std::string>(&key)) rooms.insert(*name);
        if (const auto* id = std::get_if<ParticipantId>(&key)) of_participant(*id);
        if (const auto* id = std::get_if<TrackId>(&key))
            if (const auto found = tracks_.find(*id); found != tracks_.end())
                of_participant(found->second.participant);
        if (const auto* id = std::get_if<MemberId>(&key))
            if (const auto found = members_.find(*id); found != members_.end())
                rooms.insert(found->second.room);
    }
    for (const Record& record : change.puts) {
        if (const auto* room = std::get_if<Room>(&record)) rooms.insert(room->name);
        if (const auto* one = std::get_if<Participant>(&record)) rooms.insert(one->room);
        if (const auto* track = std::get_if<Track>(&record)) of_participant(track->participant);
        if (const auto* member = std::get_if<Member>(&record)) rooms.insert(member->room);
    }
    return rooms;
}

void Directory::put(const Member& member) {
    members_.insert_or_assign(member.id, member);
    members_in_[member.room].insert(member.id);
    connections_.try_emplace(member.id);
}

void Directory::remove(MemberId id) {
    const auto it = members_.find(id);
    if (it == members_.end()) return;
    members_in_[it->second.room].erase(id);
    connections_.erase(id);
    members_.erase(it);
}

}  // namespace strata::control
