#include "bench/generator/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "bench/generator/capture_source.h"
#include "bench/generator/synthetic_source.h"
#include "bench/generator/target.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/types.h"
#include "relay/rtp/demux.h"

namespace strata::gen {
namespace {

// Packets under way when the last one was sent. Longer than a second: AF_PACKET may keep what a
// busy kernel didn't take until something follows, and sender reports follow each second.
constexpr std::int64_t kDrain_us = 1'200'000;

std::vector<FreshNumbers> draw_numbers(std::mt19937& random, const PublisherPlan& plan,
                                       std::size_t encodings) {
    std::vector<FreshNumbers> fresh(encodings);
    for (std::size_t i = 0; i < encodings; ++i) {
        FreshNumbers& f = fresh[i];
        f.ssrc = static_cast<std::uint32_t>(random() | 1);
        f.sequence = static_cast<std::uint16_t>(random());
        f.timestamp = static_cast<std::uint32_t>(random());
        f.picture_id = static_cast<std::uint16_t>(random() & 0x7fff);
        f.tl0_pic_idx = static_cast<std::uint8_t>(random());
        f.key_idx = static_cast<std::uint8_t>(random() & 31);
        if (!plan.ssrcs.empty()) f.ssrc = plan.ssrcs[i];
    }
    return fresh;
}

}  // namespace

std::unique_ptr<MediaSource> make_source(const Plan& plan, std::size_t publisher) {
    const PublisherPlan& p = plan.publishers[publisher];
    std::seed_seq seed{plan.seed, static_cast<std::uint32_t>(publisher)};
    std::mt19937 random(seed);
    const auto draw = [&](std::size_t encodings) {
        if (!p.ssrcs.empty() && p.ssrcs.size() != encodings)
            throw PlanError(
                fmt::format("publisher \"{}\": {} SSRCs are given, its track has {} encodings",
                            p.id, p.ssrcs.size(), encodings));
        return draw_numbers(random, p, encodings);
    };
    if (!p.profile.empty()) {
        Profile profile = load_profile(p.profile);
        std::vector<FreshNumbers> fresh = draw(profile.track.encodings.size());
        const auto first_frame_number = static_cast<std::uint16_t>(random());
        return std::make_unique<SyntheticSource>(std::move(profile), std::move(fresh),
                                                 first_frame_number);
    }
    const Capture capture = load_capture(p.capture, p.kind);
    CaptureSourceConfig config;
    config.fresh = draw(capture.track.encodings.size());
    config.first_frame_number = static_cast<std::uint16_t>(random());
    config.speed = p.speed;
    config.loops = p.loops;
    return std::make_unique<CaptureSource>(capture, std::move(config));
}

struct Run::PublisherEnd final : PublisherOutput {
    PublisherEnd(PacketIo& packet_io, int local, const Address& to, std::uint16_t& counter)
        : io(packet_io), endpoint(local), remote(to), transport_sequence(counter) {}
    void send(std::span<const std::uint8_t> packet) override { io.send(endpoint, remote, packet); }
    std::uint16_t next_transport_sequence() override { return transport_sequence++; }

    PacketIo& io;
    int endpoint;
    Address remote;
    std::uint16_t& transport_sequence;
    std::unique_ptr<Publisher> publisher;
};

Run::Run(const Plan& plan, PacketIo& io) : plan_(plan), io_(io) {
    for (std::size_t i = 0; i < plan.publishers.size(); ++i) {
        const PublisherPlan& p = plan.publishers[i];
        const int endpoint = io.open(p.local);
        publishers_.push_back(
            std::make_unique<PublisherEnd>(io, endpoint, p.remote, transport_sequences_[endpoint]));
        PublisherConfig config{p.id, p.start_us, p.stop_us};
        publishers_.back()->publisher =
            std::make_unique<Publisher>(config, make_source(plan, i), *publishers_.back());
    }
    for (const ReceiverPlan& r : plan.receivers) {
        ReceiverEnd end;
        end.plan = r;
        end.endpoint = io.open(r.local);
        end.remote = r.remote;
        while (plan.publishers[end.publisher].id != r.track) ++end.publisher;
        const Publisher& publisher = *publishers_[end.publisher]->publisher;
        ReceiverConfig config;
        config.id = r.id;
        config.track = publisher.track();
        if (r.payload_type) config.track.payload_type = *r.payload_type;
        if (r.red_payload_type) config.track.red_payload_type = *r.red_payload_type;
        if (r.extensions) config.track.extensions = *r.extensions;
        config.ssrc = r.ssrc;
        config.own_ssrc = 0x5354'0000u + static_cast<std::uint32_t>(receivers_.size());
        config.times = plan.limits.times;
        for (const TargetPlan& t : r.targets)
            if (!parse_target(t.target, config.track))
                throw PlanError(fmt::format("receiver \"{}\": \"{}\" is no target of track \"{}\"",
                                            r.id, t.target, r.track));
        end.receiver = std::make_unique<Receiver>(std::move(config), publisher.journal());
        receivers_.push_back(std::move(end));
    }
}

Run::~Run() = default;

const Publisher& Run::publisher(std::size_t i) const { return *publishers_[i]->publisher; }
Address Run::publisher_address(std::size_t i) const {
    return io_.local_address(publishers_[i]->endpoint);
}
Address Run::receiver_address(std::size_t i) const {
    return io_.local_address(receivers_[i].endpoint);
}

double Run::elapsed_s() const {
    if (began_us_ == 0) return 0;
    return static_cast<double>((ended_us_ != 0 ? ended_us_ : monotonic_us()) - began_us_) / 1e6;
}

bool Run::publishers_finished() const {
    return std::ranges::all_of(publishers_, [](const auto& p) { return p->publisher->finished(); });
}

std::int64_t Run::next_event_us() const {
    std::int64_t next_us = std::min(next_second_us_, next_rtcp_us_);
    for (const auto& p : publishers_)
        next_us = std::min({next_us, p->publisher->next_due_us(), p->publisher->next_report_us()});
    for (const ReceiverEnd& r : receivers_)
        if (r.next_target < r.plan.targets.size())
            next_us = std::min(next_us, began_us_ + r.plan.targets[r.next_target].at_us);
    return next_us;
}

void Run::execute(RunObserver& observer) {
    began_us_ = monotonic_us();
    next_second_us_ = began_us_ + relay::kUsPerSecond;
    // Early, so that a receiver without a key frame asks soon; then every second.
    next_rtcp_us_ = began_us_ + relay::kUsPerSecond / 2;
    const std::uint64_t ntp = ntp_now();
    announce_targets(began_us_, observer);
    for (const auto& p : publishers_) p->publisher->begin(began_us_, ntp);
    observer.on_started(*this);
    for (;;) {
        const std::int64_t now_us = monotonic_us();
        const bool over = plan_.duration_us > 0 && now_us - began_us_ >= plan_.duration_us;
        if (over || publishers_finished() || !observer.poll(*this)) break;
        turn(now_us, observer);
        io_.wait(std::min(next_event_us(), now_us + kPollSlice_us));
    }
    drain();
}

void Run::turn(std::int64_t now_us, RunObserver& observer) {
    announce_targets(now_us, observer);
    io_.receive(*this);
    // Read anew: what was received took its time, and latency counts from here.
    const std::int64_t send_us = monotonic_us();
    for (const auto& p : publishers_) {
        p->publisher->send_due(send_us);
        p->publisher->send_reports(send_us);
    }
    if (now_us >= next_rtcp_us_) {
        next_rtcp_us_ += relay::kUsPerSecond;
        send_receiver_rtcp(now_us);
    }
    io_.flush();
    if (now_us < next_second_us_) return;
    next_second_us_ += relay::kUsPerSecond;
    for (const ReceiverEnd& r : receivers_) r.receiver->on_second(now_us);
    observer.on_second(*this);
}

void Run::drain() {
    const std::int64_t stopped_us = ended_us_ = monotonic_us();
    while (monotonic_us() < stopped_us + kDrain_us) {
        io_.receive(*this);
        io_.flush();
        io_.wait(stopped_us + kDrain_us);
    }
    for (const ReceiverEnd& r : receivers_)
        r.receiver->finish(monotonic_us(), stopped_us, plan_.limits.latency_p99_us);
}

void Run::announce_targets(std::int64_t now_us, RunObserver& observer) {
    for (ReceiverEnd& r : receivers_) {
        while (r.next_target < r.plan.targets.size() &&
               began_us_ + r.plan.targets[r.next_target].at_us <= now_us) {
            const std::string target = r.plan.targets[r.next_target++].target;
            set_target(r.plan.id, target);
            observer.on_target(*this, r.plan.id, target);
        }
    }
}

bool Run::set_target(const std::string& receiver, const std::string& target) {
    for (ReceiverEnd& r : receivers_) {
        if (r.plan.id != receiver) continue;
        const auto parsed = parse_target(target, r.receiver->config().track);
        if (!parsed) return false;
        r.receiver->set_target(monotonic_us(), *parsed, target);
        return true;
    }
    return false;
}

void Run::send_receiver_rtcp(std::int64_t now_us) {
    for (const ReceiverEnd& r : receivers_) {
        if (!r.remote.known()) continue;
        const std::vector<std::uint8_t> compound = r.receiver->make_rtcp(now_us);
        if (!compound.empty()) io_.send(r.endpoint, r.remote, compound);
    }
}

void Run::on_datagram(const ReceivedDatagram& datagram) {
    switch (relay::classify(datagram.bytes)) {
        case relay::PacketClass::rtcp: on_rtcp(datagram); break;
        case relay::PacketClass::rtp: on_rtp(datagram); break;
        default: ++stray_packets_;
    }
}

void Run::on_rtcp(const ReceivedDatagram& datagram) {
    const RtcpContents rtcp = read_rtcp(datagram.bytes);
    for (const auto& p : publishers_)
        if (p->endpoint == datagram.endpoint) p->publisher->on_rtcp(rtcp);
    for (const ReceiverEnd& r : receivers_)
        for (const SenderReport& report : rtcp.sender_reports)
            if (r.endpoint == datagram.endpoint)
                r.receiver->on_sender_report(datagram.time_us, report);
}

void Run::on_rtp(const ReceivedDatagram& datagram) {
    if (datagram.bytes.size() < relay::kRtpHeaderSize) {
        ++stray_packets_;
        return;
    }
    const std::uint32_t ssrc = relay::load_be32(&datagram.bytes[8]);
    const auto payload_type = static_cast<std::uint8_t>(datagram.bytes[1] & 0x7f);
    for (ReceiverEnd& r : receivers_) {
        if (r.endpoint != datagram.endpoint) continue;
        const bool rtx = payload_type == r.receiver->config().track.rtx_payload_type &&
                         payload_type != 0 && ssrc != r.receiver->config().ssrc;
        if (rtx) {
            ++r.rtx_packets;
            return;
        }
        if (!r.receiver->takes(ssrc, payload_type)) continue;
        if (!r.remote.known()) r.remote = datagram.remote;
        r.receiver->on_rtp(datagram.time_us, datagram.bytes);
        return;
    }
    ++stray_packets_;
}

}  // namespace strata::gen
