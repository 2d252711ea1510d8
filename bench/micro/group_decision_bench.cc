#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/packet.h"
#include "relay/svc/track.h"

// Track::on_packet: what one input packet costs before anything is copied, by receivers and groups.
namespace strata::relay {
namespace {

constexpr std::uint8_t kPayloadType = 98;
constexpr std::size_t kLayers = 3;
constexpr std::size_t kSequenceAt = 2, kTimestampAt = 4, kPictureIdAt = 13;

// VP9 in flexible mode with three spatial layers, one packet each, for ever.
class Publisher {
  public:
    Publisher() {
        PacketParser parser;
        parser.payload_types[kPayloadType] = {PayloadRole::media, Codec::vp9};
        for (std::size_t s = 0; s < kLayers; ++s) {
            key_[s] = make(s, false);
            inter_[s] = make(s, true);
            parse_packet(key_[s], parser, key_info_[s]);
            parse_packet(inter_[s], parser, inter_info_[s]);
        }
    }

    // The next packet's bytes and what was parsed of them, until the call after the next.
    struct Packet {
        std::span<std::uint8_t> bytes;
        PacketInfo* info;
    };
    Packet next() {
        const std::size_t s = count_ % kLayers;
        const std::uint64_t picture = count_ / kLayers;
        const Packet packet =
            picture == 0 ? Packet{key_[s], &key_info_[s]} : Packet{inter_[s], &inter_info_[s]};
        packet.info->sequence.value = sequence_;
        packet.info->timestamp.value = static_cast<std::uint32_t>(picture * 3'000);
        packet.info->vp9.picture_id = static_cast<std::int32_t>(picture & 0x7fff);
        store_be16(packet.bytes.data() + kSequenceAt, packet.info->sequence.value);
        store_be32(packet.bytes.data() + kTimestampAt, packet.info->timestamp.value);
        store_be16(packet.bytes.data() + kPictureIdAt,
                   static_cast<std::uint16_t>(picture | 0x8000));
        ++count_;
        ++sequence_;
        return packet;
    }
    // Leaves the next packet out, without a hole in the sequence, if it is of the lowest layer.
    void skip_base() { count_ += count_ % kLayers == 0 ? 1 : 0; }
    std::uint64_t count() const { return count_; }

  private:
    static std::vector<std::uint8_t> make(std::size_t spatial, bool inter) {
        std::vector<std::uint8_t> packet(1'200, 0x55);
        const std::array<std::uint8_t, 17> head{
            0x80,
            static_cast<std::uint8_t>(kPayloadType | (spatial == kLayers - 1 ? 0x80 : 0)),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            7,
            static_cast<std::uint8_t>(inter ? 0xfc : 0xbc),  // I P L F B E
            0x80,
            0,
            static_cast<std::uint8_t>(0x10 | spatial << 1 | (spatial > 0 ? 1 : 0)),
            2};  // P_DIFF 1
        std::copy(head.begin(), head.end(), packet.begin());
        return packet;
    }

    std::uint64_t count_ = 0;
    std::uint16_t sequence_ = 0;
    std::array<std::vector<std::uint8_t>, kLayers> key_, inter_;
    std::array<PacketInfo, kLayers> key_info_, inter_info_;
};

TrackConfig config_for(std::size_t receivers) {
    TrackConfig config;
    config.codec = Codec::vp9;
    config.receiver_capacity = static_cast<std::uint32_t>(receivers);
    return config;
}

// Receivers spread evenly over the lowest `groups` spatial layers.
void subscribe(Track& track, std::size_t receivers, std::size_t groups) {
    for (std::size_t r = 0; r < receivers; ++r) {
        ReceiverConfig receiver;
        receiver.profile.payload_type = kPayloadType;
        receiver.ssrc = static_cast<std::uint32_t>(r);
        receiver.target.spatial = static_cast<SpatialId>(r % groups);
        track.add_receiver(static_cast<ReceiverHandle>(r), receiver, 0);
    }
}

void on_packet(benchmark::State& state, std::size_t receivers, std::size_t groups) {
    Publisher publisher;
    Track track(config_for(receivers));
    subscribe(track, receivers, groups);
    const auto out = std::make_unique<OutputList>();
    for (auto _ : state) {
        const Publisher::Packet packet = publisher.next();
        out->count = 0;
        benchmark::DoNotOptimize(track.on_packet(
            0, packet.bytes, *packet.info, static_cast<TimeUs>(publisher.count() * 11'111), *out));
    }
}

void group_decision(benchmark::State& state) {
    on_packet(state, static_cast<std::size_t>(state.range(0)),
              static_cast<std::size_t>(state.range(1)));
}

// After the first picture only layers that nobody wants: the cost must not depend on how many
// nobodies there are.
void group_decision_unwanted(benchmark::State& state) {
    Publisher publisher;
    Track track(config_for(static_cast<std::size_t>(state.range(0))));
    subscribe(track, static_cast<std::size_t>(state.range(0)), 1);
    const auto out = std::make_unique<OutputList>();
    for (auto _ : state) {
        if (publisher.count() > kLayers) publisher.skip_base();
        const Publisher::Packet packet = publisher.next();
        out->count = 0;
        benchmark::DoNotOptimize(track.on_packet(
            0, packet.bytes, *packet.info, static_cast<TimeUs>(publisher.count() * 11'111), *out));
    }
}

// budget: 150 ns/packet and 1 ns/receiver for its counters; unwanted: 100 ns whatever the receivers
BENCHMARK(group_decision)
    ->ArgNames({"receivers", "groups"})
    ->Args({1, 1})
    ->Args({100, 1})
    ->Args({1'000, 1})
    ->Args({100, 3})
    ->Args({1'000, 3});
BENCHMARK(group_decision_unwanted)->ArgName("receivers")->Arg(1)->Arg(100)->Arg(1'000);

}  // namespace
}  // namespace strata::relay
