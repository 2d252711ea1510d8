#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "relay/svc/track.h"
#include "tests/property/random_channel.h"
#include "tests/property/synthetic_encoder.h"

namespace strata::relay {

// A source packet, wherever it went.
struct SourcePacket {
    std::size_t encoding = 0;
    SyntheticPacket packet;
    std::int64_t arrived = -1;  // when the track took it, as a count of arrivals; -1: lost upstream
};

// One packet on its way out to one receiver.
struct SentPacket {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    bool marker = false;
    bool empty = false;     // closes a hole (C17)
    std::uint32_t tag = 0;  // of its source; of an empty one: of the packet it was made for, if any
    bool tag_known = false;
    std::int64_t when = 0;       // count of arrivals
    std::uint32_t switches = 0;  // of its receiver, until then
    std::vector<std::uint8_t> bytes;
};

// A packet that went to somebody, as a history keeps it.
struct KeptPacket {
    std::uint32_t tag = 0;
    SentForms forms;
};

// A receiver paused, or started again elsewhere: its numbering may have skipped one (C20).
struct Pause {
    std::vector<std::int64_t> highest;  // n of each encoding, then
};

struct ReceiverLog {
    HeaderProfile profile;
    LayerTarget target;
    std::int64_t target_since = 0;  // us
    std::vector<SentPacket> sent;
    std::vector<Pause> pauses;
};

struct SessionSettings {
    EncoderSettings encoder;
    std::size_t encodings = 1;
    ChannelProfile channel;
    bool give_up = false;     // close holes after a while
    int changes_percent = 0;  // of pictures at which a receiver changes its target
    int pictures = 90;
    std::size_t receivers = 3;
    bool pass_over = true;  // what may be; else the track is given every packet and every timer
};

// Plays a track with synthetic encoders over a random channel to a few receivers, and logs all.
class TrackSession {
  public:
    TrackSession(const SessionSettings& settings, Random& random);
    TrackSession(const TrackSession&) = delete;
    TrackSession& operator=(const TrackSession&) = delete;
    // Calls `after_picture` with each picture's number.
    void play(const std::function<void(int)>& after_picture = {});

    const SessionSettings& settings() const { return settings_; }
    const std::vector<ReceiverLog>& receivers() const { return receivers_; }
    const SyntheticEncoder& encoder(std::size_t e) const { return *encoders_[e]; }
    const std::map<std::uint32_t, SourcePacket>& sources() const { return sources_; }
    // Source packet n of encoding e; null before the first and behind the last.
    const SourcePacket* source(std::size_t e, std::int64_t n) const;
    const Track& track() const { return track_; }
    // By encoding and the track's extended number.
    const std::map<std::pair<std::size_t, std::int64_t>, KeptPacket>& kept() const { return kept_; }
    // How to read what arrives.
    const PacketParser& parser() const { return parser_; }
    // Highest n of encoding e that had arrived by `when`.
    std::int64_t highest_at(std::size_t e, std::int64_t when) const;
    TimeUs end() const { return now_; }
    // Packets that the track was told of afterwards only, as nobody wanted their frame.
    std::uint64_t passed_over() const { return passed_over_; }
    // First packets among them.
    std::uint64_t begun_over() const { return begun_over_; }
    // Timers that the track was spared.
    std::uint64_t rested() const { return rested_; }
    PacketParser outgoing_parser(const HeaderProfile& profile) const;

  private:
    struct Event {
        TimeUs at = 0;
        std::uint32_t tag = 0;
    };
    TrackConfig track_config();
    LayerTarget random_target(bool may_pause);
    void add_receivers();
    void encode_picture(TimeUs now);
    void change_targets();
    void run_until(TimeUs until);
    void on_timer();
    void check_changes();
    void deliver(const SourcePacket& source);
    MediaDrop take(const SourcePacket& source);
    void log_output(std::optional<std::uint32_t> tag);
    void serve_key_frame_requests();

    SessionSettings settings_;
    Random& random_;
    std::uint16_t frame_number_;
    std::vector<std::unique_ptr<SyntheticEncoder>> encoders_;
    std::vector<TimeUs> key_due_;
    PacketParser parser_;
    std::array<FrameRest, kMaxEncodings> rests_;  // the track's
    Track track_;
    std::unique_ptr<OutputList> out_ = std::make_unique<OutputList>();
    std::vector<ReceiverLog> receivers_;
    std::map<std::uint32_t, SourcePacket> sources_;
    std::map<std::pair<std::size_t, std::int64_t>, KeptPacket> kept_;
    std::vector<std::vector<std::uint32_t>> tag_of_n_;        // [encoding][n]
    std::vector<std::vector<std::int64_t>> highest_history_;  // [encoding][count of arrivals]
    std::multimap<TimeUs, std::uint32_t> in_flight_;
    std::int64_t arrivals_ = 0;
    std::uint64_t passed_over_ = 0, begun_over_ = 0, rested_ = 0;
    // What was known of the receivers when Track::changes() was last looked at.
    struct Known {
        std::optional<ReceiverStatus> status;
        std::optional<Continuation> continuation;
    };
    std::uint32_t changes_ = 0;
    std::vector<Known> known_;
    TimeUs now_ = 0, next_timer_ = 0;
};

}  // namespace strata::relay
