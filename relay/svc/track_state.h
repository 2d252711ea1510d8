#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "relay/rewrite/dependency_descriptor_rewriter.h"
#include "relay/rewrite/input_sequence.h"
#include "relay/rewrite/sender_clock.h"
#include "relay/rewrite/timestamp_map.h"
#include "relay/svc/frame_kinds.h"
#include "relay/svc/frame_rest.h"
#include "relay/svc/frame_tracker.h"
#include "relay/svc/key_frame_requests.h"
#include "relay/svc/layer_group.h"
#include "relay/svc/receiver_table.h"
#include "relay/svc/selector.h"
#include "relay/svc/track.h"

// Inside of Track. Split over track_*.cc by what happens: packets, moves, late packets, control.
namespace strata::relay {

// A number of the stream, from one that doesn't wrap.
inline std::uint16_t low16(std::int64_t value) { return static_cast<std::uint16_t>(value); }

// How far one encoding had come some time ago: holes before it are given up (C17). Noted as long
// as there may be any.
struct HolePatience {
    static constexpr std::size_t kMarks = 16;
    std::array<std::int64_t, kMarks> highest{};
    std::array<TimeUs, kMarks> at{};
    std::size_t next = 0;
    GroupIndex first_group = 0;  // whose turn it is to have holes closed
};

struct alignas(64) EncodingState {
    EncodingState(const TrackConfig& config)
        : clock(config.clock_rate_hz), tracker(config.codec, config.end_to_end_encrypted) {}

    // A cache line with what each packet needs of `input`.
    FrameRest* rest = nullptr;               // never, in a track
    MediaDrop skipped_as = MediaDrop::none;  // why, of a packet that is skipped
    // VP8 without descriptor: frames up to the newest that were passed over and that groups haven't
    // been told of; their picture ids follow one another.
    std::uint16_t passed_pictures = 0;
    // Below it, receivers may have been in another group than now (C7).
    std::int64_t moves_before = 0;
    InputSequence input;
    EncodingClock clock;
    FrameTracker tracker;
    HolePatience patience;
    RtpTimestamp key_frame_at;  // of the newest key frame, for what is asked for again (C27)
    bool key_frame_known = false;
};

// One input number on its way through a track. Without packet: a hole that is given up.
struct PacketInWork {
    std::uint8_t encoding = 0;
    std::int64_t n = 0;
    RtpTimestamp timestamp;
    TimeUs now = 0;
    std::span<const std::uint8_t> packet{};
    const PacketInfo* info = nullptr;
    const TrackedPacket* tracked = nullptr;
};

struct alignas(64) TrackState {
    TrackState(const TrackConfig& track_config, std::pmr::memory_resource* memory);

    // Moves (track_moves.cc).
    void on_frame(PacketInWork& work, bool late);
    void move_cohort(CohortIndex cohort, const Selector::Move& move, const PacketInWork& work);
    void shift(ReceiverIndex index, GroupIndex to, const PacketInWork& work, bool after_marker);
    void start(ReceiverIndex index, GroupIndex to, const PacketInWork& work);
    void rebase_media_fields(Receiver& receiver, ReceiverOffsets& offsets, const LayerGroup& group,
                             const PacketInWork& work) const;
    std::uint32_t start_timestamp(const Receiver& receiver, const PacketInWork& work,
                                  std::uint32_t old_offset, int left_encoding) const;
    // Takes a receiver out of its group; it is to go on later, maybe elsewhere.
    void take_out(ReceiverIndex index);
    Continuation continuation(ReceiverIndex index) const;
    void close_stay(ReceiverIndex index, std::int64_t end);
    void change_group(ReceiverIndex index, GroupIndex to);
    void restart_encoding(std::uint8_t encoding);
    void update_waiting();
    // Nobody wants to move, nor has anything changed that would make somebody.
    bool calm() const { return settled && selector.looks_settled(); }

    // Packets (track_packet.cc).
    MediaDrop on_packet(PacketInWork& work, OutputList& out);
    bool skip(std::uint8_t index, std::span<const std::uint8_t> packet, const PacketInfo& info,
              TimeUs now);
    void drop_next(std::uint8_t encoding, std::uint32_t count, bool ended, TimeUs now);
    void drop_pictures(std::uint8_t index, std::int64_t last);
    bool pass_over(std::uint8_t index, std::span<const std::uint8_t> packet, TimeUs now);
    void settle();
    void look_again();
    void expect_rest(const PacketInWork& work);
    void learn_kind(const PacketInWork& work);
    void drop_everywhere(PacketInWork& work, OutputList& out);
    bool takes_part(GroupIndex group, std::uint8_t encoding, std::int64_t n) const;
    bool decide(const PacketInWork& work);
    bool drop_in_group(GroupIndex index, const PacketInWork& work);
    void decide_group(GroupIndex index, const PacketInWork& work);
    void remember_sent(LayerGroup& group, const PacketInWork& work);
    bool deliver(const PacketInWork& work, OutputList& out);
    bool deliver_now(const PacketInWork& work, OutputList& out);
    MediaDrop why_nobody(std::uint8_t encoding) const;
    void note_absence(const PacketInWork& work);
    // Whether anybody is sent something of it.
    bool forwards(std::uint8_t encoding) const { return groups.members(encoding) != 0; }

    // One (group, profile) at a time (track_output.h).
    bool emit(const PacketInWork& work, const GroupDecision& decision, const HeaderProfile& profile,
              std::span<ReceiverSlot> receivers, OutputList& out) const;
    static SentCount count_of(const Output& output, const PacketInWork& work);

    // What was sent before (track_repeat.cc).
    SentNumber find_sent(ReceiverIndex index, SequenceNumber sequence) const;
    SentNumber sent_in(const Stay& stay, SequenceNumber sequence) const;

    // Late packets and holes (track_late.cc).
    bool deliver_by_stays(const PacketInWork& work, OutputList& out);
    const ReceiverOffsets* offsets_at(ReceiverIndex index, GroupIndex group,
                                      const PacketInWork& work) const;
    void give_up_holes(std::uint8_t encoding, TimeUs now, OutputList& out);
    bool may_have_holes(std::uint8_t encoding) const;

    // A packet needs what stands between the end of `requests` and that of the first part of
    // `table`, and of a new frame `selector` as well. What they own is allocated in the same order.
    static constexpr std::size_t kPacketLines = 2;  // cache lines
    std::vector<ReceiverIndex> moving;              // members of a cohort
    std::vector<ReceiverSlot> late_slots;           // copies with the offsets of their time
    KeyFrameRequests requests;
    Codec codec;
    std::uint8_t encoding_count;
    bool delivered : 1 = true;  // the newest packet went to somebody
    // Receivers were where they want to be, as far as `selector` can tell; of audio nothing else
    // counts.
    bool settled : 1 = false;
    bool wide_slots : 1 = false;  // fan-outs may need the second line of each
    // Timers had nothing to do, and nothing came since but what was passed over: that leaves no
    // holes, and makes nobody want to be elsewhere. Of tracks of one encoding.
    bool gapless : 1 = false;
    // Bit e: the newest packet of encoding e went to nobody, and nobody has come or gone since.
    std::uint8_t skipping = 0;
    std::uint32_t changes = 0;     // counts what may have changed receivers' status
    std::int64_t last_n = 0;       // that the groups' decisions are about
    FixedArray<FrameKinds> kinds;  // [encoding]; behind what every packet needs
    FixedArray<EncodingState> encodings;
    GroupPool groups;
    ReceiverTable table;
    std::uint32_t waited_for = 0;  // bit e: somebody waits for a key frame of encoding e
    Selector selector;
    TrackConfig config;
    SenderClock own_clock;
    std::vector<FrameRest> own_rests;  // [encoding]; empty: the config names others

    SenderClock& clock() { return config.sender_clock ? *config.sender_clock : own_clock; }
    const SenderClock& clock() const {
        return config.sender_clock ? *config.sender_clock : own_clock;
    }
};

}  // namespace strata::relay
