#include "bench/generator/throughput/load.h"

#include <algorithm>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"
#include "relay/rtp/packet.h"

namespace strata::gen {
namespace {

// For what is under way when a trial ends, and of its length. What comes later is lost: in trials
// of seconds, RFC 2544's two (section 23) would have a queue that grows all the time pass for
// carried.
constexpr double kRest_s = 0.1, kRestShare = 0.05;
// RFC 2544 section 23: at least five seconds for the device to be itself, of which a relay needs
// none that has no queue left, and one with a deep socket buffer in front of many receivers more.
constexpr double kLongestSettling_s = 30, kLook_s = 0.1;
constexpr double kRestRate = 0.25, kSettlingRate = 0.125;
constexpr std::int64_t kSettledAge_us = 100'000, kNothingCame = INT64_MAX;
constexpr int kSilentLooks = 5;
constexpr std::uint64_t kLeastPackets = 30;  // sent by publishers, to judge by
constexpr double kLongestStretch_s = 20;
constexpr double kWarmUpShare = 0.25, kShortestWarmUp_s = 0.25, kLongestWarmUp_s = 1;
// Every flow reports once a second, a hundredth of them at a time.
constexpr std::int64_t kReports_us = 10'000;
constexpr std::size_t kReportSlices = 100;
constexpr std::uint64_t kLateAtLeast = 20;  // one stall of a busy machine isn't a lack of speed
constexpr double kNoReserve = 0.95;

std::uint64_t key_of(int endpoint, std::uint32_t ssrc) {
    return std::uint64_t{static_cast<std::uint32_t>(endpoint)} << 32 | ssrc;
}

}  // namespace

bool LoadTrial::generator_limited() const {
    const bool lossy = lost > 0 || counts.faults() > 0;
    const bool late = late_packets > kLateAtLeast &&
                      static_cast<double>(late_packets) > kLateShare * static_cast<double>(sent);
    // Where nothing was sent that anybody wants, nothing was tried.
    return expected == 0 || send_failed > 0 || receive_dropped > 0 || late ||
           (lossy && busy_share + starved_share > kNoReserve);
}

// A publisher with its transport, and the ledger of what it sent.
struct Load::Source final : PublisherOutput {
    Source(PacketIo& packet_io, int local, const Address& to, std::uint16_t& counter)
        : io(packet_io), endpoint(local), remote(to), transport_sequence(counter) {}

    void send(std::span<const std::uint8_t> packet) override {
        Stamp stamp;
        if (peek_stamp(packet, stamp) == StampError::none)
            if (const SentFrame* frame = publisher->journal().frame(stamp.frame); frame != nullptr)
                ledger.note(stamp, *frame, now_us);
        io.send(endpoint, remote, packet);
    }
    std::uint16_t next_transport_sequence() override { return transport_sequence++; }

    PacketIo& io;
    int endpoint;
    Address remote;
    std::uint16_t& transport_sequence;
    std::int64_t now_us = 0;
    bool stopped = false;
    SendLedger ledger;
    std::unique_ptr<Publisher> publisher;
};

Load::Load(PacketIo& io) : io_(io) {}
Load::~Load() = default;

std::size_t Load::add_publisher(std::unique_ptr<MediaSource> source, int endpoint,
                                const Address& remote) {
    source->set_rate(multiplier_);
    auto one = std::make_unique<Source>(io_, endpoint, remote, transport_sequences_[endpoint]);
    one->publisher = std::make_unique<Publisher>(PublisherConfig{}, std::move(source), *one);
    one->publisher->begin(monotonic_us(), ntp_now());
    sources_.push_back(std::move(one));
    return sources_.size() - 1;
}

void Load::stop_publisher(std::size_t publisher) { sources_[publisher]->stopped = true; }

const TrackDescription& Load::track(std::size_t publisher) const {
    return sources_[publisher]->publisher->track();
}

std::size_t Load::publisher_count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(sources_, [](const auto& s) { return !s->stopped; }));
}

std::size_t Load::add_flow(const FlowConfig& config) {
    flows_.push_back(std::make_unique<Flow>(config));
    numbers_[key_of(config.endpoint, config.ssrc)] = flows_.size() - 1;
    return flows_.size() - 1;
}

void Load::remove_flow(std::size_t number) {
    departed_packets_ += flows_[number]->trial_packets();
    departed_gaps_ += flows_[number]->trial_gaps();
    const FlowConfig& config = flows_[number]->config();
    numbers_.erase(key_of(config.endpoint, config.ssrc));
    flows_[number].reset();
}

std::size_t Load::silent_flows() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        flows_, [](const auto& f) { return f && !f->config().target.paused && !f->started(); }));
}

void Load::set_rate(double multiplier) {
    multiplier_ = multiplier;
    for (const auto& s : sources_) s->publisher->set_rate(multiplier);
    if (hostile_) hostile_->set_rate(multiplier);
}

void Load::run(double seconds) {
    const std::int64_t until_us = monotonic_us() + static_cast<std::int64_t>(seconds * 1e6);
    run_while([&] { return monotonic_us() < until_us; });
}

void Load::run_while(const std::function<bool()>& wanted) {
    while (wanted()) {
        turn();
        io_.wait(std::min(next_due_us(), monotonic_us() + kPollSlice_us));
    }
}

std::int64_t Load::next_due_us() const {
    std::int64_t next_us = next_reports_us_;
    for (const auto& s : sources_)
        if (!s->stopped) next_us = std::min(next_us, s->publisher->next_due_us());
    return hostile_ ? std::min(next_us, hostile_->next_due_us()) : next_us;
}

void Load::turn() {
    if (on_turn_) on_turn_();
    io_.receive(*this);
    // Read anew: what was received took its time, and latency counts from here.
    const std::int64_t now_us = monotonic_us();
    for (const auto& s : sources_) {
        if (s->stopped) continue;
        s->now_us = now_us;
        s->publisher->send_due(now_us);
        s->publisher->send_reports(now_us);
    }
    if (hostile_) hostile_->send_due(now_us);
    if (now_us >= next_reports_us_) send_reports(now_us);
    io_.flush();
}

void Load::send_reports(std::int64_t now_us) {
    next_reports_us_ = now_us + kReports_us;
    const std::size_t count = flows_.size() / kReportSlices + 1;
    for (std::size_t i = 0; i < count && !flows_.empty(); ++i) {
        next_reporter_ = (next_reporter_ + 1) % flows_.size();
        const Flow* flow = flows_[next_reporter_].get();
        if (flow != nullptr && flow->config().remote.known())
            io_.send(flow->config().endpoint, flow->config().remote, flow->make_rtcp());
    }
}

void Load::on_datagram(const ReceivedDatagram& datagram) {
    switch (relay::classify(datagram.bytes)) {
        case relay::PacketClass::rtp: on_rtp(datagram); break;
        case relay::PacketClass::rtcp: {
            const RtcpContents rtcp = read_rtcp(datagram.bytes);
            for (const auto& s : sources_)
                if (s->endpoint == datagram.endpoint) s->publisher->on_rtcp(rtcp);
            break;
        }
        default: ++stray_;
    }
}

void Load::on_rtp(const ReceivedDatagram& datagram) {
    Flow* flow = datagram.bytes.size() < relay::kRtpHeaderSize
                     ? nullptr
                     : find(datagram.endpoint, relay::load_be32(&datagram.bytes[8]));
    if (flow == nullptr) {
        ++stray_;
        return;
    }
    newest_age_us_ = flow->on_rtp(datagram.time_us, datagram.bytes,
                                  sources_[flow->config().publisher]->ledger, counts_, latency_);
}

// By its SSRC, else the one flow of an address whose SSRC isn't known.
Flow* Load::find(int endpoint, std::uint32_t ssrc) const {
    auto at = numbers_.find(key_of(endpoint, ssrc));
    if (at == numbers_.end()) at = numbers_.find(key_of(endpoint, 0));
    return at == numbers_.end() ? nullptr : flows_[at->second].get();
}

std::uint64_t Load::sent() const {
    std::uint64_t packets = 0;
    for (const auto& s : sources_) packets += s->publisher->totals().packets;
    return packets;
}

Load::Mark Load::mark() const {
    Mark m;
    m.sent = sent();
    for (const auto& s : sources_) m.late += s->publisher->totals().late_packets;
    m.stray = stray_;
    m.counts = counts_;
    m.io = io_.counters();
    m.at_us = monotonic_us();
    m.thread = thread_time();
    return m;
}

void Load::begin_trial() {
    latency_.reset();
    departed_packets_ = departed_gaps_ = 0;
    for (const auto& s : sources_) s->ledger.begin_trial(s->publisher->journal().next_frame());
    for (const auto& f : flows_)
        if (f) f->begin_trial(monotonic_us());
}

LoadTrial Load::measure(double multiplier, double seconds) {
    set_rate(multiplier);
    run(std::clamp(seconds * kWarmUpShare, kShortestWarmUp_s, kLongestWarmUp_s));
    begin_trial();
    const Mark before = mark();
    run(seconds);
    const std::int64_t longest_us =
        before.at_us + static_cast<std::int64_t>((seconds + kLongestStretch_s) * 1e6);
    run_while([&] { return sent() < before.sent + kLeastPackets && monotonic_us() < longest_us; });
    for (const auto& s : sources_) s->ledger.end_trial(s->publisher->journal().next_frame());
    const Mark loaded = mark();
    set_rate(std::min(multiplier, kRestRate));
    LoadTrial trial;
    trial.asked_s = seconds;
    trial.multiplier = multiplier;
    trial.duration_s = static_cast<double>(loaded.at_us - before.at_us) / 1e6;
    run(kRest_s + kRestShare * trial.duration_s);
    const Mark after = mark();
    trial.sent = loaded.sent - before.sent;
    trial.sent_pps = static_cast<double>(trial.sent) / trial.duration_s;
    const auto share = [&](std::int64_t ThreadTime::* part) {
        return static_cast<double>(loaded.thread.*part - before.thread.*part) /
               static_cast<double>(loaded.at_us - before.at_us);
    };
    trial.busy_share = share(&ThreadTime::ran_us);
    trial.starved_share = share(&ThreadTime::waited_us);
    trial.late_packets = loaded.late - before.late;
    trial.counts = after.counts.since(before.counts);
    trial.stray = after.stray - before.stray;
    trial.send_failed = after.io.send_failed - before.io.send_failed;
    trial.receive_dropped = after.io.receive_dropped - before.io.receive_dropped;
    trial.latency = latency_;
    close_trial(trial);
    if (trial.lost > 0) let_relay_settle();
    return trial;
}

// Until what comes isn't from a queue that the trial has left behind, or nothing comes any more.
void Load::let_relay_settle() {
    set_rate(std::min(multiplier_, kSettlingRate));
    const std::int64_t until_us =
        monotonic_us() + static_cast<std::int64_t>(kLongestSettling_s * 1e6);
    for (int silent = 0; silent < kSilentLooks && monotonic_us() < until_us;) {
        newest_age_us_ = kNothingCame;
        run(kLook_s);
        if (newest_age_us_ < kSettledAge_us) return;
        silent = newest_age_us_ == kNothingCame ? silent + 1 : 0;
    }
}

// What each flow was owed and got. Where what it is owed changed on the way, or it came on the way,
// gaps in its numbers tell what is missing.
void Load::close_trial(LoadTrial& trial) const {
    std::uint64_t received = departed_packets_;
    trial.expected = departed_packets_ + departed_gaps_;
    trial.lost = trial.counts.lost = departed_gaps_;
    for (const auto& f : flows_) {
        if (!f) continue;
        received += f->trial_packets();
        const std::uint64_t owed =
            f->steady() ? sources_[f->config().publisher]->ledger.owed(f->config().target)
                        : f->trial_packets() + f->trial_gaps();
        trial.expected += owed;
        trial.lost += owed - std::min(owed, f->trial_packets());
        trial.counts.lost += f->trial_gaps();
    }
    trial.received_pps = static_cast<double>(received) / trial.duration_s;
}

}  // namespace strata::gen
