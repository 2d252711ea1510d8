#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control/room/error.h"
#include "control/room/limits.h"
#include "control/room/records.h"
#include "control/room/specs.h"
#include "control/room/worker_choice.h"

namespace strata::control {

// Everything that exists, in memory, and the rules between it. A `plan_…` checks a wish against the
// rules and returns the difference, or why not; nothing changes before `apply`, which cannot fail.
// In between the difference is committed to the store. Main thread only.
class Directory {
  public:
    struct Source {
        std::function<std::uint32_t()> random;  // for SSRCs
        std::function<std::int64_t()> unix_ms;
    };
    // `limits` outlives the directory; `workers` is how many the node has, at least 1.
    Directory(Limits& limits, std::uint32_t workers, Source source);

    // From now on; without it rooms stay on their home workers.
    void spread_rooms(const SpreadRule& rule) { spread_ = rule; }

    Result<Change> plan_room(const RoomSpec& spec);
    Result<Change> plan_participant(std::string_view room, const ParticipantSpec& spec);
    Result<Change> plan_track(ParticipantId publisher, const TrackSpec& spec);
    Result<Change> plan_subscription(ParticipantId receiver, const SubscriptionSpec& spec);
    Result<Change> plan_member(std::string_view room, const MemberSpec& spec);
    // The same member with other settings; its id and room stay.
    Result<Change> plan_member(Member changed);
    // A receiving leg of `slots` of that kind: fills in their SSRCs.
    void draw_ssrcs(std::vector<Slot>& slots) const;
    // Only what differs is changed; slots that a limit forbids to fill stay empty. A slot remembers
    // in which form it has carried AV1.
    Change plan_slots(const std::vector<SlotFilling>& fillings);
    Result<Change> plan_muted(TrackId id, bool muted);
    // New credentials or keys of a WebRTC participant.
    Result<Change> plan_webrtc(ParticipantId id, WebRtcPeer peer);
    Result<Change> plan_layers(SubscriptionId id, std::string_view layers);
    // Rooms name their profile, so that an edit holds for whoever joins one of them afterwards.
    Result<Change> plan_profile(std::string_view name, const ProfileSpec& spec);
    Result<Change> plan_reset_profile(std::string_view name);  // as it was built in

    // The object and all that depends on it (openapi.yaml, DELETE).
    Result<Change> plan_remove_room(std::string_view name);
    Result<Change> plan_remove(ParticipantId id);
    Result<Change> plan_remove(TrackId id);
    Result<Change> plan_remove(SubscriptionId id);
    Result<Change> plan_remove(MemberId id);  // with its peer connections

    // What the data plane learned. Without effect (an empty change) where the object is gone, its
    // address or SSRC is fixed, or the same is known already.
    Change plan_latched(ParticipantId id, const Learned<Endpoint>& remote, bool tcp = false);
    Change plan_learned_ssrc(TrackId id, std::size_t encoding, bool rtx,
                             const Learned<std::uint32_t>& ssrc);

    void apply(const Change& change);

    Result<const Room*> room(std::string_view name) const;
    Result<const Participant*> participant(ParticipantId id) const;
    Result<const Track*> track(TrackId id) const;
    Result<const Subscription*> subscription(SubscriptionId id) const;
    Result<const Member*> member(MemberId id) const;
    Result<const RoomProfile*> profile(std::string_view name) const;  // a room's always exists

    const std::map<std::string, Room, std::less<>>& rooms() const { return rooms_; }
    const std::map<ParticipantId, Participant>& participants() const { return participants_; }
    const std::map<TrackId, Track>& tracks() const { return tracks_; }
    const std::map<SubscriptionId, Subscription>& subscriptions() const { return subscriptions_; }
    const std::map<MemberId, Member>& members() const { return members_; }
    // All of them, edited or not.
    const std::map<std::string, RoomProfile, std::less<>>& profiles() const { return profiles_; }

    // In the order of creation. The names must exist.
    const std::set<ParticipantId>& participants_in(std::string_view room) const;
    const std::set<MemberId>& members_in(std::string_view room) const;
    // A member's peer connections. The member must exist.
    const std::set<ParticipantId>& connections(MemberId id) const;
    // Nullptr: there is none.
    const Participant* receiving_leg(MemberId id) const;
    const Participant* publication(MemberId id, std::string_view name) const;
    // Rooms whose participants, tracks or members `change`, not yet applied, touches.
    std::set<std::string> rooms_of(const Change& change) const;
    const std::set<TrackId>& published(ParticipantId id) const;
    const std::set<SubscriptionId>& received(ParticipantId id) const;
    const std::set<SubscriptionId>& receivers(TrackId id) const;

    std::uint32_t workers() const { return workers_; }
    // How busy each of the data plane's workers has been lately, 0 to 1: new rooms go by it. Empty:
    // it isn't known.
    void note_load(const std::vector<double>& busy_shares);
    const std::vector<MeasuredLoad>& measured_load() const { return measured_load_; }
    std::uint32_t worker_of(ParticipantId id) const;  // the participant must exist
    // How many of a room's participants each worker has that has any, its home first; the room must
    // exist.
    std::vector<std::pair<std::uint32_t, std::size_t>> spread_of(std::string_view room) const;
    std::uint64_t next_id() const { return next_id_; }

  private:
    struct Links {
        std::set<TrackId> published;
        std::set<SubscriptionId> received;
        std::multiset<std::uint32_t> ssrcs;  // on its transport, in both directions
    };

    Result<void> check_name(std::string_view field, std::string_view name);
    Result<void> check_remote(const std::optional<Endpoint>& remote, std::uint32_t worker) const;
    Result<void> check_ssrcs(const Track& track) const;
    Result<std::uint32_t> outgoing_ssrc(const Participant& receiver, std::string_view field,
                                        std::optional<std::uint32_t> wanted,
                                        std::uint32_t taken) const;
    std::vector<std::size_t> count_by_worker() const;
    Result<std::optional<std::uint32_t>> choose_worker(const Room& room,
                                                       std::optional<std::uint32_t> wanted) const;
    bool may_be_full(const Room& room) const;
    void count_away(const Participant& participant, bool add);
    void collect(ParticipantId id, Change& change) const;
    void collect(TrackId id, Change& change) const;
    const Participant* connection(MemberId id, std::string_view publication) const;
    void put_filling(const SlotFilling& filling, const Subscription* present, Change& change);
    void mark_av1(const SlotFilling& filling, std::map<MemberId, Member>& marked) const;

    void put(const Room& room);
    void put(const Participant& participant);
    void put(const Track& track);
    void put(const Subscription& subscription);
    void put(const RoomProfile& profile);
    void put(const Member& member);
    void remove(const std::string& room);
    void remove(ParticipantId id);
    void remove(TrackId id);
    void remove(SubscriptionId id);
    void remove(const ProfileName& name);
    void remove(MemberId id);
    void count_ssrcs(const Track& track, bool add);

    Limits& limits_;
    std::uint32_t workers_;
    SpreadRule spread_;
    std::vector<MeasuredLoad> measured_load_;
    Source source_;
    std::uint64_t next_id_ = 1;

    std::map<std::string, Room, std::less<>> rooms_;
    std::map<ParticipantId, Participant> participants_;
    std::map<TrackId, Track> tracks_;
    std::map<SubscriptionId, Subscription> subscriptions_;
    std::map<std::string, RoomProfile, std::less<>> profiles_;

    std::map<MemberId, Member> members_;

    std::map<std::string, std::set<ParticipantId>, std::less<>> participants_in_;
    std::map<std::string, std::set<MemberId>, std::less<>> members_in_;
    // Participants of a room on other workers than its home, by worker.
    std::map<std::string, std::map<std::uint32_t, std::size_t>, std::less<>> away_;
    std::map<MemberId, std::set<ParticipantId>> connections_;
    std::map<ParticipantId, Links> links_;
    std::map<TrackId, std::set<SubscriptionId>> receivers_;
    // SSRCs published to each worker and by which track: an address is latched by SSRC, so that two
    // publishers of one worker can't share one (C38).
    std::vector<std::unordered_map<std::uint32_t, TrackId>> published_ssrcs_;
};

}  // namespace strata::control
