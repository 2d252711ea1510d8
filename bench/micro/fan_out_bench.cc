#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/eal.h"
#include "dataplane/port/memory_port.h"
#include "dataplane/worker/fanout.h"

// One packet of 1,200 bytes made into one for each receiver and given to a port that frees it:
// header mbufs in bulk, written and chained to the shared payload, or, for a port without chains,
// the payload copied behind each.
namespace strata::dataplane {
namespace {

constexpr std::uint16_t kHeaderBytes = 12, kPayloadBytes = 1'200;

const Pools& pools() {
    static const Pools made = [] {
        const std::string prefix = "strata-micro-" + std::to_string(getpid());
        const std::array<std::string, 1> devices{"--no-pci"};
        const auto started = start_eal({.program = "strata-bench-micro",
                                        .memory_mb = 256,
                                        .file_prefix = prefix,
                                        .devices = devices,
                                        .telemetry = false});
        auto out = Pools::create({.name = "micro",
                                  .rx_mbufs = 1'023,
                                  .header_mbufs = 8'191,
                                  .indirect_mbufs = 1'023,
                                  .linear_mbufs = 8'191});
        if (!started || !out) {
            std::fprintf(stderr, "strata-bench-micro: %s\n",
                         started ? out.error().message.c_str() : started.error().c_str());
            std::exit(1);
        }
        return std::move(*out);
    }();
    return made;
}

std::vector<relay::ReceiverSlot> receivers(MemoryPort& port, std::size_t count) {
    std::vector<relay::ReceiverSlot> slots(count);
    for (std::size_t i = 0; i < count; ++i) {
        slots[i].offsets.ssrc = static_cast<std::uint32_t>(i + 1);
        const FlowKey flow{*IpAddress::parse("10.0.0.2"), *IpAddress::parse("10.0.0.1"),
                           static_cast<std::uint16_t>(1'024 + i), 4'000};
        port.make_link(flow, slots[i].link);
    }
    return slots;
}

relay::Output output(std::span<relay::ReceiverSlot> to) {
    relay::Output out;
    out.header.size = kHeaderBytes;
    out.header.bytes[0] = 0x80;
    out.header.bytes[1] = 96;
    out.payload_offset = kHeaderBytes;
    out.payload_size = kPayloadBytes;
    out.receivers = to;
    return out;
}

void fan_out(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    MemoryPort port({.base_udp_port = 4'000},
                    {.link_kind = LinkKind::ethernet, .chains = state.range(1) != 0});
    if (!port.start(pools())) return state.SkipWithError("the port didn't start");
    FanOut fan_out(port, 0, pools(), {});
    std::vector<relay::ReceiverSlot> slots = receivers(port, count);
    const relay::Output out = output(slots);
    for (auto _ : state) {
        rte_mbuf* packet = rte_pktmbuf_alloc(pools().rx);
        rte_pktmbuf_append(packet, kHeaderBytes + kPayloadBytes);
        fan_out.send(*packet, {&out, 1}, TxClass::base, 0);
        rte_pktmbuf_free(packet);
        fan_out.flush(0);
    }
    if (fan_out.counters().queued_for_tx != fan_out.counters().selected)
        state.SkipWithError("packets were dropped");
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(fan_out)->ArgNames({"receivers", "chains"})->ArgsProduct({{1, 10, 100, 1'000}, {1, 0}});

}  // namespace
}  // namespace strata::dataplane
