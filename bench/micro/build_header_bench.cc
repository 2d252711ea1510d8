#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "relay/rewrite/header_builder.h"
#include "relay/rtp/packet.h"

// The header of one (packet, group, profile), made from a parsed packet.
namespace strata::relay {
namespace {

constexpr std::uint8_t kDescriptorId = 5;

// RTP with a one-byte extension block (a descriptor of three bytes and TWCC) and 1,160 payload
// bytes.
std::vector<std::uint8_t> make_packet() {
    constexpr std::array<std::uint8_t, 24> kHeader{
        0x90, 96, 0, 1,          0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 2, kDescriptorId << 4 | 2,
        0xc3, 0,  9, 3 << 4 | 1, 0, 7, 0};
    std::vector<std::uint8_t> packet(1'184, 0x55);
    std::copy(kHeader.begin(), kHeader.end(), packet.begin());
    return packet;
}

struct Input {
    Input() {
        extensions.set(kDescriptorId, ExtensionKind::dependency_descriptor);
        extensions.set(3, ExtensionKind::transport_cc);
        parse_header(packet, extensions, info);
        profile.payload_type = 98;
    }
    std::vector<std::uint8_t> packet = make_packet();
    ExtensionMap extensions;
    PacketInfo info;
    HeaderProfile profile;
    HeaderTemplate out;
};

void run(benchmark::State& state, Input& input, const DescriptorMask* mask) {
    HeaderRequest request{
        .packet = input.packet, .info = input.info, .picture_id = 7, .descriptor_mask = mask};
    for (auto _ : state) {
        ++request.sequence;
        benchmark::DoNotOptimize(build_header(request, input.profile, input.out));
    }
}

void build_header_plain(benchmark::State& state) {
    Input input;
    run(state, input, nullptr);
}

void build_header_descriptor(benchmark::State& state) {
    Input input;
    input.profile.extension_id[static_cast<std::size_t>(ExtensionKind::dependency_descriptor)] = 9;
    const DescriptorMask mask{.active_decode_targets = 0x1f,
                              .decode_target_count = 9,
                              .place = {24, 24},
                              .size_bits = 24};
    run(state, input, state.range(0) != 0 ? &mask : nullptr);
}

void build_header_vp8(benchmark::State& state) {
    Input input;
    input.info.codec = Codec::vp8;
    input.info.vp8 = {.has_key_idx = true,
                      .has_tl0_pic_idx = true,
                      .picture_id = 5,
                      .picture_id_bits = 15,
                      .picture_id_offset = 2,
                      .tl0_pic_idx_offset = 4,
                      .tid_key_idx_offset = 5};
    run(state, input, nullptr);
}

// budget: 60 ns, 100 ns with a new mask; once per packet, group and profile
BENCHMARK(build_header_plain);
BENCHMARK(build_header_descriptor)->ArgName("mask")->Arg(0)->Arg(1);
BENCHMARK(build_header_vp8);

}  // namespace
}  // namespace strata::relay
