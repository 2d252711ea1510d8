#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "dataplane/api/protocol.h"
#include "dataplane/api/seqpacket.h"
#include "dataplane/api/strata.pb.h"
#include "dataplane/server/desired_state.h"

namespace strata::dataplane {

struct ControlServerConfig {
    std::string path;                 // of the socket
    std::uint64_t epoch = 0;          // of this run
    std::string statistics_segment;   // shared memory name
    std::string crypto_engine;        // for people
    std::string observation_segment;  // shared memory name; empty: captures can't be made
    std::vector<api::WorkerInfo> workers;
    std::uint32_t max_staged_objects = 200'000;  // of one resync
};

// The data plane's end of the control link. One control process at a time; a newer one replaces
// it with its hello. Old state goes on forwarding until a resync is committed; one that is
// interrupted changes nothing. Main thread.
class ControlServer {
  public:
    ControlServer(const ControlServerConfig& config, DesiredState& state,
                  api::StatisticsSegment& statistics);

    // Starts to listen: from now on control can connect. The error names the path.
    std::expected<void, std::string> listen();

    int listener_fd() const { return listener_.fd(); }
    int link_fd() const { return link_.fd(); }  // -1: nobody is connected
    bool wants_to_write() const { return !outgoing_.empty(); }

    // Where it is told that captures and traces are in force; outlives this. Before listen().
    void tell_observed(api::ObservationHeader& header) { observation_header_ = &header; }

    // Accepts, reads, applies and answers whatever is ready. Never blocks.
    void poll();
    // Tells control what a worker learned, now or when it connects.
    void on_notice(const Notice& notice);

    std::uint64_t generation() const { return generation_; }
    bool connected() const { return greeted_; }

  private:
    struct Resync {
        bool active = false;
        std::uint64_t generation = 0;
        std::uint32_t objects = 0;
        api::Digest digest;
        std::vector<api::Object> puts;
        bool overflow = false;
    };
    struct PendingReply {
        std::uint64_t generation = 0;
        DesiredState::Mark mark;  // when the workers have taken it over
        std::vector<api::ObjectError> errors;
    };

    void accept();
    void read_candidate();
    void read();
    void on_message(std::string_view bytes);
    void on_hello(const api::Hello& hello);
    void on_resync_begin(const api::ResyncBegin& begin);
    void on_batch(api::Batch& batch);
    void on_resync_commit(const api::ResyncCommit& commit);
    void on_observations(const api::Observations& wanted);
    void apply(const std::vector<api::Object*>& puts, PendingReply& reply);
    void reply_when_settled();
    void forget_removed();
    void send_learned();
    void send(const api::ToControl& message);
    void flush();
    void refuse(const char* code, const std::string& message);
    void disconnect();

    ControlServerConfig config_;
    DesiredState& state_;
    api::StatisticsSegment& statistics_;
    api::SeqpacketListener listener_;
    api::SeqpacketLink link_, candidate_;
    std::vector<char> buffer_;
    std::deque<std::string> outgoing_;
    bool greeted_ = false;
    Resync resync_;
    std::deque<PendingReply> pending_;
    std::uint64_t generation_ = 0;
    api::ObservationHeader* observation_header_ = nullptr;
    // What the workers are to have taken over before its generation is told.
    std::uint64_t observing_generation_ = 0;
    DesiredState::Mark observing_mark_;
    // What workers learned of objects that still exist: repeated to each control process that
    // connects.
    std::map<std::uint64_t, Endpoint> latched_;
    std::map<std::uint64_t, Notice> ice_;  // nominated tuples and lost consent, the latest of each
    std::map<std::tuple<std::uint64_t, std::uint8_t, bool>, std::uint32_t> learned_;
};

}  // namespace strata::dataplane
