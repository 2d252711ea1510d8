#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/link/session.h"
#include "control/room/ids.h"
#include "control/room/limits.h"
#include "dataplane/api/observation_log.h"

namespace strata::control {

// Which packets, and how many of them. Room, participant and track are taken together: what fits
// all of those given.
struct ObservationSpec {
    bool trace = false;  // each packet's way through the worker instead of its bytes
    std::string room;    // empty: any
    std::optional<ParticipantId> participant;
    std::optional<TrackId> track;
    bool in = true, out = true;      // what peers send, what they are sent
    std::vector<std::string> drops;  // names of reasons, or "*"; empty: whatever became of it
    std::uint32_t sample = 1;
    std::uint64_t packets = 0, bytes = 0;  // at most, 0: what the limits say
    std::uint32_t seconds = 0;
    std::uint32_t snap_bytes = 0;  // 0: headers only
};

struct ObservedPacket {
    std::uint32_t worker = 0;
    api::ObservedHead head;
    std::vector<std::uint8_t> tail;
    std::uint64_t lost_before = 0;
};

enum class ObservationState : std::uint8_t {
    starting,  // some workers don't know of it yet
    active,
    done,  // has come to a bound, or the data plane went
};
std::string_view observation_state_text(ObservationState state);

// Captures and traces: who looks at what in the data plane. Each is read piece by piece by whoever
// began it, and ends when it has what it was to get, or isn't read any more. Main thread only.
class Observations {
  public:
    struct Environment {
        std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
        std::function<void()> wake_link;
        std::function<std::int64_t()> unix_ms;
    };
    struct Observation {
        std::uint64_t id = 0;
        ObservationSpec spec;
        ObservationState state = ObservationState::starting;
        std::string why_done;
        std::uint64_t packets = 0, bytes = 0;  // read so far
        std::uint64_t lost = 0;                // records overwritten before they were read
        std::int64_t started_ms = 0;
        std::uint32_t workers = 0;
        bool headed = false;  // somebody has been given the beginning of its file
        bool ended = false;   // … and its end
    };

    // Not read for so long, it ends.
    static constexpr std::int64_t kPatienceMs = 15'000;
    // Of one piece.
    static constexpr std::size_t kPieceBytes = 4 << 20;

    // All outlive it.
    Observations(LinkSession& session, Limits& limits, Environment environment);
    ~Observations();

    // Bounds that the spec leaves out are those of the limits; larger ones are refused.
    Result<const Observation*> start(ObservationSpec spec);
    Result<Observation*> find(std::uint64_t id);
    Result<void> end(std::uint64_t id);
    std::vector<const Observation*> list() const;

    // What has come since the last time, in the order of time; updates the observation.
    std::vector<ObservedPacket> read(Observation& observation);

  private:
    struct Entry;
    Result<void> check(ObservationSpec& spec);
    void tell();
    void look_for_forgotten();
    void note_state(Entry& entry);
    static bool take(Entry& entry, ObservedPacket packet, std::vector<ObservedPacket>& out);
    static void finish(Entry& entry, std::string why);

    LinkSession& session_;
    Limits& limits_;
    Environment environment_;
    std::map<std::uint64_t, std::unique_ptr<Entry>> entries_;
    std::uint64_t next_id_ = 1;
    std::uint64_t generation_ = 0;
    bool looking_ = false;  // for forgotten ones
};

}  // namespace strata::control
