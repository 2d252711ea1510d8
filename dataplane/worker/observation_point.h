#pragma once

#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/api/statistics_segment.h"
#include "dataplane/worker/bounded_table.h"
#include "dataplane/worker/flow_table.h"
#include "dataplane/worker/objects.h"
#include "dataplane/worker/observer.h"
#include "dataplane/worker/sending.h"
#include "dataplane/worker/stream_ref.h"
#include "dataplane/worker/train.h"
#include "relay/rtp/demux.h"

namespace strata::dataplane {

// Where a worker's packets can be observed (RFC 7011 section 2): puts together for captures and
// traces what came in with what became of it, and what went out to receivers that somebody looks
// at. The Observer says what is wanted and writes it down. While there is none, and for packets
// that nothing is about, only what is in line here is done. Thread: the worker's.
//
// budget: bench/pipeline/instructions.json, the rows "…, observed"
class ObservationPoint {
  public:
    // The worker's, which outlives it.
    struct View {
        BoundedTable<std::uint64_t, StreamRef>& streams;
        const FlowTable& transports;
        api::WorkerBlock& statistics;
        const FanOuts& fan_outs;
        rte_mbuf* const& blank;
        // Of the packet in work.
        relay::OutputList& outputs;
        relay::PacketInfo& parsed;
        api::RxDrop& dropped;  // why, of the newest packet that was
    };
    explicit ObservationPoint(const View& worker) : worker_(worker) {}

    // With another observer from now on, or with none (null). Returns the one before, which isn't
    // looked at any more.
    Observer* replace(Observer* observer, relay::TimeUs now);
    bool active() const { return observer_ != nullptr; }

    // Who wants packets of a stream, as far as is known ahead, and how many packets until one of
    // them is to be looked at; null: none is. `stream` without an object: whose they are isn't
    // known. Where active.
    void look_ahead(const StreamRef& stream, unsigned& observers, std::uint32_t*& until) {
        const bool known = stream.object != nullptr;
        observers = known ? observers_of(*static_cast<const PublishedTrack*>(stream.object)) : 0;
        until = known ? observer_->until_in(observers) : observer_->until_next();
    }
    // Whether one of them is a trace, which wants to know what each step makes of a packet.
    bool traces(unsigned observers, const std::uint32_t* until) const {
        return until && (observers & observer_->traces()) != 0;
    }
    // Taken from the port: where and by which observations.
    struct Arrival {
        std::uint8_t port;
        std::uint8_t observers;  // those that want it, whose turn it is
    };
    Arrival arrive(std::uint8_t port, const StreamRef& stream, unsigned observers) {
        // Whose a stranger's packet is may be known only afterwards.
        const unsigned taken = stream.object ? observer_->sample_in(observers) : ~0u;
        return {port, static_cast<std::uint8_t>(taken & observer_->in())};
    }

    // Before and after the worker deals with a packet. False: nobody wants it, and end() isn't
    // called.
    bool begin(rte_mbuf& packet, const Arrival& arrival, Transport* transport,
               const StreamRef& stream);
    void end(Transport* transport, const StreamRef& stream, relay::TimeUs now);
    // Those that were passed over, which are alike. `until`: see look_ahead().
    [[gnu::noinline]] void on_passed(std::span<rte_mbuf* const> packets, const Train& train,
                                     const Burst& burst, std::uint32_t& until);
    // Whether anybody may want a packet of `transport` that is dropped ahead of all others.
    bool looks_at(const Transport& transport) const {
        return observer_ && ((transport.marks | observer_->anyone()) & observer_->in()) != 0;
    }
    [[gnu::cold, gnu::noinline]] void on_refused(rte_mbuf& packet, Transport& transport,
                                                 api::RxDrop reason);

    // Those who look at some receiver of `track`, and want this packet.
    std::uint8_t watchers_of(const PublishedTrack& track) {
        return observer_ ? observer_->sample_out(track.watched_marks & unsigned{observer_->out()})
                         : 0;
    }
    // Whether the packet in work is traced through a track of which anybody is observed.
    bool traces(const PublishedTrack& track) const { return tracing_ && track.observed != 0; }
    // Sends the outputs of the packet in work: what each of those receivers is sent is written
    // down, and for a trace what became of each output.
    [[gnu::noinline]] void send(const PublishedTrack& track, rte_mbuf& packet,
                                std::uint8_t watchers, const Sending& how);
    // The same of one that is sent again to this receiver, which has marks.
    [[gnu::cold, gnu::noinline]] void send_again(const Subscription& subscription, rte_mbuf& packet,
                                                 relay::Output& output, const Sending& how);
    // The relay's own RTCP to a transport that has marks. Before it is sent.
    [[gnu::cold, gnu::noinline]] void on_rtcp(const Transport& transport,
                                              std::span<const std::uint8_t> compound,
                                              relay::TimeUs now);
    // End of the turn: records can be read from now on. Where active.
    [[gnu::noinline]] void finish();

  private:
    // A packet that is looked at, as it came.
    struct Observed {
        std::span<const std::uint8_t> bytes;
        const FlowKey* flow = nullptr;
        Transport* transport = nullptr;
        const PublishedTrack* track = nullptr;
        std::uint8_t encoding = 0;
        std::uint8_t port = 0;
        bool retransmitted = false;
        relay::PacketClass kind = relay::PacketClass::unknown;
        const relay::PacketInfo* parsed = nullptr;
        std::size_t head_bytes = 0;  // of one that was passed over

        std::uint32_t ssrc() const;
        // What isn't payload: of RTP the header, extensions and the codec's descriptor, of RTCP and
        // STUN everything.
        std::size_t header_bytes() const;
    };
    // A receiver that somebody looks at, in what a packet goes out as.
    struct Watched {
        std::size_t output = 0;
        relay::ReceiverSlot* slot = nullptr;
        const Subscription* subscription = nullptr;
    };
    static constexpr std::size_t kMaxWatched = 64;  // of one packet
    struct TracedEnd {
        std::uint32_t dropped = 0, held = 0;
        std::uint8_t reason = 0;
    };

    // What is about a track's publisher is about the track.
    unsigned observers_of(const PublishedTrack& track) const {
        return (track.marks | unsigned{observer_->anyone()}) & observer_->in();
    }
    // observed_input.cc
    std::uint8_t wanted(const Observed& seen);
    void find_observed(Observed& seen, const StreamRef& stream);
    std::array<std::uint64_t, 3> input_counters() const;
    api::Fate fate_since(const std::array<std::uint64_t, 3>& before) const;
    void fill_head(const Observed& seen, const api::Fate& fate, relay::TimeUs now);
    void record_input(const Observed& seen, std::uint8_t bits, const api::Fate& fate,
                      relay::TimeUs now);
    std::size_t write_traced(const Observed& seen, const api::Fate& fate);
    // observed_output.cc
    std::span<Watched> find_watched(const PublishedTrack& track, std::uint8_t bits);
    void send_parts(rte_mbuf& packet, relay::Output& output, std::span<const Watched> watched,
                    std::uint8_t bits, const Sending& how);
    void send_one_watched(rte_mbuf& packet, const relay::Output& output, const Watched& watched,
                          std::uint8_t bits, const Sending& how);
    void trace_output(const relay::Output& output, const TracedEnd& end);
    static void fill_out_head(api::ObservedHead& head, const Transport& transport,
                              const api::Fate& fate, relay::TimeUs now);

    Observer* observer_ = nullptr;  // the main thread's again once it was replaced; null: none
    // Of the packet in work, while somebody traces it: what became of its outputs.
    bool tracing_ = false;
    View worker_;
    Observed seen_;  // the packet in work
    std::uint8_t bits_ = 0;
    std::array<std::uint64_t, 3> counted_before_{};
    std::size_t clear_until_ = 0;  // of the packet in work: end of its codec's descriptor, or 0
    std::size_t traced_count_ = 0;
    std::array<api::TracedOutput, api::kMaxTracedOutputs> traced_outputs_;
    std::array<Observer::Pending, api::kMaxTracedOutputs> traced_pending_;
    std::array<Watched, kMaxWatched> watched_;
};

}  // namespace strata::dataplane
