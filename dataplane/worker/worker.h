#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/api/statistics_segment.h"
#include "dataplane/port/pools.h"
#include "dataplane/port/port.h"
#include "dataplane/port/transit_meter.h"
#include "dataplane/worker/bounded_table.h"
#include "dataplane/worker/command.h"
#include "dataplane/worker/doorbell.h"
#include "dataplane/worker/drop_reasons.h"
#include "dataplane/worker/fanout.h"
#include "dataplane/worker/flow_table.h"
#include "dataplane/worker/handoff.h"
#include "dataplane/worker/kept_packets.h"
#include "dataplane/worker/objects.h"
#include "dataplane/worker/observation_point.h"
#include "dataplane/worker/packet_bytes.h"
#include "dataplane/worker/punt_ring.h"
#include "dataplane/worker/sending.h"
#include "dataplane/worker/spsc_ring.h"
#include "dataplane/worker/timer_wheel.h"
#include "dataplane/worker/train.h"
#include "dataplane/worker/work_step.h"
#include "dataplane/worker/worker_config.h"
#include "relay/ice/agent.h"
#include "relay/ice/rate_limit.h"
#include "relay/rtp/demux.h"
#include "relay/rtp/rtcp/report.h"
#include "relay/srtp/receiver.h"

namespace strata::dataplane {

// One core's share of the relay: its queue of every port, the flows and streams that live there,
// and nothing that another worker writes. Everything is done in turn(): no allocation, lock, log or
// system call in it. Thread: turn() is the worker's; submit and the next_* functions the main
// thread's; the constructor and destructor run while nobody calls turn().
class Worker {
  public:
    // Ports and pools must outlive it; `statistics` is where it counts.
    Worker(const WorkerConfig& config, std::span<Port* const> ports, const Pools& pools,
           api::WorkerBlock& statistics, relay::TimeUs now);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Makes it one of `workers`, which hand each other the packets of tracks that several of them
    // have receivers of. Each at the place that its id says; all of them must live until none of
    // them turns any more. Before the first turn, main thread.
    static void connect(std::span<Worker* const> workers);
    // Readable when another worker has handed something over; negative: there are no others.
    int doorbell() const { return doorbell_ ? doorbell_->fd() : -1; }
    // After a wait for it, or before the next one.
    void answer_doorbell() {
        if (doorbell_) doorbell_->answer();
    }

    struct Turn {
        std::uint32_t received = 0;  // from ports
        std::uint32_t handed = 0;    // by other workers
        std::uint32_t timers = 0;
        std::uint32_t commands = 0;
        bool busy() const { return (received | handed | timers | commands) != 0; }
    };

    // One turn at `now`: commands, timers that are due, up to kMaxBurst things handed over by each
    // other worker, one burst of up to `burst` packets from each port, and everything that follows
    // from them. Order on a tie: commands, timers, packets.
    Turn turn(relay::TimeUs now, std::uint16_t burst);

    // When turn() has something to do even if no packet comes; `otherwise` when nothing is armed.
    relay::TimeUs next_timer_us(relay::TimeUs otherwise) const {
        return timers_.next_due(otherwise);
    }
    // Whether a timer that is some milliseconds late would be felt: packets are missing.
    bool hurries(relay::TimeUs now) const { return now < hurries_until_; }
    // True when packets wait in the worker for a port to take them.
    bool sending() const;

    // False: the ring is full, try again later.
    bool submit(const Command& command) { return commands_.push(command); }
    // Commands applied so far, in the order in which they were submitted.
    std::uint64_t applied() const { return applied_.load(std::memory_order_acquire); }
    // Objects that come back, see Command.
    bool next_answer(Command& answer) { return answers_.pop(answer); }
    bool next_notice(Notice& notice) { return notices_.pop(notice); }
    // Datagrams for the control process.
    PuntRing& punts() { return punts_; }

    const WorkerConfig& config() const { return config_; }
    // The received packet that turn() is at, for who looks at a worker that doesn't get on.
    const rte_mbuf* packet_in_work() const { return in_work_.load(std::memory_order_relaxed); }
    // And the part of it.
    WorkStep step_in_work() const { return step_.load(std::memory_order_relaxed); }

  private:
    void begin_step(WorkStep::Kind kind, std::size_t which = 0) {
        step_.store({kind, static_cast<std::uint8_t>(which)}, std::memory_order_relaxed);
    }
    static constexpr std::uint32_t kLatchIndex = ~0u;

    // worker_receive.cc
    void receive(std::size_t port, std::uint16_t burst, relay::TimeUs now, Turn& turn);
    // In two steps, into transports_of_: who the packets are probably from, and whether they are.
    // Between them `same`, bit i: packet i has the flow of the one before it.
    std::uint64_t find_transports(std::span<rte_mbuf* const> packets);
    bool find_trains(std::span<rte_mbuf* const> packets, std::uint64_t same);
    void begin_train(std::size_t at, const rte_mbuf& first, Transport* transport, std::uint64_t key,
                     std::uint64_t erasures);
    void find_stream(Train& train);
    void look_up(Train& train);
    static constexpr std::size_t kFetchSteps = 6;
    void fetch_ahead(std::size_t next);
    static void prefetch_parser(const PublishedTrack& track, const Train& train);
    static void prefetch_transport(const Transport& transport);
    void work_on(Train& train, const Burst& burst);
    std::size_t pass_over(std::span<rte_mbuf* const> packets, Transport& transport,
                          const StreamRef& stream, relay::TimeUs now);
    bool pass_over_frame(std::span<rte_mbuf* const> packets, const Transport& transport,
                         const StreamRef& stream, relay::TimeUs now, PassedOver& so_far);
    void on_datagram(rte_mbuf& packet, std::uint8_t port, Transport* transport,
                     const StreamRef& stream, relay::TimeUs now);
    Transport* find_transport(const FlowKey& flow);
    void drop(api::RxDrop reason, std::uint64_t packets = 1) {
        statistics_[reason].add(packets);
        dropped_ = reason;
    }
    void count(api::WorkerCounter counter, std::uint64_t n = 1) { statistics_[counter].add(n); }
    void tell(const Notice& notice);
    void ring_main();

    // worker.cc
    // A packet that somebody may want to see.
    [[gnu::noinline]] void observe(rte_mbuf& packet, const ObservationPoint::Arrival& arrival,
                                   Transport* transport, const StreamRef& stream,
                                   relay::TimeUs now);
    void publish_counters();

    // worker_media.cc
    void on_rtp(rte_mbuf& packet, Transport& transport, relay::TimeUs now);
    enum class Origin : std::uint8_t { sent, retransmitted };
    void on_media(rte_mbuf& packet, PublishedTrack& track, std::uint8_t encoding, Origin origin,
                  relay::TimeUs now);
    struct Arrived {
        std::uint8_t encoding;
        bool shared;  // other workers have it as well
        const relay::PacketInfo& info;
        relay::TimeUs at;
    };
    relay::MediaDrop forward(rte_mbuf& packet, PublishedTrack& track, const Arrived& arrived,
                             relay::TimeUs now);
    void send_outputs(const PublishedTrack& track, rte_mbuf& packet, TxClass tx_class,
                      FanOut::Input input, relay::TimeUs now);
    void count_refused_outputs();
    void send_key_frame_requests(PublishedTrack& track, relay::TimeUs now);

    // worker_handoff.cc
    bool hand_over(rte_mbuf& packet, const PublishedTrack& track, std::uint8_t encoding,
                   relay::TimeUs now);
    Handoff* begin_handing(const TrackPlace& to, Handoff::Kind kind, std::uint8_t encoding);
    void finish_handing(const TrackPlace& to);
    void hand_clocks(const PublishedTrack& track, std::uint8_t encoding, const TrackPlace& to);
    void pass_key_frame_request(PublishedTrack& branch, std::uint8_t encoding);
    void receive_handed(HandoffRing& ring, relay::TimeUs now, Turn& turn);
    void on_handed(const Handoff& handed, relay::TimeUs now);
    void on_handed_packet(const Handoff& handed, PublishedTrack* branch, relay::TimeUs now);
    PublishedTrack* find_placed(std::uint32_t index, std::uint32_t generation);
    void wake_others();
    void open_branch(PublishedTrack& track, const TrackPlace& branch);
    static void close_branch(PublishedTrack& track, const TrackPlace& branch);

    // worker_feedback.cc
    static void note_arrival(const Transport& transport, std::span<const std::uint8_t> packet,
                             const relay::PacketInfo& info, relay::TimeUs now);
    void on_retransmission(rte_mbuf& packet, PublishedTrack& track, std::uint8_t encoding,
                           relay::TimeUs now);
    void send_transport_feedback(Transport& transport, relay::TimeUs now);
    void request_missing(PublishedTrack& track, std::uint8_t encoding, relay::TimeUs now);
    void start_feedback(PublishedTrack& track, relay::TimeUs now);
    void stop_feedback(PublishedTrack& track);

    // worker_recovery.cc
    void keep_for_repair(rte_mbuf& packet, PublishedTrack& track, std::uint8_t encoding,
                         relay::TimeUs now);
    void on_transport_feedback(Transport& transport, const relay::RtcpPacket& part,
                               relay::TimeUs now);
    void on_nack(Transport& transport, const relay::GenericNack& nack, relay::TimeUs now);
    api::WorkerCounter repair(Subscription& subscription, relay::SequenceNumber sequence,
                              relay::TimeUs now);
    std::optional<api::WorkerCounter> refuse_repeat(Subscription& subscription,
                                                    relay::SequenceNumber sequence,
                                                    relay::TimeUs now) const;
    api::WorkerCounter send_again(Subscription& subscription,
                                  const relay::Track::Repetition& repetition,
                                  const KeptPackets::Found* kept, relay::TimeUs now);
    static bool make_retransmission(const Subscription& subscription, relay::Output& output,
                                    relay::ReceiverSlot& slot);
    void start_repair(Subscription& subscription);
    static void expect_repair(Subscription& subscription);
    void stop_repair(const Subscription& subscription);

    // worker_learning.cc
    // Null: it latches nothing; `reason` is why, where there is more to say of it.
    Transport* latch(rte_mbuf& packet, std::uint8_t port, api::RxDrop& reason, relay::TimeUs now);
    Transport* find_at_other_address(const FlowKey& arrived, std::uint8_t port, relay::TimeUs now);
    const PublishedTrack* find_waiting(std::span<const std::uint8_t> packet, std::uint8_t port,
                                       api::RxDrop& reason) const;
    StreamRef* learn(Transport& transport, std::span<const std::uint8_t> packet, std::uint32_t ssrc,
                     relay::TimeUs now);
    bool learn_in(PublishedTrack& track, std::span<const std::uint8_t> packet, std::uint32_t ssrc,
                  relay::TimeUs now);
    bool take_ssrc(PublishedTrack& track, std::uint8_t encoding, std::uint32_t ssrc, bool rtx,
                   relay::TimeUs now);
    void set_flow(Transport& transport, const FlowKey& flow, relay::TimeUs now);
    bool make_link(const Transport& transport, std::uint8_t port, const FlowKey& flow, Link& link);
    void forget_flow(Transport& transport);
    void offer_for_latching(PublishedTrack& track);
    void hide_from_latching(PublishedTrack& track);
    static relay::LayerTarget target_of(const Subscription& subscription);
    void retarget(Subscription& subscription, relay::TimeUs now);
    void attach_all(Transport& transport, relay::TimeUs now);
    void attach(Subscription& subscription, relay::TimeUs now);
    static void detach(Subscription& subscription);

    // worker_ice.cc
    void on_stun(rte_mbuf& packet, std::uint8_t port, relay::TimeUs now);
    void on_check(rte_mbuf& packet, const relay::StunMessage& message, std::uint8_t port,
                  relay::TimeUs now);
    void refuse_check(rte_mbuf& packet, const relay::StunMessage& message,
                      const relay::IceAdmission& admission, std::uint8_t port, relay::TimeUs now);
    Transport* find_user(const relay::StunMessage& message);
    bool bind_tuple(Transport& transport, std::uint8_t tuple, std::uint8_t port,
                    const FlowKey& flow, relay::TimeUs now);
    bool restore_tuple(Transport& transport, relay::TimeUs now);
    void unbind_tuple(Transport& transport, std::uint8_t tuple);
    void select_tuple(Transport& transport, relay::TimeUs now);
    void mute(Transport& transport, relay::TimeUs now);
    void unmute(Transport& transport, relay::TimeUs now);
    void on_ice_timer(Transport& transport, relay::TimeUs now);
    void on_heard(Transport& transport, const FlowKey& flow, relay::TimeUs now);
    void forget_closed(Port& port, relay::TimeUs now);
    void follow_slow(Port& port, relay::TimeUs now);
    void add_ice(Transport& transport, relay::TimeUs now);
    void remove_ice(Transport& transport);
    void set_ice(const Command& command);
    void add_users(Transport& transport);
    void remove_users(Transport& transport);

    // worker_paths.cc
    void follow_paths(Port& port, relay::TimeUs now);
    void follow_routes(std::size_t port, relay::TimeUs now);
    bool renew_link(Transport& transport, const FlowKey& flow, relay::TimeUs now);
    void note_route(Transport& transport);

    // worker_punt.cc
    void on_dtls(rte_mbuf& packet, Transport* transport, relay::TimeUs now);
    void send_datagram(const Command& command, relay::TimeUs now);

    // worker_rtcp.cc
    void on_rtcp(rte_mbuf& packet, Transport& transport, relay::TimeUs now);
    void on_rtcp_part(Transport& transport, const relay::RtcpPacket& part, relay::TimeUs now);
    void on_payload_feedback(Transport& transport, const relay::RtcpPacket& part,
                             relay::TimeUs now);
    void on_key_frame_request(Subscription& subscription, relay::TimeUs now);
    void on_sender_report(Transport& transport, const relay::SenderReport& report,
                          relay::TimeUs now);
    void on_report_block(Transport& transport, const relay::ReportBlock& block, relay::TimeUs now);
    void on_bye(Transport& transport, const relay::RtcpPacket& part);
    void send_receiver_report(Transport& transport, relay::TimeUs now);
    void send_sender_report(Subscription& subscription, relay::TimeUs now);
    void send_rtcp(Transport& transport, std::span<const std::uint8_t> compound, relay::TimeUs now);
    void send_picture_loss(PublishedTrack& track, std::uint8_t encoding, relay::TimeUs now);

    // worker_srtp.cc
    struct Opening {
        relay::SrtpReceiver::Packet work;
        std::uint8_t packet = 0;  // of the burst
    };
    std::uint64_t unprotect(std::span<rte_mbuf* const> packets,
                            std::span<Transport* const> transports);
    bool unprotect_one(rte_mbuf& packet, Transport& transport);
    bool begin_open(rte_mbuf& packet, Transport& transport, relay::PacketClass kind,
                    relay::SrtpReceiver::Packet& work);
    bool finish_open(rte_mbuf& packet, Transport& transport,
                     const relay::SrtpReceiver::Packet& work);
    bool refuse_secure(rte_mbuf& packet, Transport& transport, api::RxDrop reason);
    void send_srtcp(Transport& transport, std::span<const std::uint8_t> compound,
                    relay::TimeUs now);
    void set_security(const Command& command, relay::TimeUs now);
    void on_flight_sent(Transport& transport, relay::TimeUs now);
    void start_sending(Transport& transport, relay::TimeUs now);
    void ask_for_first_key_frames(Transport& transport, relay::TimeUs now);
    void hand_keys(Subscription& subscription);
    void hand_keys(const Transport& transport, OutgoingStream& stream);
    static void expect_srtp(PublishedTrack& track);
    static void unexpect_srtp(PublishedTrack& track);

    // worker_timers.cc
    void run_timers(relay::TimeUs now, Turn& turn);
    void note_audience(std::size_t receivers, relay::TimeUs now);
    void fetch_ahead(const Timer& timer);
    void on_track_timer(PublishedTrack& track, relay::TimeUs now);
    relay::TimeUs next_turn_of(const PublishedTrack& track, relay::TimeUs now);
    void hasten(PublishedTrack& track, relay::TimeUs now);
    void on_transport_timer(Transport& transport, relay::TimeUs now);
    void on_subscription_timer(Subscription& subscription, relay::TimeUs now);
    static void publish(const PublishedTrack& track);
    static void publish(const Subscription& subscription);
    static void publish(const Transport& transport);

    // worker_commands.cc
    void run_commands(relay::TimeUs now, Turn& turn);
    void apply(const Command& command, relay::TimeUs now);
    void add(Transport& transport, relay::TimeUs now);
    void remove(Transport& transport);
    void set_address(const Command& command, relay::TimeUs now);
    void add(PublishedTrack& track, relay::TimeUs now);
    void remove(PublishedTrack& track);
    void publish_on(Transport& transport, PublishedTrack& track, relay::TimeUs now);
    void withdraw_from(Transport& transport, PublishedTrack& track);
    void replace(const Command& command);
    void use(Transport& transport, OutgoingStream& stream);
    static void give_up(OutgoingStream& stream);
    void remove(Transport& transport, OutgoingStream& stream);
    void add(Subscription& subscription, relay::TimeUs now);
    void remove(Subscription& subscription, relay::TimeUs now);

    Subscription* find_outgoing(Transport& transport, std::uint32_t ssrc);
    PublishedTrack* find_media(Transport& transport, std::uint32_t ssrc, std::uint8_t& encoding);

    WorkerConfig config_;
    // How far links were made anew since a port's routes changed.
    struct RoutesFollowed {
        std::uint32_t generation = 0;
        std::size_t next_cell = SIZE_MAX;  // of transports_; beyond them: all were
    };
    std::unique_ptr<relay::SrtpCipher> cipher_;
    std::array<Opening, kMaxBurst> openings_;
    std::array<relay::CipherJob, kMaxBurst> open_jobs_;
    std::vector<Port*> ports_;
    FanOuts fan_outs_;
    api::RxDrop dropped_ = api::RxDrop::kCount;  // why, of the newest packet that was
    std::vector<RoutesFollowed> routes_;         // of each port
    std::uint64_t without_route_ = 0;            // transports that no route leads to
    api::WorkerBlock& statistics_;
    TransitMeter transit_;
    FlowTable transports_;
    BoundedTable<std::uint64_t, StreamRef> streams_;
    BoundedTable<std::uint64_t, Transport*> users_;  // by the hash of a local user fragment
    relay::RateLimit stun_errors_;
    // Tracks on transports without an address that are known by rid or mid; room for all there may
    // be was made at the start.
    std::vector<PublishedTrack*> waiting_by_name_;
    TimerWheel timers_;
    relay::OutputList outputs_;
    std::size_t closing_left_ = 0;  // of kClosingPacketsPerTurn
    // Receivers that a packet may go to at most: of a track here, in this round and the one before.
    std::size_t largest_audience_ = 0, audience_of_round_ = 0;
    relay::TimeUs next_audience_us_ = 0;
    std::array<std::uint64_t, kMaxBurst> flow_hashes_;  // scratch of receive
    std::array<Transport*, kMaxBurst> transports_of_;   // the same
    std::array<Train, kMaxBurst> trains_;               // the same
    std::size_t train_count_ = 0;                       // the same
    relay::PacketInfo parsed_;                          // scratch of on_media
    KeptPackets kept_;
    std::uint64_t history_streams_ = 0;  // names given out
    relay::ReceiverSlot repair_slot_;    // of the packet that is sent again
    relay::SentForms sent_forms_;        // of the packet in work
    // Another worker.
    struct Peer {
        std::unique_ptr<HandoffRing> from;  // null: it is this one
        HandoffRing* to = nullptr;
        Doorbell* doorbell = nullptr;
        bool told = false;  // since its doorbell was rung
    };
    std::vector<Peer> peers_;              // by their ids; empty: there are no others
    std::unique_ptr<Doorbell> doorbell_;   // likewise
    std::vector<PublishedTrack*> placed_;  // by index; null: nobody
    rte_mbuf* blank_ = nullptr;  // stands for the input where the relay makes a packet by itself
    ObservationPoint observed_;
    SpscRing<Command> commands_;
    SpscRing<Command> answers_;
    SpscRing<Notice> notices_;
    bool news_ = false;                // for the main thread, in this turn
    relay::TimeUs hurries_until_ = 0;  // a track misses something
    PuntRing punts_;
    std::atomic<std::uint64_t> applied_{0};
    std::atomic<const rte_mbuf*> in_work_{nullptr};
    std::atomic<WorkStep> step_{};
    static_assert(std::atomic<WorkStep>::is_always_lock_free);
};

}  // namespace strata::dataplane
