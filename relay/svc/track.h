#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "relay/codec/packet_info.h"
#include "relay/rewrite/header_profile.h"
#include "relay/rewrite/header_template.h"
#include "relay/rewrite/sender_clock.h"
#include "relay/rtp/types.h"
#include "relay/svc/continuation.h"
#include "relay/svc/frame_rest.h"
#include "relay/svc/layer_id.h"
#include "relay/svc/layers.h"
#include "relay/svc/media_drop.h"
#include "relay/svc/receiver_slot.h"
#include "relay/svc/sent_number.h"

// The contract between the worker and the media logic. One Track per (published track, worker that
// serves receivers of it); a worker calls it for each packet, control commands reach it through the
// worker. Nothing here allocates after construction.
namespace strata::relay {

// What one (group, profile) makes of one packet, for all `receivers`. The first `header.size` bytes
// of the outgoing packet are made by write_header; the rest are bytes [payload_offset,
// payload_offset + payload_size) of the input packet, unchanged.
struct Output {
    HeaderTemplate header;
    std::uint16_t payload_offset = 0;  // from the RTP header's first byte
    std::uint16_t payload_size = 0;    // 0: an empty packet that closes a hole (C17), see padding
    std::uint8_t padding = 0;  // padding bytes that header.bytes already ends in (C17), else 0
    std::span<ReceiverSlot> receivers;  // never empty
};

struct EncodingConfig {
    std::array<char, 16> rid{};  // zero-terminated, empty: known by SSRC
    std::optional<Ssrc> ssrc;    // fixed, or learned by the worker from rid
    std::optional<Ssrc> rtx_ssrc;
};

struct TrackConfig {
    Codec codec = Codec::opaque;
    std::uint32_t clock_rate_hz = 90'000;
    std::uint8_t encoding_count = 1;  // 1..kMaxEncodings
    std::array<EncodingConfig, kMaxEncodings> encodings;
    bool end_to_end_encrypted = false;      // C48: payload bytes behind the descriptor aren't read
    bool descriptor_negotiated = false;     // dependency descriptor accepted from the publisher
    std::uint32_t receiver_capacity = 16;   // slots; see Track::grow
    std::uint8_t header_profiles = 8;       // different ones of its receivers, 1..kMaxProfiles
    TimeUs layer_silence_us = 250'000;      // C4
    TimeUs key_frame_retry_us = 1'000'000;  // C33
    TimeUs key_frame_min_interval_us = 300'000;  // C33: per source
    TimeUs hole_patience_us = 1'000'000;         // C17: after that upstream has given a packet up
    // An encoding that was silent for so long, and lost packets meanwhile, is asked for a key
    // frame.
    TimeUs absence_us = 500'000;
    // The publisher's, shared by all its tracks on the worker, so that lips stay in sync (C31);
    // outlives the track. Null: the track has one of its own.
    SenderClock* sender_clock = nullptr;
    // What goes on with each encoding's frame that nobody wants, where those have it at hand who
    // give packets to this track, or to one that takes its place; they outlive both. A packet that
    // it matches may be taken by it instead of being parsed and given to on_packet, as what why()
    // says. Null, all of them: the track has its own.
    std::array<FrameRest*, kMaxEncodings> rests{};
};

struct ReceiverConfig {
    HeaderProfile profile;
    std::uint32_t ssrc = 0;
    LayerTarget target;
    std::array<std::byte, 64> link{};
    void* seal =
        nullptr;     // opaque, see ReceiverSlot; receivers of one profile all have one, or none
    HopStamp stamp;  // of profiles that have ids for it
    // First numbers on the wire; the caller draws them at random (or from --seed).
    std::uint16_t first_sequence = 0;
    std::uint32_t first_timestamp = 0;
    // With `ever`: instead of first numbers, what its stream goes on from (C49, C53).
    Continuation resume{};
};

// What is known of a receiver, for statistics and tests.
struct ReceiverStatus {
    bool forwarding = false;  // it has been given a start point and isn't paused
    LayerTarget target;
    LayerTarget current;  // the group it is in (effective layer)
    std::uint32_t ssrc = 0;
    std::uint32_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint32_t switches = 0;
};

struct SenderReportOut {
    std::uint64_t ntp = 0;  // 32.32, the publisher's mapping in the relay's clock (C31)
    std::uint32_t rtp_timestamp = 0;
    std::uint32_t packets = 0, octets = 0;
};

constexpr std::size_t kMaxProfiles = 32;  // bound of TrackConfig::header_profiles
constexpr std::size_t kMaxOutputs = 128;  // (group, profile) pairs that one packet can reach
constexpr std::size_t kMaxClosingPackets = 2'048;

// Scratch for on_packet: owned by the worker, one per worker, reused for each packet.
struct OutputList {
    std::size_t count = 0;
    std::size_t limit = kMaxOutputs;  // outputs of one packet, at most kMaxOutputs
    std::uint64_t refused = 0;        // outputs beyond it, of all packets
    // Packets, those of all receivers, that one give_up_holes begins to make; the last hole's all
    // come. 0: none.
    std::size_t close_limit = kMaxClosingPackets;
    std::uint32_t late_used = 0;  // the track's own: copies of slots that outputs refer to
    bool key_frame_due = false;   // next_key_frame_request may have one
    std::array<Output, kMaxOutputs> outputs;
};

// A key frame that the relay wants from a publisher: the worker sends a PLI (or FIR) for it.
struct KeyFrameRequest {
    std::uint8_t encoding = 0;
};

struct TrackState;

// Everything about one published track on one worker: encodings, frames, layer groups, receivers.
// Thread: built and destroyed on the main thread, otherwise the owning worker only.
class Track {
  public:
    // Allocates all it will ever use; main thread.
    explicit Track(const TrackConfig& config);
    ~Track();
    // What was moved from can be destroyed or assigned to, nothing else.
    Track(Track&&) noexcept;
    Track& operator=(Track&&) noexcept;

    // A media packet (not RTX, not RTCP) of encoding `encoding`. `packet` are the bytes that `info`
    // was parsed from. Fills `out` with what goes to whom; the slots' sequence state is already
    // advanced, their counters too. Returns why it went to nobody, or none.
    MediaDrop on_packet(std::uint8_t encoding, std::span<const std::uint8_t> packet,
                        const PacketInfo& info, TimeUs now, OutputList& out);

    // Takes `packet` if it begins a frame that nobody wants, like one that came before: as what
    // TrackConfig::rests is from then on, whose packets follow it. False: nothing has changed.
    bool pass_over(std::uint8_t encoding, std::span<const std::uint8_t> packet, TimeUs now);

    // Brings near what on_packet is about to touch, in three steps of which each needs what the one
    // before fetched: a caller with a burst of packets of many tracks takes each step for all of
    // them, so that their cache misses overlap. Changes nothing. The first packet of a frame takes
    // more than others, of a known kind something else (FrameRest::guess). budget: 1,000 rooms
    // cost per output at most 1.5 times one room, bench/pipeline
    void prefetch_state(FrameRest::Guess is) const;
    void prefetch_encoding(std::uint8_t encoding, FrameRest::Guess is) const;
    void prefetch_rings(std::uint8_t encoding, FrameRest::Guess is) const;

    // Publisher's sender report for `encoding` (C21, C31).
    void on_sender_report(std::uint8_t encoding, std::uint64_t ntp, std::uint32_t rtp_timestamp,
                          TimeUs now);

    // The publisher's clocks as its reports have set them, for another Track of the same published
    // track, which hears none (C21, C31).
    struct Clocks {
        SenderClock sender;
        bool reported = false;  // the two below are known
        std::uint64_t ntp = 0;
        std::uint32_t rtp_timestamp = 0;
    };
    Clocks clocks(std::uint8_t encoding) const;
    void set_clocks(std::uint8_t encoding, const Clocks& clocks);

    // Holes older than hole_patience_us are given up and closed with empty packets (C17), at most
    // so many at once that out.close_limit allows: a publisher that loses much is heard by
    // thousands. Fills `out` like on_packet; call every 10 to 100 ms.
    void give_up_holes(std::uint8_t encoding, TimeUs now, OutputList& out);

    // Timers: layer silence (C4), key-frame repetition (C33). Call every 10 to 40 ms, while
    // wants_key_frame() about every 10 ms.
    void on_timer(TimeUs now);
    // Whether on_timer and give_up_holes need not be called: they had nothing to do, and nothing
    // came since but what was passed over. Call on_timer a few times a second all the same, which
    // has all of those told.
    bool rests() const;
    // Another number whenever status() and continuation() of a receiver may have changed. Wraps.
    std::uint32_t changes() const;

    // Whether a key frame is to be asked for, now or again and again until it comes.
    bool wants_key_frame() const;

    // The next key frame to ask for, once per request; call after on_packet, on_timer, set_target.
    std::optional<KeyFrameRequest> next_key_frame_request(TimeUs now);

    // Receivers of another Track of the same published track need a key frame. Throttled per source
    // (C33).
    void ask_for_key_frame(std::uint8_t encoding);

    // A receiver sent PLI or FIR. Throttled per receiver and per source (C33).
    void on_key_frame_request(ReceiverHandle receiver, TimeUs now);

    // False: no room (receiver_capacity, header_profiles), or the handle is taken; nothing changed.
    bool add_receiver(ReceiverHandle handle, const ReceiverConfig& config, TimeUs now);
    bool remove_receiver(ReceiverHandle handle);
    // False: unknown handle.
    bool set_target(ReceiverHandle handle, LayerTarget target, TimeUs now);
    // New transport bytes for a receiver (address changed). False: unknown handle.
    bool set_link(ReceiverHandle handle, std::span<const std::byte, 64> link);

    // Brings near what is known of a receiver, as far as that takes no waiting.
    void prefetch_receiver(ReceiverHandle handle) const;
    std::optional<ReceiverStatus> status(ReceiverHandle handle) const;
    // What the receiver's stream would go on from if it left now: what add_receiver takes.
    std::optional<Continuation> continuation(ReceiverHandle handle) const;

    // What on_packet has just made of a packet, so that it can be made once more; after it returned
    // none.
    void describe_sent(SentForms& out) const;
    // What stood behind a number that the receiver was sent.
    SentNumber find_sent(ReceiverHandle handle, SequenceNumber sequence) const;
    // Whether what `sent` names, a packet of this timestamp, is older than the last key frame that
    // came instead (C27).
    bool is_obsolete(const SentNumber& sent, RtpTimestamp timestamp) const;
    // For who looks on: what the newest packet that on_packet decided about was to each group with
    // members, of other encodings too. Returns how many there are; the first of them are in `out`.
    struct GroupView {
        LayerId layer;
        enum class Action : std::uint8_t { drop, forward, close, elsewhere };
        Action action = Action::drop;
        bool ends_picture = false;
        std::uint16_t number = 0;  // n - dropped(n), where it goes out
        std::uint32_t members = 0;
    };
    std::size_t describe_groups(std::uint8_t encoding, std::span<GroupView> out) const;
    // Where the receiver's slot lies now; null: unknown handle.
    const ReceiverSlot* find_slot(ReceiverHandle handle) const;

    // The receiver's slot with the offsets of that time. Nullopt: unknown handle.
    std::optional<ReceiverSlot> slot_then(ReceiverHandle handle, const SentNumber& sent) const;
    // Makes of `packet` once more what the receiver was sent under `sequence`, in the form that its
    // group gave it; of an empty one, without form, an empty packet. The slots that it goes to are
    // left to the caller. False: it can't be made.
    struct Repetition {
        ReceiverHandle receiver = 0;
        SequenceNumber sequence;
        SentNumber sent;
    };
    bool repeat(const Repetition& repetition, Output& out) const;  // of an empty one
    bool repeat(const Repetition& repetition, const SentForm& form,
                std::span<const std::uint8_t> packet, const PacketInfo& info, Output& out) const;

    // Nullopt until something was sent and a mapping is known or estimated (C22).
    std::optional<SenderReportOut> sender_report(ReceiverHandle handle, TimeUs now) const;
    // Calls visit(const ReceiverSlot&) for each receiver, in slot order.
    template <typename Visit>
    void for_each_receiver(Visit visit) const {
        for (const ReceiverSlot& slot : slots()) visit(slot);
    }

    std::size_t receiver_count() const;
    const TrackConfig& config() const;

    // Moves all receivers and stream state into `larger`, built on the main thread with the same
    // config but a larger receiver_capacity; this one is empty afterwards.
    void move_into(Track& larger);

  private:
    std::span<const ReceiverSlot> slots() const;
    TrackState& settled() const;
    TrackState& changing();
    // What it owns: the state, and the memory that this lies in.
    struct Storage;
    TrackState* state_;
    std::unique_ptr<Storage> storage_;
};

}  // namespace strata::relay
