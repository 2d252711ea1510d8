#include <benchmark/benchmark.h>

#include <array>
#include <string_view>
#include <vector>

#include "relay/codec/dependency_descriptor.h"
#include "relay/rtp/packet.h"

// What a received packet costs before any decision: header, extensions and payload descriptor, and
// the dependency descriptor where there is one. Bytes are those of captured packets, payloads
// zeroed.
namespace strata::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes from_hex(std::string_view hex, std::size_t size = 0) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
    if (size > 0) bytes.resize(size);
    return bytes;
}

struct Sample {
    const char* name;
    std::string_view begin;
    std::size_t size;
};

constexpr std::array<Sample, 5> kSamples = {{
    {"vp9_l3t3",
     "9062010988debbd23cf9cadebede000422e8e20e4100289030e249000b000000f4c63153026ad123098624a502b7",
     802},
    {"av1_l3t3_key",
     "902d31959d00f51ee0069216bede000422c4e19f4100229030e28b000f000000503410300088000024ca0d00f000",
     1'094},
    {"vp8_l1t3",
     "90604b8b1a1928c042d5b328bede00032255ff82410024903000000090e0c38d9540d164001d1c240c2c", 989},
    {"h264_l1t3",
     "906c599a5a6d6f7c14cd2e28bede000422c9f56e4100209030e20200030000003c017cf7841656fa78112be8c2a3",
     1'062},
    {"opus_red", "903f6283b1f2a5dd1ca468e6bede0003222cc3a031001e403010a900ef0f00446f", 166},
}};

PacketParser make_parser() {
    PacketParser parser;
    parser.payload_types[45] = {PayloadRole::media, Codec::av1};
    parser.payload_types[63] = {PayloadRole::red, Codec::opaque};
    parser.payload_types[96] = {PayloadRole::media, Codec::vp8};
    parser.payload_types[98] = {PayloadRole::media, Codec::vp9};
    parser.payload_types[108] = {PayloadRole::media, Codec::h264};
    parser.payload_types[111] = {PayloadRole::media, Codec::opus};
    parser.extensions.set(2, ExtensionKind::abs_send_time);
    parser.extensions.set(4, ExtensionKind::transport_cc);
    parser.extensions.set(9, ExtensionKind::mid);
    parser.extensions.set(14, ExtensionKind::dependency_descriptor);
    return parser;
}

void parse(benchmark::State& state) {
    const Sample& sample = kSamples[static_cast<std::size_t>(state.range(0))];
    const Bytes packet = from_hex(sample.begin, sample.size);
    const PacketParser parser = make_parser();
    PacketInfo info;
    for (auto _ : state) {
        if (parse_packet(packet, parser, info) != ParseError::none)
            state.SkipWithError("sample doesn't parse");
        benchmark::DoNotOptimize(info);
    }
    state.SetLabel(sample.name);
    state.SetItemsProcessed(state.iterations());
}

const Bytes& key_descriptor() {
    static const Bytes bytes = from_hex(
        "80000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549"
        "241b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02c"
        "f");
    return bytes;
}

enum DescriptorSample : std::int64_t { mandatory_only, custom_parts, structure };

void read_descriptor(benchmark::State& state) {
    constexpr std::array<std::string_view, 3> kNames = {"3 bytes", "custom fdiffs and chains",
                                                        "structure of 90 bytes"};
    const std::array<Bytes, 3> samples = {from_hex("c30004"), from_hex("8101441b40585048"),
                                          key_descriptor()};
    DependencyDescriptor key, descriptor;
    read_dependency_descriptor(key_descriptor(), nullptr, key);
    const auto index = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        if (read_dependency_descriptor(samples[index], &key.attached_structure, descriptor) !=
            DescriptorError::none)
            state.SkipWithError("sample doesn't parse");
        benchmark::DoNotOptimize(descriptor);
    }
    state.SetLabel(std::string(kNames[index]));
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(parse)->DenseRange(0, kSamples.size() - 1);
BENCHMARK(read_descriptor)->Arg(mandatory_only)->Arg(custom_parts)->Arg(structure);

}  // namespace
}  // namespace strata::relay
