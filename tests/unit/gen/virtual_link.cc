#include "tests/unit/gen/virtual_link.h"

#include <fmt/format.h>

#include "bench/generator/frame_reader.h"
#include "bench/generator/target.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"

namespace strata::gen {
namespace {

constexpr std::int64_t kLatency_us = 1'000;
constexpr std::int64_t kSecond_us = 1'000'000;

}  // namespace

VirtualLink::VirtualLink(std::unique_ptr<MediaSource> source, const std::string& target) {
    publisher_ = std::make_unique<Publisher>(PublisherConfig{"p", 0, INT64_MAX}, std::move(source),
                                             static_cast<PublisherOutput&>(*this));
    ReceiverConfig config;
    config.id = "r";
    config.track = publisher_->track();
    receiver_ = std::make_unique<Receiver>(config, publisher_->journal());
    middle_ = [](const Packet& packet, const auto& deliver) { deliver(packet); };
    next_second_us_ = now_us_ + kSecond_us;
    set_target(target);
    publisher_->begin(now_us_, 0);
}

void VirtualLink::send(std::span<const std::uint8_t> packet) {
    const Packet bytes(packet.begin(), packet.end());
    middle_(bytes, [&](const Packet& out) {
        if (relay::classify(out) == relay::PacketClass::rtcp) {
            for (const SenderReport& report : read_rtcp(out).sender_reports)
                receiver_->on_sender_report(now_us_ + kLatency_us, report);
        } else {
            receiver_->on_rtp(now_us_ + kLatency_us, out);
        }
    });
}

void VirtualLink::run(double seconds) {
    const std::int64_t end_us = now_us_ + static_cast<std::int64_t>(seconds * 1e6);
    while (now_us_ < end_us) {
        now_us_ = std::min({publisher_->next_due_us(), next_second_us_, end_us});
        publisher_->send_due(now_us_);
        publisher_->send_reports(now_us_);
        if (now_us_ < next_second_us_) continue;
        next_second_us_ += kSecond_us;
        receiver_->on_second(now_us_);
        publisher_->on_rtcp(read_rtcp(receiver_->make_rtcp(now_us_)));
    }
}

void VirtualLink::set_target(const std::string& target) {
    const auto parsed = parse_target(target, publisher_->track());
    receiver_->set_target(now_us_, parsed.value(), target);
}

void VirtualLink::finish() { receiver_->finish(now_us_ + kSecond_us, now_us_, 0); }

std::string VirtualLink::wrong() const {
    std::string out;
    for (std::size_t i = 0; i < kFaults; ++i) {
        const auto fault = static_cast<Fault>(i);
        if (faults(fault) != 0)
            out += fmt::format("{} {} ({}); ", fault_name(fault), faults(fault),
                               receiver_->faults().first(fault));
    }
    return out;
}

std::vector<FreshNumbers> numbers_near_wrap(std::size_t encodings) {
    std::vector<FreshNumbers> numbers;
    for (std::size_t i = 0; i < encodings; ++i)
        numbers.push_back(
            {static_cast<std::uint32_t>(0x1000 + i), 0xffe0, 0xffffff00, 0x7ff8, 0xfc, 30});
    return numbers;
}

VirtualLink::Middle relay_for(const TrackDescription& track, std::size_t spatial,
                              std::size_t temporal) {
    struct State {
        relay::PacketParser parser;
        FrameReader reader;
        std::uint16_t dropped = 0;
    };
    auto state = std::make_shared<State>();
    state->parser = track.parser();
    return [=](const Packet& packet, const std::function<void(const Packet&)>& deliver) {
        relay::PacketInfo info;
        FrameFacts facts;
        if (relay::classify(packet) == relay::PacketClass::rtcp ||
            relay::parse_packet(packet, state->parser, info) != relay::ParseError::none ||
            state->reader.read(packet, info, facts) != FrameReader::Result::read)
            return;
        if ((facts.wanted & layer_bit(spatial, temporal)) == 0) {
            ++state->dropped;
            return;
        }
        Packet out = packet;
        relay::store_be16(&out[2],
                          static_cast<std::uint16_t>(info.sequence.value - state->dropped));
        if (facts.ends_frame && facts.spatial_id == spatial) out[1] |= 0x80;
        deliver(out);
    };
}

}  // namespace strata::gen
