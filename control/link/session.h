#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/link/desired_state.h"
#include "control/room/directory.h"
#include "dataplane/api/protocol.h"

namespace strata::api {
class Applied;
class Batch;
class Event;
class HelloReply;
class Observations;
class ToDataplane;
}  // namespace strata::api

namespace strata::control {

// A worker of the data plane as it introduced itself, once per port.
struct WorkerAddress {
    std::uint32_t worker = 0;
    std::int32_t cpu = -1;  // -1: floats
    std::uint32_t numa_node = 0;
    std::string port;     // as configured
    std::string address;  // that peers are told
    std::uint16_t udp_port = 0;
    std::vector<std::string> own;        // all of the port's, `address` first
    std::vector<std::string> addresses;  // that WebRTC peers are told, the port's own first
    std::vector<Endpoint> tcp;           // where they reach it by TCP
    friend bool operator==(const WorkerAddress&, const WorkerAddress&) = default;
};

struct Refusal {
    std::string code, message;  // the data plane's, stable code
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

enum class ObjectState : std::uint8_t { pending, applied, refused };

enum class LinkState : std::uint8_t { absent, connecting, synchronising, synchronised };
std::string_view link_state_text(LinkState state);

// The conversation with one data plane, without a socket: what to say next, and what its answers
// mean. After hello everything that shall exist is named in a resync; then differences follow from
// a set of changed objects, so that a slow data plane costs memory for each object once, however
// often it changes. Main thread only.
class LinkSession {
  public:
    struct Hooks {
        std::function<void(const std::vector<WorkerAddress>&)> workers;  // after each hello
        std::function<void(ParticipantId, const Learned<Endpoint>&)> latched;
        std::function<void(TrackId, std::size_t encoding, bool rtx, const Learned<std::uint32_t>&)>
            ssrc_learned;
        std::function<void(ParticipantId, const Learned<Endpoint>&, bool tcp)> nominated;
        std::function<void(ParticipantId)> consent_lost;
        std::function<void()> progress;  // some object's state, or the link's, has changed
    };

    // `directory` outlives the session. `control_epoch` is drawn at control's start.
    LinkSession(const Directory& directory, std::uint64_t control_epoch, Hooks hooks);

    // The socket's side. After `connect` the next message is hello; `disconnect` keeps what is
    // known of the data plane's state as text for people only: everything is pending until the next
    // resync.
    void connect();
    void disconnect(std::string reason);
    // No data plane answers at the socket.
    void set_absent();
    // The next message, at most api::kMaxMessageBytes, or nullopt while there is nothing to say.
    std::optional<std::string> next_message();
    // False: the peer broke the protocol or refused us; disconnect.
    bool receive(std::string_view message);

    // `key` differs from what was last said about it. `revision` is the store's.
    void mark(ObjectKey key, std::uint64_t revision);

    // All captures and traces that there shall be. What was said to one data plane is unsaid with
    // the connection to it.
    void observe(const api::Observations& wanted);

    ObjectState state(ObjectKey key) const;
    const Refusal* refusal(ObjectKey key) const;  // null unless refused

    LinkState link_state() const;
    // Of the data plane that was last spoken to, 0: none yet.
    std::uint64_t dataplane_epoch() const { return dataplane_epoch_; }
    const std::string& statistics_segment() const { return statistics_segment_; }
    // Name of the shared memory that captures are read from; empty: they can't be made.
    const std::string& observation_segment() const { return observation_segment_; }
    const std::vector<WorkerAddress>& workers() const { return workers_; }
    std::uint64_t generation_wanted() const { return generation_; }
    std::uint64_t generation_applied() const { return generation_applied_; }
    std::size_t pending_count() const;
    std::size_t refused_count() const { return refused_.size(); }
    std::uint64_t resyncs() const { return resyncs_; }
    const std::string& last_error() const { return last_error_; }
    // True between hello and the answer to the commit: an answer is due.
    bool answer_due() const;

  private:
    enum class Stage : std::uint8_t {
        absent,
        disconnected,
        hello,         // to be sent
        hello_reply,   // awaited
        begin,         // to be sent
        batches,       // being sent
        commit_reply,  // awaited
        synchronised
    };
    struct Batch {
        std::uint64_t generation = 0;
        std::vector<ObjectKey> keys;
    };

    // Unacknowledged difference messages; while so many are under way, changes gather in the sets.
    static constexpr std::size_t kMaxBatchesInFlight = 8;

    bool on_hello(const api::HelloReply& reply);
    void on_applied(const api::Applied& applied);
    void on_event(const api::Event& event);
    std::string begin_resync();
    std::string resync_batch();
    std::string commit_resync();
    std::optional<std::string> difference();
    void gather_removes(api::Batch& message, Batch& batch);
    void gather_puts(api::Batch& message, Batch& batch);
    bool unsaid(ObjectKey key) const;
    void settle(ObjectKey key, std::uint64_t generation);
    void take_errors(const api::Applied& applied);
    std::uint64_t next_generation();

    const Directory& directory_;
    const std::uint64_t control_epoch_;
    Hooks hooks_;
    Stage stage_ = Stage::disconnected;

    std::uint64_t dataplane_epoch_ = 0;
    std::string statistics_segment_, observation_segment_;
    std::string observations_;  // the message to be sent; empty: none
    std::vector<WorkerAddress> workers_;

    std::uint64_t revision_ = 0;    // of the newest change
    std::uint64_t generation_ = 0;  // of the newest message that wants an answer
    std::uint64_t generation_applied_ = 0;
    std::uint64_t resyncs_ = 0;
    std::string last_error_;

    // Resync: what is still to be named, and what the commit has to say.
    std::vector<ObjectKey> resync_keys_;
    std::size_t resync_next_ = 0;
    std::uint32_t resync_count_ = 0;
    std::uint64_t resync_generation_ = 0;
    api::Digest resync_digest_;

    std::set<ObjectKey> changed_, removed_;  // and not yet said
    std::deque<Batch> in_flight_;
    std::map<ObjectKey, std::uint64_t> sent_;  // keys in flight → newest generation they are in
    std::map<ObjectKey, Refusal> refused_;
};

}  // namespace strata::control
