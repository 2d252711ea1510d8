#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dataplane/api/observation_log.h"
#include "dataplane/api/statistics_segment.h"
#include "dataplane/api/strata.pb.h"
#include "dataplane/server/checkpoint_store.h"
#include "dataplane/server/object_builder.h"
#include "dataplane/server/security_builder.h"
#include "dataplane/tcp/session_directory.h"
#include "dataplane/worker/worker.h"

namespace strata::dataplane {

struct StateLimits {
    std::uint32_t transports_per_worker = 16'384;
    std::uint32_t tracks_per_worker = 16'384;
    std::uint32_t subscriptions_per_worker = 65'536;
    std::uint32_t subscriptions_per_track = 16'384;
    TransportLimits transport;
    std::uint32_t datagrams_per_worker = 1'024;  // from control, on their way through a worker
    relay::TimeUs key_frame_min_interval_us = 500'000;
    relay::TimeUs key_frame_retry_us = 1'000'000;
    relay::MissingPackets::Settings missing{};
    std::uint8_t header_profiles = 8;  // of one track's receivers
    RepairLimits repair;
};

// Where control's worker number i lives: a worker and one of its ports.
struct Home {
    std::uint32_t worker = 0;  // index into workers
    std::uint8_t port = 0;
    Endpoint local;                 // by the port's first address
    net::OwnAddresses addresses{};  // all of the port's; none: the first is all there is

    // What packets to `remote` come from: `local` where no address is of its family.
    Endpoint local_towards(const IpAddress& remote) const {
        const net::Prefix* own = addresses.towards(remote);
        return own != nullptr ? Endpoint{own->address, local.port} : local;
    }
};

// What control wants to exist, and the objects that the workers have for it. Changes are checked
// and built here and reach the workers as finished objects; what comes back from them is destroyed
// here. An object that depends on a changed one is rebuilt with it. Main thread.
class DesiredState {
  public:
    DesiredState(const StateLimits& limits, std::vector<Worker*> workers, std::vector<Home> homes,
                 api::StatisticsSegment& statistics, NumberSource numbers);
    ~DesiredState();
    DesiredState(const DesiredState&) = delete;
    DesiredState& operator=(const DesiredState&) = delete;

    // Streams that are put from now on go on from what `store` has of them, and write it there;
    // `clock` is the workers'. Before the first put; the store outlives this.
    void keep_checkpoints(CheckpointStore& store, relay::TimeUs max_age_us,
                          std::function<relay::TimeUs()> clock);

    // Whom peers that come by TCP belong to is kept in `sessions`, which outlives this. Before the
    // first put.
    void keep_sessions(SessionDirectory& sessions) { sessions_ = &sessions; }

    // What captures and traces show is written to the workers' logs, which outlive the workers.
    // Before the first put.
    void keep_observations(std::vector<api::ObservationLog*> logs);
    // All captures and traces that there are from now on.
    void observe(const api::Observations& wanted);

    // Makes the object exist as described. A problem: it was refused and nothing of it changed.
    std::optional<ObjectProblem> put(const api::Object& object);
    // Removes it and all that depends on it; unknown ones are fine.
    void remove(const api::ObjectRef& object);
    // Removes everything that isn't in `keep`.
    void retain(const std::vector<api::ObjectRef>& keep);

    // Sends a datagram to the transport's peer, behind all that was put before. False: no such
    // transport, or too many are under way.
    bool send_datagram(std::uint64_t transport, std::string_view datagram);

    // Moves commands to workers that have room for them and takes back what they answer. Call
    // often; true while something is still under way.
    bool pump();
    // True once the workers have applied everything that was put or removed before.
    bool settled() const;
    // A point in what each worker was told, and whether all of them have got there.
    using Mark = std::vector<std::uint64_t>;
    Mark mark() const;
    bool reached(const Mark& mark) const;

    bool has_transport(std::uint64_t id) const { return transports_.contains(id); }
    bool has_track(std::uint64_t id) const { return tracks_.contains(id); }
    std::size_t transports() const { return transports_.size(); }
    std::size_t tracks() const { return tracks_.size(); }
    std::size_t subscriptions() const { return subscriptions_.size(); }

  private:
    // Numbers 0..capacity-1 to give out and take back.
    class Indexes {
      public:
        explicit Indexes(std::uint32_t capacity) : capacity_(capacity) {}
        std::optional<std::uint32_t> take();
        void give_back(std::uint32_t index) { free_.push_back(index); }

      private:
        std::uint32_t capacity_, next_ = 0;
        std::vector<std::uint32_t> free_;
    };
    struct WorkerSide {
        WorkerSide(std::uint32_t i, Worker* w, const StateLimits& limits, std::uint32_t slot_count);
        ~WorkerSide();
        std::uint32_t index;
        Worker* worker;
        Indexes transports, subscriptions, slots;
        Indexes track_places;  // of tracks and branches, until the worker has given them back
        std::uint32_t tracks = 0;
        std::deque<Command> backlog;
        std::uint64_t submitted = 0;
        std::uint32_t datagrams = 0;             // under way to the worker, or not given back yet
        std::set<std::uint32_t> latching_ssrcs;  // announced on transports without an address
        // Given up here, not answered yet by the worker.
        std::unordered_map<Transport*, std::unique_ptr<Transport>> old_transports;
        std::unordered_map<PublishedTrack*, std::unique_ptr<PublishedTrack>> old_tracks;
        std::unordered_map<Subscription*, std::unique_ptr<Subscription>> old_subscriptions;
        std::unordered_map<OutgoingStream*, std::unique_ptr<OutgoingStream>> old_streams;
        std::unique_ptr<Observer> observer;  // null: nobody looks on
        std::vector<std::unique_ptr<Observer>> old_observers;
    };
    struct TransportRecord {
        api::Transport spec;  // without its keys, see KeyFingerprints
        std::unique_ptr<Transport> object;
        Home home;
        std::set<std::uint64_t> tracks, subscriptions;
        std::set<std::uint32_t> ssrcs;  // fixed ones, both directions
        // Its clock on other workers, by worker, where they serve receivers of its tracks.
        std::map<std::uint32_t, std::weak_ptr<relay::SenderClock>> clocks;
        std::uint8_t marks = 0;  // that the worker knows of
    };
    // What one worker has of a track: the track itself or a branch of it.
    struct TrackPart {
        std::unique_ptr<PublishedTrack> object;
        std::uint32_t worker = 0;
        std::uint32_t capacity = 0;
        relay::TrackConfig config;
        std::uint32_t receivers = 0;
        // Header profiles of its receivers, and how many have each.
        std::vector<std::pair<relay::HeaderProfile, std::uint32_t>> profiles;
        std::uint8_t marks = 0;
    };
    struct TrackRecord : TrackPart {
        api::Track spec;
        std::set<std::uint64_t> subscriptions;
        std::map<std::uint32_t, TrackPart> branches;  // by worker; each has receivers
    };
    struct SubscriptionRecord {
        api::Subscription spec;
        std::unique_ptr<Subscription> object;
        std::uint32_t worker = 0;
        std::uint8_t marks = 0;
    };
    using Problem = std::optional<ObjectProblem>;

    Problem put(const api::Transport& given);
    Problem put(const api::Track& spec);
    Problem put(const api::Subscription& spec);
    Problem add(const api::Transport& given);
    Problem add(const api::Track& spec);
    Problem add(const api::Subscription& spec);
    Problem rebuild(const api::Transport& spec);
    // `given` has the keys, `redacted` is what is kept of it.
    Problem update_security(TransportRecord& record, const api::Transport& given,
                            const api::Transport& redacted);
    Problem update_ice(TransportRecord& record, const api::Transport& spec);
    Problem check_ufrags(const api::Transport& spec) const;
    void set_ufrags(const api::Transport& spec);
    void forget_ufrags(const api::Transport& spec);
    Problem rebuild(const api::Track& spec);
    void remove_transport(std::uint64_t id);
    void remove_track(std::uint64_t id);
    void remove_subscription(std::uint64_t id);
    Problem check(const api::Subscription& spec) const;
    Problem take_streams(const api::Subscription& spec, TransportRecord& transport,
                         Subscription& subscription);
    OutgoingStream* take_stream(TransportRecord& transport, std::uint32_t ssrc);
    bool make_room(TransportRecord& transport);
    static void give_back_streams(const Subscription& subscription);
    Problem add_receiver(const api::Subscription& spec, TrackRecord& track, TrackPart& part,
                         TransportRecord& transport);
    TrackLimits track_limits() const;
    Problem take_place(WorkerSide& side, PublishedTrack& track);
    std::expected<TrackPart*, ObjectProblem> part_on(TrackRecord& track, std::uint32_t worker);
    std::expected<TrackPart*, ObjectProblem> add_branch(TrackRecord& track, std::uint32_t worker);
    void leave_part(TrackRecord& track, std::uint32_t worker);
    Problem grow(TrackPart& part);
    bool take_profile(TrackPart& part, const relay::HeaderProfile& profile);
    static void give_back_profile(TrackPart& part, const relay::HeaderProfile& profile);
    Problem check_ssrcs(const TransportRecord& transport, const std::vector<std::uint32_t>& ssrcs,
                        bool latching) const;
    void submit(WorkerSide& side, const Command& command);
    void destroy(WorkerSide& side, const Command& answer);
    SlotRef take_slot(std::uint32_t worker, api::StatisticsKind kind, std::uint64_t id,
                      std::uint64_t parent, std::uint64_t peer);
    void give_back_slot(WorkerSide& side, const SlotRef& slot);
    void resume(Transport& transport);
    void resume(OutgoingStream& stream, const Transport& transport);
    void resume(PublishedTrack& track);
    void give_back_checkpoint(CheckpointRecord* record);
    std::uint8_t marks_of(const api::Transport& spec) const;
    std::uint8_t marks_of(const api::Track& spec) const;
    std::uint8_t marks_of(const api::Subscription& spec) const;
    void mark_all();
    std::string address_key(const Home& home, const Endpoint& remote) const;
    static Endpoint local_of(const Home& home, const api::Transport& spec);

    StateLimits limits_;
    SharedParsers parsers_;
    std::uint32_t place_generation_ = 0;  // the last one that was given
    std::deque<WorkerSide> workers_;
    std::vector<Home> homes_;
    api::StatisticsSegment& statistics_;
    NumberSource numbers_;
    SessionDirectory* sessions_ = nullptr;
    CheckpointStore* checkpoints_ = nullptr;
    relay::TimeUs checkpoint_age_us_ = 0;
    std::function<relay::TimeUs()> clock_;
    std::vector<api::ObservationLog*>
        observation_logs_;  // [worker]; empty: nothing can be looked at
    std::vector<api::Observation> observations_;
    std::unique_ptr<relay::SrtpCipher> cipher_;  // expands keys; outlives them
    KeyFingerprints fingerprints_;
    std::unordered_map<std::uint64_t, TransportRecord> transports_;
    std::unordered_map<std::uint64_t, TrackRecord> tracks_;
    std::unordered_map<std::uint64_t, SubscriptionRecord> subscriptions_;
    std::unordered_map<std::string, std::uint64_t> addresses_;  // of transports with a fixed one
    std::unordered_map<std::string, std::uint64_t> ufrags_;     // local ones: whose they are
};

}  // namespace strata::dataplane
