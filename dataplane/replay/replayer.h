#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/memory_port.h"
#include "dataplane/port/pools.h"
#include "dataplane/replay/capture.h"
#include "dataplane/replay/pcap_file.h"
#include "dataplane/replay/session.h"
#include "dataplane/server/desired_state.h"
#include "dataplane/worker/worker.h"

namespace strata::dataplane {

struct ReplayOptions {
    std::uint64_t seed = 1;
    bool rtcp = false;                 // write the relay's reports to receivers too
    std::int64_t tail_us = 1'000'000;  // virtual time after the last packet
};

// The relay that strata-dataplane runs, in virtual time: the same worker over an in-memory port,
// driven by a capture's clock. Timers go first where times are equal. One per process; EAL must
// run.
class Replayer final : public MemoryPort::Sink {
  public:
    // Builds everything that `session` names; output goes to `folder`/<receiver>.pcap.
    static std::expected<std::unique_ptr<Replayer>, std::string> create(
        const Session& session, const ReplayOptions& options, const std::string& folder);
    ~Replayer() override;

    // Plays the whole capture. Once.
    std::expected<void, std::string> run(const Capture& capture);

    // What happened, as one line of JSON.
    std::string summary() const;

    void on_packet(const FlowKey& flow, std::span<const std::uint8_t> packet) override;

  private:
    struct Receiver {
        std::uint64_t subscription_id = 0, transport_id = 0;
        std::uint32_t ssrc = 0;
        api::Subscription wish;  // with the target of now
        Endpoint endpoint;
        std::unique_ptr<PcapFile> file;
        std::size_t next_target = 0;
        std::uint64_t packets = 0, bytes = 0;
    };
    struct KeyFrameRequested {
        std::int64_t at_us;
        std::size_t track;
        std::uint32_t encoding, ssrc;
    };

    Replayer(const Session& session, const ReplayOptions& options)
        : session_(session), options_(options), random_(options.seed) {}

    std::expected<void, std::string> build(const std::string& folder);
    std::expected<void, std::string> add_objects();
    std::expected<void, std::string> put(const api::Object& object, const std::string& name);
    std::int64_t next_schedule() const;
    void play_until(std::int64_t time_us);
    void turn(std::int64_t time_us);
    std::uint32_t draw();
    void note_learned();
    void find_publisher(const Capture& capture);
    void on_publisher_packet(std::span<const std::uint8_t> packet);

    Session session_;
    ReplayOptions options_;
    std::uint64_t random_;
    std::unique_ptr<MemoryPort> port_;
    Pools pools_;
    std::unique_ptr<api::StatisticsSegment> statistics_;
    std::unique_ptr<Worker> worker_;
    std::unique_ptr<DesiredState> state_;
    std::vector<Receiver> receivers_;
    std::map<std::pair<std::string, std::uint16_t>, std::size_t> by_endpoint_;
    std::map<std::string, bool> publisher_flows_;
    std::map<std::uint32_t, std::pair<std::size_t, std::uint32_t>> ssrcs_;  // → track, encoding
    std::vector<KeyFrameRequested> key_frame_requests_;
    FlowKey publisher_;
    std::int64_t now_us_ = 0;  // virtual
    std::int64_t capture_start_us_ = 0;
    std::uint64_t played_ = 0, other_flows_ = 0, too_large_ = 0;
    SkippedPackets skipped_;
};

}  // namespace strata::dataplane
