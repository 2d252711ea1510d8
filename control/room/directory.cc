#include "control/room/directory.h"

#include <algorithm>

namespace strata::control {
namespace {

// Media and RTX SSRCs that are known of an encoding, 0 where not.
std::array<std::uint32_t, 4> known_ssrcs(const Encoding& encoding) {
    return {encoding.ssrc, encoding.rtx_ssrc,
            encoding.learned_ssrc ? encoding.learned_ssrc->value : 0,
            encoding.learned_rtx_ssrc ? encoding.learned_rtx_ssrc->value : 0};
}

template <typename Map, typename Key>
auto find(const Map& map, const Key& key, std::string_view kind, std::string name)
    -> Result<const typename Map::mapped_type*> {
    const auto it = map.find(key);
    if (it != map.end()) return &it->second;
    std::string detail = "there is no " + std::string(kind) + " '" + name + "'";
    return refuse(ErrorCode::not_found, std::move(name), std::move(detail));
}

}  // namespace

Directory::Directory(Limits& limits, std::uint32_t workers, Source source)
    : limits_(limits), workers_(workers), source_(std::move(source)), published_ssrcs_(workers) {
    for (const RoomProfile& profile : builtin_profiles()) put(profile);
}

Result<const Room*> Directory::room(std::string_view name) const {
    return find(rooms_, name, "room", std::string(name.substr(0, 128)));
}
Result<const Member*> Directory::member(MemberId id) const {
    return find(members_, id, "member", id_text(id));
}
Result<const Participant*> Directory::participant(ParticipantId id) const {
    return find(participants_, id, "participant", id_text(id));
}
Result<const Track*> Directory::track(TrackId id) const {
    return find(tracks_, id, "track", id_text(id));
}
Result<const Subscription*> Directory::subscription(SubscriptionId id) const {
    return find(subscriptions_, id, "subscription", id_text(id));
}

const std::set<ParticipantId>& Directory::participants_in(std::string_view room) const {
    return participants_in_.find(room)->second;
}
const std::set<TrackId>& Directory::published(ParticipantId id) const {
    return links_.at(id).published;
}
const std::set<SubscriptionId>& Directory::received(ParticipantId id) const {
    return links_.at(id).received;
}
const std::set<SubscriptionId>& Directory::receivers(TrackId id) const { return receivers_.at(id); }
std::uint32_t Directory::worker_of(ParticipantId id) const {
    const Participant& participant = participants_.at(id);
    return participant.worker.value_or(rooms_.find(participant.room)->second.worker);
}

std::vector<std::pair<std::uint32_t, std::size_t>> Directory::spread_of(
    std::string_view name) const {
    std::vector<std::pair<std::uint32_t, std::size_t>> spread;
    std::size_t at_home = participants_in(name).size();
    spread.emplace_back(rooms_.find(name)->second.worker, 0);
    if (const auto away = away_.find(name); away != away_.end())
        for (const auto& [worker, count] : away->second) {
            spread.emplace_back(worker, count);
            at_home -= count;
        }
    spread.front().second = at_home;
    return spread;
}

// Participants, and a room counts as one more: empty ones spread too.
std::vector<std::size_t> Directory::count_by_worker() const {
    std::vector<std::size_t> counts(workers_, 0);
    for (const auto& [name, room] : rooms_) {
        if (room.worker < workers_) ++counts[room.worker];
        for (const auto& [worker, count] : spread_of(name))
            if (worker < workers_) counts[worker] += count;
    }
    return counts;
}

void Directory::note_load(const std::vector<double>& busy_shares) {
    const std::vector<std::size_t> counts = count_by_worker();
    measured_load_.assign(busy_shares.size(), {});
    for (std::size_t i = 0; i < busy_shares.size(); ++i)
        measured_load_[i].busy_share = busy_shares[i];
    for (std::size_t w = 0; w < counts.size() && !measured_load_.empty(); ++w)
        measured_load_[w % measured_load_.size()].counted += counts[w];
}

void Directory::collect(TrackId id, Change& change) const {
    for (const SubscriptionId subscription : receivers(id)) change.removes.push_back(subscription);
    change.removes.push_back(id);
}

void Directory::collect(ParticipantId id, Change& change) const {
    // A leg can end with its receiver and with its track; it is named once, since nobody may
    // receive from himself.
    for (const SubscriptionId subscription : received(id)) change.removes.push_back(subscription);
    for (const TrackId track : published(id)) collect(track, change);
    change.removes.push_back(id);
}

Result<Change> Directory::plan_remove_room(std::string_view name) {
    const auto found = room(name);
    if (!found) return std::unexpected(found.error());
    Change change{.next_id = next_id_};
    // Each leg is named by its receiver here; the tracks and transports follow.
    const auto& participants = participants_in(name);
    for (const ParticipantId participant : participants)
        for (const SubscriptionId id : received(participant)) change.removes.push_back(id);
    for (const ParticipantId participant : participants)
        for (const TrackId id : published(participant)) change.removes.push_back(id);
    for (const ParticipantId participant : participants) change.removes.push_back(participant);
    for (const MemberId member : members_in(name)) change.removes.push_back(member);
    change.removes.push_back((*found)->name);
    return change;
}

Result<Change> Directory::plan_remove(ParticipantId id) {
    if (const auto found = participant(id); !found) return std::unexpected(found.error());
    Change change{.next_id = next_id_};
    collect(id, change);
    return change;
}

Result<Change> Directory::plan_remove(TrackId id) {
    if (const auto found = track(id); !found) return std::unexpected(found.error());
    Change change{.next_id = next_id_};
    collect(id, change);
    return change;
}

Result<Change> Directory::plan_remove(SubscriptionId id) {
    if (const auto found = subscription(id); !found) return std::unexpected(found.error());
    return Change{.removes = {id}, .next_id = next_id_};
}

Change Directory::plan_latched(ParticipantId id, const Learned<Endpoint>& remote, bool tcp) {
    Change change{.next_id = next_id_};
    const auto found = participants_.find(id);
    if (found == participants_.end() || found->second.remote) return change;
    if (found->second.latched && found->second.latched->value == remote.value &&
        found->second.latched_by_tcp == tcp)
        return change;
    Participant participant = found->second;
    participant.latched = remote;
    participant.latched_by_tcp = tcp;
    change.puts.emplace_back(std::move(participant));
    return change;
}

Change Directory::plan_learned_ssrc(TrackId id, std::size_t encoding, bool rtx,
                                    const Learned<std::uint32_t>& ssrc) {
    Change change{.next_id = next_id_};
    const auto found = tracks_.find(id);
    if (found == tracks_.end() || encoding >= found->second.encodings.size()) return change;
    Track track = found->second;
    Encoding& e = track.encodings[encoding];
    auto& learned = rtx ? e.learned_rtx_ssrc : e.learned_ssrc;
    const bool fixed = (rtx ? e.rtx_ssrc : e.ssrc) != 0;
    if (fixed || (learned && learned->value == ssrc.value)) return change;
    learned = ssrc;
    change.puts.emplace_back(std::move(track));
    return change;
}

void Directory::apply(const Change& change) {
    for (const RecordKey& key : change.removes)
        std::visit([this](const auto& k) { remove(k); }, key);
    for (const Record& record : change.puts) std::visit([this](const auto& r) { put(r); }, record);
    next_id_ = std::max(next_id_, change.next_id);
}

void Directory::put(const Room& room) {
    rooms_.insert_or_assign(room.name, room);
    participants_in_.try_emplace(room.name);
    members_in_.try_emplace(room.name);
}

void Directory::count_away(const Participant& participant, bool add) {
    if (!participant.worker) return;
    auto& counts = away_[participant.room];
    std::size_t& count = counts[*participant.worker];
    add ? ++count : --count;
    if (count == 0) counts.erase(*participant.worker);
    if (counts.empty()) away_.erase(participant.room);
}

void Directory::put(const Participant& participant) {
    if (const auto old = participants_.find(participant.id); old != participants_.end())
        count_away(old->second, false);
    count_away(participant, true);
    participants_.insert_or_assign(participant.id, participant);
    participants_in_[participant.room].insert(participant.id);
    links_.try_emplace(participant.id);
    if (participant.membership) connections_[participant.membership->member].insert(participant.id);
}

void Directory::put(const Track& track) {
    if (const auto old = tracks_.find(track.id); old != tracks_.end())
        count_ssrcs(old->second, false);
    tracks_.insert_or_assign(track.id, track);
    links_[track.participant].published.insert(track.id);
    receivers_.try_emplace(track.id);
    count_ssrcs(track, true);
}

void Directory::put(const Subscription& subscription) {
    const auto old = subscriptions_.find(subscription.id);
    if (old != subscriptions_.end()) {
        receivers_[old->second.track].erase(subscription.id);
        receivers_[subscription.track].insert(subscription.id);
        old->second = subscription;  // SSRCs and receiver never change
        return;
    }
    subscriptions_.emplace(subscription.id, subscription);
    Links& links = links_[subscription.participant];
    links.received.insert(subscription.id);
    links.ssrcs.insert(subscription.ssrc);
    if (subscription.rtx_ssrc != 0) links.ssrcs.insert(subscription.rtx_ssrc);
    receivers_[subscription.track].insert(subscription.id);
}

void Directory::count_ssrcs(const Track& track, bool add) {
    auto& of_worker = published_ssrcs_[worker_of(track.participant) % workers_];
    auto& of_transport = links_[track.participant].ssrcs;
    for (const Encoding& encoding : track.encodings) {
        for (const std::uint32_t ssrc : known_ssrcs(encoding)) {
            if (ssrc == 0) continue;
            const auto found = of_worker.find(ssrc);
            if (add) {
                of_worker.try_emplace(ssrc, track.id);
                of_transport.insert(ssrc);
                continue;
            }
            if (found != of_worker.end() && found->second == track.id) of_worker.erase(found);
            if (const auto it = of_transport.find(ssrc); it != of_transport.end())
                of_transport.erase(it);
        }
    }
}

void Directory::remove(SubscriptionId id) {
    const auto it = subscriptions_.find(id);
    if (it == subscriptions_.end()) return;
    const Subscription& subscription = it->second;
    Links& links = links_[subscription.participant];
    links.received.erase(id);
    for (const std::uint32_t ssrc : {subscription.ssrc, subscription.rtx_ssrc})
        if (const auto s = links.ssrcs.find(ssrc); s != links.ssrcs.end()) links.ssrcs.erase(s);
    receivers_[subscription.track].erase(id);
    subscriptions_.erase(it);
}

void Directory::remove(TrackId id) {
    const auto it = tracks_.find(id);
    if (it == tracks_.end()) return;
    count_ssrcs(it->second, false);
    links_[it->second.participant].published.erase(id);
    receivers_.erase(id);
    tracks_.erase(it);
}

void Directory::remove(ParticipantId id) {
    const auto it = participants_.find(id);
    if (it == participants_.end()) return;
    count_away(it->second, false);
    participants_in_[it->second.room].erase(id);
    if (it->second.membership) connections_[it->second.membership->member].erase(id);
    links_.erase(id);
    participants_.erase(it);
}

void Directory::remove(const std::string& room) {
    rooms_.erase(room);
    participants_in_.erase(room);
    members_in_.erase(room);
    away_.erase(room);
}

}  // namespace strata::control
