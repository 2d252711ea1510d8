#include <algorithm>
#include <utility>

#include "control/meeting/meetings.h"
#include "control/meeting/slot_plan.h"

// What becomes of rooms: slots are filled, members are told.
namespace strata::control {

using namespace meeting;

void Meetings::on_rooms(const std::set<std::string>& rooms) {
    for (const std::string& name : rooms) {
        const bool stored = node_.directory().rooms().contains(name);
        if (rooms_.contains(name) || (stored && !node_.directory().members_in(name).empty()))
            dirty_.insert(name);
    }
    settle_soon();
}

void Meetings::settle_soon() {
    if (dirty_.empty() || std::exchange(settling_, true)) return;
    after_(std::chrono::milliseconds(0), [this] {
        settling_ = false;
        const std::set<std::string> now = std::exchange(dirty_, {});
        for (const std::string& name : now) settle(name);
    });
}

void Meetings::settle(const std::string& name) {
    if (!node_.directory().rooms().contains(name)) return end_room(name);
    fill_slots(name);
    const auto room = rooms_.find(name);
    if (room == rooms_.end()) return;
    tell_members(name, room->second);
    const std::set<GuestPtr> guests = room->second.guests;
    const auto candidates = candidates_of(node_.directory(), name, nullptr);
    for (const GuestPtr& guest : guests) {
        tell_own(guest);
        tell_unshown(guest, candidates);
    }
}

void Meetings::fill_slots(const std::string& name) {
    const Directory& directory = node_.directory();
    const auto& members = directory.members_in(name);
    if (members.empty()) return;
    const auto room = rooms_.find(name);
    const auto candidates =
        candidates_of(directory, name, room == rooms_.end() ? nullptr : &room->second.speakers);
    std::vector<SlotFilling> fillings;
    for (const MemberId id : members) {
        auto own = fillings_of(directory, directory.members().at(id), candidates);
        std::ranges::move(own, std::back_inserter(fillings));
    }
    node_.carry_out(node_.directory().plan_slots(fillings));
}

void Meetings::tell_members(const std::string& name, Room& room) {
    auto listing = listing_of(node_.directory(), name);
    std::vector<std::string> news;
    const auto known = [](const std::vector<Listed>& all, std::uint64_t number) {
        const auto found = std::ranges::lower_bound(all, number, {}, &Listed::number);
        return found != all.end() && found->number == number ? found : all.end();
    };
    for (const Listed& before : room.told) {
        if (known(listing, before.number) != listing.end()) continue;
        const auto reason = left_because_.extract(before.id);
        news.push_back(member_left_text(before.id, reason ? reason.mapped() : "left"));
    }
    for (const Listed& now : listing) {
        const auto before = known(room.told, now.number);
        if (before == room.told.end())
            news.push_back(member_text("member-joined", now));
        else if (*before != now)
            news.push_back(member_text("member-changed", now));
    }
    room.told = std::move(listing);
    for (const GuestPtr& guest : room.guests)
        for (const std::string& text : news) guest->socket->send(text);
}

std::string Meetings::ended_reason(ParticipantId id) {
    return peers_.take_closed(id) ? "closed" : "failed";
}

void Meetings::tell_own(const GuestPtr& guest) {
    if (guest->closing) return;
    const Directory& directory = node_.directory();
    const auto found = directory.members().find(*guest->member);
    if (found == directory.members().end()) {
        present_.erase(*guest->member);
        return close(guest, CloseCode::normal, "removed", "this member was removed");
    }
    const Member& member = found->second;
    std::vector<std::string> ended;
    for (const auto& [name, connection] : guest->publications)
        if (!directory.participants().contains(connection)) ended.push_back(name);
    for (const std::string& name : ended)
        guest->socket->send(
            publication_ended_text(name, ended_reason(guest->publications.extract(name).mapped())));
    tell_slots(guest, member);
    if (guest->leg && !directory.participants().contains(*guest->leg)) {
        const ParticipantId leg = *std::exchange(guest->leg, std::nullopt);
        guest->socket->send(receive_ended_text(ended_reason(leg)));
    }
}

void Meetings::tell_slots(const GuestPtr& guest, const Member& member) {
    auto slots = slot_texts(node_.directory(), member, guest->given);
    std::vector<std::string> changed;
    for (std::size_t i = 0; i < slots.size(); ++i)
        if (i >= guest->slots.size() || slots[i] != guest->slots[i]) changed.push_back(slots[i]);
    guest->slots = std::move(slots);
    if (!changed.empty()) guest->socket->send(slots_text(changed));
}

void Meetings::tell_unshown(const GuestPtr& guest, std::span<const SlotCandidate> candidates) {
    const Directory& directory = node_.directory();
    const auto found = directory.members().find(*guest->member);
    if (guest->closing || found == directory.members().end()) return;
    const auto unshown = unshown_to(directory, found->second, candidates);
    if (unshown.empty() && guest->unshown.empty()) return;
    std::string text = unshown_text(unshown);
    if (text == guest->unshown) return;
    guest->unshown = unshown.empty() ? std::string() : text;
    guest->socket->send(std::move(text));
}

void Meetings::end_room(const std::string& name) {
    const auto room = rooms_.find(name);
    if (room == rooms_.end()) return;
    const std::set<GuestPtr> guests = std::move(room->second.guests);
    rooms_.erase(room);
    for (const GuestPtr& guest : guests) {
        present_.erase(*guest->member);
        close(guest, CloseCode::normal, "room-removed", "the room was removed");
    }
}

}  // namespace strata::control
